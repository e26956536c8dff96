//! The flow: where the thread is, step by step, on every path of every function
//! that nobody in the tree calls, and of those that it calls.

mod apply;
mod call;
mod callee;
mod cells;
mod combinators;
mod condition;
mod decide;
mod demand;
mod dispatch;
mod drops;
mod evaluate;
mod executors;
mod failures;
mod filled;
mod first_use;
mod frames;
mod given_back;
mod held;
mod indexes;
mod kinds;
mod learn;
mod lent;
mod liveness;
mod machine;
mod mentions;
mod moves;
mod netns;
mod once;
mod opens;
mod outcome;
mod overwritten;
mod ownership;
mod pins;
mod places;
mod point;
pub mod programs;
mod questions;
mod reach;
mod relevance;
mod requests;
mod shared;
mod skipped;
mod state;
mod stays;
mod store;
mod tables;
mod taken;
mod tasks;
mod text;
mod thread;
mod told;
mod typed;
mod unseen;
mod value;
mod views;
mod world;

pub use demand::Demanded;
pub use drops::WHEN_DROPPED;
pub use lent::Lent;
pub use machine::{Ended, Stop};
pub use netns::Netns;
pub use overwritten::Overwritten;
pub use point::{Event, Given, Holder, Observer, Point, Switch, Use, common};
pub use relevance::{CALLS, CARRIED, GIVEN};
pub use state::{Opened, Site, State};
pub use store::OUTSIDE;
pub(crate) use text::shows;
pub use text::{Shows, suggests_home};
pub use thread::{Entry, Escape, Executor, Passed, Region, Thread};
pub use value::{Handle, Hold, Inside, Opening, Reference, Thing, Value};

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::facts::Facts;
use crate::finding::Finding;
use crate::ir::{Action, Affinity, Callee, FunctionId, Kind, Program, Root};
use crate::judge::Judge;
use crate::rules::Rule;
use crate::source::FileId;
use crate::versions::Versions;
use executors::Executors;
use learn::{Lasting, Learned};
use machine::Machine;
use typed::{Handed, Typed};
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
    let (mut rounds, (resolved, unknown)) = rayon::join(|| explore(&world, rules), || count_calls(&world));
    // What lasting places hold is known only now; whoever asked about them looks again.
    let mut learned = rounds.values().fold(Learned::default(), |all, it| all.with(&it.learned));
    let visited: BTreeSet<_> = rounds.values().flat_map(|it| &it.visited).copied().collect();
    learned.note_unseen(program, &visited);
    let useful = learned.useful();
    let again: Vec<_> =
        rounds.iter().filter(|(_, it)| it.asked.iter().any(|it| useful.contains(it))).map(|(_, it)| it.begin).collect();
    drop(useful);
    world.learned = learned;
    rounds.extend(look_at(&world, rules, &again));
    let typed = Typed::of(&world, &rounds);
    let typed: Vec<_> =
        typed.par_iter().with_max_len(1).map(|it| look_at_one(&world, rules, it.begin, Some(it))).collect();
    let mut judge = Judge::new(rules);
    let mut cut_short = 0;
    for round in rounds.into_values().chain(typed) {
        judge.merge(round.judge);
        cut_short += usize::from(round.cut_short);
    }
    Analysis { findings: judge.findings(), regions: judge.regions(), resolved, unknown, cut_short }
}

/// How many calls lead to something known, and how many do not.
fn count_calls(world: &World<'_>) -> (usize, usize) {
    let (mut resolved, mut unknown) = (0, 0);
    for step in world.program.functions.iter().flat_map(|it| &it.blocks).flat_map(|it| &it.steps) {
        let (Action::Call(call) | Action::Defer(call) | Action::Spawn(call)) = &step.action else { continue };
        let known = match &call.callee {
            Callee::Path(path) => world.meaning(path).is_some(),
            Callee::Method(name) => world.any_method(name).is_some(),
            Callee::Value(_) => true,
        };
        *(if known { &mut resolved } else { &mut unknown }) += 1;
    }
    (resolved, unknown)
}

/// What was seen from one root.
struct Round {
    judge: Judge,
    learned: Learned,
    asked: BTreeSet<Lasting>,
    visited: BTreeSet<FunctionId>,
    ran_by: BTreeMap<FunctionId, BTreeSet<Executor>>,
    handed: BTreeSet<Handed>,
    cut_short: bool,
    begin: Begin,
}

/// A function that is looked at by itself, and what is known of those who run it.
#[derive(Clone, Copy)]
struct Begin {
    root: FunctionId,
    /// Whether somebody calls it who was not looked at.
    far: bool,
    executor: Executor,
    doubt: bool,
}

impl Begin {
    fn of((root, far): (FunctionId, bool)) -> Begin {
        Begin { root, far, executor: Executor::Shared, doubt: false }
    }
}

fn explore(world: &World<'_>, rules: &[&'static Rule]) -> BTreeMap<FunctionId, Round> {
    let roots: Vec<_> = world.relevance.roots(world).into_iter().map(Begin::of).collect();
    let mut rounds = look_at(world, rules, &roots);
    // Functions that only something out of sight runs (stored closures, callbacks, cycles), and those
    // that the way from a root did not come to the end of.
    let visited: BTreeSet<_> = rounds.values().flat_map(|it| &it.visited).copied().collect();
    let executors = Executors::of(world, &rounds);
    let ids = (0..world.program.functions.len() as u32).map(FunctionId);
    let can_err = |it: &FunctionId| {
        let relevance = &world.relevance;
        relevance.may_move(*it) || relevance.opens(*it) || relevance.closes_by_number(*it)
    };
    // Nobody looks at what is not reported on for its own sake: it leads to nothing here.
    let missed = ids.filter(|it| can_err(it) && !visited.contains(it) && world.is_reported(*it));
    let missed: BTreeSet<_> = missed.filter(|it| !rounds.contains_key(it)).collect();
    // First those that none of the others leads to: what they come to is known with what they know.
    let (first, rest): (Vec<_>, Vec<_>) = missed.iter().copied().partition(|it| !is_led_to(world, *it, &missed));
    let mut first: Vec<_> = first.into_iter().map(|it| executors.begin(it)).collect();
    first.extend(of_handles(world).filter(|it| !rounds.contains_key(it)).map(|it| Begin::of((it, true))));
    first.extend(only_shown(world, &rounds).into_iter().map(|it| Begin::of((it, false))));
    let first = look_at(world, rules, &first);
    let visited: BTreeSet<_> = first.values().flat_map(|it| &it.visited).copied().collect();
    let rest: Vec<_> = rest.into_iter().filter(|it| !visited.contains(it)).map(|it| executors.begin(it)).collect();
    rounds.extend(first);
    rounds.extend(look_at(world, rules, &rest));
    rounds
}

/// Whether another one of these calls it, takes it as a value or has it in its text.
fn is_led_to(world: &World<'_>, id: FunctionId, those: &BTreeSet<FunctionId>) -> bool {
    let around = world.program.get(id).parent;
    // What calls it may be a closure in the text of that caller with which a process ends.
    let ends = |it: &&FunctionId| world.program.get(**it).is_nested() && world.program.get(**it).root.is_some();
    let texts: BTreeSet<_> = those.iter().filter(ends).map(|it| world.program.outermost(*it)).collect();
    let mut callers = world.relevance.callers_of(id).filter(|it| *it != id);
    callers.any(|it| those.contains(&it) || texts.contains(&it)) || around.is_some_and(|it| those.contains(&it))
}

/// What a library gives to others, and the tree only tests and shows in examples: the thread of a test
/// ends with it, and nobody else's does.
fn only_shown(world: &World<'_>, rounds: &BTreeMap<FunctionId, Round>) -> BTreeSet<FunctionId> {
    let (shown, by_others): (Vec<_>, Vec<_>) = rounds.values().partition(|it| it.shows(world));
    let by_others: BTreeSet<_> = by_others.into_iter().flat_map(|it| &it.visited).collect();
    let shown = shown.into_iter().flat_map(|it| &it.visited).filter(|it| !by_others.contains(it)).copied();
    let exported = shown.filter(|it| world.program.get(*it).exported);
    exported.filter(|it| world.relevance.can_begin(*it)).collect()
}

/// The methods of handles that depend on the namespace of the thread: whose handle it is says only the caller.
fn of_handles(world: &World<'_>) -> impl Iterator<Item = FunctionId> {
    let ids = (0..world.program.functions.len() as u32).map(FunctionId);
    ids.filter(|it| !world.program.get(*it).is_nested() && world.is_of_a_handle(*it) && world.relevance.touches(*it))
}

impl Round {
    /// Whether everything in it ran on the thread of a test or example, which ends with it.
    fn shows(&self, world: &World<'_>) -> bool {
        let root = world.program.get(self.begin.root);
        root.affinity == Affinity::UntilSuspended && root.root.is_some() && (root.test || root.example)
    }
}

fn look_at(world: &World<'_>, rules: &[&'static Rule], roots: &[Begin]) -> BTreeMap<FunctionId, Round> {
    // One may take as long as a hundred others.
    let roots = roots.par_iter().with_max_len(1).filter(|it| world.is_reported(it.root));
    roots.map(|it| (it.root, look_at_one(world, rules, *it, None))).collect()
}

fn look_at_one(world: &World<'_>, rules: &[&'static Rule], begin: Begin, typed: Option<&Typed>) -> Round {
    let root = begin.root;
    let function = world.program.get(root);
    let entry = match function.root {
        // `main` may have prepared the thread.
        Some(Root::Command) => Entry::Unseen { exported: true },
        Some(_) => Entry::Program,
        None if begin.far => Entry::Far,
        None if function.kind == Kind::Initialiser => Entry::Program,
        None if function.is_nested() => Entry::Unseen { exported: true },
        None => Entry::Unseen { exported: function.exported },
    };
    let mut state = State::new(entry);
    state.thread.executor = match (function.root, function.kind) {
        (Some(Root::BlockOn { multi_thread }), _) | (_, Kind::BlockOn { multi_thread }) => {
            Executor::Root { alone: !multi_thread, only: false }
        }
        _ => begin.executor,
    };
    state.thread.doubt = begin.doubt;
    // The harness runs each on a thread of its own, and `main` ends the process.
    state.thread.owned = match function.affinity {
        Affinity::UntilSuspended => function.root.is_some(),
        Affinity::UntilPinned => matches!(function.root, Some(Root::Main | Root::Command)),
    };
    state.thread.for_handle = !function.is_nested() && world.is_of_a_handle(root);
    let mut judge = Judge::new(rules);
    let mut machine = Machine::new(world, &mut judge);
    for before in world.runs_before(root) {
        let ended = machine.root(before, state.clone());
        if let Some(ended) = ended.into_iter().find(|it| it.exit == crate::ir::Exit::Return) {
            let owned = state.thread.owned;
            state = ended.state;
            (state.thread.entry, state.thread.owned) = (entry, owned);
            state.thread.main = state.thread.pins > 0;
        }
    }
    match typed {
        Some(typed) => machine.root_with(root, typed.param, &typed.kind, state),
        None => {
            let ended = machine.root(root, state);
            if let Some(variable) = world.first_made_by(root) {
                let values = ended.iter().filter_map(|it| it.values.first());
                values.for_each(|it| machine.learned.write(Lasting::Global(variable.to_owned()), it));
            }
        }
    }
    let learned = std::mem::take(&mut machine.learned);
    let asked = std::mem::take(&mut machine.asked);
    let visited = std::mem::take(&mut machine.visited);
    let ran_by = std::mem::take(&mut machine.ran_by);
    let handed =
        std::mem::take(&mut machine.handed).into_iter().map(|(id, nth, kind)| (id, nth, (*kind).into())).collect();
    let cut_short = machine.gave_up;
    Round { judge, learned, asked, visited, ran_by, handed, cut_short, begin }
}
