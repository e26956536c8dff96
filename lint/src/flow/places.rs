//! Which network namespace a value stands for.

use std::rc::Rc;

use super::machine::Machine;
use super::netns::{Exact, Netns, Spot};
use super::outcome::Applied;
use super::point::{Given, Point};
use super::state::{Site, State};
use super::text::{self, Shows};
use super::thread::Region;
use super::value::{Hold, Inside, Opening, Reference, Symbol, Value};
use crate::facts::{Fact, Subject};
use crate::ir::Function;
use crate::source::Span;

impl Machine<'_> {
    /// The namespace that the arguments name for a handle; `None` if they leave it
    /// to the thread.
    pub(super) fn named_namespace(
        &self,
        at: Subject,
        field: Option<&str>,
        values: &Given,
        state: &State,
    ) -> Option<Value> {
        let absent = matches!(at, Subject::Arg(nth) if nth >= values.args.len());
        if at == Subject::Current || absent {
            return None;
        }
        let value = values.of(at);
        let value = match (field, value.inner()) {
            (Some(field), Value::Object(id)) => state.field(*id, field).cloned()?,
            _ => value,
        };
        let leaves_it_open = match value.inner() {
            Value::Nil | Value::Int(0) => true,
            Value::Text(text) => text.is_empty(),
            _ => false,
        };
        (!leaves_it_open).then_some(value)
    }

    /// The namespace that a device was to be made in, as the struct says that describes it.
    pub(super) fn made_in(&self, applied: Applied<'_, '_>, state: &State) -> Option<Netns> {
        let Applied { fact, given, site, .. } = applied;
        let subject = fact.objects.taken.first().filter(|_| !fact.objects.made)?;
        let Value::Object(id) = *given.of(*subject).inner() else { return None };
        let attributes = match state.field(id, "LinkAttrs").map(Value::inner) {
            Some(Value::Object(inner)) => *inner,
            _ => id,
        };
        // A number written by hand is meant for whatever is asked.
        if state.field(id, "Index").or_else(|| state.field(attributes, "Index")).is_some() {
            return None;
        }
        let named = state.field(id, "Namespace").or_else(|| state.field(attributes, "Namespace"))?;
        (!matches!(named.inner(), Value::Unknown | Value::Nil)).then(|| self.place_of(named, site, state).0)
    }

    pub(super) fn reference(&self, fact: &Fact, netns: Netns, site: Site) -> Reference {
        Reference {
            netns,
            at: self.opening(site),
            ty: self.result_ty(fact),
            captured: false,
            hold: Hold::Tied,
            of_main_thread: false,
            inside: None,
            number: self.world.gives_a_number(site.span.file, fact),
        }
    }

    pub(super) fn result_ty(&self, fact: &Fact) -> Option<Rc<str>> {
        fact.results.first().filter(|it| !it.is_empty()).map(|it| it.as_str().into())
    }

    /// Which namespace a subject stands for.
    pub(super) fn place(
        &self,
        subject: Subject,
        applied: Applied<'_, '_>,
        state: &State,
    ) -> (Netns, Option<Reference>) {
        let Applied { fact, given, site, .. } = applied;
        let here = |what: &str, exact: fn(Opening) -> Exact| {
            let text = format!("{what}#{}.{}", site.span.file.0, site.span.start);
            Netns::At(Spot::new(text, exact(self.opening(site))))
        };
        match subject {
            Subject::Current => (state.thread.netns(), None),
            Subject::Home => (Netns::Home, None),
            Subject::New => {
                let named = fact.named.and_then(|it| self.name_of_new(&given.of(it), site));
                (named.unwrap_or_else(|| here("a new namespace", Exact::made)), None)
            }
            Subject::Other => (here("another namespace", Exact::found), None),
            Subject::Receiver | Subject::Arg(_) => self.place_of(&given.of(subject), site, state),
        }
    }

    /// What is made is what its name or path leads to from then on.
    fn name_of_new(&self, name: &Value, site: Site) -> Option<Netns> {
        let spot = match name.inner() {
            Value::Symbol(name) => name.spot(),
            Value::Text(text) if !text.is_empty() && &**text != "{}" => Spot::named(text),
            _ => return None,
        };
        Some(Netns::At(Spot { exact: Exact::made(self.opening(site)), ..spot }))
    }

    pub(crate) fn place_of(&self, value: &Value, site: Site, state: &State) -> (Netns, Option<Reference>) {
        let captured = |netns: Netns, of_main_thread: bool| Reference {
            netns,
            at: self.opening(site),
            ty: None,
            captured: true,
            hold: if of_main_thread { Hold::Tied } else { self.hold(state) },
            of_main_thread,
            inside: state
                .thread
                .region()
                .map(|it| Rc::new(Inside { netns: it.netns.clone(), steps: self.steps(site) })),
            number: false,
        };
        match value.inner() {
            Value::Netns(reference) => (reference.netns.clone(), Some(reference.clone())),
            Value::Symbol(name) => {
                let back = state.thread.is_away() && text::suggests_home(name);
                (if back { Netns::Home } else { Netns::At(name.spot()) }, None)
            }
            Value::Text(path) => match text::shows(path) {
                Shows::ThreadReference => (state.thread.netns(), Some(captured(state.thread.netns(), false))),
                Shows::MainThreadReference => (Netns::Home, Some(captured(Netns::Home, true))),
                _ => (Netns::At(Spot::named(path)), None),
            },
            Value::Path(path) if &**path == text::PID => (Netns::Home, Some(captured(Netns::Home, true))),
            Value::Path(path) if &**path == text::TID => {
                (state.thread.netns(), Some(captured(state.thread.netns(), false)))
            }
            Value::Path(path) => (Netns::At(path.clone().into()), None),
            // A struct around a descriptor.
            Value::Object(id) => {
                let fields = state.objects.get(id).into_iter().flat_map(|it| it.fields.values());
                let inside = fields.map(Value::inner).find(|it| matches!(it, Value::Netns(_)));
                match inside {
                    Some(inside) => self.place_of(&inside.clone(), site, state),
                    None => (Netns::At(format!("object#{}", id.0).into()), None),
                }
            }
            Value::Int(number) => (Netns::At(number.to_string().into()), None),
            _ => (Netns::At(format!("a namespace#{}.{}", site.span.file.0, site.span.start).into()), None),
        }
    }
}

impl Symbol {
    /// The namespace that it stands for.
    pub(super) fn spot(&self) -> Spot {
        by_path(&self.text).into()
    }
}

impl Point<'_> {
    /// The region that the thread is in, if the reference was taken there. A guard that is made in one of the same namespace
    /// takes it before its own switch, as the text says, although nothing moves then.
    pub fn region_of(&self, reference: &Reference) -> Option<&Region> {
        let inside = reference.inside.as_ref()?;
        let region = self.state.thread.region().filter(|it| it.netns == inside.netns)?;
        let is_before = |taken: Span, switch: Span| {
            let both = |it: &Function| it.span.contains(taken) && it.span.contains(switch);
            taken.file == switch.file && taken.end <= switch.start && self.program.functions.iter().any(both)
        };
        let before = inside.steps.iter().any(|it| region.steps.iter().any(|switch| is_before(it.span, switch.span)));
        (!before).then_some(region)
    }
}

/// Files that were opened by the same path show the same namespace, wherever that was.
fn by_path(file: &Rc<str>) -> Rc<str> {
    match (file.split_once('#'), file.split_once('@')) {
        (Some((name, _)), Some((_, path))) => format!("{name}#@{path}").into(),
        _ => file.clone(),
    }
}

/// A number that is no descriptor.
pub(super) fn stands_for_none(value: &Value) -> bool {
    matches!(value.inner(), Value::Int(-1))
}
