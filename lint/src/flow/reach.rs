//! What a function has to do with namespaces, by the calls in its text and by those that it leads to.

use crate::facts::{Effect, Fact, Onto};

/// What a function has to do with namespaces, and how many calls away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    /// It depends on the namespace of the thread, or changes it.
    pub(super) touches: bool,
    /// The nearest call that moves the thread or asks where it is.
    pub(super) moves: u8,
    /// The nearest call that moves the thread and does not move it back by itself.
    pub(super) leaves: u8,
    /// The nearest call that does so, pins the goroutine, or opens something.
    pub(super) changes: u8,
    /// The nearest call that closes something.
    pub(super) closes: u8,
    /// The nearest call that asks through a handle.
    pub(super) asks: u8,
    /// The nearest call that gives something which belongs to the namespace that was asked: a device, its number.
    pub(super) gives: u8,
    /// It opens or reads files by their paths.
    pub(super) looks: bool,
    /// It closes a descriptor by its number.
    pub(super) closes_by_number: bool,
    /// Its text holds what the path of a file begins with that depends on a namespace.
    pub(super) begins_paths: bool,
    /// It calls a method of an interface or trait that is answered there for some type.
    pub(super) dispatches: bool,
}

pub(super) const NOTHING: Reach = Reach {
    touches: false,
    moves: u8::MAX,
    leaves: u8::MAX,
    changes: u8::MAX,
    closes: u8::MAX,
    asks: u8::MAX,
    gives: u8::MAX,
    looks: false,
    closes_by_number: false,
    begins_paths: false,
    dispatches: false,
};
const CLOSES: Reach = Reach { closes: 0, ..NOTHING };
const CLOSES_BY_NUMBER: Reach = Reach { closes_by_number: true, ..CLOSES };
const ASKS: Reach = Reach { asks: 0, ..TOUCHES };
const LOOKS: Reach = Reach { looks: true, ..NOTHING };
pub(super) const BEGINS_A_PATH: Reach = Reach { begins_paths: true, ..NOTHING };
pub(super) const TOUCHES: Reach = Reach { touches: true, ..NOTHING };
const CHANGES: Reach = Reach { changes: 0, ..TOUCHES };
pub(super) const MOVES: Reach = Reach { moves: 0, ..CHANGES };
const LEAVES: Reach = Reach { leaves: 0, ..MOVES };

impl Reach {
    /// Whether it neither moves the thread nor opens anything.
    pub(super) fn only_asks(&self) -> bool {
        [self.moves, self.leaves, self.changes] == [u8::MAX; 3]
    }

    /// What it leads to at this cost, it does too.
    pub(super) fn add(&mut self, other: Reach, cost: u8) {
        self.touches |= other.touches;
        self.looks |= other.looks;
        self.closes_by_number |= other.closes_by_number;
        self.begins_paths |= other.begins_paths;
        self.dispatches |= other.dispatches;
        self.moves = self.moves.min(other.moves.saturating_add(cost));
        self.leaves = self.leaves.min(other.leaves.saturating_add(cost));
        self.changes = self.changes.min(other.changes.saturating_add(cost));
        self.closes = self.closes.min(other.closes.saturating_add(cost));
        self.asks = self.asks.min(other.asks.saturating_add(cost));
        self.gives = self.gives.min(other.gives.saturating_add(cost));
    }
}

/// What a call of a library does.
pub(super) fn reach(fact: &Fact) -> Reach {
    // What is made has a namespace from here on, and what is moved another one.
    if fact.objects.made || fact.objects.moved_to.is_some() {
        return CHANGES;
    }
    let gives = if fact.objects.given.is_empty() { u8::MAX } else { 0 };
    Reach { gives, ..by_effect(&fact.effect) }
}

fn by_effect(effect: &Effect) -> Reach {
    match effect {
        Effect::Switch { .. } | Effect::Syscall { .. } | Effect::Guard { .. } | Effect::Restorer { .. } => LEAVES,
        Effect::Capture { .. } | Effect::RunInside { .. } => MOVES,
        Effect::OpenNetns { .. } | Effect::Pin | Effect::Unpin | Effect::OpenHandle { .. } | Effect::PinGlobal => {
            CHANGES
        }
        Effect::UseHandle { .. } | Effect::Ioctl { .. } => ASKS,
        Effect::UseAmbient { .. }
        | Effect::Inherit
        | Effect::Escape { .. }
        | Effect::Reads { .. }
        | Effect::Mount { .. }
        | Effect::LookUp
        | Effect::Ready { opens: true }
        | Effect::Spawn { opens: true, .. }
        | Effect::Runtime { .. } => TOUCHES,
        Effect::Close { by_number: true, .. } => CLOSES_BY_NUMBER,
        Effect::Close { .. } => CLOSES,
        Effect::View { .. } | Effect::Run { reads: Some(_), .. } => LOOKS,
        Effect::Spawn { onto, .. }
            if !matches!(onto, Onto::Thread | Onto::Child | Onto::Goroutine | Onto::Group | Onto::Ahead) =>
        {
            TOUCHES
        }
        _ => NOTHING,
    }
}
