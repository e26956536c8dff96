//! A goroutine that is not locked to its thread moves it to another network namespace, or remembers the current
//! namespace before it is locked.
//!
//! Go runs goroutines on whichever thread is free. A switch moves the *thread*: without `runtime.LockOSThread` the
//! scheduler hands it to other goroutines while it is away, and "switching back" may happen on another thread. The call
//! itself is nearly always answered rightly, which is why tests do not notice; the *other* goroutines suffer. Measured:
//! 50 to 77 % of what unrelated goroutines saw came from the container, and 99 of 100 processes ended with threads left
//! in it; with the lock, 0 of 282,156.
//!
//! `netlink.NewHandleAtFrom(at, back)` locks for itself and puts the thread that it is on into `back`: if that was
//! remembered without a lock, it may have been another goroutine's (*error*), and under a lock that is gone by then, it is
//! that of another thread (*warning*).
//!
//! A function that is called only by callers which lock is silent, and one whose callers are out of sight is a *maybe*.
//! Who opens the current namespace by the id of the thread (`/proc/self/task/<tid>/ns/net`) and gives it to callers out of
//! sight relies on each of them having locked: a warning.
//!
//! ## What to do
//!
//! Call `runtime.LockOSThread()` before the current namespace is remembered and before the switch, and unlock only after
//! the thread is back.
//!
//! The fix (unsafe) locks in Go where the function leads its thread back with `defer`, and unlocks if that worked; a
//! goroutine of its own is locked for as long as it runs. A lock that comes after the current namespace is remembered
//! moves above that (safe).

use crate::facts::Effect;
use crate::finding::Level;
use crate::flow::{Entry, Event, Hold, Point, Reference, Shows, Site, Switch};
use crate::ir::Affinity;
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    if point.function.affinity != Affinity::UntilPinned {
        return;
    }
    let unpinned = point.state.thread.pins == 0;
    match &point.event {
        // What was closed before cannot be entered: the thread stays.
        Event::Switch(switch) if switch.closed => (),
        Event::Switch(switch) if !switch.back && !unpinned => verdict.fine(),
        Event::Switch(switch) if !switch.back => entered(point, switch, verdict),
        Event::Switch(switch) if !unpinned => went_back(point, switch, verdict),
        Event::Opened { back: Some(back), .. } => put_back_by_library(point, back, verdict),
        Event::View { shows: Shows::ThreadReference, path, gives_file, .. } if unpinned && path.contains("{tid}") => {
            opened_by_id(point, *gives_file && path.contains("/task/"), verdict);
        }
        _ => (),
    }
}

/// The thread moves, and the goroutine may leave it.
fn entered(point: &Point<'_>, switch: &Switch<'_>, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    let certain = match thread.entry {
        _ if thread.doubt => Certain::No,
        Entry::Far => Certain::No,
        Entry::Program | Entry::Task | Entry::Unseen { exported: false } => Certain::Yes,
        // A caller may have locked, unless the whole region is in sight.
        Entry::Unseen { exported: true } => Certain::IfRestored,
    };
    let makes = matches!(switch.fact.effect, Effect::Switch { gives: true, .. });
    let does = if makes { "makes a namespace and moves the thread into it" } else { "moves the thread" };
    let mut complaint = complaint(
        point,
        point.site,
        certain,
        format!(
            "`{}` {does} while the goroutine is not locked to it: other goroutines will run in that network namespace",
            words::short(&switch.fact.path)
        ),
        "the goroutine may leave this thread, and others come, from here on",
        Some(Remedy::Pin { before: point.site.span }),
    );
    complaint.entered_by = Some(point.stack.iter().copied().chain([point.site]).collect());
    verdict.fault(complaint);
}

/// The locked thread goes back to what was remembered, perhaps of another one.
fn went_back(point: &Point<'_>, switch: &Switch<'_>, verdict: &mut Verdict) {
    let Some(reference) = switch.reference else { return verdict.fine() };
    let (level, what) = match reference.hold {
        Hold::Tied => return verdict.fine(),
        Hold::Ended => (Level::Warning, "under a lock that has ended when the goroutine is locked again"),
        Hold::Never => (Level::Error, "before the goroutine is locked to its thread"),
    };
    let site = Site { span: reference.at.span, name: reference.at.span, by_value: false };
    let mut complaint = complaint(
        point,
        site,
        if point.state.thread.doubt { Certain::No } else { Certain::Yes },
        format!("the current network namespace is remembered {what}: it may be that of another thread"),
        "remembered here, while the goroutine can still move",
        (reference.hold == Hold::Never).then_some(Remedy::PinEarlier { before: site.span }),
    );
    complaint.level = level;
    complaint.steps = vec![words::label(point.site, "the locked thread is moved there")];
    verdict.fault(complaint);
}

/// The library locks for itself, and puts whichever thread it is on then into what the caller remembers.
fn put_back_by_library(point: &Point<'_>, back: &Reference, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    let (level, what) = match back.hold {
        Hold::Tied => return verdict.fine(),
        Hold::Ended => (Level::Warning, "under a lock that is gone by then"),
        Hold::Never => (Level::Error, "while the goroutine is not locked to its thread"),
    };
    let certain = match (thread.entry, back.hold) {
        _ if thread.doubt => Certain::No,
        // A caller may have locked.
        (Entry::Unseen { exported: true } | Entry::Far, Hold::Never) => Certain::No,
        _ => Certain::Yes,
    };
    let site = Site { span: back.at.span, name: back.at.span, by_value: false };
    let mut complaint = complaint(
        point,
        point.site,
        certain,
        format!(
            "the thread is put into a network namespace that was remembered {what}: it may be that of another thread"
        ),
        "and the thread that the goroutine is on now is put there",
        None,
    );
    complaint.level = level;
    complaint.steps = vec![words::label(site, "remembered here")];
    verdict.fault(complaint);
}

/// A thread id is looked up, then the thread's file: two steps, with another thread between them. Who gives out what is
/// opened so relies on callers who have locked; who only reads it may.
fn opened_by_id(point: &Point<'_>, gives: bool, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    let called = matches!(thread.entry, Entry::Unseen { exported: true } | Entry::Far);
    let certain = if thread.doubt || called && !gives { Certain::No } else { Certain::Yes };
    let asks = "the namespace of a thread is opened by its id while the goroutine is not locked to it";
    let message = if called && gives {
        format!("{asks}: it is that of this thread only if every caller has locked it")
    } else {
        format!("{asks}: by now it may run on another, and that one be elsewhere")
    };
    let mut complaint = complaint(point, point.site, certain, message, "opened here", None);
    if called && gives {
        complaint.level = Level::Warning;
    }
    verdict.fault(complaint);
}

fn complaint(
    point: &Point<'_>,
    place: Site,
    certain: Certain,
    message: String,
    bite: &str,
    remedy: Option<Remedy>,
) -> Complaint {
    Complaint {
        level: Level::Error,
        certain,
        cause: place.span,
        place,
        message,
        help: "call runtime.LockOSThread() first, and unlock only after the thread is back".into(),
        steps: point.stack.iter().map(|it| words::label(*it, "through this call")).collect(),
        bite: bite.into(),
        callee: String::new(),
        item: words::here(point),
        remedy,
        entered_by: None,
        yields_to: Vec::new(),
    }
}
