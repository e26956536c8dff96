//! Finds netlink calls and thread switches that end up in the wrong network namespace.
