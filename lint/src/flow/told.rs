//! Getters and questions: functions of the tree that say something about what they are handed, and do nothing.
//!
//! What they say decides where the thread goes: `if !context.is_isolated()` before a guard that moves nobody who
//! has no namespace. So they are followed for their answers alone, where who asks may move the thread.

use super::machine::Machine;
use super::outcome::{Outcome, Usage};
use super::state::{Site, State};
use super::text;
use super::value::{Symbol, Value};
use super::world;
use crate::ir::{Exit, FunctionId};

/// How many of them ask each other.
const NESTED: usize = 4;

impl Machine<'_> {
    /// Whether the answer of the function may decide where the thread goes.
    pub(super) fn is_asked(&self, id: FunctionId, usage: Usage) -> bool {
        let mut callers = self.running.iter().rev().map(|it| it.0);
        let asking = callers.by_ref().take(NESTED).find(|it| !self.world.tells(*it));
        usage.count > 0 && self.world.tells(id) && asking.is_some_and(|it| self.world.relevance.moves(it))
    }

    /// What the function answers; `None` if it cannot be followed. That it may panic is nobody's business.
    pub(super) fn ask(&mut self, id: FunctionId, args: &[Value], site: Site, state: &State) -> Option<Vec<Outcome>> {
        let ended = self.enter(id, None, args.to_vec(), site, state.clone());
        let path = &self.world.program.get(id).path;
        let name = world::last(path);
        let unknown = Value::Symbol(Symbol::given_by(name, site.span, 0));
        let mut answers: Vec<Outcome> = Vec::new();
        for mut it in ended?.into_iter().filter(|it| it.exit == Exit::Return) {
            if let Some(first) = it.values.first_mut()
                && says_less(first, name)
            {
                *first = unknown.clone();
            }
            answers.push(Outcome::on(it.state, it.values));
        }
        (!answers.is_empty()).then_some(answers)
    }
}

/// Whether the name of the function says more about the value than the value itself.
fn says_less(value: &Value, name: &str) -> bool {
    match value {
        Value::Unknown => true,
        Value::Symbol(symbol) => text::suggests_home(name) && !text::suggests_home(&symbol.text),
        _ => false,
    }
}
