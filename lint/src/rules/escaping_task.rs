//! Work that needs the network namespace of a region is handed to another goroutine, task or thread, or a pool is made to
//! keep the namespace.
//!
//! Go: a goroutine started in a locked region *never* runs in it (6000 of 6000, it is no race): the locked thread runs
//! nothing else, and new threads are cloned from a clean one. That holds for `go`, `errgroup`, `time.AfterFunc`, `t.Run`,
//! `net/http`, and a `Dial` or `LookupIP` of a host name, which start goroutines themselves.
//!
//! Rust: `tokio::spawn` runs where the scheduler likes, `spawn_blocking`, `block_in_place`, `tokio::fs` and rayon run on
//! threads of a pool, and a thread of the pool that is born inside a region keeps the namespace for ever: 20 of 20
//! processes poisoned. An `async fn` that is built inside and awaited outside runs outside (50 of 50).
//! `std::thread::spawn` inherits the namespace and ends: it is fine. So is a runtime that is made inside and ends there.
//!
//! A TUN or TAP device is in the namespace of the thread that opened `/dev/net/tun`, whoever makes the request afterwards.
//!
//! ## What to do
//!
//! Let the work enter the namespace by itself, open the socket or handle in the region and hand *that* over, or use a
//! thread of its own that ends.
//!
//! Which one it is only a person can say; the finding shows the code.

use crate::facts::Onto;
use crate::finding::{Label, Level};
use crate::flow::{Escape, Event, Executor, Point, Region, Shows, Site, Use, common};
use crate::ir::Affinity;
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

const STARTED: &str = "started here";

/// How many calls the start, or what needs the namespace, may be away from the text of the region. Farther off,
/// whether the way there is ever taken is for the data to say.
const NEAR: usize = 3;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    let near = thread.region().is_none_or(|it| point.stack.len() - point.depth_of_text(&it.steps) <= NEAR);
    let sure = |certain: bool| if certain && near { words::certain_inside(point) } else { Certain::No };
    match &point.event {
        Event::Use(Use::Ambient(fact) | Use::Open(fact) | Use::Inherit(fact)) => {
            needed(point, words::short(&fact.path), verdict);
        }
        // What dials for each request does so on the thread that asks.
        Event::Request { handle: Some(handle), fact, .. } if handle.lazy => {
            needed(point, words::short(&fact.path), verdict);
        }
        Event::View { shows: Shows::ThreadView, path, .. } => needed(point, &path.replace("{}", "…"), verdict),
        // On some path the call names its namespace.
        Event::Opened { named: Some(_), .. } if thread.escaped.is_some() => verdict.fine(),
        // A runtime of its own has a pool of its own, whose threads are born inside
        // (measured: 50 of 50 right).
        Event::Spawn { .. } | Event::Escape { .. } if thread.executor == Executor::Own => verdict.fine(),
        Event::Spawn { onto: onto @ (Onto::Pool | Onto::InPlace) } => {
            let Some(region) = thread.region() else { return verdict.fine() };
            let message = match onto {
                Onto::InPlace => {
                    "the runtime starts a thread in place of this one, which keeps the network namespace of the region"
                }
                _ => {
                    "the closure runs on a thread of a pool: not in the network namespace of the region, or one that keeps \
                     it for ever"
                }
            };
            // The pool of a runtime whose root is inside has its threads born there: wrong
            // only if the root leaves again, or if one is left over from before.
            let certain = match (thread.executor, sure(true)) {
                (Executor::Root { .. }, Certain::Yes) => Certain::No,
                (_, certain) => certain,
            };
            let complaint = complaint(point, point.bite(&region.steps), region, certain, message.into());
            verdict.fault(wherever_from(complaint, point.site));
        }
        Event::Escape { fact, certain } => {
            let Some(region) = thread.region() else { return verdict.fine() };
            let name = words::short(&fact.path);
            let own = match point.function.affinity {
                Affinity::UntilPinned => "goroutines",
                Affinity::UntilSuspended => "threads",
            };
            let message = format!(
                "`{name}` does its work on {own} of its own, which are not in the network namespace of the region"
            );
            let mut complaint = complaint(point, point.bite(&region.steps), region, sure(*certain), message);
            (complaint.help, complaint.remedy) = match &fact.note {
                Some(way_out) => (way_out.clone(), None),
                None => {
                    let help = "ask for a number instead of a name, or open the socket here and hand that over";
                    (help.into(), Some(Remedy::AskHere { at: complaint.place.span }))
                }
            };
            verdict.fault(wherever_from(complaint, point.site));
        }
        // Nor does it matter where the threads of a runtime are that ends with the function.
        Event::Runtime { single: false } if point.dies_here() => verdict.fine(),
        Event::Runtime { single: false } if !thread.owned => {
            let Some(region) = thread.region() else { return verdict.fine() };
            let message =
                "the threads of this runtime are born in the network namespace of the region, and keep it".to_owned();
            verdict.fault(complaint(point, point.bite(&region.steps), region, sure(true), message));
        }
        _ => (),
    }
}

/// Something needs the namespace of the region that started the goroutine or task.
fn needed(point: &Point<'_>, name: &str, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    let Some(escape) = thread.escaped.as_ref().filter(|_| !thread.is_away()) else { return };
    if escape.late {
        return built_there(point, escape, name, verdict);
    }
    let start = started(&escape.steps, &escape.region);
    let near = point.stack.len() - common(&escape.steps, &escape.region.steps) <= NEAR;
    let certain = if near { words::certain_inside(point) } else { Certain::No };
    let needs = Label { span: point.site.name, message: format!("`{name}` needs the namespace of the region") };
    let message =
        format!("what is started here does not run in the network namespace of the region, and `{name}` needs it");
    let mut complaint = complaint(point, start, &escape.region, certain, message);
    if let Some(inner) = escape.steps.last() {
        complaint = wherever_from(complaint, *inner);
    }
    complaint.steps.push(needs);
    verdict.fault(complaint);
}

/// What is not sure is one matter, however many regions lead to where it is.
fn wherever_from(mut complaint: Complaint, inner: Site) -> Complaint {
    let place = complaint.place;
    if complaint.certain == Certain::No && inner != place {
        complaint.cause = inner.span;
        complaint.yields_to = vec![("escaping-task", place.span)];
        let bite = std::mem::take(&mut complaint.bite);
        if !complaint.steps.iter().any(|it| it.span == place.name) {
            let last = complaint.steps.len().saturating_sub(1);
            complaint.steps.insert(last, words::label(place, &bite));
        }
    }
    complaint
}

/// Something needs the namespace in which the future was built that it happens in.
fn built_there(point: &Point<'_>, escape: &Escape, name: &str, verdict: &mut Verdict) {
    let Some(built) = escape.steps.last().copied() else { return };
    let near = point.stack.len() - common(point.stack, &escape.steps) <= NEAR;
    let certain = if near { words::certain_inside(point) } else { Certain::No };
    let message = format!(
        "this future is built in the network namespace of the region and awaited outside: nothing of it runs before, and \
         `{name}` needs the namespace"
    );
    let mut complaint = complaint(point, built, &escape.region, certain, message);
    complaint.steps = vec![words::label(point.site, "runs where the future is awaited")];
    complaint.help = "await it inside, on a thread of its own with its own runtime, or open the socket inside".into();
    complaint.bite = "built here".into();
    verdict.fault(complaint);
}

/// The call in the text of the region that led to the start.
fn started(steps: &[Site], region: &Region) -> Site {
    let common = common(steps, &region.steps);
    let inside = common < region.steps.len() && steps.get(common).is_some_and(|it| it.by_value);
    let at = common + usize::from(inside);
    steps[at.min(steps.len() - 1)]
}

fn complaint(point: &Point<'_>, place: Site, region: &Region, certain: Certain, message: String) -> Complaint {
    let mut steps = words::way_into(point, region);
    let start = match &point.state.thread.escaped {
        Some(escape) => {
            let common = point.common(&region.steps);
            steps.truncate(if common == region.steps.len() { 1 } else { 2 });
            escape.steps.last().copied()
        }
        None => Some(point.site),
    };
    steps.extend(start.filter(|it| *it != place).map(|it| words::label(it, STARTED)));
    Complaint {
        level: Level::Error,
        certain,
        cause: place.span,
        place,
        message,
        help: "let the work enter the namespace by itself, or open the socket here and hand that over".into(),
        steps,
        bite: STARTED.into(),
        callee: String::new(),
        item: words::here(point),
        remedy: Some(Remedy::EnterThere { at: place.span }),
        entered_by: None,
        yields_to: Vec::new(),
    }
}
