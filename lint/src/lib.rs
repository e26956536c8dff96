//! Finds netlink calls and thread switches that end up in the wrong network namespace.
#![forbid(unsafe_code)]

pub mod facts;
pub mod finding;
pub mod ir;
pub mod lang;
pub mod remedy;
pub mod source;
