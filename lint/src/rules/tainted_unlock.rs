//! A goroutine is unlocked from a thread that is, or may be, still in another network namespace.
//!
//! *Error*: something runs between the unlock and the switch back, or there is one unlock more than there were locks.
//! Measured: 200 of 200 with an extra unlock; 30 of 40 processes when anything stands between.
//!
//! *Warning*: the switch back comes right after the unlock, where the scheduler rarely steps in. Or the result of the switch back is dropped, or only logged, and the thread is unlocked all the same. This is
//! the commonest pattern in public code; it goes wrong when the way back is refused, as in a child user namespace.
//!
//! So is an unlock after which only a second lock of the same function holds the thread: whoever tidies that up sets it
//! free.
//!
//! ## What to do
//!
//! Unlock only if the switch back worked. A goroutine that ends while it is locked takes its thread with it, which is
//! what should happen to a thread that cannot go back.
//!
//! The fix (unsafe) does that in Go where both stand in one function: a way out before the switch unlocks by itself then.

use crate::finding::Level;
use crate::flow::{Ended, Event, Point, Site};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    let certain = || if thread.doubt { Certain::No } else { Certain::Yes };
    match &point.event {
        Event::Unpin { left } => unlocked(point, *left, certain(), verdict),
        // Nothing more of this task runs.
        Event::Left { ended } if point.is_outermost() => half_unlocked(point, ended, verdict),
        Event::Switch(switch) if switch.back => {
            let Some((unlock, something_between)) = thread.unlocked_away else { return verdict.fine() };
            let level = if something_between { Level::Error } else { Level::Warning };
            let mut complaint = complaint(
                point,
                unlock,
                level,
                certain(),
                "the thread is unlocked before it is switched back: other goroutines may run in that network namespace, \
                 and the switch back may move another thread"
                    .into(),
                "unlocked here",
            );
            complaint.steps.push(words::label(point.site, "and switched back only here"));
            verdict.fault(complaint);
        }
        _ => (),
    }
}

/// The thread is unlocked, in a region or after a way back that may have failed.
fn unlocked(point: &Point<'_>, left: u8, certain: Certain, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    let Some(region) = thread.region() else { return };
    // It was unlocked like that before, and the goroutine has been free to leave it since.
    if thread.failed_back.is_some() && thread.unlocked_away.is_some() {
        return;
    }
    if let Some((back, looked_at)) = thread.failed_back.filter(|_| left == 0) {
        let how = if looked_at { "is only reported" } else { "is dropped" };
        let mut complaint = complaint(
            point,
            point.site,
            Level::Warning,
            certain,
            format!("the thread is unlocked even if it could not go back: the result of the switch back {how}"),
            "unlocked all the same",
        );
        complaint.steps.push(words::label(back, "if this fails, the thread stays in the other network namespace"));
        complaint.remedy =
            Some(Remedy::UnlockIfRestored { switch_back: back.span, unlock: point.site.span });
        let at = point.stack.len().min(region.steps.len() - 1);
        complaint.yields_to = vec![("missing-restore", region.steps[at].span)];
        verdict.fault(complaint);
    } else if let Some(back) = thread.closed_back.filter(|_| left == 0) {
        let mut complaint = complaint(
            point,
            point.site,
            Level::Error,
            certain,
            "the thread is unlocked although it cannot have gone back: the way back was closed before".into(),
            "unlocked all the same",
        );
        complaint.steps.push(words::label(back, "the switch back comes too late: its descriptor is closed"));
        verdict.fault(complaint);
    } else if region.closed && left < region.pins {
        verdict.fault(complaint(
            point,
            point.site,
            Level::Error,
            certain,
            "the thread is unlocked inside a region that relies on the lock: other goroutines will run in that \
             network namespace"
                .into(),
            "one unlock too many",
        ));
    }
}

/// One of two locks is undone, and the task ends away.
fn half_unlocked(point: &Point<'_>, ended: &[Ended], verdict: &mut Verdict) {
    for left in ended.iter().map(|it| &it.state.thread) {
        // Who could not go back stays locked on purpose.
        let unlock = left.half_unlocked.filter(|_| left.failed_back.is_none());
        let (Some(unlock), Some(region)) = (unlock, left.region()) else { continue };
        let mut complaint = complaint(
            point,
            unlock,
            Level::Warning,
            if left.doubt || region.closed { Certain::No } else { Certain::Yes },
            "the thread is unlocked and never goes back: only a second lock in the same function, which nothing \
             undoes, keeps other goroutines from it"
                .into(),
            "unlocked here, once",
        );
        let entered = region.steps.last().map(|it| words::label(*it, "the thread enters another network namespace here"));
        complaint.steps.extend(entered);
        verdict.fault(complaint);
    }
}

fn complaint(
    point: &Point<'_>,
    place: Site,
    level: Level,
    certain: Certain,
    message: String,
    bite: &str,
) -> Complaint {
    let steps = point.state.thread.region().map(|it| {
        let start = point.region_start(&it.steps);
        words::label(start, "the thread enters another network namespace here")
    });
    Complaint {
        level,
        certain,
        cause: place.span,
        place,
        message,
        help: "unlock only once the thread is back; if it cannot go back, leave it locked and it ends with the goroutine"
            .into(),
        steps: steps.into_iter().collect(),
        bite: bite.into(),
        callee: String::new(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    }
}
