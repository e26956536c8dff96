//! A descriptor that nobody closes, so that it stays open and its namespace alive, or that is closed twice.
//!
//! `netns.NsHandle` is a number, and so is what `into_raw_fd` gives: nothing ever closes it but a call of `Close`, and a
//! long-running process runs out of descriptors. A namespace that a descriptor refers to is not removed either, with the
//! devices in it. Other types close themselves when the garbage collector finds them, some day: `ns.NetNS`, and the
//! sockets of `github.com/vishvananda/netlink` since v1.3.0; until then they are open, and a handle is up to three
//! sockets.
//!
//! What is returned, kept in a structure, a map or a package variable, sent over a channel, or handed to a function that
//! may keep it, is somebody else's to close. A process that ends, or becomes another program, closes everything.
//!
//! Rust: a number that `as_raw_fd` lends and that is closed by hand is closed once more when its owner is dropped. If
//! another thread opened something meanwhile, that got the same number, and is what the second close hits: a socket in
//! the middle of its work, or the reference by which a thread was to go back. In a debug build the standard library
//! aborts the process instead, if the number is still free. What `into_raw_fd` gives, and what is forgotten or in a
//! `ManuallyDrop`, has no owner that closes it: there the close by hand is right. So is that of a forked child which
//! becomes another program.
//!
//! A socket of another namespace that is handed to a goroutine whose loop nothing ends stays open, and its namespace with
//! it, as often as such a goroutine is started: it should be kept where somebody can close it.
//!
//! A package variable that gets another value forgets what it held: a function that fills one leaks the first
//! descriptor where it is called again. That is reported at the second value, if the way to it is in sight, if nothing
//! but an error decides whether it is taken, and if nothing on it closes or keeps the first: not under a `sync.Once`,
//! nor behind `if handle == nil`. What the garbage collector closes is left to it there.
//!
//! ## What to do
//!
//! `defer` the close right after the error was looked at. Rust: keep the `File` or `OwnedFd`, and lend its number with
//! `as_raw_fd`; to close it early, drop the owner. A package variable: close what it holds before it is filled
//! again, or fill it in a `sync.Once`.
//!
//! The fix does that in Go, where no way out closes it or hands it on; it is safe.

use crate::facts::{Effect, Fact, Role};
use crate::finding::{Label, Level};
use crate::flow::{Ended, Event, Opened, Overwritten, Point, Site};
use crate::ir::{Exit, Function, Root};
use crate::judge::{Certain, Complaint, Memory, Verdict, item};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    if let Event::Numbered { fact } = &point.event {
        return closed_twice(point, fact, verdict);
    }
    // The process ends, and so does the one that runs a test.
    let ends = |it: &Function| matches!(it.root, Some(Root::Main | Root::Command));
    if ends(point.function) {
        return;
    }
    let of_main = ends(point.functions[0]) && point.stack.len() == 1;
    match point.event {
        Event::Left { .. } if point.becomes_another() => (),
        Event::Left { ended } => left(point, ended, of_main || point.function.test, verdict),
        Event::Overwritten { opened, by, writer, caller } => {
            // What helpers of tests call is called as often as there are tests.
            let by_a_test = point.program.text_around(caller).root == Some(Root::Test);
            let soon_over = of_main || writer.test || by_a_test;
            overwritten(point, opened, by, writer, soon_over, verdict);
        }
        _ => (),
    }
}

fn left(point: &Point<'_>, ended: &[Ended], soon_over: bool, verdict: &mut Verdict) {
    for left in ended.iter().filter(|it| it.exit != Exit::Unwind) {
        for opened in lost(point, left) {
            let Some(fact) = point.facts.call(&opened.by) else { continue };
            let Some(until) = until(point, fact) else { continue };
            // The thread is what is lost on this way out.
            if left.state.thread.failed_back.is_some() && collected(point, fact) == Some(true) {
                continue;
            }
            let place = opened.steps[point.stack.len()];
            let name = words::short(&fact.path);
            let mut steps = Vec::new();
            if let Some(inner) = opened.steps.last().filter(|it| **it != place) {
                steps.push(words::label(*inner, "opened here"));
            }
            let unsure = soon_over
                || point.defers_a_close_each_turn(place)
                || opened.kept_by.is_some() && (point.runs_once() || !point.is_called());
            match opened.kept_by {
                Some(started) => {
                    steps.push(Label { span: started, message: "the goroutine that gets it never ends".into() });
                }
                None => steps.push(Label { span: left.at, message: "and leaves here, with it still open".into() }),
            }
            verdict.fault(Complaint {
                level: Level::Warning,
                certain: if unsure { Certain::No } else { Certain::Yes },
                cause: place.span,
                place,
                message: if opened.kept_by.is_some() {
                    format!("what `{name}` opens is never closed: the goroutine that asks through it has no end, and nobody can stop it")
                } else if fact.gives_errors_last() {
                    format!("what `{name}` opens is not closed on every way out: {until}")
                } else {
                    format!("what is opened here is not closed on every way out: {until}")
                },
                help: if opened.kept_by.is_some() {
                    "keep it where somebody can close it, and let the goroutine return when it is".into()
                } else {
                    "close it on every way out, or keep it where somebody does".into()
                },
                steps,
                bite: String::new(),
                callee: fact.path.clone(),
                item: words::here(point),
                remedy: opened.kept_by.is_none().then_some(Remedy::Close { opened: place.span }),
                entered_by: None,
                yields_to: Vec::new(),
            });
        }
    }
}

/// A number is closed by hand that its owner closes once more.
fn closed_twice(point: &Point<'_>, fact: &Fact, verdict: &mut Verdict) {
    let Effect::Close { what, .. } = fact.effect else { return };
    let thread = &point.state.thread;
    // What a child does with its copies is between it and the program that it becomes; what somebody runs may be such.
    if thread.forked.is_some() || point.function.is_nested() {
        return;
    }
    let Some(lent) = point.lent_to(what) else { return };
    let owner = lent.by.path.rsplit("::").nth(1).unwrap_or_default();
    verdict.fault(Complaint {
        level: Level::Warning,
        certain: if lent.borrowed { Certain::No } else { Certain::Yes },
        cause: point.site.span,
        place: point.site,
        message: format!(
            "this descriptor is closed by hand, and again when its owner, the `{owner}`, is dropped: by then the number may \
             be that of something else"
        ),
        help: format!("drop the `{owner}` instead, or take its number away with `into_raw_fd`"),
        steps: vec![Label { span: lent.at, message: format!("the `{owner}` keeps the number that it lends here") }],
        bite: String::new(),
        callee: fact.path.clone(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}

/// A package variable gets another value, and what it held is still open.
fn overwritten(
    point: &Point<'_>,
    opened: &Opened,
    by: &Overwritten,
    writer: &Function,
    soon_over: bool,
    verdict: &mut Verdict,
) {
    let Some(fact) = point.facts.call(&opened.by) else { return };
    let Some(until) = until(point, fact) else { return };
    // Who calls it twice, and forgets it twice, waits for the collector no longer than who calls it once.
    if collected(point, fact) == Some(true) {
        return;
    }
    let through = |steps: &[Site]| steps.len().checked_sub(2).filter(|it| *it >= point.stack.len()).map(|it| steps[it]);
    let mut steps = Vec::new();
    if let Some(last) = opened.steps.last().filter(|it| it.span != point.site.span) {
        steps.push(words::label(*last, "opened here"));
    }
    if let (Some(first), Some(second)) = (through(&opened.steps), through(&by.steps))
        && first != second
    {
        steps.push(words::label(first, "opened through this call"));
        steps.push(words::label(second, "and overwritten through this one"));
    }
    verdict.fault(Complaint {
        level: Level::Warning,
        certain: if soon_over || collected(point, fact).is_none() { Certain::No } else { Certain::Inside },
        cause: point.site.span,
        place: point.site,
        message: format!("what `{}` holds is still open where it gets another value: {until}", by.variable),
        help: "close what it holds before, or open it once (`sync.Once`)".into(),
        steps,
        bite: String::new(),
        callee: fact.path.clone(),
        item: item(point.program, writer),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}

/// What this run opened and left open, where nothing can reach it.
fn lost<'a>(point: &'a Point<'_>, left: &'a Ended) -> impl Iterator<Item = &'a Opened> {
    let state = &left.state;
    let mut held: Vec<_> = point.state.open.keys().copied().collect();
    state.held(&left.values, &mut |it| held.push(it));
    let depth = point.stack.len();
    let here = move |it: &Opened| it.steps.len() > depth && it.steps.iter().zip(point.stack).all(|(a, b)| a == b);
    let open = state.open.iter().filter(|it| it.1.overwritten.is_none());
    let lost = open.filter(move |(at, it)| !held.contains(at) && here(it));
    lost.map(|(_, it)| &**it)
}

/// Whether the garbage collector closes a forgotten one; `None` if some release does.
fn collected(point: &Point<'_>, fact: &Fact) -> Option<bool> {
    let at = if let Effect::OpenHandle { result, .. } = &fact.effect { *result } else { 0 };
    let Some(ty) = fact.results.get(at).filter(|it| !it.is_empty()) else { return Some(false) };
    match point.facts.ty(ty).and_then(|it| it.collected_since.as_deref()) {
        None => Some(false),
        Some("v0.0.0") => Some(true),
        Some(since) => point.version_of(ty).and_then(|it| it.has(since)),
    }
}

/// What becomes of a forgotten one; `None` if nothing has to be closed.
fn until(point: &Point<'_>, fact: &Fact) -> Option<String> {
    if point.gives_a_number(fact) {
        return Some("it is a number, and nothing else ever closes it".into());
    }
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
