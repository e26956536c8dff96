//! The flow: where the thread is, step by step, on every path of every function
//! that nobody in the tree calls, and of those that it calls.

mod apply;
mod call;
mod demand;
mod frames;
mod learn;
mod liveness;
mod machine;
mod mentions;
mod ownership;
mod point;
mod relevance;
mod shared;
mod state;
mod text;
mod value;
mod values;
mod world;

pub use demand::Demanded;
pub use machine::{Ended, Stop};
pub use point::{Event, Given, Holder, Observer, Point, Switch, Use};
pub use relevance::{CALLS, CARRIED};
pub use state::{Entry, Escape, Executor, Opened, Passed, Region, Site, State, Thread};
pub use text::{Shows, suggests_home};
pub use value::{Handle, Netns, Opening, Reference, Thing, Value};
pub use values::OUTSIDE;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::facts::Facts;
use crate::finding::Finding;
use crate::ir::{Affinity, FunctionId, Kind, Program, Root};
use crate::judge::Judge;
use crate::rules::Rule;
use crate::source::FileId;
use crate::versions::Versions;
use learn::{Lasting, Learned};
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
///
/// Only functions of these files are looked at for their own sake; all others
/// are known where they are called.
pub fn analyse(
    program: &Program,
    facts: &Facts,
    versions: &Versions,
    rules: &[&'static Rule],
    files: &BTreeSet<FileId>,
) -> Analysis {
    let mut world = World::new(program, facts, versions, files);
    let mut rounds = explore(&world, rules);
    // What lasting places hold is known only now; whoever asked about them looks again.
    let learned = rounds.values().fold(Learned::default(), |all, it| all.with(&it.learned));
    let useful = learned.useful();
    let again: Vec<_> = rounds
        .iter()
        .filter(|(_, it)| it.asked.iter().any(|it| useful.contains(it)))
        .map(|(id, it)| (*id, it.far))
        .collect();
    drop(useful);
    world.learned = learned;
    rounds.extend(look_at(&world, rules, &again));
    let mut judge = Judge::new(rules);
    let mut cut_short = 0;
    for round in rounds.into_values() {
        judge.merge(round.judge);
        cut_short += usize::from(round.cut_short);
    }
    let (resolved, unknown) = world.count_calls();
    Analysis { findings: judge.findings(), regions: judge.regions(), resolved, unknown, cut_short }
}

/// What was seen from one root.
struct Round {
    judge: Judge,
    learned: Learned,
    asked: BTreeSet<Lasting>,
    visited: BTreeSet<FunctionId>,
    cut_short: bool,
    /// Whether somebody calls it who was not looked at.
    far: bool,
}

fn explore(world: &World<'_>, rules: &[&'static Rule]) -> BTreeMap<FunctionId, Round> {
    let mut rounds = look_at(world, rules, &world.relevance.roots(world));
    // Functions that only something out of sight runs: stored closures, callbacks, cycles.
    let visited: BTreeSet<_> = rounds.values().flat_map(|it| &it.visited).copied().collect();
    let ids = (0..world.program.functions.len() as u32).map(FunctionId);
    let missed = ids.filter(|it| world.relevance.changes_itself(*it) && !visited.contains(it));
    let missed: Vec<_> = missed.map(|it| (it, false)).collect();
    rounds.extend(look_at(world, rules, &missed));
    rounds
}

fn look_at(world: &World<'_>, rules: &[&'static Rule], roots: &[(FunctionId, bool)]) -> BTreeMap<FunctionId, Round> {
    let roots = roots.par_iter().filter(|(id, _)| world.is_reported(*id));
    roots.map(|(id, far)| (*id, look_at_one(world, rules, *id, *far))).collect()
}

fn look_at_one(world: &World<'_>, rules: &[&'static Rule], root: FunctionId, far: bool) -> Round {
    let function = world.program.get(root);
    let entry = match function.root {
        Some(_) => Entry::Program,
        None if far => Entry::Far,
        None if function.kind == Kind::Initialiser => Entry::Program,
        None if function.is_nested() => Entry::Unseen { exported: true },
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
    let learned = std::mem::take(&mut machine.learned);
    let asked = std::mem::take(&mut machine.asked);
    let visited = std::mem::take(&mut machine.visited);
    let cut_short = machine.gave_up;
    Round { judge, learned, asked, visited, cut_short, far }
}
