//! A namespace reference or a handle that nobody closes: the descriptor stays open, and the namespace stays alive.
//!
//! `netns.NsHandle` is a number, and so is what `into_raw_fd` gives: nothing ever closes it but a call of `Close`, and a
//! long-running process runs out of descriptors. A namespace that a descriptor refers to is not removed either, with the
//! devices in it. Other types close themselves when the garbage collector finds them, some day: `ns.NetNS`, and the
//! sockets of `github.com/vishvananda/netlink` since v1.3.0; until then they are open, and a handle is up to three
//! sockets.
//!
//! What is returned, kept in a structure, a map or a package variable, sent over a channel, or handed to a function that
//! may keep it, is somebody else's to close. A process that ends closes everything.
//!
//! ## What to do
//!
//! `defer` the close right after the error was looked at. Rust: keep the `File` or `OwnedFd`, and lend its number with
//! `as_raw_fd`.
//!
//! The fix does that in Go, where no way out closes it or hands it on; it is safe.

use crate::facts::{Effect, Fact, Role};
use crate::finding::{Label, Level};
use crate::flow::{Ended, Event, Opened, Point};
use crate::ir::{Exit, Root};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let Event::Left { ended } = &point.event else { return };
    // The process ends, and so does the one that runs a test.
    if point.function.root == Some(Root::Main) {
        return;
    }
    let of_main = point.functions[0].root == Some(Root::Main) && point.stack.len() == 1;
    let soon_over = of_main || point.function.test;
    for left in ended.iter().filter(|it| it.exit != Exit::Unwind) {
        for opened in lost(point, left) {
            let Some(fact) = point.facts.call(&opened.by) else { continue };
            let Some(until) = until(point, fact) else { continue };
            let place = opened.steps[point.stack.len()];
            let name = words::short(&fact.path);
            let mut steps = Vec::new();
            if let Some(inner) = opened.steps.last().filter(|it| **it != place) {
                steps.push(words::label(*inner, "opened here"));
            }
            steps.push(Label { span: left.at, message: "and leaves here, with it still open".into() });
            verdict.fault(Complaint {
                level: Level::Warning,
                certain: if soon_over || point.defers_a_close_each_turn(place) { Certain::No } else { Certain::Yes },
                cause: place.span,
                place,
                message: if fact.gives_errors_last() {
                    format!("what `{name}` opens is not closed on every way out: {until}")
                } else {
                    format!("what is opened here is not closed on every way out: {until}")
                },
                help: "close it on every way out, or keep it where somebody does".into(),
                steps,
                bite: String::new(),
                callee: fact.path.clone(),
                item: words::here(point),
                remedy: Some(Remedy::Close { opened: place.span }),
                entered_by: None,
                yields_to: Vec::new(),
            });
        }
    }
}

/// What this run opened and left open, where nothing can reach it.
fn lost<'a>(point: &'a Point<'_>, left: &'a Ended) -> impl Iterator<Item = &'a Opened> {
    let state = &left.state;
    let mut held: Vec<_> = point.state.open.keys().copied().collect();
    state.held(&left.values, &mut |it| held.push(it));
    let depth = point.stack.len();
    let here = move |it: &Opened| it.steps.len() > depth && it.steps.iter().zip(point.stack).all(|(a, b)| a == b);
    let lost = state.open.iter().filter(move |(at, it)| !held.contains(at) && here(it));
    lost.map(|(_, it)| &**it)
}

/// What becomes of a forgotten one; `None` if nothing has to be closed.
fn until(point: &Point<'_>, fact: &Fact) -> Option<String> {
    // Rust: what has an owner is closed by it.
    if !fact.gives_errors_last() {
        return Some(format!("`{}` takes its owner away, and nothing else closes it", words::short(&fact.path)));
    }
    let at = if let Effect::OpenHandle { result, .. } = &fact.effect { *result } else { 0 };
    let ty = fact.results.get(at).map_or("", String::as_str);
    if ty.is_empty() {
        // A bare number: a reference, or a socket that may be anything.
        let refers = !matches!(fact.effect, Effect::OpenHandle { .. });
        return refers.then(|| "it is a number, and nothing else ever closes it".into());
    }
    // A file that was opened by its path closes itself, and is anything.
    if !point.facts.can_be_closed(ty) || matches!(fact.effect, Effect::View { .. }) {
        return None;
    }
    let what = words::short(ty);
    let described = point.facts.ty(ty);
    match described.and_then(|it| it.collected_since.as_deref()) {
        // Of every release.
        Some("v0.0.0") => Some(format!("a `{what}` is closed when the garbage collector comes by, some day")),
        Some(since) if let Some(used) = point.version_of(ty).filter(|it| it.has(since).is_some()) => {
            let by_itself = used.has(since) == Some(true);
            let shown = used.shown();
            Some(if by_itself {
                format!("a `{what}` of {shown} is closed when the garbage collector comes by, some day")
            } else {
                format!("nothing else ever closes a `{what}` of {shown}")
            })
        }
        Some(since) => Some(format!(
            "before {since} nothing else ever closes a `{what}`, since then the garbage collector does, some day"
        )),
        None if described.is_some_and(|it| it.role == Role::Netns) => {
            Some(format!("a `{what}` is a number, and nothing else ever closes it"))
        }
        None => Some(format!("nothing else closes a `{what}`")),
    }
}
