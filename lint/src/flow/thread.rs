//! The thread that runs a step: where it is, how it came there, and who else uses it.

use std::rc::Rc;

use super::netns::Netns;
use super::state::Site;
use super::value::Opening;
use crate::ir::{Affinity, Function, Root};

/// The thread that runs the step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thread {
    /// The stretches of this path that it is in, outermost first; none at home.
    pub regions: Vec<Rc<Region>>,
    /// It is the main thread: what ran before `main` locked the goroutine of that to it.
    pub main: bool,
    /// In how many of its regions the main thread was, which started it.
    pub main_inside: usize,
    /// How often the goroutine was locked to it, up to `pins::MANY`.
    pub pins: u8,
    /// The call that locked it last, and whether one run did so twice.
    pub locked_by: Option<(Opening, bool)>,
    pub entry: Entry,
    /// Whether it ends with the code that runs on it, pinned or not.
    pub owned: bool,
    /// It works for a handle, in a method of that, which may be of any namespace.
    pub for_handle: bool,
    /// It is that of a forked child, and how many calls led to the function that forked.
    pub forked: Option<usize>,
    /// The unlock that came while it was away, after which only a second lock of one run holds it.
    pub half_unlocked: Option<Site>,
    /// The unlock that came while it was away, and whether anything ran since.
    pub unlocked_away: Option<(Site, bool)>,
    /// A switch back that failed on this path, and whether anything looked at its result.
    pub failed_back: Option<(Site, bool)>,
    /// A switch back that cannot work: what it goes to was closed before.
    pub closed_back: Option<Site>,
    /// A switch back to where the thread was already: what it goes to was remembered too late.
    pub late_back: Option<Site>,
    /// Somebody out of sight was given a way back.
    pub hands_back: bool,
    /// A call that moved the thread and gave the way back, which nobody took, and whether the call was deferred.
    pub thrown_back: Option<(Site, bool)>,
    /// The calls that led to a switch that failed on this path; empty once that is over.
    pub failed_to_enter: Option<Rc<[Site]>>,
    /// Nothing was done since it was moved.
    pub idle: bool,
    /// A way back that went past other namespaces, and what it went past.
    pub passed: Option<Rc<Passed>>,
    /// A function value of the caller panicked on this path: nobody knows whether it can.
    pub callback_panicked: bool,
    /// Something on the way is not known.
    pub doubt: bool,
    /// The program may have ended on the way, at a failure that something kept.
    pub may_be_over: bool,
    /// The region that started this thread's work, if it was started in one.
    pub escaped: Option<Rc<Escape>>,
    pub executor: Executor,
    /// The namespace in which this path mounted sysfs, which shows its devices from then on.
    pub sysfs_of: Option<Netns>,
}

/// Who runs the outermost function of this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    /// `main`, `init`, a test: nobody above it can have prepared the thread.
    Program,
    /// A goroutine or task that the tree starts.
    Task,
    /// A function without a caller in the tree: if it is exported, one outside may have prepared the thread.
    Unseen { exported: bool },
    /// A function whose callers are too far from any switch to be looked at.
    Far,
}

/// A stretch of a path on which the thread is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    pub netns: Netns,
    /// The calls that led to the switch, outermost first; the last one is the switch.
    pub steps: Vec<Site>,
    /// Whether a library runs the closure inside: the thread is back by itself.
    pub closed: bool,
    /// The pins that the region itself relies on.
    pub pins: u8,
    /// Whether a runtime drove the thread already: what it runs besides comes after this, or while something waits.
    pub driven: bool,
}

/// A way back that was taken before one that was made later.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Passed {
    /// The calls that led to the switch, outermost first; the last one is the switch.
    pub steps: Vec<Site>,
    /// The calls that led into the first of the regions that it left.
    pub made: Vec<Site>,
    /// The namespaces between, to which the later ones go back.
    pub over: Vec<Netns>,
}

/// Work that a region started elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Escape {
    pub region: Rc<Region>,
    /// The calls that led to the start, which comes last.
    pub steps: Vec<Site>,
    /// It is a future, which only runs where it is awaited.
    pub late: bool,
}

/// What polls the futures of this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Executor {
    /// Not known: taken for a runtime with several threads.
    Shared,
    /// `block_on` of a runtime that others use too: the root future never moves.
    /// `alone` if the runtime has no other thread to run tasks on, `only` if this one runs no other task meanwhile.
    Root { alone: bool, only: bool },
    /// A current_thread runtime that other tasks share.
    Single,
    /// A current_thread runtime on a thread of its own.
    Own,
}

impl Thread {
    pub fn new(entry: Entry) -> Self {
        Thread {
            regions: Vec::new(),
            main: false,
            main_inside: 0,
            pins: 0,
            locked_by: None,
            entry,
            owned: false,
            for_handle: false,
            forked: None,
            half_unlocked: None,
            unlocked_away: None,
            failed_back: None,
            closed_back: None,
            late_back: None,
            hands_back: false,
            thrown_back: None,
            failed_to_enter: None,
            idle: false,
            passed: None,
            callback_panicked: false,
            doubt: false,
            may_be_over: false,
            escaped: None,
            executor: Executor::Shared,
            sysfs_of: None,
        }
    }

    /// Whether it is the main thread of the process, where it began with this function: in Rust, what `main` calls itself
    /// is, also as the root future of a runtime. The goroutine of `main` may be on another, unless an `init` locked it.
    pub fn is_main(&self, first: &Function) -> bool {
        let runs_it = first.root == Some(Root::Main)
            || matches!(first.root, Some(Root::BlockOn { .. })) && first.name == "main" && !first.test;
        self.main || runs_it && first.affinity == Affinity::UntilSuspended && self.entry == Entry::Program
    }

    pub fn netns(&self) -> Netns {
        self.region().map_or(Netns::Home, |it| it.netns.clone())
    }

    /// Where a future is meant for that is built here: who could not go back builds it for where it would be.
    pub(super) fn meant(&self) -> Netns {
        if self.failed_back.is_some() { Netns::Home } else { self.netns() }
    }

    pub fn netns_is(&self, netns: &Netns) -> bool {
        self.region().map_or(&Netns::Home, |it| &it.netns) == netns
    }

    pub fn region(&self) -> Option<&Rc<Region>> {
        self.regions.last()
    }

    /// Whether it matters where it is: it is away, or should be, works for somebody who is, or for a handle of any namespace.
    pub(crate) fn may_be_away(&self) -> bool {
        self.is_away() || self.escaped.is_some() || self.for_handle || self.missed().is_some()
    }

    pub fn is_away(&self) -> bool {
        !self.regions.is_empty()
    }

    /// Moves to a namespace: back if the path came from there, on otherwise.
    pub fn go(&mut self, to: Netns, steps: Vec<Site>, closed: bool) {
        if to == Netns::Home {
            self.regions.clear();
        } else if let Some(at) = self.regions.iter().position(|it| it.netns == to) {
            self.regions.truncate(at + 1);
            if let Some(region) = self.regions.last_mut().filter(|it| !it.netns.is_exactly(&to)) {
                Rc::make_mut(region).netns = to;
            }
        } else {
            let driven = self.executor != Executor::Shared;
            self.regions.push(Rc::new(Region { netns: to, steps, closed, pins: self.pins, driven }));
        }
        if self.regions.is_empty() {
            self.failed_back = None;
            self.closed_back = None;
            self.late_back = None;
            self.hands_back = false;
            self.thrown_back = None;
            self.unlocked_away = None;
            self.half_unlocked = None;
        }
    }
}
