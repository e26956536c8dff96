//! The flow: where the thread is, step by step, on every path of every function
//! that nobody in the tree calls, and of those that it calls.

mod apply;
mod call;
mod frames;
mod learn;
mod liveness;
mod machine;
mod point;
mod relevance;
mod state;
mod text;
mod value;
mod values;
mod world;

pub use machine::{Ended, Stop};
pub use point::{Event, Holder, Observer, Point, Switch, Use};
pub use state::{Entry, Escape, Executor, Region, Site, State, Thread};
pub use text::{Shows, suggests_home};
pub use value::{Handle, Netns, Opening, Reference, Value};

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::facts::Facts;
use crate::finding::Finding;
use crate::ir::{Affinity, FunctionId, Kind, Program, Root};
use crate::judge::Judge;
use crate::rules::Rule;
use learn::Learned;
use machine::Machine;
use world::World;

/// What came out of looking at a program.
#[derive(Debug, Default)]
pub struct Analysis {
    /// In the order of files and places.
    pub findings: Vec<Finding>,
    /// The places at which a thread enters another namespace.
    pub regions: usize,
    /// Calls that lead to a function of the tree or to a fact.
    pub resolved: usize,
    /// All others.
    pub unknown: usize,
    /// Functions of which not every path was followed.
    pub cut_short: usize,
}

/// Looks at every function that can matter, with the rules that were selected.
pub fn analyse(program: &Program, facts: &Facts, rules: &[&'static Rule]) -> Analysis {
    let mut world = World::new(program, facts);
    let mut round = explore(&world, rules);
    // What lasting places hold is known only now; with that, look again.
    if round.learned.is_useful() {
        world.learned = std::mem::take(&mut round.learned);
        round = explore(&world, rules);
    }
    let (resolved, unknown) = world.count_calls();
    let findings = round.judge.findings();
    Analysis { findings, regions: round.judge.regions(), resolved, unknown, cut_short: round.cut_short }
}

struct Round {
    judge: Judge,
    learned: Learned,
    visited: BTreeSet<FunctionId>,
    cut_short: usize,
}

fn explore(world: &World<'_>, rules: &[&'static Rule]) -> Round {
    let roots = world.relevance.roots(world);
    let mut round = look_at(world, rules, &roots);
    // Functions that only something out of sight runs: stored closures, callbacks, cycles.
    let ids = (0..world.program.functions.len() as u32).map(FunctionId);
    let missed: Vec<_> = ids.filter(|it| world.relevance.moves_itself(*it) && !round.visited.contains(it)).collect();
    let rest = look_at(world, rules, &missed);
    round.judge.merge(rest.judge);
    round.learned.merge(rest.learned);
    round.cut_short += rest.cut_short;
    round
}

fn look_at(world: &World<'_>, rules: &[&'static Rule], roots: &[FunctionId]) -> Round {
    let rounds: Vec<_> = roots.par_iter().map(|it| look_at_one(world, rules, *it)).collect();
    let mut all =
        Round { judge: Judge::new(rules), learned: Learned::default(), visited: BTreeSet::new(), cut_short: 0 };
    for round in rounds {
        all.judge.merge(round.judge);
        all.learned.merge(round.learned);
        all.visited.extend(round.visited);
        all.cut_short += round.cut_short;
    }
    all
}

fn look_at_one(world: &World<'_>, rules: &[&'static Rule], root: FunctionId) -> Round {
    let function = world.program.get(root);
    let entry = match function.root {
        Some(_) => Entry::Program,
        None if function.is_nested() || function.kind == Kind::Initialiser => Entry::Unseen { exported: true },
        None => Entry::Unseen { exported: function.exported },
    };
    let mut state = State::new(entry);
    state.thread.executor = match function.root {
        Some(Root::BlockOn { .. }) => Executor::Root,
        _ => Executor::Shared,
    };
    // The harness runs each on a thread of its own, and `main` ends the process.
    state.thread.owned = match function.affinity {
        Affinity::UntilSuspended => function.root.is_some(),
        Affinity::UntilPinned => function.root == Some(Root::Main),
    };
    let mut judge = Judge::new(rules);
    let mut machine = Machine::new(world, &mut judge);
    for before in world.runs_before(root) {
        let ended = machine.root(before, state.clone());
        if let Some(ended) = ended.into_iter().find(|it| it.exit == crate::ir::Exit::Return) {
            state = State { thread: Thread { entry, owned: state.thread.owned, ..ended.state.thread }, ..ended.state };
        }
    }
    machine.root(root, state);
    let (learned, visited) = (std::mem::take(&mut machine.learned), std::mem::take(&mut machine.visited));
    let cut_short = usize::from(machine.gave_up);
    Round { judge, learned, visited, cut_short }
}
