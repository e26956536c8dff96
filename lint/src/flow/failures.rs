//! What a failure on the way out of a helper says about where the thread is.

use std::collections::BTreeSet;

use super::liveness::successors;
use super::machine::{Ended, Machine};
use super::programs::held_by;
use super::reach::{NOTHING, reach};
use super::state::{Site, State};
use super::value::Value;
use super::world::Meaning;
use crate::facts::Effect;
use crate::ir::{Action, Call, Callee, Exit, FunctionId, Operand, Step};

/// How many functions of the tree help each other to do that.
const NESTED: usize = 3;

impl Machine<'_> {
    /// Whether moving the thread, and what it takes to do that, is all that a function is for.
    pub(super) fn only_moves(&self, id: FunctionId) -> bool {
        self.moves_only(id, NESTED)
    }

    fn moves_only(&self, id: FunctionId, left: usize) -> bool {
        let function = self.world.program.get(id);
        let closure = |it: &Operand| match held_by(function, it) {
            Operand::Closure(id) => left > 0 && self.moves_only(*id, left - 1),
            _ => false,
        };
        function.blocks.iter().flat_map(|it| &it.steps).all(|it| match &it.action {
            Action::Assign { .. } | Action::Drop(_) => true,
            Action::Call(Call { callee: Callee::Value(value), .. })
            | Action::Defer(Call { callee: Callee::Value(value), .. }) => closure(value),
            Action::Call(call) | Action::Defer(call) => match self.world.called(call) {
                // `once.Do(func() { … })`
                Some(Meaning::Fact(fact)) if fact.once => call.args.iter().all(closure),
                Some(Meaning::Fact(fact)) => helps_to_move(&fact.effect),
                // What has nothing to do with namespaces stands by: a trace, a check.
                Some(Meaning::Tree(id)) => {
                    !self.world.relevance.reaches_any(id) || left > 0 && self.moves_only(id, left - 1)
                }
                None => false,
            },
            Action::Spawn(_) | Action::Await { .. } => false,
        })
    }
}

impl Machine<'_> {
    /// Whether a call is the last thing that a goroutine or thread does that has to do with namespaces: nothing follows
    /// if it fails.
    pub(super) fn is_last_act(&self, call: Site) -> bool {
        let starts = self.started > 1 && self.running.len() == self.started;
        let Some(function) = self.functions.last().filter(|_| starts) else { return false };
        let at = |it: &Step| it.origin.span() == call.span && matches!(it.action, Action::Call(_));
        let Some((block, at_call)) = function.place_of_call(call.span) else { return false };
        let mut work = vec![(block, at_call + 1)];
        let mut seen = BTreeSet::new();
        while let Some((id, from)) = work.pop() {
            let block = function.block(id);
            // What was deferred comes at the end.
            if !block.steps[from..].iter().all(|it| at(it) || self.is_idle(it)) {
                return false;
            }
            work.extend(successors(&block.end).into_iter().filter(|it| seen.insert(*it)).map(|it| (it, 0)));
        }
        let deferred = |it: &&Step| matches!(it.action, Action::Defer(_));
        function.blocks.iter().flat_map(|it| &it.steps).filter(deferred).all(|it| self.is_idle(it))
    }

    /// Whether a step does nothing that depends on where the thread is, as far as its text says.
    fn is_idle(&self, step: &Step) -> bool {
        match &step.action {
            Action::Assign { .. } | Action::Drop(_) => true,
            Action::Call(call) | Action::Defer(call) => match self.world.called(call) {
                Some(Meaning::Fact(fact)) => reach(fact) == NOTHING,
                Some(Meaning::Tree(id)) => !self.world.relevance.reaches_any(id),
                None => false,
            },
            Action::Spawn(_) | Action::Await { .. } => false,
        }
    }
}

/// Whether a call moves the thread, finds or gives back what that takes, or says that it failed.
fn helps_to_move(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Switch { .. }
            | Effect::Syscall { .. }
            | Effect::Capture { .. }
            | Effect::OpenNetns { .. }
            | Effect::View { .. }
            | Effect::Close { .. }
            | Effect::Same { .. }
            | Effect::Failure
            | Effect::FailureOfAny
            | Effect::Format { .. }
            | Effect::Print
            | Effect::Pid
            | Effect::Tid
            | Effect::IsOpen { .. }
            | Effect::SameNetns { .. }
    )
}

/// Whether some way out of a function has gone back.
pub(super) fn goes_back(ended: &[Ended], before: &State) -> bool {
    let away = before.thread.regions.len();
    ended.iter().any(|it| it.exit == Exit::Return && it.state.thread.regions.len() < away)
}

/// Of a function that goes back, a way out with a failure before that is a way back that failed.
pub(super) fn failed_before(ended: &mut [Ended], before: &State, back: (Site, bool)) {
    let away = before.thread.regions.len();
    let failed = |it: &&mut Ended| {
        it.exit == Exit::Return && it.values.last() == Some(&Value::Bad) && it.state.thread.regions.len() == away
    };
    for it in ended.iter_mut().filter(failed) {
        it.state.thread.failed_back.get_or_insert(back);
    }
}

impl Ended {
    /// Who could not go where it was to go, and gives an error out of sight (`ErrEnter`, `status.Errorf(…)`), gives one. A
    /// caller who drops it has not looked at it, whatever the helper did: what fails is the call, where it is `dropped`.
    /// Where one failed before, as in a loop, it has to be this `call` that did.
    pub(super) fn tell_failure(&mut self, before: &State, call: Option<&[Site]>, dropped: Option<Site>) {
        let thread = &self.state.thread;
        let missed = thread.missed().is_some_and(|it| call.is_none_or(|call| it.starts_with(call)));
        let stayed = thread.failed_back.is_some() && before.thread.failed_back.is_none();
        if self.exit == Exit::Return
            && (missed || stayed)
            && let Some(last) = self.values.last_mut().filter(|it| matches!(it, Value::Symbol(_)))
        {
            *last = Value::Bad;
        }
        if let Some(call) = dropped.filter(|_| stayed && self.values.last() == Some(&Value::Bad)) {
            self.state.thread.failed_back = Some((call, false));
        }
    }
}
