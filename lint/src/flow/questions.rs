//! Questions that a library answers, on which it depends what the code that asks does next.

use std::rc::Rc;

use super::machine::Machine;
use super::outcome::{Applied, Outcome};
use super::state::State;
use super::value::Value;
use crate::facts::Subject;

impl Machine<'_> {
    /// Which error it is, or of which type a value: what says that there was no way back is not known by its identity, and
    /// whoever knows the type of something may close it.
    pub(super) fn ask_which(&mut self, applied: Applied<'_, '_>, of: Subject, mut state: State) -> Vec<Outcome> {
        let value = applied.given.of(of);
        state.doubt_if(state.thread.failed_back.is_some() && value != Value::Nil);
        state.own(&value);
        vec![self.opaque(applied, state)]
    }

    /// Whether two references are to one namespace. Where they are, nobody has to go from the one to the other: a path that
    /// does not enter says nothing about those that do.
    pub(super) fn ask_same(&mut self, applied: Applied<'_, '_>, both: [Subject; 2], state: State) -> Vec<Outcome> {
        let Applied { given, site, usage, .. } = applied;
        let [one, other] = both.map(|it| self.place_of(&given.of(it), site, &state).0);
        if usage.count == 0 || one == other {
            return vec![self.opaque(applied, state)];
        }
        let mut same = state.clone();
        same.thread.failed_to_enter = Some(Rc::from([]));
        vec![Outcome::on(same, vec![Value::Bool(true)]), Outcome::on(state, vec![Value::Bool(false)])]
    }

    /// Whether something is open: it is, where it was opened on this path.
    pub(super) fn ask_open(&mut self, applied: Applied<'_, '_>, of: Subject, state: State) -> Vec<Outcome> {
        let mut open = false;
        applied.given.of(of).openings(&mut |it| open |= state.open.contains_key(&it));
        vec![if open { Outcome::on(state, vec![Value::Bool(true)]) } else { self.opaque(applied, state) }]
    }
}
