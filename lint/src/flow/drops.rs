//! What happens at the end of a value's life, or of a task's.

use std::rc::Rc;

use litemap::LiteMap;

use super::machine::Machine;
use super::outcome::{Applied, DROPPED, Outcome, Usage};
use super::state::{Object, Site, State};
use super::value::{Handle, Reference, Value};
use crate::facts::Subject;

/// The field of a value that holds what runs when it is dropped, and the one with what that gets.
pub const WHEN_DROPPED: &str = "(when dropped)";
pub(super) const INSIDE: &str = "(inside)";

/// How many functions can wait for the end of a task.
const AT_END: usize = 8;

impl Machine<'_> {
    /// A function runs when the task is over.
    pub(super) fn run_later(&mut self, applied: Applied<'_, '_>, callback: usize, mut state: State) -> Vec<Outcome> {
        let function = applied.given.of(Subject::Arg(callback));
        if state.at_end.len() < AT_END {
            state.at_end.push((applied.site, function));
        } else {
            self.give_away(&function, &mut state);
        }
        vec![Outcome::on(state, Vec::new())]
    }

    /// The value will never be dropped; what a closure would have been called with then comes out of it.
    pub(super) fn forget(&mut self, applied: Applied<'_, '_>, what: Subject, mut state: State) -> Vec<Outcome> {
        let value = applied.given.of(what);
        if let Value::Object(id) = value.inner()
            && let Some(inside) = state.field(*id, INSIDE).cloned()
        {
            state.objects.remove(id);
            return vec![Outcome::on(state, vec![inside])];
        }
        self.release(applied.fact, &value, applied.site, &mut state);
        vec![self.opaque(applied, state)]
    }

    /// The value runs a function when it is dropped.
    pub(super) fn drop_later(
        &mut self,
        applied: Applied<'_, '_>,
        value: usize,
        callback: usize,
        mut state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given, site, .. } = applied;
        let inside = [(WHEN_DROPPED, callback), (INSIDE, value)];
        let fields: LiteMap<Rc<str>, Value> =
            inside.into_iter().map(|(name, at)| (name.into(), given.of(Subject::Arg(at)))).collect();
        let id = self.frames.object(self.frame(), site.span, 0);
        state.objects.insert(id, Object { ty: self.result_ty(fact), fields: fields.into() });
        vec![Outcome::on(state, vec![Value::Object(id)])]
    }

    /// The value's life ends.
    pub(super) fn drop_value(&mut self, value: &Value, site: Site, mut state: State) -> Vec<State> {
        match value.inner() {
            Value::Guard { back, made_by } => {
                let Some(fact) = self.world.facts.call(made_by) else { return vec![state] };
                let usage = Usage { count: 1, checked: true };
                let outcomes = self.switch(fact, back.clone(), None, site, usage, state);
                outcomes.into_iter().filter(|it| it.state.thread.failed_back.is_none()).map(|it| it.state).collect()
            }
            Value::Netns(Reference { at, .. }) | Value::Handle(Handle { at, .. }) => {
                state.end(*at);
                vec![state]
            }
            // Of a channel the other end goes on.
            Value::Object(id) if state.is_channel(*id) => vec![state],
            Value::Object(id) => {
                let Some(object) = state.objects.get(id).cloned() else { return vec![state] };
                if let Some(function) = object.fields.get(WHEN_DROPPED) {
                    state.objects.remove(id);
                    let inside = object.fields.get(INSIDE).cloned().unwrap_or(Value::Unknown);
                    let outcomes = self.invoke(function, vec![inside], site, DROPPED, state);
                    return outcomes.into_iter().filter(|it| it.stop.is_none()).map(|it| it.state).collect();
                }
                let drop = object.ty.as_deref().and_then(|it| self.world.drop_of(it));
                let mut states = vec![state];
                if let Some(drop) = drop {
                    let outcomes = states
                        .into_iter()
                        .flat_map(|state| self.enter_tree(drop, None, vec![Value::Object(*id)], site, DROPPED, state));
                    states = outcomes.filter(|it| it.stop.is_none()).map(|it| it.state).collect();
                    // A guard that cannot go back is its author's business, unless it never can.
                    if states.iter().any(|it| it.thread.failed_back.is_none()) {
                        states.retain(|it| it.thread.failed_back.is_none());
                    }
                }
                // What is gone is not met again, be it inside of itself.
                for state in &mut states {
                    state.objects.remove(id);
                }
                let structure = object.ty.as_deref().and_then(|it| self.world.structure(it));
                let order = structure.map(|it| &it.fields[..]);
                let outlived_by = structure.map_or(&[][..], |it| &it.outlived_by);
                let mut fields: Vec<_> = object.fields.iter().collect();
                fields.retain(|(name, _)| !outlived_by.iter().any(|it| **it == ***name));
                fields.sort_by_key(|(name, _)| order.and_then(|it| it.iter().position(|it| **it == ***name)));
                for (_, field) in fields {
                    if matches!(
                        field.inner(),
                        Value::Netns(_) | Value::Handle(_) | Value::Guard { .. } | Value::Object(_)
                    ) {
                        states = states.into_iter().flat_map(|it| self.drop_value(field, site, it)).collect();
                    }
                }
                states
            }
            _ => vec![state],
        }
    }
}
