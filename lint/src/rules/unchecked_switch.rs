//! The result of entering a network namespace is dropped: if it fails, the work goes on where the thread was.
//!
//! `setns` fails for want of a capability, for a namespace of another user namespace, for a descriptor that was closed.
//! Then everything meant for the container happens on the host.
//!
//! A switch *back* whose result is dropped is `tainted-unlock`, if the thread is then unlocked.
//!
//! ## What to do
//!
//! Check the result and leave.

use crate::finding::Level;
use crate::flow::{Event, Netns, Point, Site};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    match &point.event {
        Event::Switch(switch) if !switch.back && switch.fact.fallible && switch.to != Netns::Home => {
            if switch.checked {
                return verdict.fine();
            }
            verdict.fault(complaint(point, point.site, None));
        }
        Event::Dropped { entered } => {
            let mut complaint = complaint(point, point.site, Some(*entered));
            complaint.yields_to = vec![("dropped-guard", point.site.span)];
            verdict.fault(complaint);
        }
        _ => (),
    }
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
