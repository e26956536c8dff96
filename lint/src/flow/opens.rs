//! What opens a reference to a namespace, or a handle.

use super::machine::Machine;
use super::outcome::{Applied, Outcome};
use super::places::stands_for_none;
use super::point::{Event, Use};
use super::state::{Site, State};
use super::value::{Handle, Hold, Value};
use crate::facts::{Effect, Subject};

impl<'a> Machine<'a> {
    /// Remembers the namespace of the thread.
    pub(super) fn capture(&mut self, applied: Applied<'a, '_>, locks: bool, state: State) -> Vec<Outcome> {
        let mut reference = self.reference(applied.fact, state.thread.netns(), applied.site);
        reference.captured = true;
        reference.hold = match self.hold(&state) {
            Hold::Never if locks => Hold::Ended,
            hold => hold,
        };
        self.observe(applied.site, &state, Event::Capture(&reference));
        self.open(applied, 0, Value::Netns(reference), state)
    }

    /// Opens a reference to what a path or another reference stands for.
    pub(super) fn open_netns(&mut self, applied: Applied<'a, '_>, from: Subject, state: State) -> Vec<Outcome> {
        let (netns, known) = self.place(from, applied, &state);
        let mut reference = self.reference(applied.fact, netns, applied.site);
        if let Some(known) = known {
            reference.captured = known.captured;
            reference.hold = known.hold;
            reference.of_main_thread = known.of_main_thread;
            reference.inside = known.inside;
        }
        self.look(&applied.given.of(from), true, applied.site, &state);
        self.open(applied, 0, Value::Netns(reference), state)
    }

    /// Opens a handle in the namespace that the arguments name, or where the thread is.
    pub(super) fn open_handle(&mut self, applied: Applied<'a, '_>, state: State) -> Vec<Outcome> {
        let Applied { fact, given, site, .. } = applied;
        let Effect::OpenHandle { at, at_field, back, families, families_from, result, lazy } = &fact.effect else {
            return vec![self.opaque(applied, state)];
        };
        let named = self.named_namespace(*at, at_field.as_deref(), given, &state);
        let back = back.and_then(|it| self.place(it, applied, &state).1);
        self.observe(site, &state, Event::Opened { fact, named: named.as_ref(), back: back.as_ref() });
        let named = named.filter(|it| !stands_for_none(it));
        // To take the current one for the call itself is to name none: `New(AsLasting())`.
        let explicit = named.as_ref().is_some_and(|it| !is_taken_within(it, site));
        let (bound, lazy) = match named {
            None => {
                if !lazy {
                    self.observe(site, &state, Event::Use(Use::Open(fact)));
                }
                (state.thread.netns(), *lazy)
            }
            Some(value) => (self.place_of(&value, site, &state).0, false),
        };
        let named = families_from.map(|it| given.args.iter().skip(it).map(family).collect::<Vec<_>>());
        let families = named.filter(|it| !it.is_empty()).unwrap_or_else(|| families.clone());
        let ty = fact.results.get(*result).filter(|it| !it.is_empty()).map(|it| it.as_str().into());
        let at = self.opening(site);
        let handle = Handle { bound, at, ty, families: families.into(), lasting: false, lazy, explicit };
        let mut outcomes = self.open(applied, *result, Value::Handle(handle.clone()), state);
        // Who hands over a channel reads there what comes from that namespace.
        for outcome in
            outcomes.iter_mut().filter(|it| !fact.objects.sent.is_empty() && it.values.last() != Some(&Value::Bad))
        {
            outcome.values.push(Value::Handle(handle.clone()));
        }
        outcomes
    }
}

/// Whether it is the current namespace, taken in the arguments of the call.
fn is_taken_within(value: &Value, call: Site) -> bool {
    matches!(value.inner(), Value::Netns(it) if it.captured && call.span.contains(it.at.span))
}

/// `unix.NETLINK_ROUTE` → `ROUTE`.
fn family(value: &Value) -> String {
    match value.inner() {
        Value::Path(path) => match path.rsplit_once("NETLINK_").map_or(&**path, |it| it.1) {
            // Its older name; the number is the same.
            "INET_DIAG" => "SOCK_DIAG".into(),
            name => name.to_owned(),
        },
        _ => String::new(),
    }
}
