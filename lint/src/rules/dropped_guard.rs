//! The guard that keeps a thread in a network namespace is dropped as soon as it was made: the work that follows is done
//! outside.
//!
//! `_` does not bind, and a value that nobody binds lives to the end of its statement: `let _ = enter()?`, `enter()?;`,
//! `enter().unwrap();`, `let Ok(_) = enter() else { … }` go in and out again at once. `let _inside = enter()?` binds, and
//! so do `if let Ok(_) = enter()` and `match`, which keep what they look at to their end.
//!
//! ## What to do
//!
//! Give it a name: `let _inside = enter()?;`. Who writes such a guard marks it `#[must_use]`.
//!
//! The fix does that where the result is looked at (`?`, `unwrap`, `let … else`); it is unsafe, since the work moves into
//! the namespace.

use crate::finding::Level;
use crate::flow::{Event, Point};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let Event::GoneAtOnce { entered } = &point.event else { return };
    verdict.fault(Complaint {
        level: Level::Error,
        certain: if point.state.thread.doubt { Certain::No } else { Certain::Yes },
        cause: entered.span,
        place: *entered,
        message: "the guard is dropped as soon as it was made: the thread is back before anything was done".into(),
        help: "give the guard a name, which may begin with `_`, so that it lives to the end of the block".into(),
        steps: Vec::new(),
        bite: String::new(),
        callee: String::new(),
        item: words::item_at(point, *entered),
        remedy: Some(Remedy::NameGuard { entered: entered.span }),
        entered_by: None,
        yields_to: Vec::new(),
    });
}
