//! A device is moved to the network namespace that it is in: nothing happens, and nobody says so.
//!
//! `LinkSetNsFd(link, ns.Fd())` inside `ns.Do(…)` finds the device in the container and moves it to the container. The
//! kernel does nothing, and reports success; the device that was meant stays where it is.
//!
//! ## What to do
//!
//! Into a namespace a device is moved from outside; out of it, to the namespace that the closure is given (`ns.Do` hands
//! over the one that the thread came from).

use crate::finding::Level;
use crate::flow::{Event, Netns, Point};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let Event::About { fact, asked, moved_to: Some(moved_to), .. } = &point.event else { return };
    // Nobody knows where a thread that did not move is; a path may lead home.
    if !asked.is_exactly(moved_to) || **asked == Netns::Home {
        return verdict.fine();
    }
    let name = words::short(&fact.path);
    let thread = &point.state.thread;
    verdict.fault(Complaint {
        level: Level::Error,
        certain: if thread.doubt || !asked.is_whole() { Certain::No } else { Certain::Yes },
        cause: point.site.span,
        place: point.site,
        message: format!("`{name}` moves the device to the network namespace that it is in: nothing happens"),
        help: "find the device outside and move it in, or move it to the namespace that the thread came from".into(),
        steps: thread.region().map(|it| words::way_into(point, it)).unwrap_or_default(),
        bite: String::new(),
        callee: fact.path.clone(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}
