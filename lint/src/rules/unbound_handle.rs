//! A handle that does not bind the request: it goes to the network namespace of the calling thread, and nobody says so.
//!
//! A handle of `github.com/vishvananda/netlink` has one socket for each protocol family that it was opened for: ROUTE,
//! XFRM and NETFILTER if none was named. For every other family (GENERIC, RDMA, SOCK_DIAG: 55 of its 219 operations) it
//! opens a socket where the thread is, without an error. So does a handle that was closed, and the zero `Handle{}`, for
//! every family; and `NewHandleAt` of a namespace that was closed, or of `netns.None()`, opens the whole handle there.
//! Where the thread is in that namespace, too, the answer is right for as long as it stays there: a warning.
//! A `Tuntap` is made through `/dev/net/tun`, which the thread opens, whatever the handle. Measured: 20 of 20 wrong, each.
//!
//! A library whose handle has a method that asks past it is a warning in the library's own text.
//!
//! ## What to do
//!
//! Name the families, `netlink.NewHandleAt(ns, unix.NETLINK_ROUTE, unix.NETLINK_GENERIC)`; close handle and namespace
//! only when everything is done. What no handle can do belongs into a region.
//!
//! The fix adds the families that are missing, and keeps those that a call without a list has; it is safe.

use crate::facts::{Effect, Fact, Role, Subject};
use crate::finding::Level;
use crate::flow::{Event, Given, Handle, Point, Site, Use, Value};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    match &point.event {
        Event::Request { handle: Some(handle), fact, given, .. } => {
            let Effect::UseHandle { families, by_thread } = &fact.effect else { return };
            let there = point.state.thread.netns_is(&handle.bound);
            // Who names the namespace means the handle to go there, wherever the thread is.
            if handle.lazy || handle.lasting || there && !(handle.explicit && point.state.thread.is_away()) {
                return verdict.fine();
            }
            if there {
                return family(point, handle, fact, families, Level::Warning, verdict);
            }
            request(point, handle, fact, (families, by_thread), given, verdict);
        }
        Event::Request { handle: None, fact, given, .. } => zero(point, fact, given, verdict),
        Event::Use(Use::Ambient(fact)) => inside_a_method(point, fact, verdict),
        Event::Opened { fact, named: Some(named), .. } => opened(point, fact, named, verdict),
        _ => (),
    }
}

/// A request that does not go through a socket of the handle.
fn request(
    point: &Point<'_>,
    handle: &Handle,
    fact: &Fact,
    (families, by_thread): (&[String], &[String]),
    given: &Given,
    verdict: &mut Verdict,
) {
    let name = words::short(&fact.path);
    let opened = Site { span: handle.at.span, name: handle.at.span, by_value: false };
    let goes = "it goes to the network namespace of the thread";
    if point.state.closed.contains(&handle.at) && !families.is_empty() {
        let mut complaint = complaint(point, fact, Level::Error, format!("`{name}` asks through a handle that was closed: {goes}"));
        complaint.help = "close the handle when everything is done".into();
        complaint.steps = vec![words::label(opened, "the handle is opened here, and closed before the request")];
        return verdict.fault(complaint);
    }
    let of_thread = given.args.iter().filter_map(|it| point.state.ty(it)).find(|it| by_thread.iter().any(|ty| **ty == **it));
    if let Some(ty) = of_thread {
        let ty = words::short(&ty);
        let message = format!("a `{ty}` is not made through the handle: it is made in the network namespace of the thread");
        let mut complaint = complaint(point, fact, Level::Error, message);
        complaint.help = "make it on a thread that is in the namespace".into();
        complaint.steps = vec![words::label(opened, "the handle is of another namespace")];
        return verdict.fault(complaint);
    }
    family(point, handle, fact, families, Level::Error, verdict);
}

/// A request of a family that the handle was not opened for.
fn family(
    point: &Point<'_>,
    handle: &Handle,
    fact: &Fact,
    families: &[String],
    level: Level,
    verdict: &mut Verdict,
) {
    let name = words::short(&fact.path);
    // A family that the text does not spell out may be any.
    let known = !handle.families.is_empty() && handle.families.iter().all(|it| !it.is_empty());
    let missing: Vec<_> = families.iter().filter(|it| !handle.families.contains(it)).cloned().collect();
    if !known || missing.is_empty() {
        return verdict.fine();
    }
    let goes = match level {
        Level::Error => "it goes to the network namespace of the thread",
        Level::Warning => "it is right only as long as the thread is in that network namespace, too",
    };
    let message = format!("`{name}` needs {}, for which this handle has no socket: {goes}", missing.join(" and "));
    let mut complaint = complaint(point, fact, level, message);
    complaint.help = "open the handle for that family too".into();
    let opened = Site { span: handle.at.span, name: handle.at.span, by_value: false };
    complaint.steps = vec![words::label(opened, &format!("opened for {}", handle.families.join(", ")))];
    complaint.remedy = Some(Remedy::AddFamilies { opened: handle.at.span, families: missing });
    verdict.fault(complaint);
}

/// A handle that nobody opened, in a region.
fn zero(point: &Point<'_>, fact: &Fact, given: &Given, verdict: &mut Verdict) {
    let receiver = given.of(Subject::Receiver);
    let Value::Object(id) = receiver.inner() else { return };
    let Some(object) = point.state.objects.get(id).filter(|it| it.fields.is_empty()) else { return };
    let is_handle = |ty: &str| point.facts.ty(ty).is_some_and(|it| it.role == Role::Handle);
    let Some(ty) = object.ty.as_deref().filter(|it| is_handle(it) && point.state.thread.is_away()) else { return };
    // What a constructor gives that opens nothing is no other.
    let lazy = |it: &Fact| matches!(it.effect, Effect::OpenHandle { lazy: true, .. });
    if point.facts.calls().any(|it| lazy(it) && it.results.first().is_some_and(|it| it == ty)) {
        return;
    }
    let name = words::short(&fact.path);
    let message = format!(
        "`{name}` asks through a handle that nobody opened: it goes to whatever network namespace the thread is in"
    );
    let mut complaint = complaint(point, fact, Level::Warning, message);
    complaint.help = "open the handle with `NewHandle`, at the start of the region".into();
    verdict.fault(complaint);
}

/// A method of a handle that is answered past it, by something that no handle can ask.
fn inside_a_method(point: &Point<'_>, fact: &Fact, verdict: &mut Verdict) {
    let Effect::UseAmbient { handle_form: None, .. } = &fact.effect else { return };
    let Some((handle, place)) = point.handle_passed_over(fact).filter(|_| !point.state.thread.is_away()) else { return };
    let (name, handle) = (words::short(&fact.path), words::short(handle));
    let message = format!(
        "`{name}` asks the network namespace of the thread, in a method of a `{handle}`, which may be bound to another"
    );
    let mut complaint = complaint(point, fact, Level::Warning, message);
    complaint.help = "ask through the sockets of the handle".into();
    (complaint.place, complaint.cause) = (place, point.functions[0].span);
    complaint.bite = "the handle is not asked".into();
    verdict.fault(complaint);
}

/// A handle that is opened at a namespace which is none.
fn opened(point: &Point<'_>, fact: &Fact, named: &Value, verdict: &mut Verdict) {
    let Effect::OpenHandle { families, .. } = &fact.effect else { return };
    let name = words::short(&fact.path);
    match named.inner() {
        Value::Netns(reference) if point.state.closed.contains(&reference.at) => {
            let message = format!(
                "`{name}` is given a namespace that was closed: the handle is bound to the network namespace of the thread"
            );
            let mut complaint = complaint(point, fact, Level::Error, message);
            complaint.help = "close the namespace after the handle was opened".into();
            let taken = Site { span: reference.at.span, name: reference.at.span, by_value: false };
            complaint.steps = vec![words::label(taken, "opened here, and closed before the handle")];
            verdict.fault(complaint);
        }
        // Where there is another way to say it.
        Value::Int(-1) if !families.is_empty() && !fact.results.is_empty() => {
            let message =
                format!("`{name}` is given no namespace: the handle is bound to the network namespace of the thread");
            let mut complaint = complaint(point, fact, Level::Warning, message);
            complaint.help = "say `NewHandle` where the current network namespace is meant".into();
            verdict.fault(complaint);
        }
        _ => verdict.fine(),
    }
}

fn complaint(point: &Point<'_>, fact: &Fact, level: Level, message: String) -> Complaint {
    Complaint {
        level,
        certain: if point.state.thread.doubt { Certain::No } else { Certain::Yes },
        cause: point.site.span,
        place: point.site,
        message,
        help: String::new(),
        steps: Vec::new(),
        bite: String::new(),
        callee: fact.path.clone(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    }
}
