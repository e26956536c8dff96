//! What a value leads to when it is called, and whether that is worth following.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::liveness::successors;
use super::machine::Machine;
use super::point::Given;
use super::programs::held_by;
use super::state::State;
use super::text;
use super::value::{BoundCallee, Frame, Value};
use super::world::{Meaning, World};
use crate::facts::{Effect, Fact, Subject};
use crate::ir::{Action, Affinity, BlockId, Callee, End, Exit, Function, FunctionId, Operand, Program};

/// How many functions on the way to the end of a path call each other, and how many blocks each of them has.
const NESTED: usize = 2;
const BLOCKS: usize = 32;

/// Which functions never return, and which do not on some way, as far as anybody asked.
#[derive(Default)]
pub(super) struct Endings(Vec<(OnceLock<bool>, OnceLock<bool>)>);

impl Endings {
    pub(super) fn of(program: &Program) -> Self {
        Endings(program.functions.iter().map(|_| Default::default()).collect())
    }
}

impl<'a> Machine<'a> {
    pub(super) fn is_function_that_matters(&self, value: &Value, state: &State) -> bool {
        self.is_one_that_matters(value, state, 0)
    }

    fn is_one_that_matters(&self, value: &Value, state: &State, depth: usize) -> bool {
        functions_in(value, state).iter().any(|it| match it {
            Value::Closure { function, frame } => {
                self.world.relevance.matters(*function, &state.thread)
                    || self.shares_one_that_matters(*function, *frame, state, depth)
                    || self.ends_a_path(*function, Some(*frame), &[], state)
                    || self.may_look(*function, Some(*frame), &[], state)
                    || self.may_dispatch(*function, Some(*frame), &[], state)
            }
            Value::Future { function, frame, args, .. } => {
                self.world.relevance.matters(*function, &state.thread)
                    || self.may_look(*function, *frame, args, state)
                    || self.may_dispatch(*function, *frame, args, state)
            }
            Value::Path(path) => match self.world.meaning(path) {
                Some(Meaning::Tree(id)) => {
                    self.world.relevance.matters(id, &state.thread) || self.ends_a_path(id, None, &[], state)
                }
                Some(Meaning::Fact(fact)) => fact.effect.is_root(),
                None => false,
            },
            Value::Bound { receiver, callee } => match self.bound_meaning(receiver, callee, state) {
                Some(Meaning::Tree(id)) => self.world.relevance.matters(id, &state.thread),
                Some(Meaning::Fact(fact)) => fact.effect.is_root(),
                None => state.kinds(receiver).iter().any(|it| match self.world.method(it, callee.name()) {
                    Some(Meaning::Tree(id)) => self.world.relevance.matters(id, &state.thread),
                    _ => false,
                }),
            },
            _ => false,
        })
    }

    /// Whether a path ends in the function: it ends the process, or panics. That is asked where the thread is away, or should
    /// be, and of what gets an error that is one, or is told so: `must(err)`, `assert(err == nil)`.
    pub(super) fn ends_a_path(&self, id: FunctionId, frame: Option<Frame>, args: &[Value], state: &State) -> bool {
        let stranded = state.thread.is_away() || state.thread.failed_to_enter.is_some();
        let (ends, may_stop) = &self.world.endings.0[id.0 as usize];
        let ends = || *ends.get_or_init(|| self.never_returns(id, NESTED));
        let may_stop = || *may_stop.get_or_init(|| self.may_stop(id, NESTED));
        let says_so = |it: &Value| match it {
            Value::Bool(_) => state.thread.failed_back.is_some() || state.thread.failed_to_enter.is_some(),
            it => state.is_failure(it),
        };
        let fails = || args.iter().any(says_so) || self.shares(id, frame, state, says_so);
        stranded && ends() || may_stop() && fails()
    }

    /// Whether a closure shares a function that matters, which it may run or hand on.
    pub(super) fn shares_one_that_matters(&self, id: FunctionId, frame: Frame, state: &State, depth: usize) -> bool {
        let matters = |it: &Value| it.is_function() && self.is_one_that_matters(it, state, depth + 1);
        depth < NESTED && self.shared_with(id, frame, state).any(|(_, it)| matters(it))
    }

    /// Whether a closure shares a variable that holds something like this.
    pub(super) fn shares(
        &self,
        closure: FunctionId,
        frame: Option<Frame>,
        state: &State,
        is: impl Fn(&Value) -> bool,
    ) -> bool {
        frame.is_some_and(|frame| self.shared_with(closure, frame, state).any(|(_, it)| is(it)))
    }

    /// What keeps a failure, or is not followed, may be why the program ends, and `main` goes on to nothing.
    pub(super) fn end_at_failure(&self, args: &[Value], state: &mut State) {
        state.over_if(self.is_main_away(state) && args.contains(&Value::Bad));
    }

    /// Nor does `main` go on for sure where a function that nobody sees runs after the one that left it away: `cancel()`.
    pub(super) fn end_at_unseen(&self, state: &mut State) {
        let left = state.thread.region().is_some_and(|it| it.steps.len() > self.stack.len() + 1);
        state.over_if(left && self.is_main_away(state));
    }

    /// Whether the goroutine of `main` is away.
    fn is_main_away(&self, state: &State) -> bool {
        state.thread.owned && self.affinity() == Affinity::UntilPinned && state.thread.is_away()
    }

    /// Whether some way through the function does not come back.
    fn may_stop(&self, id: FunctionId, left: usize) -> bool {
        let function = self.world.program.get(id);
        function.blocks.len() <= BLOCKS
            && function.blocks.iter().flat_map(|it| &it.steps).any(|it| match self.calls(function, &it.action) {
                Some(Meaning::Tree(id)) => left > 0 && self.may_stop(id, left - 1),
                Some(Meaning::Fact(fact)) => stops(fact),
                None => false,
            })
    }

    fn never_returns(&self, id: FunctionId, left: usize) -> bool {
        let function = self.world.program.get(id);
        if function.is_async() || function.blocks.is_empty() {
            return false;
        }
        let nothing_follows = |action: &Action| match self.calls(function, action) {
            Some(Meaning::Tree(id)) => left > 0 && self.never_returns(id, left - 1),
            Some(Meaning::Fact(fact)) => stops(fact),
            None => false,
        };
        let (mut seen, mut work) = (BTreeSet::new(), vec![BlockId(0)]);
        while let Some(id) = work.pop() {
            let block = function.block(id);
            if !seen.insert(id) || block.steps.iter().any(|it| nothing_follows(&it.action)) {
                continue;
            }
            match &block.end {
                End::Leave(Exit::Unwind, _) => (),
                End::Leave(..) => return false,
                end => work.extend(successors(end)),
            }
            if seen.len() > BLOCKS {
                return false;
            }
        }
        true
    }

    /// What a step calls here, as far as the text says: also a closure that the function writes itself.
    fn calls(&self, function: &Function, action: &Action) -> Option<Meaning<'a>> {
        let Action::Call(call) = action else { return None };
        match &call.callee {
            Callee::Path(path) => self.world.meaning(path),
            Callee::Value(value) => match held_by(function, value) {
                Operand::Closure(id) => Some(Meaning::Tree(*id)),
                _ => None,
            },
            Callee::Method(_) => None,
        }
    }

    /// Whether a file that it opens or reads may be one that shows a namespace, by what it can see.
    pub(super) fn may_look(&self, id: FunctionId, parent: Option<Frame>, args: &[Value], state: &State) -> bool {
        let away = state.thread.is_away() || state.thread.escaped.is_some();
        let leads = if away { text::leads_to_namespaces } else { text::is_reference };
        let leads = |it: &Value| matches!(it.inner(), Value::Text(text) if leads(text));
        self.world.relevance.looks(id) && self.frames.sees(leads, state, parent, args)
    }

    /// Whether it is a function of a library that opens a socket where the thread is.
    pub(super) fn opens_here(&self, callee: &Value, state: &State) -> bool {
        let meaning = match callee.inner() {
            Value::Path(path) => self.world.meaning(path),
            Value::Bound { receiver, callee } => self.bound_meaning(receiver, callee, state),
            _ => None,
        };
        let Some(Meaning::Fact(fact)) = meaning else { return false };
        matches!(fact.effect, Effect::Inherit | Effect::Spawn { opens: true, .. })
    }

    /// The function of the tree that a call leads to, with what it is handed: the receiver comes first.
    pub(super) fn in_tree(
        &self,
        callee: &Value,
        args: &[Value],
        state: &State,
    ) -> Option<(FunctionId, Option<Frame>, Vec<Value>)> {
        let given = |meaning| if let Some(Meaning::Tree(id)) = meaning { Some(id) } else { None };
        let (id, frame, receiver) = match callee.inner() {
            Value::Closure { function, frame } => (*function, Some(*frame), None),
            Value::Path(path) => (given(self.world.meaning(path))?, None, None),
            Value::Bound { receiver, callee } => {
                (given(self.bound_meaning(receiver, callee, state))?, None, Some((**receiver).clone()))
            }
            _ => return None,
        };
        Some((id, frame, receiver.into_iter().chain(args.iter().cloned()).collect()))
    }

    /// The function of the tree that calling it leads to, as far as it says so by itself.
    fn in_sight(&self, callee: &Value) -> Option<FunctionId> {
        match callee.inner() {
            Value::Closure { function, .. } => Some(*function),
            Value::Path(path) => match self.world.meaning(path)? {
                Meaning::Tree(id) => Some(id),
                Meaning::Fact(_) => None,
            },
            _ => None,
        }
    }

    /// Whether calling it may move the thread, for itself or for those who come after.
    pub(super) fn may_move(&self, callee: &Value) -> bool {
        self.in_sight(callee).is_some_and(|it| self.world.relevance.moves(it))
    }

    /// Whether it opens something itself.
    pub(super) fn opens(&self, callee: &Value) -> bool {
        self.in_sight(callee).is_some_and(|it| self.world.relevance.opens(it))
    }

    /// Whether calling it may move the thread for those who come after.
    pub(super) fn may_leave(&self, callee: &Value) -> bool {
        self.world.may_leave(callee)
    }

    /// Whether it is a function of a library that moves the thread, and gives what leads it back.
    pub(super) fn gives_restorer(&self, callee: &Value) -> bool {
        let Value::Path(path) = callee.inner() else { return false };
        matches!(self.world.meaning(path), Some(Meaning::Fact(fact)) if matches!(fact.effect, Effect::Restorer { .. }))
    }

    /// Whether a way back that nobody takes is gone: nothing else holds it.
    pub(super) fn is_thrown_away(&self, value: &Value, state: &State) -> bool {
        let fields = state.objects.iter().flat_map(|it| it.1.fields.values());
        let mut held =
            fields.chain(state.cells.values()).chain(state.globals.values()).chain(state.at_end.iter().map(|it| &it.1));
        value.is_function() && !state.thread.hands_back && self.may_leave(value) && !held.any(|it| it == value)
    }

    /// What a method of this value is, as far as its type is known.
    pub(super) fn bound_meaning(&self, receiver: &Value, callee: &BoundCallee, state: &State) -> Option<Meaning<'a>> {
        let own = || self.world.method(&state.ty(receiver)?, callee.name());
        match callee {
            BoundCallee::Path(path) => match self.world.meaning(path) {
                // What an interface or trait does by itself or through its only type, another type may do its way.
                Some(Meaning::Tree(id)) if self.world.is_of_interface(path) => own().or(Some(Meaning::Tree(id))),
                meaning => meaning.or_else(own),
            },
            BoundCallee::Method(_) => own(),
        }
    }
}

impl World<'_> {
    /// Whether calling it may move the thread for those who come after.
    pub(crate) fn may_leave(&self, callee: &Value) -> bool {
        let meaning = match callee.inner() {
            Value::Restorer { .. } => return true,
            Value::Closure { function, .. } => return self.relevance.leaves(*function),
            Value::Path(path) => self.meaning(path),
            Value::Bound { callee: BoundCallee::Path(path), .. } => self.meaning(path),
            _ => None,
        };
        match meaning {
            Some(Meaning::Tree(id)) => self.relevance.leaves(id),
            Some(Meaning::Fact(fact)) => matches!(fact.effect, Effect::Switch { .. }),
            None => false,
        }
    }
}

/// Whether nothing follows a call of this.
fn stops(fact: &Fact) -> bool {
    matches!(fact.effect, Effect::Exit | Effect::Panic | Effect::EndTask)
}

/// The functions that a value holds: itself, or what stands in a struct or list.
pub(super) fn functions_in(value: &Value, state: &State) -> Vec<Value> {
    match value.inner() {
        Value::Object(id) => {
            let fields = state.objects.get(id).into_iter().flat_map(|it| it.fields.values());
            fields.map(Value::inner).filter(|it| it.is_function()).cloned().collect()
        }
        it if it.is_function() => vec![it.clone()],
        _ => Vec::new(),
    }
}

/// The function that a call is handed, before which options may stand.
pub(super) fn function_at(subject: Subject, values: &Given) -> Value {
    let there = values.of(subject);
    let last = || values.args.iter().rev().find(|it| it.inner().is_function()).cloned();
    if there.inner().is_function() { there } else { last().unwrap_or(there) }
}
