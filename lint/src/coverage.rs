//! What a run looked at, and what it could not look at.

use std::path::PathBuf;

use crate::files::{Idle, Trouble};
use crate::source::Span;

#[derive(Default)]
pub struct Coverage {
    /// How many sources were read and are reported on.
    pub files: usize,
    /// How many more were read as background: vendored, generated, or around the paths.
    pub background: usize,
    /// How many files of both had to be parsed.
    pub parsed: usize,
    /// Stretches of files that were not understood.
    pub partly_parsed: Vec<Partly>,
    /// The same of files that are not reported on.
    pub background_partly_parsed: Vec<Partly>,
    /// What was asked for and could not be read.
    pub unreadable: Vec<Trouble>,
    /// What was left out by rule.
    pub passed_over: Vec<Trouble>,
    /// As [`crate::files::Listing::idle`].
    pub idle: Vec<Idle>,
    /// Calls that the project described, and that no file makes.
    pub unmet: Vec<String>,
    /// The sources that may be reported on, generated ones among them.
    pub reported: Vec<PathBuf>,
    /// Steps of the run that ended in a panic.
    pub crashed: Vec<String>,
    pub regions: usize,
    /// Calls whose callee is known, and calls whose callee is not.
    pub resolved: usize,
    pub unknown: usize,
    /// Functions of which not every path was followed: there were too many.
    pub cut_short: usize,
}

/// A stretch of a file that was not understood; the rest of the file was.
pub struct Partly {
    pub span: Span,
    pub why: String,
}

impl Coverage {
    /// Whether a clean result could be a mistake.
    pub fn is_incomplete(&self) -> bool {
        self.files == 0 || !self.partly_parsed.is_empty() || !self.unreadable.is_empty()
    }
}
