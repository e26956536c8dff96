//! Rewriting of programs into others that mean the same.

mod edits;
pub mod go;
pub mod known;
pub mod rust;

use crate::fixture::Fixture;

/// One way to write programs otherwise.
pub struct Rewriting {
    pub name: String,
    pub rewrite: Box<dyn Fn(&Fixture) -> Rewritten + Send>,
}

/// The text after a rewriting of all places, and how many there are; `None`, if there is none; or what is wrong with the
/// syntax, before or after.
pub type Rewritten = Result<Option<(String, usize)>, String>;
