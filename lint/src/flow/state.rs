//! What is known between two steps: the thread, and what every place holds.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::value::{Frame, Netns, ObjectId, Value};
use crate::source::Span;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    pub thread: Thread,
    pub cells: BTreeMap<(Frame, u32), Value>,
    pub globals: BTreeMap<Rc<str>, Value>,
    pub objects: BTreeMap<ObjectId, Object>,
    /// How the tests on this path came out, so that the same test agrees with itself.
    pub tests: BTreeMap<(Frame, Rc<str>), bool>,
}

/// The thread that runs the step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thread {
    pub netns: Netns,
    /// How often the goroutine was locked to it.
    pub pins: u8,
    /// How it came to be where it is, if that is not home.
    pub region: Option<Rc<Region>>,
    /// Whether it ends with the code that runs on it.
    pub owned: bool,
    /// A switch back that failed on this path.
    pub failed_back: Option<Span>,
    /// Whether this path was in another namespace at all.
    pub has_switched: bool,
    /// The region that started this thread's work, if it was started in one.
    pub escaped: Option<Rc<Escape>>,
    pub executor: Executor,
}

/// A stretch of a path on which the thread is in another namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    /// The calls that led to the switch, outermost first; the last one is the switch.
    pub steps: Vec<Span>,
    /// Whether a helper runs a closure inside: the thread is back by itself.
    pub closed: bool,
}

/// Work that a region started elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Escape {
    pub region: Rc<Region>,
    /// The calls that led to the spawn; the last one is the spawn.
    pub steps: Vec<Span>,
}

/// What polls the futures of this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Executor {
    /// Not known: taken for a runtime with several threads.
    Unknown,
    /// `block_on` of a runtime that others use too.
    Root,
    /// A current_thread runtime on a thread of its own.
    Own,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    pub ty: Option<Rc<str>>,
    pub fields: BTreeMap<Rc<str>, Value>,
}

impl State {
    pub fn new() -> Self {
        State {
            thread: Thread::new(),
            cells: BTreeMap::new(),
            globals: BTreeMap::new(),
            objects: BTreeMap::new(),
            tests: BTreeMap::new(),
        }
    }

    /// Forgets the variables of a run that is over, unless something can still reach them.
    pub fn forget(&mut self, frame: Frame) {
        self.tests.retain(|(of, _), _| *of != frame);
    }
}

impl Thread {
    pub fn new() -> Self {
        Thread {
            netns: Netns::Home,
            pins: 0,
            region: None,
            owned: false,
            failed_back: None,
            has_switched: false,
            escaped: None,
            executor: Executor::Unknown,
        }
    }

    pub fn is_away(&self) -> bool {
        self.netns != Netns::Home
    }

    pub fn go(&mut self, to: Netns, steps: Vec<Span>) {
        if to == Netns::Home {
            self.region = None;
            self.failed_back = None;
        } else {
            self.has_switched = true;
            if self.netns != to || self.region.is_none() {
                self.region = Some(Rc::new(Region { steps, closed: false }));
            }
        }
        self.netns = to;
    }
}
