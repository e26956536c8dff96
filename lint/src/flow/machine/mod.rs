//! Runs a function without running it: step by step, on every path that the
//! text allows, into the functions of the tree that it calls.
//!
//! A state is explored once a block. Where too many paths meet, the rest is
//! dropped and said ([`Machine::gave_up`]): a finding may be missed, none is made up.

mod enter;
mod leave;
mod step;

pub(super) use leave::RECOVERED;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use litemap::LiteMap;
use rustc_hash::FxHashMap;

use super::drops::WHEN_DROPPED;
use super::frames::Frames;
use super::kinds::Made;
use super::learn::{Lasting, Learned};
use super::outcome::UNSEEN;
use super::point::{Event, Observer, Point};
use super::shared::Shared;
use super::state::{Object, Site, State};
use super::thread::Executor;
use super::value::{Frame, ObjectId, Opening, Value};
use super::world::World;
use crate::ir::{BlockId, End, Exit, Function, FunctionId, Place};
use crate::source::Span;
use enter::{Entered, Known};
use step::Ways;

/// How many states a block keeps apart.
const STATES: usize = 32;
/// How many of those that have the thread in the same state; more are merged.
const ALIKE: usize = 4;
/// How deep calls cost what they cost; below, each call costs twice as much as the one before.
pub(super) const FULL_DEPTH: usize = 6;
/// How much one root may take, in steps and in what they have to carry, beside
/// what its own text asks for.
const FUEL: usize = 6_000;
/// How much each step of the root's own text, closures included, adds to that.
const FUEL_A_STEP: usize = 40;

pub(crate) struct Machine<'a> {
    pub world: &'a World<'a>,
    pub observer: &'a mut dyn Observer,
    /// The calls that led here from the root.
    pub stack: Vec<Site>,
    pub functions: Vec<&'a Function>,
    pub(super) running: Vec<(FunctionId, Frame)>,
    /// The objects that the caller of each running function can reach too.
    given: Vec<Shared<LiteMap<ObjectId, Object>>>,
    /// Whether a caller of each running function holds something that goes back when dropped.
    guarded: Vec<bool>,
    /// Whether each running function has deferred something that may go back.
    deferring: Vec<bool>,
    pub frames: Frames,
    pub learned: Learned,
    /// Places that outlive calls of which an earlier round could have known more.
    pub asked: BTreeSet<Lasting>,
    /// Functions that were run to their end at least once.
    pub visited: BTreeSet<FunctionId>,
    /// By function: what polled the futures of the threads that ran it.
    pub ran_by: BTreeMap<FunctionId, BTreeSet<Executor>>,
    /// `None` where a run took more than it may.
    memo: FxHashMap<Entered, Option<Rc<Known>>>,
    /// By function and result: what its text makes of it.
    pub made: FxHashMap<(FunctionId, usize), Made<'a>>,
    /// Of which types arguments were that methods are called of.
    pub handed: BTreeSet<(FunctionId, usize, Rc<str>)>,
    /// The type of which only what happens in its methods is shown to the rules.
    pub only_in: Option<Rc<str>>,
    /// How many functions run when the outermost one of the current task does.
    outermost: usize,
    /// How many functions run when the one does that the current goroutine or thread was started with.
    pub(crate) started: usize,
    pub(super) fuel: usize,
    /// How the text names what the method is called on.
    pub receiver: Option<String>,
    /// Whether something was left out because it was too much.
    pub gave_up: bool,
}

/// A set that keeps the order in which things came, so that a run is the same each time.
pub(crate) type Set<T> = indexmap::IndexSet<T, rustc_hash::FxBuildHasher>;

/// One way in which a function ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ended {
    pub state: State,
    pub exit: Exit,
    /// Where the text leaves.
    pub at: Span,
    pub values: Vec<Value>,
}

/// Why nothing after a call runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stop {
    /// A panic, which drops and deferred calls see.
    Panic,
    /// The goroutine ends, after its deferred calls.
    Task,
    /// The process ends or becomes another program.
    Process,
}

/// A deferred call, with what was evaluated where it stood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Deferred {
    pub site: Site,
    pub callee: Value,
    pub args: Vec<Value>,
}

/// A state in the middle of a function: deferred calls belong to the run.
#[derive(Clone, Debug)]
struct Path {
    state: State,
    deferred: Vec<Deferred>,
    /// The call of which the path is the panic. One of several that come out alike is enough: it tells no paths apart.
    panicked: Option<Span>,
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        (&self.state, &self.deferred) == (&other.state, &other.deferred)
    }
}

impl Eq for Path {}

impl Hash for Path {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (&self.state, &self.deferred).hash(hasher);
    }
}

/// The run of one function.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub function: &'a Function,
    pub id: FunctionId,
    pub frame: Frame,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(world: &'a World<'a>, observer: &'a mut dyn Observer) -> Self {
        Machine {
            world,
            observer,
            stack: Vec::new(),
            functions: Vec::new(),
            running: Vec::new(),
            given: Vec::new(),
            guarded: Vec::new(),
            deferring: Vec::new(),
            frames: Frames::default(),
            learned: Learned::default(),
            asked: BTreeSet::new(),
            visited: BTreeSet::new(),
            ran_by: BTreeMap::new(),
            memo: FxHashMap::default(),
            made: FxHashMap::default(),
            handed: BTreeSet::new(),
            only_in: None,
            outermost: 1,
            started: 1,
            fuel: FUEL,
            receiver: None,
            gave_up: false,
        }
    }

    /// Runs a function that nobody in the tree calls.
    pub(crate) fn root(&mut self, id: FunctionId, state: State) -> Vec<Ended> {
        self.fuel = FUEL + FUEL_A_STEP * self.world.steps(id);
        let frame = self.root_frame(id);
        let ended = self.run(id, frame, state);
        // What it gave out to be called later (a way back) is called once by somebody.
        for Ended { state, values, .. } in ended.iter().filter(|it| it.exit == Exit::Return) {
            let function = self.world.program.get(id);
            let site = Site { span: function.span, name: function.span, by_value: true };
            self.functions.push(function);
            for value in values.iter().filter(|it| matches!(it.inner(), Value::Closure { .. })) {
                let outcomes = self.invoke(value, Vec::new(), site, UNSEEN, state.clone());
                for outcome in outcomes.iter().filter(|it| it.stop.is_none()) {
                    self.see_overwritten(|it| state.open.contains_key(it), &outcome.state, &outcome.values);
                }
            }
            for value in values.iter().filter(|it| matches!(it.inner(), Value::Object(_))) {
                self.drop_value(value.inner(), site, state.clone());
            }
            self.functions.pop();
        }
        ended
    }

    pub(super) fn root_frame(&mut self, id: FunctionId) -> Frame {
        let parent = self.world.program.get(id).parent.filter(|_| self.world.program.get(id).is_nested());
        let parent = parent.map(|it| self.root_frame(it));
        self.frames.get(parent, id, None)
    }

    /// Whether something goes back when it is dropped, or when the function ends, here or
    /// in a caller: the thread was moved on purpose.
    fn is_guarded(&self, state: &State) -> bool {
        self.guarded.last().is_some_and(|it| *it)
            || self.deferring.last().is_some_and(|it| *it)
            || state.objects.values().filter_map(|it| it.ty.as_deref()).any(|it| self.world.moves_when_dropped(it))
            || state.cells.values().any(|it| matches!(it.inner(), Value::Guard { .. }))
            || state.objects.values().any(|it| it.fields.get(WHEN_DROPPED).is_some_and(|it| self.may_leave(it)))
    }

    /// Does something as a task of its own, at whose end runs what it leaves for that.
    pub(crate) fn as_task<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.outermost, self.running.len() + 1);
        let done = self.as_started(work);
        self.outermost = before;
        done
    }

    /// Does something as what a goroutine or thread is started with, and ends with.
    pub(crate) fn as_started<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.started, self.running.len() + 1);
        let done = work(self);
        self.started = before;
        done
    }

    pub(crate) fn run(&mut self, id: FunctionId, frame: Frame, state: State) -> Vec<Ended> {
        let function = self.world.program.get(id);
        let run = Run { function, id, frame };
        self.ran_by.entry(id).or_default().insert(state.thread.executor);
        self.running.push((id, frame));
        self.given.push(state.objects.clone());
        self.functions.push(function);
        self.deferring.push(false);
        let entry = state.clone();
        let mut seen: Vec<Set<Path>> = vec![Set::default(); function.blocks.len()];
        let begin = (BlockId(0), Path { state, deferred: Vec::new(), panicked: None });
        let mut ways = Ways { work: vec![begin], ..Ways::default() };
        let enough = if self.world.relevance.moves(id) || self.world.told.tells(id) { ALIKE } else { 1 };
        while let Some((block, mut path)) = ways.work.pop() {
            // Only where ways meet can a path be one that was followed before.
            let liveness = &self.world.liveness[id.0 as usize];
            if liveness.is_join(block) {
                let enough = if liveness.is_answer(block) { ALIKE } else { enough };
                let known = &mut seen[block.0 as usize];
                let alike = |it: &&Path| {
                    let (a, b) = (&it.state, &path.state);
                    a.thread == b.thread && a.open == b.open && it.deferred == path.deferred
                };
                if known.iter().filter(alike).count() >= enough
                    && let Some(last) = known.iter().rev().find(alike)
                {
                    path.state = last.state.merge(&path.state);
                }
                if known.contains(&path) {
                    continue;
                }
                if known.len() >= STATES {
                    self.gave_up = true;
                    continue;
                }
                known.insert(path.clone());
            }
            self.block(run, block, path, &mut ways);
        }
        let ended = each(ways.ended.into_iter().collect(), |it| self.frames.tidy(self.world, run, &entry, it));
        let site = Site { span: function.span, name: function.span, by_value: false };
        self.observe(site, &entry, Event::Left { ended: &ended });
        for it in ended.iter().filter(|it| it.exit != Exit::Unwind) {
            self.see_overwritten(|at| !entry.open.contains_key(at), &it.state, &it.values);
        }
        // Descriptors that nothing holds any more make no difference to what follows.
        let ended = each(ended, |it| self.frames.forget(&entry, it));
        self.deferring.pop();
        self.functions.pop();
        self.given.pop();
        self.running.pop();
        if self.fuel > 0 {
            self.visited.insert(id);
        }
        ended
    }

    fn block(&mut self, run: Run<'a>, block: BlockId, path: Path, ways: &mut Ways) {
        let mut paths = vec![path];
        for (index, step) in run.function.block(block).steps.iter().enumerate() {
            let span = step.origin.span();
            ways.after.clear();
            for path in paths {
                let Some(left) = self.fuel.checked_sub(self.cost(&path.state)) else {
                    self.fuel = 0;
                    self.gave_up = true;
                    return;
                };
                self.fuel = left;
                self.step(run, (block, index), &step.action, span, path, ways);
            }
            let mut after = std::mem::take(&mut ways.after);
            if after.len() > 1 {
                after = after.into_iter().collect::<Set<_>>().into_iter().collect();
                self.gave_up |= after.len() > STATES;
                after.truncate(STATES);
            }
            paths = after;
        }
        for path in paths {
            self.end(run, &run.function.block(block).end, path, ways);
        }
    }

    /// What a step takes: what it has to carry, and more the farther it is from
    /// the root, so that the root's own steps come first.
    fn cost(&self, state: &State) -> usize {
        let carried = 1 + (state.cells.len() + state.objects.len()) / 8;
        carried << self.running.len().saturating_sub(FULL_DEPTH).min(FULL_DEPTH)
    }

    fn go(&self, run: Run<'a>, block: BlockId, mut path: Path, ways: &mut Ways) {
        let liveness = &self.world.liveness[run.id.0 as usize];
        path.state.cells.retain_of(run.frame, |place| liveness.keeps(block, Place(place)));
        if liveness.is_join(block) {
            let deferred = path.deferred.iter().flat_map(|it| it.args.iter().chain([&it.callee]));
            let given = self.given.last().into_iter().flat_map(|it| it.keys().copied());
            self.frames.collect(&mut path.state, deferred, given);
        }
        ways.work.push((block, path));
    }

    fn end(&mut self, run: Run<'a>, end: &'a End, path: Path, ways: &mut Ways) {
        match end {
            End::Goto(next) => self.go(run, *next, path, ways),
            End::Choice(blocks) => blocks.iter().rev().for_each(|it| self.go(run, *it, path.clone(), ways)),
            End::Branch { test, yes, no } => {
                let (when_yes, when_no) = self.decide(run, test, path.state);
                let (deferred, panicked) = (path.deferred, path.panicked);
                if let Some(state) = when_no {
                    self.go(run, *no, Path { state, deferred: deferred.clone(), panicked }, ways);
                }
                if let Some(state) = when_yes {
                    self.go(run, *yes, Path { state, deferred, panicked }, ways);
                }
            }
            // Calls that panic share the blocks of what acts then, and these the place of the first of them.
            End::Leave(exit, at) => self.leave(run, *exit, path.panicked.unwrap_or(*at), path, ways),
            End::Stop => (),
        }
    }

    /// The run that the current step belongs to.
    pub(crate) fn frame(&self) -> Frame {
        self.running.last().map_or(Frame(u32::MAX), |it| it.1)
    }

    pub(crate) fn steps(&self, site: Site) -> Vec<Site> {
        self.stack.iter().copied().chain([site]).collect()
    }

    /// What this run opens there.
    pub(super) fn opening(&self, site: Site) -> Opening {
        Opening { frame: self.frame(), span: site.span }
    }

    pub(crate) fn observe(&mut self, site: Site, state: &State, event: Event<'_>) {
        if !self.is_shown() {
            return;
        }
        let point = Point {
            program: self.world.program,
            world: self.world,
            facts: self.world.facts,
            function: self.functions.last().expect("a step is of a running function"),
            site,
            stack: &self.stack,
            functions: &self.functions,
            guarded: self.is_guarded(state),
            ends_task: self.running.len() == self.started,
            state,
            event,
        };
        self.observer.look(&point);
    }
}

/// What becomes of each, without what is the same then.
fn each(those: Vec<Ended>, becomes: impl Fn(Ended) -> Ended) -> Vec<Ended> {
    let become_so = those.into_iter().map(becomes);
    if become_so.len() < 2 { become_so.collect() } else { become_so.collect::<Set<_>>().into_iter().collect() }
}
