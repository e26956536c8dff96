//! What the methods of an `Option` or a `Result` do with what is inside.

use std::rc::Rc;

use super::machine::{Machine, Stop};
use super::outcome::{Outcome, UNSEEN};
use super::state::{Site, State};
use super::value::Value;

impl Machine<'_> {
    pub(super) fn inner(&mut self, value: Value, panics: bool, state: State) -> Vec<Outcome> {
        if !panics {
            return vec![Outcome::on(state, vec![value])];
        }
        let inner = value.inner().clone();
        match value.is_good() {
            Some(true) => vec![Outcome::on(state, vec![inner])],
            Some(false) => vec![Outcome { state, values: Vec::new(), stop: Some(Stop::Panic) }],
            None if state.thread.is_away() => vec![
                Outcome::on(state.clone(), vec![inner]),
                Outcome { state, values: Vec::new(), stop: Some(Stop::Panic) },
            ],
            None => vec![Outcome::on(state, vec![inner])],
        }
    }

    /// `map_err(|e| …)` and its kin: the closure runs where the value is not good.
    pub(super) fn on_failure(&mut self, value: Value, function: &Value, site: Site, state: State) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let good = value.is_good();
        if good != Some(true) {
            let site = Site { by_value: true, ..site };
            let mut ran = self.invoke(function, vec![Value::Unknown], site, UNSEEN, state.clone());
            ran.iter_mut().for_each(|it| it.values = vec![Value::Bad]);
            outcomes.extend(ran);
        }
        if good != Some(false) {
            let value = if good.is_some() { value } else { Value::Good(Rc::new(value)) };
            outcomes.push(Outcome::on(state, vec![value]));
        }
        outcomes
    }

    pub(super) fn function_that_matters(&self, args: &[Value], state: &State) -> Option<Value> {
        args.iter().find(|it| it.is_function() && self.is_function_that_matters(it, state)).cloned()
    }
}
