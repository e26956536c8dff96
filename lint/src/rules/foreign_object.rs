//! A link, an index or an address of one network namespace in the hands of another: the number means some other device
//! there.
//!
//! A device is known by its index, and each namespace counts for itself. `LinkSetMTU` with a link that was looked up in a
//! container changed the host's device of that number, 20 of 20, without an error. `net.Interface` asks for its addresses
//! only when it is told to, by its index, wherever the thread is then.
//!
//! A message that a subscribed socket receives is about the socket's namespace. Working it out may ask for the device that
//! it is about: `NeighDeserialize` does so for every message in v1.0.0, and for 16-byte hardware addresses since v1.1.0.
//! That is a warning.
//!
//! A name, a size or a hardware address is a value and means the same everywhere. A device that was moved is looked up
//! anew where it went; where it was, its number is free for another one. Where it went it keeps its number only if nobody
//! has that there (`__dev_change_net_namespace` gives it another one then; measured: the other device was changed, without
//! an error): who goes on with the old one gets a warning.
//!
//! ## What to do
//!
//! Look the device up with the handle, or in the region, that the request is for. What receives from a subscribed socket
//! is a goroutine that locked its thread and entered the namespace of the socket.

use crate::facts::Effect;
use crate::finding::{Label, Level};
use crate::flow::{Event, Given, Netns, OUTSIDE, Point, State, Thing, Value};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, _: &Memory, verdict: &mut Verdict) {
    let Event::About { fact, asked, given, made_in, .. } = &point.event else { return };
    let state = point.state;
    let mut things: Vec<_> = fact.objects.taken.iter().flat_map(|it| things(&given.of(*it), state, 0)).collect();
    if fact.objects.made {
        things.extend(fact.objects.taken.iter().flat_map(|it| below(&given.of(*it), state)));
    }
    let asked = known(asked);
    if let Some((thing, to)) = things.iter().find_map(|it| gone(it, asked, state)) {
        return verdict.fault(moved_away(point, thing, to, &fact.path));
    }
    if let Some(thing) = things.iter().find(|it| has_come(it, asked, state)) {
        return verdict.fault(moved_here(point, thing, &fact.path));
    }
    let foreign = things.iter().find(|it| is_other(known(&it.of), asked) && !state.closed.contains(&it.at));
    let made_in = made_in.filter(|it| is_other(known(it), asked));
    let Some(of) = foreign.map(|it| &it.of).or(made_in) else { return verdict.fine() };
    let (Some(of), Some(asked)) = (known(of), asked) else { return verdict.fine() };
    if of.may_be(asked) {
        return verdict.fine();
    }
    // Work that was started in the namespace of the object and left it is a fault of its own.
    let left = state.thread.escaped.as_ref().is_some_and(|it| known(&it.region.netns) == Some(of));
    if left && matches!(fact.effect, Effect::UseAmbient { .. }) {
        return;
    }
    let certain = match (of, asked) {
        _ if state.thread.doubt => Certain::No,
        (Netns::At(_), Netns::At(_)) if !of.is_twin_of(asked) && !are_different(of, asked) => Certain::No,
        _ => Certain::Yes,
    };
    let name = words::short(&fact.path);
    let looks_up = fact.effect == Effect::LookUp;
    let message = if looks_up {
        format!(
            "`{name}` may look up in the thread's network namespace the device that a message of another one is about"
        )
    } else {
        format!(
            "`{name}` is given an object of another network namespace than the one that is asked: its number means some \
             other device there"
        )
    };
    let taken = if looks_up { "received here, in another network namespace" } else { "looked up here, in another network namespace" };
    let help = if looks_up {
        "let a thread that is in the socket's namespace receive and work out its messages"
    } else {
        "look it up in the namespace that the request is for"
    };
    verdict.fault(Complaint {
        level: if looks_up { Level::Warning } else { Level::Error },
        certain,
        cause: point.site.span,
        place: point.site,
        message,
        help: help.into(),
        steps: steps(point, foreign, given, taken),
        bite: String::new(),
        callee: fact.path.clone(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    });
}

/// Where the object is from, and what is asked about it instead; and the call that brought the two together, if that is not
/// this one.
fn steps(point: &Point<'_>, foreign: Option<&Thing>, given: &Given, taken: &str) -> Vec<Label> {
    let taken = foreign.map(|it| Label { span: it.at.span, message: taken.into() });
    let handle = match given.receiver.as_ref().map(Value::inner) {
        Some(Value::Handle(handle)) => Some(handle.at.span),
        _ => None,
    };
    let asked = handle.map(|span| Label { span, message: "what is asked was opened here".into() });
    let start = point.state.thread.region().filter(|_| handle.is_none()).map(|it| point.region_start(&it.steps));
    let entered = start.map(|it| words::label(it, "the thread enters another network namespace here"));
    let mut steps: Vec<_> = taken.into_iter().chain(asked).chain(entered).collect();
    let text = point.program.text_around(point.function).span;
    let handed = point.stack.last().filter(|_| steps.iter().any(|it| !text.contains(it.span)));
    steps.extend(handed.filter(|it| !it.by_value).map(|it| words::label(*it, words::THROUGH)));
    let mut seen = std::collections::BTreeSet::new();
    steps.retain(|it| seen.insert(it.span));
    steps
}

/// A device that was moved out of the namespace that is asked, and where it is now.
fn gone<'s>(thing: &'s Thing, asked: Option<&Netns>, state: &'s State) -> Option<(&'s Thing, &'s Netns)> {
    let to = known(state.sent.get(&thing.at)?)?;
    (known(&thing.of) == asked && Some(to) != asked).then_some((thing, to))
}

/// Whether a device was moved into the namespace that is asked, and is known by the number that it had before.
fn has_come(thing: &Thing, asked: Option<&Netns>, state: &State) -> bool {
    let to = state.sent.get(&thing.at).and_then(known);
    to.is_some() && to == asked && is_other(known(&thing.of), asked)
}

fn moved_here(point: &Point<'_>, thing: &Thing, path: &str) -> Complaint {
    let name = words::short(path);
    let message = format!(
        "`{name}` is given a device by the number that it had before it was moved here: where that is taken, the kernel \
         gives it another one"
    );
    let certain = if point.state.thread.doubt { Certain::No } else { Certain::Yes };
    Complaint { level: Level::Warning, certain, message, ..moved(point, thing, path) }
}

fn moved_away(point: &Point<'_>, thing: &Thing, to: &Netns, path: &str) -> Complaint {
    let name = words::short(path);
    let message = format!(
        "`{name}` is given a device that was moved to another network namespace: its number means some other device \
         here, or none"
    );
    let certain = match (&thing.of, to) {
        _ if point.state.thread.doubt => Certain::No,
        (Netns::At(_), Netns::At(_)) if !are_different(&thing.of, to) => Certain::No,
        _ => Certain::Yes,
    };
    Complaint { level: Level::Error, certain, message, ..moved(point, thing, path) }
}

/// What there is to say about a device that was moved, whichever way.
fn moved(point: &Point<'_>, thing: &Thing, path: &str) -> Complaint {
    Complaint {
        level: Level::Error,
        certain: Certain::No,
        cause: point.site.span,
        place: point.site,
        message: String::new(),
        help: "look it up anew in the namespace that it was moved to".into(),
        steps: vec![Label { span: thing.at.span, message: "looked up here, before it was moved".into() }],
        bite: String::new(),
        callee: path.to_owned(),
        item: words::here(point),
        remedy: None,
        entered_by: None,
        yields_to: Vec::new(),
    }
}

/// The fields that say which device something is about.
const INDEXES: &[&str] = &["Index", "LinkIndex", "IfIndex", "Ifindex", "OutIface", "Interface", "index", "ifindex"];
/// The fields that hold these.
const WHOLE: &[&str] =
    &["LinkAttrs", "QdiscAttrs", "ClassAttrs", "FilterAttrs", "Attributes", "MultiPath", "Link", "Msg", "[]", OUTSIDE];
/// The fields that say on which device a new one is made: the kernel looks for that one where it is asked, wherever the
/// new one goes.
const BELOW: &[&str] = &["ParentIndex", "VtepDevIndex"];

/// Whether one of them is known not to be the other.
fn is_other(of: Option<&Netns>, asked: Option<&Netns>) -> bool {
    of != asked || of.zip(asked).is_some_and(|(of, asked)| of.is_twin_of(asked))
}

/// The namespace, if the text says which one it is.
fn known(netns: &Netns) -> Option<&Netns> {
    match netns {
        Netns::At(name) if crate::flow::suggests_home(name) && !netns.is_new() => Some(&Netns::Home),
        Netns::At(name) if ["another namespace#", "a namespace#", "object#"].iter().any(|it| name.starts_with(it)) => None,
        other => Some(other),
    }
}

/// The objects that a value is or holds, in the fields that count.
fn things(value: &Value, state: &State, depth: u8) -> Vec<Thing> {
    match value.inner() {
        Value::Thing(thing) if is_object(&thing.symbol) => vec![thing.clone()],
        Value::Object(id) if depth < 3 => {
            let Some(object) = state.objects.get(id) else { return Vec::new() };
            let fields = |names: &'static [&str]| {
                let fields = object.fields.iter().filter(move |(name, _)| names.contains(&&***name));
                fields.flat_map(|(_, it)| things(it, state, depth + 1)).collect()
            };
            // An index that was set anew stands for the whole.
            let set = object.fields.keys().any(|it| INDEXES.contains(&&**it));
            if set { fields(INDEXES) } else { fields(WHOLE) }
        }
        _ => Vec::new(),
    }
}

/// The device that a new one is made on.
fn below(value: &Value, state: &State) -> Vec<Thing> {
    let Value::Object(id) = value.inner() else { return Vec::new() };
    let whole = [Some(value), state.field(*id, "LinkAttrs")];
    let fields = whole.into_iter().flatten().filter_map(|it| match it.inner() {
        Value::Object(id) => Some(BELOW.iter().filter_map(|name| state.field(*id, name))),
        _ => None,
    });
    fields.flatten().flat_map(|it| things(it, state, 0)).collect()
}

/// Whether the part that the symbol names is the object or its number, rather
/// than a value that means the same everywhere.
fn is_object(symbol: &str) -> bool {
    const PARTS: &[&str] = &[
        "[]",
        "?",
        "Attrs",
        "Data",
        "IfInfomsg",
        "Link",
        "Neigh",
        "Route",
        "header",
        "Index",
        "LinkIndex",
        "index",
        "ifindex",
        "interface_index",
    ];
    let parts = symbol.rsplit_once('#').map_or("", |it| it.1).split('.');
    parts.skip_while(|it| it.bytes().all(|it| it.is_ascii_digit())).all(|it| PARTS.contains(&it))
}

/// Whether two names can hardly stand for the same namespace: both are variables of their own, or paths that are known.
fn are_different(one: &Netns, other: &Netns) -> bool {
    let (Netns::At(first), Netns::At(second)) = (one, other) else { return true };
    let is_plain = |it: &str| it.split_once('#').is_some_and(|(name, _)| !name.contains(['.', '(', '/']));
    let is_path = |it: &str| it.starts_with('/') && !it.contains(['{', '#']);
    let made = one.is_new() && other.is_new();
    made || is_plain(first) && is_plain(second) || is_path(first) && is_path(second)
}
