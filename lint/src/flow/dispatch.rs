//! A method of something of which an interface or trait is known: that of each type which it can be of.

use std::collections::BTreeSet;

use super::kinds::{Kinds, Made};
use super::machine::Machine;
use super::outcome::{Outcome, Usage};
use super::state::{Site, State};
use super::value::{BoundCallee, Frame, Value};
use super::world::{Meaning, split};
use crate::ir::{FunctionId, Storage};

/// How many ways to do what an interface or trait does by itself are looked at.
pub(super) const OVERRIDDEN: usize = 4;

impl Machine<'_> {
    /// Calls a method of a value that is of one of several types: of those on which it matters, one after
    /// the other. Gives whether there are others.
    pub(super) fn dispatch(
        &mut self,
        receiver: &Value,
        name: &str,
        args: &[Value],
        site: Site,
        usage: Usage,
        state: &State,
    ) -> (Vec<Outcome>, bool) {
        let kinds = state.kinds(receiver);
        let mut outcomes = Vec::new();
        let mut rest = kinds.is_empty();
        for kind in kinds {
            match self.world.method(&kind, name) {
                Some(Meaning::Tree(id)) if self.world.relevance.matters(id, &state.thread) => {
                    let args = std::iter::once(receiver.clone()).chain(args.iter().cloned()).collect();
                    outcomes.extend(self.enter_tree(id, None, args, site, usage, state.clone()));
                }
                _ => rest = true,
            }
        }
        (outcomes, rest)
    }

    /// What an interface or trait does by itself, the types that the receiver can be of may do their way: where nobody says
    /// which those are, all that implement it.
    pub(super) fn overridden(
        &mut self,
        default: FunctionId,
        callee: &BoundCallee,
        args: &[Value],
        site: Site,
        usage: Usage,
        state: &State,
    ) -> Vec<Outcome> {
        let BoundCallee::Path(path) = callee else { return Vec::new() };
        let function = self.world.program.get(default);
        if !state.thread.may_be_away() || function.path != *path || !self.world.is_of_interface(path) {
            return Vec::new();
        }
        let kinds = state.kinds(&args[0]);
        let others: Vec<_> = match kinds.is_empty() {
            true => self.world.implementations_of(path).map(|it| it.1).collect(),
            false => kinds.iter().filter_map(|it| self.world.method(it, callee.name())).filter_map(in_tree).collect(),
        };
        // What a future does is seen where somebody waits for it.
        let matters = |id: &FunctionId| function.is_async() || self.world.relevance.matters(*id, &state.thread);
        let is_only = || split(path).is_some_and(|it| self.world.only_implementation(it.0).is_some());
        let told = !kinds.is_empty() || function.is_async() || is_only();
        let others = others.into_iter().filter(|it| told && *it != default && matters(it));
        let others: BTreeSet<_> = others.take(OVERRIDDEN).collect();
        others.into_iter().flat_map(|it| self.enter_tree(it, None, args.to_vec(), site, usage, state.clone())).collect()
    }

    /// The text of a function says of which types its results are, also where nobody follows it.
    pub(super) fn with_kinds(&mut self, id: FunctionId, args: &[Value], mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
        for Outcome { state, values, .. } in &mut outcomes {
            for (nth, value) in values.iter_mut().enumerate() {
                if let Value::Symbol(it) = value {
                    it.kinds = self.given(id, nth, args, state);
                }
            }
        }
        outcomes
    }

    /// The types of a result of a function that is handed these.
    pub(super) fn given(&mut self, id: FunctionId, nth: usize, args: &[Value], state: &State) -> Option<Kinds> {
        let world = self.world;
        self.made.entry((id, nth)).or_insert_with(|| Made::of(world, id, nth)).kinds(args, state)
    }

    /// Whether it may call a method of something that it can see, of which the type decides what the thread's namespace
    /// has to do with that.
    pub(super) fn may_dispatch(&self, id: FunctionId, parent: Option<Frame>, args: &[Value], state: &State) -> bool {
        let answers = |it: &Value| state.kinds(it).iter().any(|it| self.world.relevance.answers(it));
        state.thread.may_be_away()
            && self.world.relevance.dispatches(id)
            && (self.frames.sees(answers, state, parent, args) || self.goes_through_those_that_answer(id))
    }

    /// Whether it uses a list of the whole program in which something of such a type is.
    fn goes_through_those_that_answer(&self, id: FunctionId) -> bool {
        let lists = self.world.program.get(id).variables.iter().filter_map(|it| match &it.storage {
            Storage::Global(path) => self.world.kinds_in(path),
            _ => None,
        });
        lists.flatten().any(|it| self.world.relevance.answers(&it))
    }
}

fn in_tree(meaning: Meaning<'_>) -> Option<FunctionId> {
    if let Meaning::Tree(id) = meaning { Some(id) } else { None }
}
