//! An `.await` while the thread is in another network namespace.
//!
//! At an `.await` the task may give up its thread: other tasks then run on it in the wrong namespace, and this one may go
//! on on another thread. Measured on a multi-thread runtime: 75 to 100 % of regions migrated when it was warm and idle.
//! On a current_thread runtime the region itself stays right, but every other task on it runs in the wrong namespace. The
//! root future of `block_on` never moves (0 of 14,000): a warning. A thread of its own with its own current_thread runtime
//! is the right place for a region that awaits, and silent; so is a test or `main` with a current_thread runtime that goes
//! into a namespace and never back.
//!
//! ## What to do
//!
//! Open the socket inside and await outside: a socket stays in the namespace where it was opened. Or run the whole region
//! on a thread of its own, with its own current_thread runtime, that ends afterwards.
//!
//! Which one it is only a person can say; the finding shows the code.

use crate::finding::Level;
use crate::flow::{Event, Executor, Point};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let Event::Await = &point.event else { return };
    let thread = &point.state.thread;
    let Some(region) = thread.region() else { return verdict.fine() };
    let level = match thread.executor {
        Executor::Own => return,
        // The thread does nothing else, and ends with it.
        Executor::Root { only: true, .. } if thread.owned => return,
        Executor::Root { .. } => Level::Warning,
        Executor::Shared | Executor::Single => Level::Error,
    };
    // What goes in for good, before anything else runs, takes its whole runtime along.
    let certain = match (thread.executor, words::certain_inside(point)) {
        (Executor::Root { alone: true, .. }, certain @ (Certain::Yes | Certain::Inside)) => {
            Certain::IfLeft { region: region.steps.clone(), alone: certain == Certain::Inside }
        }
        // Whoever has the guard may have dropped it: a list that was emptied.
        _ if thread.hands_back => Certain::No,
        (_, certain) => certain,
    };
    let start = point.region_start(&region.steps);
    // The await in the function that entered, rather than one deep inside of what it awaits.
    let place = point.bite(&region.steps);
    verdict.fault(Complaint {
        level,
        certain,
        cause: start.span,
        place,
        message: match level {
            Level::Error => {
                "`.await` while the thread is in another network namespace: other tasks run there, and this one may go on \
                 elsewhere"
            }
            Level::Warning => {
                "`.await` while the thread is in another network namespace: right only for the root future of `block_on`"
            }
        }
        .into(),
        help: "open the socket inside and await outside, or run the region on a thread of its own with its own runtime"
            .into(),
        steps: vec![words::label(start, "the thread enters another network namespace here")],
        bite: "the task may give up the thread here".into(),
        callee: String::new(),
        item: words::here(point),
        remedy: Some(Remedy::AwaitOutside { at: place.span }),
        entered_by: None,
        yields_to: Vec::new(),
    });
}
