//! What ties the code to its thread.

use super::machine::Machine;
use super::netns::Netns;
use super::outcome::Outcome;
use super::point::Event;
use super::state::{Site, State};
use super::thread::Thread;
use super::value::{Hold, Opening};
use crate::ir::Affinity;

/// From so many locks on it is not told how many there are: a loop that never unlocks adds one each turn.
const MANY: u8 = 4;

impl Thread {
    /// One more lock.
    pub fn pin(&mut self) {
        self.pins = (self.pins + 1).min(MANY);
    }

    /// One lock less.
    pub fn unpin(&mut self) {
        self.pins = self.left();
        self.main &= self.pins > 0;
    }

    /// How many locks one unlock leaves; of many, nobody knows.
    fn left(&self) -> u8 {
        if self.pins < MANY { self.pins.saturating_sub(1) } else { MANY }
    }
}

impl Machine<'_> {
    pub(super) fn pin(&self, site: Site, mut state: State) -> Vec<Outcome> {
        // It could not go back and was let go all the same, which was said then. What follows runs on any thread.
        if state.thread.pins == 0 && state.thread.failed_back.is_some() && state.thread.unlocked_away.is_some() {
            state.thread.go(Netns::Home, Vec::new(), false);
        }
        let by = self.opening(site);
        // The same again in a loop is another turn.
        let same_run = |last: Opening| last.frame == by.frame && last.span != by.span;
        let twice = state.thread.locked_by.is_some_and(|(last, twice)| twice || same_run(last));
        state.thread.locked_by = Some((by, twice));
        state.thread.pin();
        vec![Outcome::on(state, Vec::new())]
    }

    pub(super) fn unpin(&mut self, site: Site, mut state: State) -> Vec<Outcome> {
        let left = state.thread.left();
        if state.thread.pins > 0 {
            self.observe(site, &state, Event::Unpin { left });
        }
        state.thread.unpin();
        let twice = state.thread.locked_by.is_some_and(|it| it.1);
        state.thread.half_unlocked = (left == 1 && twice && state.thread.is_away()).then_some(site);
        if left == 0 {
            state.thread.locked_by = None;
            state.let_go();
        }
        if left == 0 && state.thread.is_away() && state.thread.unlocked_away.is_none() {
            state.thread.unlocked_away = Some((site, false));
        }
        vec![Outcome::on(state, Vec::new())]
    }

    pub(super) fn affinity(&self) -> Affinity {
        self.functions.last().map_or(Affinity::UntilPinned, |it| it.affinity)
    }

    /// Whether the code may be on another thread a step later.
    fn can_move(&self, state: &State) -> bool {
        self.affinity() == Affinity::UntilPinned && state.thread.pins == 0
    }

    pub(super) fn hold(&self, state: &State) -> Hold {
        if self.can_move(state) { Hold::Never } else { Hold::Tied }
    }
}
