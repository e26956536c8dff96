//! A netlink request through a global or hidden handle, inside a region where the thread was moved to another namespace.
//!
//! The package-level functions of `github.com/vishvananda/netlink`, and functions such as `if_nametoindex`, open a
//! socket of their own on each call, wherever the thread happens to be. In a locked region the answer is right today:
//! 3000 of 3000 alternating calls. Nothing in the call says so, and it turns wrong, silently and everywhere at once, as
//! soon as the program, or any package that it links, calls `netlink.ConfigureHandle` (1000 of 1000 calls wrong), the
//! region is no longer locked, or the call moves into a goroutine.
//!
//! A handle that is *kept* in a package variable or a `static` is an error: it is bound where it was first opened, and a
//! region that uses it asks that namespace (1000 of 1000 wrong, whichever side opens it first).
//!
//! A method of a handle that asks through such a function is a warning without any region: the handle may be bound to any
//! namespace, and this part of the answer comes from the thread's.
//!
//! ## What to do
//!
//! Open a handle at the start of the region, send every call through it, close it at the end. The namespace is then
//! visible in the code, and a later change of the library cannot move it. Where the region has no other purpose, open
//! the handle without entering at all: `netlink.NewHandleAt(ns)` in Go, `netns_scope::RouteHandle::open` in Rust.
//!
//! Where no handle does the same as any of the region's calls, nothing has to change. Such a call is right as long as it
//! stays on the thread that was moved, which is locked meanwhile, and nothing in the program calls
//! `netlink.ConfigureHandle`: a comment that allows it can say so, `// netns: allow(global-handle) -- locked, and nobody
//! configures the handle`.
//!
//! In Go the fix does that: a handle for exactly the protocol families that the calls use, opened in the function that
//! makes them, or the handle that the region has already. A function that the region calls opens a handle of its own, which
//! is in whatever namespace its thread is in, and so is right for all its callers; to hand it one as a parameter is for a
//! person. The fix is safe; unsafe where the calls went through a stored handle, since they are answered by another
//! namespace afterwards, and in a file that is built for other systems too, which lack the families' constants. What has no
//! handle form, or stands in a function that cannot say that no handle could be opened, is left alone and named.
//!
//! In Rust a call such as `if_nametoindex(name)?` becomes `route.link_index(name)?`, where `route` is the runtime crate's
//! verified handle on the namespace that the thread is in (`netns_scope::RouteHandle::ambient()?`), opened before the
//! first of the calls. Where netns-scope is not among the dependencies, nothing is changed, and the report has the line
//! that adds it: `cargo add netns-scope`. A request of rtnetlink through a handle in a `static` goes through a handle of
//! its own (`netns_scope::asynchronous::AsyncRouteHandle::ambient()?`, feature `tokio`), which is rtnetlink's on a verified
//! socket. The fix is unsafe, since errors have another type, or the answers come from another namespace. Without any
//! switch the same is
//! `netns_scope::RouteHandle::open(&netns)?`, and what has no handle form goes into `netns.run(|| …)?`.

use crate::facts::{Effect, Fact};
use crate::finding::{Label, Level};
use crate::flow::{Event, Handle, Point, Region, Use};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::{AmbientCall, Region as Where, Remedy};
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    match &point.event {
        Event::Use(Use::Ambient(fact)) => match thread.region() {
            Some(region) => through_the_global(point, fact, region, verdict),
            None => beside_a_handle(point, fact, verdict),
        },
        Event::Request { handle: Some(handle), fact, .. } if handle.lasting && !thread.netns_is(&handle.bound) => {
            through_a_kept_one(point, handle, fact, verdict);
        }
        Event::Request { handle: Some(handle), fact, .. } if handle.lasting && thread.is_away() && point.is_opened_by_the_first(handle) =>
        {
            through_a_kept_one(point, handle, fact, verdict);
        }
        // On this path the request brought its own sockets.
        Event::Request { handle: None, fact, .. } if matches!(fact.effect, Effect::UseAmbient { .. }) => verdict.fine(),
        _ => (),
    }
}

/// A call that opens a hidden socket, or goes through one, in a region.
fn through_the_global(point: &Point<'_>, fact: &Fact, region: &Region, verdict: &mut Verdict) {
    let Effect::UseAmbient { handle_form, families, drop_in, .. } = &fact.effect else { return };
    let start = point.region_start(&region.steps);
    let name = words::short(&fact.path);
    let pinned = point.pinned(fact);
    let place = point.bite_in_literals(&region.steps);
    let bite = match (place == point.site, handle_form) {
        (true, Some(_)) => format!("`{name}` opens a hidden socket here"),
        (true, None) => format!("`{name}` opens a hidden socket here, and has no handle form"),
        (false, Some(_)) => format!("this call reaches `{name}`, which opens a hidden socket"),
        (false, None) => format!("this call reaches `{name}`, which opens a hidden socket and has no handle form"),
    };
    let call = AmbientCall {
        call: point.site.span,
        name: point.site.name,
        path: fact.path.clone(),
        handle_form: handle_form.clone(),
        drop_in: *drop_in,
        families: families.clone(),
        stored: false,
    };
    verdict.fault(Complaint {
        level: if pinned.is_some() { Level::Error } else { Level::Warning },
        certain: words::certain_inside(point),
        cause: start.span,
        place,
        message: match pinned {
            Some((_, used)) => format!(
                "`{name}` goes through a global handle that is bound to another network namespace than the one \
                 that the thread is in: {} keeps its sockets once it is configured",
                used.shown()
            ),
            None if !can_keep(fact, families) => format!(
                "`{name}` opens a hidden socket inside a network namespace region: it is right only as long as \
                 the call stays on this thread"
            ),
            None => format!(
                "`{name}` goes through a global handle inside a network namespace region: it is right only as \
                 long as that handle has no socket of its own"
            ),
        },
        help: help(handle_form.is_some(), can_keep(fact, families), pinned.is_some()).into(),
        steps: pinned
            .map(|(span, _)| Label { span, message: "the global handle is bound where this runs".into() })
            .into_iter()
            .chain(words::way_through(point, region, place, &bite))
            .collect(),
        bite,
        callee: fact.path.clone(),
        item: words::here(point),
        remedy: Some(Remedy::UseHandle { region: start_of(point, region), calls: vec![call] }),
        entered_by: None,
        yields_to: Vec::new(),
    });
}

fn help(has_form: bool, can_keep: bool, is_pinned: bool) -> &'static str {
    match (has_form, can_keep) {
        (true, _) => "open a handle at the start of the region, send every call through it, close it at the end",
        (false, _) if is_pinned => "no handle does the same: do without `ConfigureHandle`",
        (false, true) => {
            "no handle does the same, and nothing has to change: the call is right as long as nothing calls \
             `ConfigureHandle` and it stays on this locked thread; say so where you allow it: \
             `// netns: allow(global-handle) -- …`"
        }
        (false, false) => {
            "no handle does the same, and nothing has to change: the call is right as long as it stays on this thread; \
             say so where you allow it: `// netns: allow(global-handle) -- …`"
        }
    }
}

/// Whether the call goes through a handle that the library can keep sockets for, and does not always open its own: in Go,
/// what asks a family of netlink, itself or through the library that has that handle.
fn can_keep(fact: &Fact, families: &[String]) -> bool {
    !families.is_empty() && !fact.path.contains("::")
}

/// A request through a handle that is kept globally and bound to somewhere else.
fn through_a_kept_one(point: &Point<'_>, handle: &Handle, fact: &Fact, verdict: &mut Verdict) {
    // Who names the namespace knows where the answers come from.
    if handle.explicit {
        return;
    }
    let thread = &point.state.thread;
    let Some(region) = thread.region() else { return };
    let name = words::short(&fact.path);
    let families = match &fact.effect {
        Effect::UseHandle { families, .. } => families.clone(),
        _ => Vec::new(),
    };
    let call = AmbientCall {
        call: point.site.span,
        name: point.site.name,
        path: fact.path.clone(),
        handle_form: Some(fact.path.clone()),
        drop_in: true,
        families,
        stored: true,
    };
    let first_comes = thread.netns_is(&handle.bound);
    let message = match first_comes {
        true => format!(
            "`{name}` asks through a handle that is kept globally and opened by whoever comes first: for every other \
             network namespace it is the wrong one"
        ),
        false => format!(
            "`{name}` asks through a handle that is kept globally and bound to the namespace in which it was opened, \
             not to the one that the thread is in"
        ),
    };
    let mut steps = vec![words::label(
        crate::flow::Site { span: handle.at.span, name: handle.at.span, by_value: false },
        "the handle that is kept globally is opened here",
    )];
    let place = point.bite_in_literals(&region.steps);
    let bite = match place == point.site {
        true => format!("`{name}` is answered by the namespace of that handle"),
        false => format!("this call reaches `{name}`, which is answered by the namespace of that handle"),
    };
    steps.extend(words::way_through(point, region, place, &bite));
    verdict.fault(Complaint {
        level: Level::Error,
        // All of them may be in one and the same.
        certain: match first_comes || point.is_first_used_away(handle) {
            true => Certain::No,
            false => words::certain_inside(point),
        },
        cause: point.region_start(&region.steps).span,
        place,
        message,
        help: "open a handle of its own in the region, or with the namespace as an argument".into(),
        steps,
        bite,
        callee: fact.path.clone(),
        item: words::here(point),
        remedy: Some(Remedy::UseHandle { region: start_of(point, region), calls: vec![call] }),
        entered_by: None,
        yields_to: Vec::new(),
    });
}

/// A method of a handle that asks past it: the handle may be of any namespace, the thread is in its own.
fn beside_a_handle(point: &Point<'_>, fact: &Fact, verdict: &mut Verdict) {
    verdict.fine();
    let Effect::UseAmbient { handle_form: Some(form), .. } = &fact.effect else { return };
    let Some((handle, place)) = point.handle_passed_over(fact) else { return };
    let (name, handle) = (words::short(&fact.path), words::short(handle));
    let bite = match place == point.site {
        true => format!("`{name}` opens a hidden socket here, and the handle is not asked"),
        false => format!("this call reaches `{name}`, and the handle is not asked"),
    };
    let inner = (place != point.site).then(|| words::label(point.site, "which asks here"));
    verdict.fault(Complaint {
        level: Level::Warning,
        certain: Certain::Inside,
        cause: point.functions[0].span,
        place,
        message: format!(
            "`{name}` asks the network namespace that the thread is in, in a method of a `{handle}`, which may be bound \
             to another"
        ),
        help: format!("ask through the handle itself: `{}`", words::short(form)),
        steps: inner.into_iter().collect(),
        bite,
        callee: fact.path.clone(),
        item: crate::judge::item(point.program, point.functions[0]),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}

/// Where the region begins, for a rewrite: the closure that runs inside, or the switch.
fn start_of(point: &Point<'_>, region: &Region) -> Where {
    let start = point.region_start(&region.steps);
    let runs_closure = region.closed || point.stack.contains(&start);
    let closure = point.functions.get(point.depth_of_text(&region.steps)).filter(|_| runs_closure);
    closure.filter(|it| it.is_nested()).map_or(Where::After(start.span), |it| Where::Closure(it.span))
}
