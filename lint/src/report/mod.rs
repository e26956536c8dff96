//! The ways to show findings. A report is one text, made whole before any of it is written.

mod json;
mod text;

use clap::ValueEnum;

use crate::Checked;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the fault, the steps that led there, the way out
    Text,
    /// For programs: one object, version 1
    Json,
}

/// How a report may look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    pub colored: bool,
}

impl Format {
    pub fn render(self, checked: &Checked, look: Look) -> Vec<u8> {
        match self {
            Format::Text => text::render(checked, look),
            Format::Json => json::render(checked).into_bytes(),
        }
    }
}
