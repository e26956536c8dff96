//! Fields that held nothing, once code that is not followed had the struct, and variables that a closure assigns which is
//! not followed.
//!
//! What a literal leaves out begins as nothing (`nil`, an empty text, `false`), and a test says so. Whoever gets the struct
//! may fill that, so from there on it is not known.

use std::collections::BTreeSet;

use super::machine::{Machine, Run};
use super::state::State;
use super::told::assigned_outside;
use super::value::Value;

impl Machine<'_> {
    /// Code that is not followed had these values, and may have filled what was empty in them.
    pub(super) fn may_fill<'v>(&self, values: impl Iterator<Item = &'v Value>, state: &mut State) {
        let mut work: Vec<Value> = values.filter(|it| can_lead_to_struct(it)).cloned().collect();
        let (mut objects, mut closures) = (BTreeSet::new(), BTreeSet::new());
        while let Some(value) = work.pop() {
            match value.inner() {
                Value::Object(id) if objects.insert(*id) => {
                    let Some(object) = state.objects.get(id) else { continue };
                    work.extend(object.fields.values().filter(|it| can_lead_to_struct(it)).cloned());
                    // What the struct is marked with is no part of it.
                    let empty = |name: &str, it: &Value| !name.starts_with('(') && is_nothing(it);
                    if object.fields.iter().any(|(name, it)| empty(name, it))
                        && let Some(object) = state.objects.get_mut(id)
                    {
                        object.fields.retain(|name, it| !empty(name, it));
                    }
                }
                Value::Closure { function, frame } if closures.insert((*function, *frame)) => {
                    let closure = self.world.program.get(*function);
                    let Some(id) = closure.parent else { continue };
                    let run = Run { function: self.world.program.get(id), id, frame: *frame };
                    let shared = self.shared_with(*function, *frame, state).map(|it| it.1);
                    work.extend(shared.filter(|it| can_lead_to_struct(it)).cloned());
                    // One that matters is followed, here or as a task.
                    if !self.is_function_that_matters(&value, state) {
                        for outer in assigned_outside(closure) {
                            state.cells.insert(self.cell(run, outer), Value::Unknown);
                        }
                    }
                }
                Value::Bound { receiver, .. } => work.push((**receiver).clone()),
                _ => (),
            }
        }
    }
}

fn can_lead_to_struct(value: &Value) -> bool {
    matches!(value.inner(), Value::Object(_) | Value::Closure { .. } | Value::Bound { .. })
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Bool(false) => true,
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}
