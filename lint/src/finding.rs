//! What a report shows: one finding a cause.

use crate::remedy::{Fix, Remedy};
use crate::source::Span;

/// How bad it is today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Right today, but only through something that the call does not say.
    Warning,
    /// The program is in the wrong namespace, or puts another part of itself there.
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule: the fault, in kebab-case.
    pub rule: &'static str,
    pub level: Level,
    /// Whether it is so on every path that was seen; otherwise it is a *maybe*.
    pub sure: bool,
    /// The fault first, then where it bites.
    pub message: String,
    /// The way out.
    pub help: String,
    /// The call at which it bites. May span lines; reports show its first.
    pub span: Span,
    /// The function, for people: `GetIfacePeers`, `Guard::drop`.
    pub item: String,
    /// What the call names, as its language spells the path; `""` if it is none.
    pub callee: String,
    /// The steps that led there, in the order in which they happen.
    pub labels: Vec<Label>,
    /// What to do about it, in no language; a front end makes the edits.
    pub remedy: Option<Remedy>,
    /// The edits of the remedy, if there are any.
    pub fix: Option<Fix>,
    /// What to do by hand, where no edits can do it.
    pub by_hand: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    pub span: Span,
    pub message: String,
}

impl Level {
    /// As reports and options spell it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}
