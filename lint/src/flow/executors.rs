//! What runs the functions that no way from a root came to the end of.

use std::collections::{BTreeMap, BTreeSet};

use super::world::World;
use super::{Begin, Executor, Round};
use crate::ir::FunctionId;

/// How far up the calls somebody is looked for who was run.
const FAR: usize = 8;

pub(super) struct Executors<'a> {
    world: &'a World<'a>,
    /// By function: what ran it.
    itself: BTreeMap<FunctionId, BTreeSet<Executor>>,
    /// By function with a name: what ran it and its closures.
    of: BTreeMap<FunctionId, BTreeSet<Executor>>,
}

impl<'a> Executors<'a> {
    pub(super) fn of(world: &'a World<'a>, rounds: &BTreeMap<FunctionId, Round>) -> Self {
        let (mut itself, mut of) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeMap::<_, BTreeSet<_>>::new());
        for (id, by) in rounds.values().flat_map(|it| &it.ran_by) {
            itself.entry(*id).or_default().extend(by);
            of.entry(world.program.outermost(*id)).or_default().extend(by);
        }
        Executors { world, itself, of }
    }

    pub(super) fn begin(&self, root: FunctionId) -> Begin {
        let seen = self.nearest(root);
        let others: BTreeSet<_> = seen.iter().filter(|it| **it != Executor::Own).copied().collect();
        let executor = match others.first() {
            Some(only) if others.len() == 1 => *only,
            None if !seen.is_empty() => Executor::Own,
            _ => Executor::Shared,
        };
        // A thread of its own that runs nothing else is what is right, unless it is known of others, too, who they are.
        let doubt = others.len() < seen.len() && others.iter().all(|it| *it == Executor::Shared) && !others.is_empty();
        Begin { root, far: self.world.relevance.is_called(root), executor, doubt }
    }

    /// The same, where what is wrong with every executor is known already.
    pub(super) fn begin_mildly(&self, root: FunctionId) -> Begin {
        let rooted = self.nearest(root).into_iter().find(|it| matches!(it, Executor::Root { .. }));
        let begin = self.begin(root);
        Begin { far: true, executor: rooted.unwrap_or(begin.executor), ..begin }
    }

    /// What ran the function, or else the nearest of those who lead to it.
    fn nearest(&self, root: FunctionId) -> BTreeSet<Executor> {
        // The tasks that it spawns are run by others than it is.
        if let Some(by) = self.itself.get(&root) {
            return by.clone();
        }
        let mut known = BTreeSet::from([root]);
        let mut level = vec![self.world.program.outermost(root)];
        for _ in 0..FAR {
            let seen: BTreeSet<_> = level.iter().filter_map(|it| self.of.get(it)).flatten().copied().collect();
            if !seen.is_empty() {
                return seen;
            }
            let callers = level.iter().flat_map(|it| self.world.relevance.callers_of(*it));
            level = callers.filter(|it| known.insert(*it)).collect();
        }
        BTreeSet::new()
    }
}
