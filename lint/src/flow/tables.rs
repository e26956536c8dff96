//! Lists of functions, or of structs that hold some, whose elements are told apart: which one is called is what matters.

use super::callee::functions_in;
use super::machine::{Machine, Run};
use super::reach::reach;
use super::state::{Object, State};
use super::value::{ObjectId, Value};
use super::world::Meaning;
use crate::ir::{BEGIN, END, Operand};
use crate::source::Span;

/// How many elements are told apart.
const TABLE: usize = 8;
/// The part that holds the number of the element which is next.
const NEXT: &str = "[next]";

/// What a loop takes out of a list.
pub(super) enum Turn {
    /// The list is no such table.
    Any,
    /// The element whose turn it is.
    One(Value),
    /// One of these.
    OneOf(Vec<Value>),
    /// Nothing.
    None,
    /// There is no such way: the loop is over, or it is not.
    Never,
}

impl<'a> Machine<'a> {
    /// Whether each of these matters by itself: guards, which are dropped one after the other, or functions.
    pub(super) fn is_table(&self, values: &[Value], state: &State) -> bool {
        let is_guard = |it: &Value| match it.inner() {
            Value::Guard { .. } => true,
            other => state.ty(other).is_some_and(|it| self.world.moves_when_dropped(&it)),
        };
        let acts = |it: &Value| functions_in(it, state).iter().any(|it| self.moves(it).is_some());
        let several = (2..=TABLE).contains(&values.len());
        several && (values.iter().all(is_guard) || values.iter().all(acts))
    }

    /// Whether a function moves the thread or opens something; nothing, if it is none that anybody knows.
    fn moves(&self, function: &Value) -> Option<bool> {
        let near = |id| self.world.relevance.can_begin(id);
        match function {
            Value::Closure { function, .. } => Some(near(*function)),
            Value::Path(path) => match self.world.meaning(path)? {
                Meaning::Tree(id) => Some(near(id)),
                Meaning::Fact(fact) => Some(!reach(fact).only_asks()),
            },
            _ => None,
        }
    }

    /// Whether it makes no difference in which order they run.
    fn only_ask(&self, values: &[Value], state: &State) -> bool {
        let moves = |it: &Value| functions_in(it, state).iter().any(|it| self.moves(it) == Some(true));
        self.is_table(values, state) && !values.iter().any(moves)
    }

    /// The elements of a list that are told apart, and the list, if it is one that a path made.
    fn table(&mut self, run: Run<'a>, list: &Operand, span: Span, state: &mut State) -> (Option<ObjectId>, Vec<Value>) {
        if let Operand::Place(place) = list
            && let Some(path) = self.global(run, *place)
            && let Some(Operand::List(items)) = self.world.constant(path)
        {
            return (None, self.arguments(run, items, span, state));
        }
        match self.evaluate(run, list, span, state).inner() {
            Value::Object(id) => (Some(*id), state.objects.get(id).map(numbered).unwrap_or_default()),
            _ => (None, Vec::new()),
        }
    }

    /// Which element of a table it is that an operand takes out, whichever comes first.
    pub(super) fn alternatives(
        &mut self,
        run: Run<'a>,
        operand: &Operand,
        span: Span,
        state: &mut State,
    ) -> Vec<Value> {
        let Operand::Field(base, name) = operand else { return Vec::new() };
        if name != "[]" {
            return Vec::new();
        }
        let (_, values) = self.table(run, base, span, state);
        if self.only_ask(&values, state) { values } else { Vec::new() }
    }

    /// What a loop takes out of a list, or where it is.
    pub(super) fn turn(&mut self, run: Run<'a>, operand: &Operand, span: Span, state: &mut State) -> Turn {
        let Operand::Field(base, name) = operand else { return Turn::Any };
        if ![BEGIN, "[]", END].contains(&name.as_str()) {
            return Turn::Any;
        }
        let (list, values) = self.table(run, base, span, state);
        if !values.is_empty()
            && let Some(object) = list.and_then(|it| state.objects.get_mut(&it))
        {
            let next = match object.fields.get(NEXT) {
                Some(Value::Int(next)) => usize::try_from(*next).ok(),
                _ => None,
            };
            match (name.as_str(), next) {
                (BEGIN, _) => _ = object.fields.insert(NEXT.into(), Value::Int(0)),
                (END, Some(next)) if next < values.len() => return Turn::Never,
                (END, _) => _ = object.fields.remove(NEXT),
                (_, Some(next)) => {
                    object.fields.insert(NEXT.into(), Value::Int(next as i64 + 1));
                    return values.into_iter().nth(next).map_or(Turn::Never, Turn::One);
                }
                _ => (),
            }
        }
        match name.as_str() {
            "[]" if self.only_ask(&values, state) => Turn::OneOf(values),
            "[]" => Turn::Any,
            _ => Turn::None,
        }
    }

    /// Another element of a list: where it and those before are a table, each is kept.
    pub(super) fn number(&self, id: ObjectId, value: &Value, state: &mut State) {
        let Some(object) = state.objects.get(&id) else { return };
        let mut values = numbered(object);
        if values.is_empty() {
            values.extend(object.fields.get("[]").cloned());
        }
        if values.is_empty() || values.contains(value) {
            return;
        }
        values.push(value.clone());
        let is_table = self.is_table(&values, state);
        let Some(object) = state.objects.get_mut(&id) else { return };
        if is_table {
            keep(values, object);
        } else {
            (0..values.len()).for_each(|it| _ = object.fields.remove(element(it).as_str()));
        }
    }
}

/// Keeps each element of a list by itself.
pub(super) fn keep(values: Vec<Value>, list: &mut Object) {
    let numbered = values.into_iter().enumerate();
    numbered.for_each(|(nth, it)| _ = list.fields.insert(element(nth).as_str().into(), it));
}

/// The elements of a list that are kept one by one.
fn numbered(list: &Object) -> Vec<Value> {
    (0..TABLE).map_while(|it| list.fields.get(element(it).as_str()).cloned()).collect()
}

/// The part that holds it.
fn element(nth: usize) -> String {
    format!("[{nth}]")
}
