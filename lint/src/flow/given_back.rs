//! What work that runs elsewhere gives back: what it stored, what it returns, and that it failed.
//!
//! A goroutine or thread has its own pace. Whoever reads what it wrote without waiting for it has a data race, so that what
//! is read afterwards is what was there when it ended.

use std::rc::Rc;

use litemap::LiteMap;

use super::machine::{Machine, Set};
use super::outcome::{Applied, Outcome};
use super::state::{Object, State};
use super::value::{ObjectId, Value, Work};
use crate::facts::Subject;
use crate::source::Span;

/// What the tests begin with under which a path remembers that work of a group failed.
pub(super) const FAILED: &str = "failed in the group: ";

/// The field that marks a channel, and the one with what was sent: one stands for all, as in a list.
const CHANNEL: &str = "(channel)";
const SENT: &str = "[]";

/// How many outcomes of work elsewhere are told apart.
const TOLD_APART: usize = 4;

impl Machine<'_> {
    /// Who started a goroutine goes on, and finds what that stored until its end: one state for each of its outcomes, if
    /// these are few. One of a group says to who waits for all of it that it failed.
    pub(super) fn after_goroutine(
        &self,
        group: Option<&Value>,
        outcomes: &[Outcome],
        before: &State,
    ) -> Option<Vec<State>> {
        let over = outcomes.iter().filter(|it| it.stop.is_none());
        few(over.map(|it| {
            let mut state = it.state.clone().stored_for(before);
            if it.values.last() == Some(&Value::Bad)
                && let Some(test) = group.and_then(failed)
            {
                state.tests.insert(test.into(), true);
            }
            state
        }))
    }

    /// Whether work of the group failed on this path.
    pub(super) fn has_failed(&self, group: &Value, state: &State) -> bool {
        failed(group).is_some_and(|it| state.tests.contains_key(&*it))
    }

    /// Who started a thread or task goes on, and gets what its function returns when he waits for it, and what it sent: one
    /// state for each outcome that makes a difference to that, with what stands for the work.
    pub(super) fn after_work(
        &self,
        outcomes: &[Outcome],
        started: Span,
        may_fail: bool,
        before: &State,
    ) -> Option<Vec<(State, Option<Value>)>> {
        let over = outcomes.iter().filter(|it| it.stop.is_none());
        few(over.map(|it| {
            let given = it.values.first().cloned().unwrap_or(Value::Unknown);
            let mut state = before.clone();
            if !state.objects.is(&it.state.objects) {
                let all = it.state.objects.iter();
                let made = all.filter(|(id, it)| !before.objects.contains_key(id) || it.fields.contains_key(CHANNEL));
                state.objects.extend(made.map(|(id, object)| (*id, object.clone())).collect::<Vec<_>>());
            }
            let tells = may_fail || !matches!(given.inner(), Value::Unknown | Value::Symbol(_) | Value::Nil);
            (state, tells.then(|| Value::Work(Work { started, may_fail, given: given.into() })))
        }))
    }
}

impl<'a> Machine<'a> {
    /// Both ends of a channel are the same to us.
    pub(super) fn channel(&mut self, applied: Applied<'a, '_>, mut state: State) -> Vec<Outcome> {
        let [channel, ends] = [0, 1].map(|it| self.frames.object(self.frame(), applied.site.span, it));
        let fields = LiteMap::from_iter([(Rc::from(CHANNEL), Value::Nil)]);
        state.objects.insert(channel, Object { ty: None, fields: fields.into() });
        let fields = ["0", "1"].map(|it| (Rc::from(it), Value::Object(channel)));
        state.objects.insert(ends, Object { ty: None, fields: LiteMap::from_iter(fields).into() });
        vec![Outcome::on(state, vec![Value::Object(ends)])]
    }

    pub(super) fn send(&mut self, applied: Applied<'a, '_>, what: usize, mut state: State) -> Vec<Outcome> {
        let sent = applied.given.of(Subject::Arg(what));
        self.give_away(&sent, &mut state);
        if let Value::Object(id) = applied.given.of(Subject::Receiver).inner()
            && state.is_channel(*id)
            && let Some(channel) = state.objects.get_mut(id)
        {
            channel.fields.insert(SENT.into(), sent);
        }
        vec![self.opaque(applied, state)]
    }

    /// What was sent, if anything is known to have been.
    pub(super) fn receive(&mut self, applied: Applied<'a, '_>, future: bool, state: State) -> Vec<Outcome> {
        match self.work_of(&applied.given.of(Subject::Receiver), applied.site.name, &state) {
            Some(work) if future => vec![Outcome::on(state, vec![Value::Work(work)])],
            Some(work) => work.gives().map(|it| Outcome::on(state.clone(), vec![it])).into(),
            None => vec![self.opaque(applied, state)],
        }
    }

    /// The work that a value stands for: work itself, or the end of a channel over which something was sent.
    pub(super) fn work_of(&self, value: &Value, started: Span, state: &State) -> Option<Work> {
        match value.inner() {
            Value::Work(work) => Some(work.clone()),
            Value::Object(id) => {
                let given = state.field(*id, SENT).filter(|_| state.is_channel(*id))?.clone().into();
                Some(Work { started, may_fail: false, given })
            }
            _ => None,
        }
    }
}

fn few<T: std::hash::Hash + Eq>(those: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let all: Set<T> = those.collect();
    (1..=TOLD_APART).contains(&all.len()).then(|| all.into_iter().collect())
}

fn failed(group: &Value) -> Option<String> {
    match group.inner() {
        Value::Object(id) => Some(format!("{FAILED}{}", id.0)),
        Value::Symbol(symbol) => Some(format!("{FAILED}{}", symbol.text)),
        _ => None,
    }
}

/// What other code may have written meanwhile is not known any more.
pub(super) fn forget_written<'s>(mut state: State, others: impl Iterator<Item = &'s State>) -> State {
    for other in others {
        if state.cells != other.cells {
            state.cells.differ(&other.cells, |value, _| {
                value.openings(&mut |it| drop(state.open.remove(&it)));
                Value::Unknown
            });
        }
    }
    state
}

impl State {
    pub(super) fn is_channel(&self, id: ObjectId) -> bool {
        self.field(id, CHANNEL).is_some()
    }

    /// What other work stored, on the thread of this one. What that opened and left open is between it and its like.
    pub(super) fn stored_for(self, other: &State) -> State {
        State {
            thread: other.thread.clone(),
            moved: other.moved.clone(),
            closed: other.closed.clone(),
            open: other.open.clone(),
            at_end: other.at_end.clone(),
            tests: other.tests.clone(),
            ..self
        }
    }
}
