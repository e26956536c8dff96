//! The faults, one file each: its manual (the comment at its head), and its check.
//!
//! A rule looks at one [`Point`]: the step, what it does, and the state before
//! it. It never walks the graph.

mod words;

use crate::flow::Point;
use crate::judge::{Memory, Verdict};

pub struct Rule {
    /// The fault, in kebab-case; it reads after "allow".
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Markdown, beginning with the summary.
    pub manual: &'static str,
    pub check: fn(&Point<'_>, &Memory, &mut Verdict),
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
