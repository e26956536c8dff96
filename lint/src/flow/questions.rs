//! Questions that a library answers, on which it depends what the code that asks does next.

use std::rc::Rc;

use super::machine::Machine;
use super::outcome::{Outcome, Usage};
use super::state::{Site, State};
use super::value::Value;
use crate::facts::Fact;

impl<'a> Machine<'a> {
    /// Which error it is, or of which type a value: what says that there was no way back is not known by its identity, and
    /// whoever knows the type of something may close it.
    pub(super) fn ask_which(
        &mut self,
        fact: &'a Fact,
        value: &Value,
        site: Site,
        usage: Usage,
        mut state: State,
    ) -> Vec<Outcome> {
        state.thread.doubt |= state.thread.failed_back.is_some() && *value != Value::Nil;
        state.own(value);
        vec![self.opaque(fact, site, usage, state)]
    }

    /// Whether two references are to one namespace. Where they are, nobody has to go from the one to the other: a path that
    /// does not enter says nothing about those that do.
    pub(super) fn ask_same(
        &mut self,
        fact: &'a Fact,
        both: [&Value; 2],
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let [one, other] = both.map(|it| self.place_of(it, site, &state).0);
        if usage.count == 0 || one == other {
            return vec![self.opaque(fact, site, usage, state)];
        }
        let mut same = state.clone();
        same.thread.failed_to_enter = Some(Rc::from([]));
        vec![Outcome::on(same, vec![Value::Bool(true)]), Outcome::on(state, vec![Value::Bool(false)])]
    }
}
