//! A type whose `Drop` moves *the* thread back may be sent to another thread, and would move that one.
//!
//! The thread that entered stays in the other network namespace, and the one that drops the guard is moved to where it
//! never was. Nothing stops a value that holds a `File` from being stored in an `async` task of a runtime with several
//! threads, or captured by `thread::spawn`.
//!
//! ## What to do
//!
//! Let the type hold something that stays, `not_send: PhantomData<*const ()>`: the compiler refuses the rest. It also
//! refuses to keep the guard over an `.await` in a task that may wake up elsewhere.

use crate::finding::Level;
use crate::flow::{Event, Point, Site};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let Event::Switch(_) = &point.event else { return };
    let Some(ty) = point.sendable_being_dropped() else { return };
    let place = Site { span: ty.span, name: ty.span, by_value: false };
    let name = ty.path.rsplit("::").next().unwrap_or(&ty.path);
    verdict.fault(Complaint {
        level: Level::Warning,
        certain: Certain::Inside,
        cause: ty.span,
        place,
        message: format!("`{name}` moves the thread that drops it, and may be dropped on another one than it was made on"),
        help: "let it hold something that stays on its thread: `not_send: PhantomData<*const ()>`".into(),
        steps: vec![words::label(point.site, "the thread that drops it is moved here")],
        bite: String::new(),
        callee: String::new(),
        item: name.to_owned(),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}
