//! A handle or socket that is bound to one network namespace is used where the thread was moved to another one for this
//! call.
//!
//! A socket stays in the namespace where it was opened, for life. Entering another one afterwards does not move it: the
//! request is answered by the old namespace, every time, and without an error.
//!
//! A package variable whose handle has no sockets (`&netlink.Handle{}`) asks where the thread is. Once somebody puts an
//! opened handle there, all requests through it go to one namespace, whatever the thread entered: what
//! `netlink.ConfigureHandle` did to every package-level call of the library (1000 of 1000 wrong). That is a warning, at the
//! place where it happens.
//!
//! A handle, or a method of one, that is copied from one package variable to another goes stale when the first one gets a
//! new handle: by a function that the tree calls more than once. That is a warning, at the copy.
//!
//! A handle of the host that is used on purpose inside a region is silent, if its name says so or the region has a handle
//! of its own of the same library; and so is a handle opened inside and used outside, which is what handles are for.
//!
//! ## What to do
//!
//! Open the handle after entering, or with the namespace as an argument (`NewHandleAt(ns)`).

use crate::facts::Fact;
use crate::finding::Level;
use crate::flow::{Event, Handle, Holder, Netns, Point, Site};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::rules::words;
use crate::source::Span;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    if let Event::Bound { variable, handle } = &point.event {
        return bound_for_all(point, variable, handle, verdict);
    }
    if let Event::Copied { variable, from, handle, again } = &point.event {
        return copied(point, (variable, from), handle, *again, verdict);
    }
    let Event::Request { handle: Some(handle), holder, fact, .. } = &point.event else { return };
    let thread = &point.state.thread;
    if handle.lazy {
        return late(point, handle, fact, verdict);
    }
    let Some(region) = thread.region() else { return verdict.fine() };
    if handle.bound == region.netns {
        return verdict.fine();
    }
    // Who names the namespace knows where the answers come from.
    if handle.lasting || handle.explicit {
        return;
    }
    let (Holder::Local(name) | Holder::Global(name)) = holder;
    if crate::flow::suggests_home(name) {
        return;
    }
    let name = words::short(&fact.path);
    let meant = Certain::IfOnlyUse { region: region.steps.clone(), library: fact.library().to_owned() };
    let bite = point.bite(&region.steps);
    let opened = Site { span: handle.at.span, name: handle.at.span, by_value: false };
    let mut steps = vec![words::label(opened, "the handle is bound here, before the thread moves")];
    steps.extend(words::way_into(point, region));
    verdict.fault(Complaint {
        level: Level::Error,
        certain: if thread.doubt { Certain::No } else { meant },
        cause: bite.span,
        place: bite,
        message: format!(
            "`{name}` asks through a handle that was opened before the thread entered this network namespace: it is \
             answered by the old one"
        ),
        help: "open the handle after entering, or with the namespace as an argument".into(),
        steps,
        bite: "answered by the namespace in which the handle was opened".into(),
        callee: fact.path.clone(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}

/// The handle of all who have none gets sockets.
fn bound_for_all(point: &Point<'_>, variable: &str, handle: &Handle, verdict: &mut Verdict) {
    let name = words::short(variable);
    let opened = Site { span: handle.at.span, name: handle.at.span, by_value: false };
    verdict.fault(Complaint {
        level: Level::Warning,
        certain: if point.state.thread.doubt || point.function.test { Certain::No } else { Certain::Yes },
        cause: point.site.span,
        place: point.site,
        message: format!(
            "`{name}` gets sockets, which stay in the network namespace that this thread is in: until now a request \
             through it went to that of the thread that made it"
        ),
        help: "keep the shared handle without sockets, and let who wants one open a handle".into(),
        steps: vec![words::label(opened, "the sockets are opened here, in the network namespace of the thread")],
        bite: "bound for every thread from here on".into(),
        callee: String::new(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}

/// A handle is kept twice, and one of the two is changed for another as the program goes on.
fn copied(point: &Point<'_>, (variable, from): (&str, &str), handle: &Handle, again: Span, verdict: &mut Verdict) {
    let (variable, from) = (words::short(variable), words::short(from));
    let opened = Site { span: handle.at.span, name: handle.at.span, by_value: false };
    let called = Site { span: again, name: again, by_value: false };
    verdict.fault(Complaint {
        level: Level::Warning,
        certain: if point.state.thread.doubt || point.function.test { Certain::No } else { Certain::Yes },
        cause: point.site.span,
        place: point.site,
        message: format!(
            "`{variable}` keeps the handle that `{from}` holds now, which gets another one: what is asked through \
             `{variable}` stays in the old one's network namespace"
        ),
        help: format!("take the handle from `{from}` each time"),
        steps: vec![
            words::label(opened, &format!("`{from}` gets the handle that is opened here")),
            words::label(called, "and another one with this call"),
        ],
        bite: "kept here".into(),
        callee: String::new(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}

/// A handle without a socket of its own, made in a region and used outside.
fn late(point: &Point<'_>, handle: &Handle, fact: &Fact, verdict: &mut Verdict) {
    let thread = &point.state.thread;
    if handle.bound == Netns::Home || thread.netns_is(&handle.bound) {
        return verdict.fine();
    }
    let name = words::short(&fact.path);
    let made = Site { span: handle.at.span, name: handle.at.span, by_value: false };
    verdict.fault(Complaint {
        level: Level::Error,
        certain: if thread.doubt { Certain::No } else { Certain::Yes },
        cause: point.site.span,
        place: point.site,
        message: format!(
            "`{name}` opens its socket only now, where the thread is: not in the network namespace in which the connection \
             was made"
        ),
        help: "send the requests while the thread is inside, or make a connection that keeps its socket".into(),
        steps: vec![words::label(made, "made inside the region, without a socket")],
        bite: "the socket is opened here".into(),
        callee: fact.path.clone(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}
