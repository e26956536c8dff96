//! A netlink handle that is proved to be in the network namespace asked for.
