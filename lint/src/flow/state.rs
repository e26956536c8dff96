//! What is known between two steps: the thread, and what every place holds.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use litemap::LiteMap;

use super::cells::{Cell, Cells};
use super::kinds;
use super::netns::Netns;
use super::overwritten::Overwritten;
use super::shared::Shared;
use super::store::OUTSIDE;
use super::thread::{Entry, Thread};
use super::value::{Handle, Hold, ObjectId, Opening, Value, Work};
use crate::facts::Fact;
use crate::source::Span;

/// A call on the way to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The whole call.
    pub span: Span,
    /// What a report points at: the callee as written.
    pub name: Span,
    /// Whether it calls a function value: what runs is written elsewhere.
    pub by_value: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    pub thread: Shared<Thread>,
    pub cells: Shared<Cells>,
    /// Places whose value was given away: dropping them does nothing.
    pub moved: Shared<BTreeSet<Cell>>,
    pub globals: Shared<LiteMap<Rc<str>, Value>>,
    pub objects: Shared<LiteMap<ObjectId, Object>>,
    /// Descriptors that were closed.
    pub closed: Shared<BTreeSet<Opening>>,
    /// Devices that were moved, by where they were looked up, and where to.
    pub sent: Shared<LiteMap<Opening, Netns>>,
    /// Descriptors and handles that are still open, and that this path has to close.
    pub open: Shared<LiteMap<Opening, Rc<Opened>>>,
    /// What runs on this thread when the task is over.
    pub at_end: Vec<(Site, Value)>,
    /// How the tests on this path came out, so that the same test agrees with itself.
    pub tests: Shared<LiteMap<Rc<str>, bool>>,
}

/// The few that are kept in one place differ in this, or are compared.
impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Thread { regions, pins, doubt, .. } = &*self.thread;
        (regions.len(), pins, doubt).hash(hasher);
        let State { cells, globals, objects, closed, open, tests, .. } = self;
        (cells.len(), globals.len(), objects.len(), closed.len(), open.len(), tests.len()).hash(hasher);
        tests.values().for_each(|it| it.hash(hasher));
    }
}

/// A descriptor or handle that was opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opened {
    /// The calls that led to the opening, outermost first; the last one is the opening.
    pub steps: Vec<Site>,
    /// The fact that opened it, or took its owner away.
    pub by: Rc<str>,
    /// What took its place in something that lasts.
    pub overwritten: Option<Rc<Overwritten>>,
    /// Where a goroutine was started that has it and never ends.
    pub kept_by: Option<Span>,
}

impl Opened {
    pub(crate) fn new(steps: Vec<Site>, by: &Fact) -> Self {
        Opened { steps, by: by.path.as_str().into(), overwritten: None, kept_by: None }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    pub ty: Option<Rc<str>>,
    pub fields: Shared<LiteMap<Rc<str>, Value>>,
}

impl State {
    pub fn new(entry: Entry) -> Self {
        State {
            thread: Thread::new(entry).into(),
            cells: Shared::default(),
            moved: Shared::default(),
            globals: Shared::default(),
            objects: Shared::default(),
            closed: Shared::default(),
            sent: Shared::default(),
            open: Shared::default(),
            at_end: Vec::new(),
            tests: Shared::default(),
        }
    }

    /// What holds in both: places that differ are not known any more.
    pub fn merge(&self, other: &State) -> State {
        let mut merged = self.clone();
        // What a place held in one of them, and does not any more, may still be closed through it.
        let mut lost = BTreeSet::new();
        let mut lose = |value: &Value| {
            value.openings(&mut |it| {
                lost.insert(it);
            });
            if let Value::Object(id) = value.inner() {
                [self, other].iter().for_each(|it| it.openings_in(*id, &mut lost, 0));
            }
        };
        if merged.cells != other.cells {
            merged.cells.keep_common(&other.cells);
            merged.cells.differ(&other.cells, |value, different| {
                lose(value);
                lose(different);
                self.either(value, other, different)
            });
        }
        let is_common = |path: &Rc<str>, value: &Value| other.globals.get(path) == Some(value);
        self.globals.iter().filter(|(path, value)| !is_common(path, value)).for_each(|(_, it)| lose(it));
        merged.globals.retain(is_common);
        other.globals.iter().filter(|(path, _)| !merged.globals.contains_key(*path)).for_each(|(_, it)| lose(it));
        for (id, object) in other.objects.iter().filter(|(id, object)| self.objects.get(id) != Some(object)) {
            let Some(known) = merged.objects.get_mut(id) else {
                merged.objects.insert(*id, object.clone());
                continue;
            };
            // What is taken out of a list that is empty in one of them was put there in the other.
            let is_thing = |it: &Value| matches!(it.inner(), Value::Thing(_));
            let empty = |it: &Object| !it.fields.contains_key("[]") && !it.fields.contains_key(OUTSIDE);
            let other_is_empty = empty(object);
            let thing = object.fields.get("[]").filter(|it| is_thing(it) && empty(known)).cloned();
            for (name, value) in known.fields.iter_mut() {
                let different = object.fields.get(name);
                if different.is_none() && &**name == "[]" && other_is_empty && is_thing(value) {
                    continue;
                }
                if different != Some(value) {
                    lose(value);
                    different.into_iter().for_each(&mut lose);
                    *value = different.map_or(Value::Unknown, |it| self.either(value, other, it));
                }
            }
            // A list that is empty in one of them is not known to be so.
            if object.fields.contains_key("[]") && !known.fields.contains_key("[]") {
                known.fields.insert("[]".into(), thing.unwrap_or(Value::Unknown));
            }
        }
        if merged.moved != other.moved {
            merged.moved.extend(other.moved.iter().copied());
        }
        merged.closed.retain(|it| other.closed.contains(it));
        if merged.sent != other.sent {
            merged.sent.retain(|it, to| other.sent.get(it) == Some(to));
        }
        merged.open.retain(|it, _| other.open.contains_key(it) && !lost.contains(it));
        merged.tests.retain(|key, came| other.tests.get(key) == Some(came));
        merged
    }

    /// What is known of a value that is this one here and another one there.
    fn either(&self, value: &Value, other: &State, different: &Value) -> Value {
        match (value, different) {
            (Value::Good(a), Value::Good(b)) => Value::Good(Rc::new(self.either(a, other, b))),
            _ => kinds::either(&self.kinds(value), &other.kinds(different)),
        }
    }

    /// The types that a value can be of, as far as they are known here.
    pub fn kinds(&self, value: &Value) -> Vec<Rc<str>> {
        match value.inner() {
            Value::Object(_) | Value::Path(_) => self.ty(value).into_iter().collect(),
            other => other.kinds().unwrap_or_default().to_vec(),
        }
    }

    /// The descriptors that an object holds, itself or in its parts.
    fn openings_in(&self, id: ObjectId, found: &mut BTreeSet<Opening>, depth: u8) {
        for value in self.objects.get(&id).into_iter().flat_map(|it| it.fields.values()) {
            value.openings(&mut |it| {
                found.insert(it);
            });
            if let Value::Object(id) = value.inner()
                && depth < 3
            {
                self.openings_in(*id, found, depth + 1);
            }
        }
    }

    /// The goroutine may leave its thread: what it took as the current namespace is that of a thread it was on.
    pub(crate) fn let_go(&mut self) {
        let held = |it: &Value| matches!(it.inner(), Value::Netns(it) if it.captured && it.hold == Hold::Tied);
        if self.cells.values().any(held) {
            self.cells.change(|it| held(it).then(|| it.clone().let_go()));
        }
    }

    /// Something ran.
    pub(super) fn touch(&mut self) {
        if let Some((site, false)) = self.thread.unlocked_away {
            self.thread.unlocked_away = Some((site, true));
        }
    }

    /// Whether it is an error that is one, or a list that holds one.
    pub(super) fn is_failure(&self, value: &Value) -> bool {
        *value == Value::Bad || self.holds_failure(value) == Some(true)
    }

    /// Whether a list of errors holds one, as far as that is known.
    pub(super) fn holds_failure(&self, list: &Value) -> Option<bool> {
        match list {
            Value::Nil => Some(false),
            Value::Object(id) => match self.objects.get(id)?.fields.get("[]") {
                Some(Value::Bad) => Some(true),
                None => self.field(*id, OUTSIDE).is_none().then_some(false),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn field(&self, id: ObjectId, name: &str) -> Option<&Value> {
        self.objects.get(&id)?.fields.get(name)
    }

    /// The handles that some place holds.
    pub fn handles(&self) -> impl Iterator<Item = &Handle> {
        let fields = self.objects.values().flat_map(|it| it.fields.values());
        self.cells
            .values()
            .chain(fields)
            .filter_map(|it| if let Value::Handle(it) = it.inner() { Some(it) } else { None })
    }

    /// The type of a value, as far as it is known here.
    pub fn ty(&self, value: &Value) -> Option<Rc<str>> {
        match value.inner() {
            Value::Object(id) => self.objects.get(id)?.ty.clone(),
            Value::Work(Work { may_fail: true, .. }) => Some("std::thread::JoinHandle".into()),
            other => other.ty().cloned(),
        }
    }
}
