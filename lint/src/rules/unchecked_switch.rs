//! The result of entering a network namespace is dropped: if it fails, the work goes on where the thread was.
//!
//! `setns` fails for want of a capability, for a namespace of another user namespace, for a descriptor that was closed.
//! Then everything meant for the container happens on the host.
//!
//! Who only logs the failure, does the work all the same, and then goes back, or ends with the thread, has not decided
//! anything either: a warning.
//! Who asks first whether it worked has, and so has who does the work in another place.
//!
//! A switch *back* whose result is dropped is `tainted-unlock`, if the thread is then unlocked.
//!
//! Rust: `join` gives a `Result` around what the closure returned, and is `Err` only if the thread panicked. Who writes
//! `Ok(_)` or `join().unwrap();` hears of a panic, and never that the thread could not enter the namespace or could not do
//! its work there. That is a warning: the thread itself did not go on in the wrong place.
//!
//! ## What to do
//!
//! Check the result and leave. Of a thread: `join()`, and then `?` on what is inside.

use crate::finding::{Label, Level};
use crate::flow::{Entry, Event, Netns, Point, Shows, Site};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    match &point.event {
        Event::Switch(switch) if !switch.back && switch.fact.fallible && switch.to != Netns::Home => {
            if switch.checked {
                return verdict.fine();
            }
            // Nothing is to follow what comes when the function is over.
            if !point.is_deferred() {
                verdict.fault(complaint(point, point.site, None));
            }
        }
        Event::Dropped { entered } if !point.is_deferred() => {
            let mut complaint = complaint(point, point.site, Some(*entered));
            complaint.yields_to = vec![("dropped-guard", point.site.span)];
            verdict.fault(complaint);
        }
        Event::Use(_) | Event::View { shows: Shows::ThreadView, .. } => logged_only(point, verdict),
        Event::Waited { started } if !point.looks_inside() => {
            let mut complaint = complaint(point, point.site, None);
            complaint.level = Level::Warning;
            complaint.message = "what this thread returns is dropped: `join` says only whether it panicked, and an error of \
                                 its work in the network namespace is never heard of"
                .into();
            complaint.help = "look at the `Result` inside, too".into();
            let message = "the thread that moves to another network namespace is started here".into();
            complaint.steps = vec![Label { span: *started, message }];
            complaint.bite = String::new();
            verdict.fault(complaint);
        }
        _ => (),
    }
}

/// Work where the thread was, since entering failed and the text only says so.
fn logged_only(point: &Point<'_>, verdict: &mut Verdict) {
    let Some(missed) = point.state.thread.missed() else { return };
    let Some(switch) = missed.last().copied() else { return };
    let mut complaint = complaint(point, switch, None);
    complaint.level = Level::Warning;
    // A locked goroutine takes its thread along when it ends.
    let thread = &point.state.thread;
    let alone = thread.owned || thread.entry == Entry::Task && thread.pins > 0;
    complaint.certain = Certain::IfMeantInside { region: missed.to_vec(), step: point.way(), alone };
    complaint.message = "what follows is done also if entering the network namespace failed: then in the namespace that \
                         the thread was in"
        .into();
    complaint.help = "leave if it failed".into();
    complaint.steps = vec![words::label(point.site, "this is done where the thread was, too")];
    complaint.item = words::item_at(point, switch);
    complaint.bite = "if this fails, the work goes on all the same".into();
    verdict.fault(complaint);
}

fn complaint(point: &Point<'_>, place: Site, entered: Option<Site>) -> Complaint {
    let steps = entered.filter(|it| *it != place).map(|it| words::label(it, "the thread is moved here"));
    Complaint {
        level: Level::Error,
        certain: if point.state.thread.doubt { Certain::No } else { Certain::Yes },
        cause: place.span,
        place,
        message: "the result of entering the network namespace is dropped: if it fails, what follows happens in the \
                  namespace that the thread was in"
            .into(),
        help: "check the result, and leave if it failed".into(),
        steps: steps.into_iter().collect(),
        bite: "nobody looks whether this worked".into(),
        callee: String::new(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    }
}
