//! What places that outlive a call hold: package variables, statics and struct
//! fields, as seen wherever the tree writes them.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::held::fields;
use super::netns::Netns;
use super::text::suggests_home;
use super::value::{Handle, Value};
use crate::ir::{FunctionId, Program};
use crate::source::Span;

/// A place that outlives a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Lasting {
    Global(String),
    /// The type, and the field's name.
    Field(String, String),
}

impl Lasting {
    fn field(&self) -> Option<(&str, &str)> {
        if let Lasting::Field(ty, name) = self { Some((ty, name)) } else { None }
    }
}

/// What was written to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kept {
    /// The namespace that the thread was in, taken to go back there.
    Captured,
    /// A handle opened where the thread began, or where it was moved to.
    Handle {
        home: bool,
        at: Span,
    },
    /// A handle that was opened for a namespace which the call names, and which is not where the thread began.
    Named {
        at: Span,
    },
    /// Nothing: it stands for a function that runs once, and did so where the thread was at home.
    Ran,
    /// A struct that is made there.
    Made,
    Other,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Learned {
    kept: BTreeMap<Lasting, BTreeSet<Kept>>,
    /// By where a handle was opened.
    types: BTreeMap<Span, String>,
    /// By where a struct is kept that is made in sight.
    parts: BTreeMap<Lasting, String>,
}

impl Learned {
    pub(crate) fn write(&mut self, place: Lasting, value: &Value) {
        let kept = match value.inner() {
            Value::Netns(it) if it.captured => Kept::Captured,
            // Who names the namespace of a handle knows where its answers come from.
            Value::Handle(Handle { explicit: true, bound: bound @ Netns::At(name), at, .. })
                if bound.is_new() || !suggests_home(name) =>
            {
                Kept::Named { at: at.span }
            }
            Value::Handle(Handle { explicit: true, .. }) => Kept::Other,
            Value::Handle(Handle { bound, at, .. }) => Kept::Handle { home: *bound == Netns::Home, at: at.span },
            // A field of Go that begins with a capital may be filled by anybody.
            Value::Object(_) if matches!(&place, Lasting::Field(ty, name) if ty.contains("::") || is_private(name)) => {
                Kept::Made
            }
            // Nothing yet, or nothing any more.
            Value::Nil | Value::Bad | Value::Unknown => return,
            _ => Kept::Other,
        };
        if let Value::Handle(Handle { at, ty: Some(ty), .. }) = value.inner() {
            self.types.insert(at.span, ty.to_string());
        }
        self.kept.entry(place).or_default().insert(kept);
    }

    /// What is kept there is a struct of this type.
    pub(crate) fn note_part(&mut self, place: Lasting, ty: &str) {
        self.parts.insert(place, ty.to_owned());
    }

    /// The type of the struct that is kept there.
    pub(crate) fn part(&self, place: &Lasting) -> Option<&str> {
        self.parts.get(place).map(String::as_str)
    }

    /// The type of a handle, by where it was opened.
    pub(crate) fn type_of(&self, handle: Span) -> Option<&str> {
        self.types.get(&handle).map(String::as_str)
    }

    /// A function that runs once did so, where the thread was at home.
    pub(crate) fn note_ran(&mut self, place: Lasting) {
        self.kept.entry(place).or_default().insert(Kept::Ran);
    }

    /// Whether it did so.
    pub(crate) fn ran(&self, place: &Lasting) -> bool {
        self.kept.get(place).is_some_and(|it| it.contains(&Kept::Ran))
    }

    /// Others may put something else there.
    pub(crate) fn write_other(&mut self, place: Lasting) {
        self.kept.entry(place).or_default().insert(Kept::Other);
    }

    pub(crate) fn with(mut self, other: &Learned) -> Self {
        for (place, kept) in &other.kept {
            self.kept.entry(place.clone()).or_default().extend(kept.iter().cloned());
        }
        self.types.extend(other.types.iter().map(|(at, ty)| (*at, ty.clone())));
        self.parts.extend(other.parts.iter().map(|(place, ty)| (place.clone(), ty.clone())));
        self
    }

    /// Who fills a field and was not looked at may put any namespace there, or any struct: `Namespace::open(path)` beside
    /// `Namespace::current()`.
    pub(crate) fn note_unseen(&mut self, program: &Program, visited: &BTreeSet<FunctionId>) {
        let told = |it: &&Lasting| self.is_captured(it) || self.is_made(it) || self.elsewhere(it).is_some();
        let told: FxHashSet<(&str, &str)> = self.kept.keys().filter(told).filter_map(Lasting::field).collect();
        if told.is_empty() {
            return;
        }
        let unseen = (0..program.functions.len() as u32).into_par_iter().map(FunctionId);
        let unseen = unseen.filter(|it| !visited.contains(it)).map(|it| program.get(it)).filter(|it| !it.test);
        let filled = unseen.flat_map_iter(|function| {
            let mut filled = Vec::new();
            fields(function, &mut |ty, name, _| {
                if told.contains(&(ty, name)) {
                    filled.push(Lasting::Field(ty.to_owned(), name.to_owned()));
                }
            });
            filled
        });
        filled.collect::<Vec<_>>().into_iter().for_each(|it| self.write_other(it));
    }

    /// Whether the place only ever holds the namespace to go back to.
    pub(crate) fn is_captured(&self, place: &Lasting) -> bool {
        self.kept.get(place).is_some_and(|it| it.iter().all(|it| *it == Kept::Captured))
    }

    /// Whether the place only ever holds structs that are made where it is filled.
    pub(crate) fn is_made(&self, place: &Lasting) -> bool {
        self.kept.get(place).is_some_and(|it| it.iter().all(|it| *it == Kept::Made))
    }

    /// Where the handles that the place holds were opened, if it only holds handles.
    pub(crate) fn handles(&self, place: &Lasting) -> Vec<(bool, Span)> {
        let Some(kept) = self.kept.get(place) else { return Vec::new() };
        let handles = kept.iter().map(|it| if let Kept::Handle { home, at } = it { Some((*home, *at)) } else { None });
        handles.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// Where a handle was opened that the place holds, if it only holds those of other namespaces than the one that the
    /// thread began in.
    pub(crate) fn elsewhere(&self, place: &Lasting) -> Option<Span> {
        let mut kept = self.kept.get(place)?.iter();
        let of_others = kept.clone().all(|it| matches!(it, Kept::Handle { home: false, .. } | Kept::Named { .. }));
        kept.find_map(|it| if let Kept::Handle { at, .. } | Kept::Named { at } = it { Some(*at) } else { None })
            .filter(|_| of_others)
    }

    /// The places of which another round could make use.
    pub(crate) fn useful(&self) -> BTreeSet<&Lasting> {
        let holds = |it: &&Lasting| !self.handles(it).is_empty();
        let holders: FxHashSet<&str> =
            self.kept.keys().filter(holds).filter_map(|it| it.field().map(|(ty, _)| ty)).collect();
        let places = self.kept.keys();
        places
            .filter(|it| {
                let known = self.is_captured(it) || self.elsewhere(it).is_some();
                let leads_on = || self.part(it).is_some_and(|ty| holders.contains(ty));
                known || holds(it) || self.ran(it) || leads_on()
            })
            .collect()
    }
}

/// Whether only its package sees a field of Go.
fn is_private(name: &str) -> bool {
    name.starts_with(|first: char| first.is_lowercase() || first == '_')
}
