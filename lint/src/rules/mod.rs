//! The faults, one file each: its manual (the comment at its head), and its check.
//!
//! A rule looks at one [`Point`]: the step, what it does, and the state before
//! it. It never walks the graph.

mod words;

pub use words::THROUGH;

use crate::flow::Point;
use crate::judge::{Memory, Verdict};

pub struct Rule {
    /// The fault, in kebab-case; it reads after "allow".
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Markdown, beginning with the summary.
    pub manual: &'static str,
    /// One a language.
    pub examples: &'static [Example],
    pub check: fn(&Point<'_>, &Memory, &mut Verdict),
}

/// The fault in code, and what the fix makes of it if there is one.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Example {
    /// The extension of its files.
    pub language: &'static str,
    pub bad: &'static str,
    pub fixed: Option<&'static str>,
}

impl Rule {
    pub fn find(name: &str) -> Option<&'static Rule> {
        RULES.iter().find(|it| it.name == name)
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

// `mod <name>;` for every file beside this one, and `RULES`, in the order of their names.
include!(concat!(env!("OUT_DIR"), "/rules.rs"));
