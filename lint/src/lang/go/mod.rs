//! Go, by tree-sitter.

use super::{Input, Language, Lowered};

pub struct Go;

impl Language for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn extension(&self) -> &'static str {
        "go"
    }

    fn lower(&self, _input: &Input<'_>) -> Lowered {
        Lowered::default()
    }
}
