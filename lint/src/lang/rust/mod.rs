//! Rust, by syn.

use super::{Input, Language, Lowered};

pub struct Rust;

impl Language for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn extension(&self) -> &'static str {
        "rs"
    }

    fn lower(&self, _input: &Input<'_>) -> Lowered {
        Lowered::default()
    }
}
