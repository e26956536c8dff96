//! Whose variables are whose: one frame a run of a function, told apart by the
//! last calls that led to it, and what a run can see of the rest.

use std::collections::BTreeSet;
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use litemap::LiteMap;
use rustc_hash::FxHashMap as HashMap;

use super::cells::{Cell, Cells};
use super::given_back::FAILED;
use super::machine::{Ended, Run};
use super::once::{self, ONCE};
use super::shared::Shared;
use super::state::{Object, Site, State};
use super::value::{Frame, ObjectId, Value};
use super::world::World;
use crate::ir::{FunctionId, Place};
use crate::source::Span;

/// What tells two runs of a function apart: the call, and the one before it.
pub(crate) type Context = Option<(Span, Option<Span>)>;

#[derive(Default)]
pub(crate) struct Frames {
    known: HashMap<(Option<Frame>, FunctionId, Context), Frame>,
    /// By frame: whose it is, and whose variables it shares.
    of: Vec<(FunctionId, Option<Frame>)>,
    objects: HashMap<(Frame, Span, u32), ObjectId>,
}

/// What a callee cannot reach.
pub(crate) struct Hidden {
    cells: Cells,
    moved: BTreeSet<Cell>,
    objects: Objects,
    tests: LiteMap<Rc<str>, bool>,
}

/// The objects of a caller, and which of them the callee can reach.
struct Objects {
    all: Shared<LiteMap<ObjectId, Object>>,
    /// As it found them.
    seen: Shared<LiteMap<ObjectId, Object>>,
}

impl Frames {
    pub(crate) fn get(&mut self, parent: Option<Frame>, function: FunctionId, context: Context) -> Frame {
        let next = Frame(self.of.len() as u32);
        let found = *self.known.entry((parent, function, context)).or_insert(next);
        if found == next {
            self.of.push((function, parent));
        }
        found
    }

    /// What tells a call from here apart.
    pub(crate) fn context(&self, stack: &[Site], site: Site) -> Context {
        Some((site.span, stack.last().map(|it| it.span)))
    }

    /// Whose run it is.
    pub(crate) fn owner(&self, frame: Frame) -> Option<FunctionId> {
        self.of.get(frame.0 as usize).map(|it| it.0)
    }

    pub(crate) fn parent(&self, frame: Frame) -> Option<(FunctionId, Frame)> {
        let parent = self.of[frame.0 as usize].1?;
        Some((self.of[parent.0 as usize].0, parent))
    }

    /// The object that this step makes; `nth` of those that it makes.
    pub(crate) fn object(&mut self, frame: Frame, span: Span, nth: u32) -> ObjectId {
        let next = ObjectId(self.objects.len() as u32);
        *self.objects.entry((frame, span, nth)).or_insert(next)
    }

    /// What a run with these arguments can see, and the rest.
    pub(crate) fn split(&self, mut state: State, parent: Option<Frame>, args: &[Value]) -> (State, Hidden) {
        let reached = self.reach(&state, parent, args, []);
        let cells = state.cells.split(|it| reached.sees(it));
        let (mut moved, mut tests) = (BTreeSet::new(), LiteMap::new());
        if !state.tests.is_empty() {
            let symbols = reached.symbols(&state, args);
            for (key, came) in std::mem::take(&mut state.tests).into_inner() {
                let about = || symbols.iter().any(|it| is_about(&key, it));
                let seen = key.starts_with(ONCE) || key.starts_with(FAILED) || !key.starts_with('@') && about();
                let side = if seen { &mut *state.tests } else { &mut tests };
                side.insert(key, came);
            }
        }
        if !state.moved.is_empty() {
            let seen;
            (seen, moved) =
                std::mem::take(&mut state.moved).into_inner().into_iter().partition(|it| reached.sees(it.0));
            state.moved = seen.into();
        }
        let all = state.objects.clone();
        state.objects.retain(|it, _| reached.has(*it));
        let objects = Objects { all, seen: state.objects.clone() };
        (state, Hidden { cells, moved, objects, tests })
    }

    /// Whether a run with these arguments can see such a value.
    pub(crate) fn sees(
        &self,
        is: impl Fn(&Value) -> bool,
        state: &State,
        parent: Option<Frame>,
        args: &[Value],
    ) -> bool {
        let reached = self.reach(state, parent, args, []);
        args.iter().chain(reached.values(state)).any(is)
    }

    /// Forgets what a run leaves behind that nothing can reach any more.
    pub(crate) fn tidy(&self, world: &World<'_>, run: Run<'_>, entry: &State, mut ended: Ended) -> Ended {
        let liveness = &world.liveness[run.id.0 as usize];
        let state = &mut ended.state;
        state.tests.retain(|key, _| !key.starts_with('@') && !once::is_of_run(key, run.frame));
        // What the caller handed over, it can reach afterwards.
        let handed = || entry.objects.keys().copied();
        let parent = self.of[run.frame.0 as usize].1;
        let kept = liveness.has_closures && {
            let of_others = state.cells.of_those(|it| it != run.frame);
            self.reach(state, parent, ended.values.iter().chain(of_others), handed()).sees(run.frame)
        };
        let keeps = |place| kept && liveness.is_shared(Place(place));
        state.cells.retain_of(run.frame, keeps);
        state.moved.retain(|(frame, place)| *frame != run.frame || keeps(*place));
        self.collect(state, &ended.values, handed());
        ended
    }

    /// Forgets the objects that no place, none of these values and none of these objects reaches.
    pub(crate) fn collect<'v>(
        &self,
        state: &mut State,
        values: impl IntoIterator<Item = &'v Value>,
        objects: impl IntoIterator<Item = ObjectId>,
    ) {
        if !state.objects.is_empty() {
            let values = values.into_iter().map(|it| -> &Value { it });
            let reached = self.reach(state, None, values.chain(state.cells.values()), objects);
            state.objects.retain(|it, _| reached.has(*it));
        }
    }

    /// Forgets which descriptors are open or closed where nothing holds them.
    pub(crate) fn forget(&self, entry: &State, mut ended: Ended) -> Ended {
        let state = &mut ended.state;
        if state.open.is_empty() && state.closed.is_empty() {
            return ended;
        }
        let mut held: BTreeSet<_> = entry.open.keys().chain(entry.closed.iter()).copied().collect();
        state.held(&ended.values, &mut |it| {
            held.insert(it);
        });
        state.open.retain(|it, _| held.contains(it));
        if !state.closed.is_empty() {
            // Whoever handed it over still has it: a device that was moved meanwhile.
            entry.held(&[], &mut |it| {
                held.insert(it);
            });
            state.closed.retain(|it| held.contains(it));
        }
        ended
    }

    fn reach<'v>(
        &self,
        state: &'v State,
        parent: Option<Frame>,
        values: impl IntoIterator<Item = &'v Value>,
        objects: impl IntoIterator<Item = ObjectId>,
    ) -> Reached {
        let mut reached = Reached {
            frames: FixedBitSet::with_capacity(self.of.len()),
            objects: FixedBitSet::with_capacity(self.objects.len()),
        };
        let mut frames: Vec<Frame> = parent.into_iter().collect();
        let at_end = state.at_end.iter().map(|it| &it.1);
        let mut work: Vec<&Value> = values.into_iter().chain(state.globals.values()).chain(at_end).collect();
        let mut objects: Vec<ObjectId> = objects.into_iter().collect();
        loop {
            while let Some(frame) = frames.pop() {
                if !reached.frames.put(frame.0 as usize) {
                    frames.extend(self.of[frame.0 as usize].1);
                    work.extend(state.cells.of(frame).map(|it| it.1));
                }
            }
            while let Some(id) = objects.pop() {
                if !reached.objects.put(id.0 as usize)
                    && let Some(object) = state.objects.get(&id)
                {
                    work.extend(object.fields.values());
                }
            }
            let Some(value) = work.pop() else { return reached };
            match value {
                Value::Closure { frame, .. } => frames.push(*frame),
                Value::Future { frame, args, .. } => {
                    frames.extend(frame);
                    work.extend(args.iter());
                }
                Value::Bound { receiver, .. } => work.push(receiver),
                Value::Good(inner) => work.push(inner),
                Value::Object(id) => objects.push(*id),
                _ => (),
            }
        }
    }
}

/// By number.
struct Reached {
    frames: FixedBitSet,
    objects: FixedBitSet,
}

impl Reached {
    fn sees(&self, frame: Frame) -> bool {
        self.frames.contains(frame.0 as usize)
    }

    fn has(&self, object: ObjectId) -> bool {
        self.objects.contains(object.0 as usize)
    }

    /// What the variables and the parts of objects hold.
    fn values<'s>(&self, state: &'s State) -> impl Iterator<Item = &'s Value> {
        let objects = state.objects.iter().filter(|it| self.has(*it.0));
        state.cells.of_those(|it| self.sees(it)).chain(objects.flat_map(|it| it.1.fields.values()))
    }

    /// What came from outside and can be seen.
    fn symbols(&self, state: &State, args: &[Value]) -> BTreeSet<Rc<str>> {
        let values = args.iter().chain(self.values(state));
        values.filter_map(|it| if let Value::Symbol(it) = it.inner() { Some(it.text.clone()) } else { None }).collect()
    }
}

/// Whether a test was about what the symbol stands for, or about a part of it.
fn is_about(key: &str, symbol: &str) -> bool {
    key.split(' ').any(|it| it.strip_prefix(symbol).is_some_and(|it| it.is_empty() || it.starts_with('.')))
}

impl Hidden {
    /// Puts back what was not seen.
    pub(crate) fn join(&self, state: &mut State) {
        state.cells.join(&self.cells);
        if !self.moved.is_empty() {
            state.moved.extend(self.moved.iter().copied());
        }
        self.objects.join(&mut state.objects);
        for (key, came) in &self.tests {
            state.tests.entry(key.clone()).or_insert(*came);
        }
    }
}

impl Objects {
    /// Puts back what was not seen, as far as there is nothing new in its place.
    fn join(&self, objects: &mut Shared<LiteMap<ObjectId, Object>>) {
        if objects.is(&self.seen) {
            *objects = self.all.clone();
        } else if self.seen.len() < self.all.len() {
            let unseen = self.all.iter().filter(|it| !self.seen.contains_key(it.0) && !objects.contains_key(it.0));
            let unseen: Vec<_> = unseen.map(|(id, object)| (*id, object.clone())).collect();
            objects.extend(unseen);
        }
    }
}
