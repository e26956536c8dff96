//! What to do about a finding, in no language. A front end's `rewrite` turns it into edits.

use crate::source::Span;

/// Whether a fix may be applied without a person looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// The program means the same and says it better.
    Safe,
    /// It may mean something else; applied only on request.
    Unsafe,
}

/// One replacement in the text as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// The edits that go together: all of them or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub safety: Safety,
    /// What it does, in the imperative: `open a handle at the start of the region`.
    pub title: String,
    /// In the order of their places; no two overlap.
    pub edits: Vec<Edit>,
    /// Where it declares names: two fixes that do so in one block would get in each other's way, unless they do the same.
    pub blocks: Vec<Span>,
    /// What it leaves as it is, and why, for people.
    pub left_alone: Vec<String>,
}

impl Fix {
    pub fn new(safety: Safety, title: impl Into<String>, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|it| (it.span.file, it.span.start, it.span.end));
        Fix { safety, title: title.into(), edits, blocks: Vec::new(), left_alone: Vec::new() }
    }
}

impl Safety {
    /// As reports spell it.
    pub fn name(self) -> &'static str {
        match self {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Open a handle where the region begins and send these calls through it.
    UseHandle {
        /// The closure literal, or the switch after which the region begins.
        region: Region,
        calls: Vec<AmbientCall>,
    },
    /// The path names the main thread: ask for the calling one (`/proc/thread-self`).
    /// `opens` is the call that takes the path, `kept` whether it gives a reference that may be the way back.
    ThreadSelf { path: Span, opens: Span, kept: bool },
    /// Tie the goroutine to its thread before this call moves it, until that is back.
    Pin { before: Span },
    /// Move the lock that follows above this call.
    PinEarlier { before: Span },
    /// Unlock only if the switch back worked.
    UnlockIfRestored { switch_back: Span, unlock: Span },
    /// Go back on every way out: only a person can say how. `by_helper` where a function of the program made the switch.
    LeadBack { at: Span, by_helper: bool },
    /// Let what is started enter by itself, or hand it what was opened here: for a person, too.
    EnterThere { at: Span },
    /// Leave a library nothing to do elsewhere, or hand it what was opened here: for a person, too.
    AskHere { at: Span },
    /// Await outside of the region, or on a thread of its own: for a person, too.
    AwaitOutside { at: Span },
    /// Close the value once it is known to be good.
    Close { opened: Span },
    /// Name the guard, so that it lives as long as its scope.
    NameGuard { entered: Span },
    /// Open the handle for these families too.
    AddFamilies { opened: Span, families: Vec<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// The region is the body of this function literal.
    Closure(Span),
    /// The region begins after this call in the same function.
    After(Span),
}

impl Region {
    pub fn span(self) -> Span {
        let (Region::Closure(span) | Region::After(span)) = self;
        span
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbientCall {
    /// The whole call.
    pub call: Span,
    /// The callee as written; of a function that is handed to another one, that one.
    pub name: Span,
    /// What is called, by its full path.
    pub path: String,
    /// The method of a handle that does the same, if there is one.
    pub handle_form: Option<String>,
    /// Whether that takes the same arguments and gives the same.
    pub drop_in: bool,
    pub families: Vec<String>,
    /// Whether it goes through a handle that is kept somewhere, and so is answered elsewhere today.
    pub stored: bool,
}
