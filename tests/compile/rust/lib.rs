//! Every Rust fixture as a module of one crate, so that one `cargo check` sees them all.
#![allow(dead_code, reason = "nobody calls the functions of a fixture")]

// A list of `#[path = "…"] mod …;`, which the test writes.
include!(env!("FIXTURES"));
