//! Two ways back are taken in the order in which they were made: the thread ends where the second one began.
//!
//! Each guard goes back to where the thread was when it was made. The outer one leads home, past the namespace between;
//! the inner one, dropped after it, leads into that namespace again, and there the thread stays.
//!
//! ## What to do
//!
//! Take the last one first: `defer` and variables do so by themselves. Fields of a struct and elements of a `Vec` are
//! dropped first to last.

use crate::finding::Level;
use crate::flow::{Event, Point};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let Event::Switch(switch) = &point.event else { return };
    let Some(passed) = &point.state.thread.passed else { return };
    if !passed.over.contains(&switch.to) || !switch.reference.is_some_and(|it| it.captured) {
        return;
    }
    let common = point.common(&passed.steps).min(passed.steps.len() - 1);
    // Both at the end of one value: what is written is how the outer one came there.
    let same = common > 0 && passed.steps[common].span == point.site.span;
    let made = passed.made.get(common.saturating_sub(1)).copied().filter(|_| same);
    let place = made.unwrap_or(passed.steps[common]);
    verdict.fault(Complaint {
        level: Level::Warning,
        certain: if point.state.thread.doubt { Certain::No } else { Certain::Yes },
        cause: place.span,
        place,
        message: "the outer way back is taken before the inner one: the thread ends in the network namespace between".into(),
        help: "take the way back that was made last first".into(),
        steps: vec![words::label(point.bite(&passed.steps), "this one leads into the other network namespace again")],
        bite: "taken too early".into(),
        callee: String::new(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}
