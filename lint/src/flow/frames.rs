//! Whose variables are whose: one frame a run of a function, told apart by the
//! last calls that led to it, and what a run can see of the rest.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::machine::{Ended, Run};
use super::state::{Object, Site, State};
use super::value::{Frame, ObjectId, Value};
use super::world::World;
use crate::ir::{FunctionId, Place};
use crate::source::Span;

/// How many calls back two runs of a function are told apart.
const CONTEXT: usize = 2;

#[derive(Default)]
pub(crate) struct Frames {
    known: HashMap<(Option<Frame>, FunctionId, u64), Frame>,
    /// By frame: whose it is, and whose variables it shares.
    of: Vec<(FunctionId, Option<Frame>)>,
    objects: HashMap<(Frame, Span, u32), ObjectId>,
}

/// What a callee cannot reach.
pub(crate) struct Hidden {
    cells: BTreeMap<(Frame, u32), Value>,
    moved: BTreeSet<(Frame, u32)>,
    objects: BTreeMap<ObjectId, Object>,
    tests: BTreeMap<Rc<str>, bool>,
}

impl Frames {
    pub(crate) fn get(&mut self, parent: Option<Frame>, function: FunctionId, context: u64) -> Frame {
        let next = Frame(self.of.len() as u32);
        let found = *self.known.entry((parent, function, context)).or_insert(next);
        if found == next {
            self.of.push((function, parent));
        }
        found
    }

    /// What tells a call from here apart.
    pub(crate) fn context(&self, stack: &[Site], site: Site) -> u64 {
        let mut hasher = DefaultHasher::new();
        site.span.hash(&mut hasher);
        let last = stack.len().saturating_sub(CONTEXT - 1);
        stack[last..].iter().for_each(|it| it.span.hash(&mut hasher));
        hasher.finish() | 1
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
        let reached = self.reach(&state, parent, args);
        let mut hidden =
            Hidden { cells: BTreeMap::new(), moved: BTreeSet::new(), objects: BTreeMap::new(), tests: BTreeMap::new() };
        if !state.tests.is_empty() {
            let symbols = reached.symbols(&state, args);
            for (key, came) in std::mem::take(&mut state.tests).into_inner() {
                let seen = !key.starts_with('@') && symbols.iter().any(|it| is_about(&key, it));
                let side = if seen { &mut *state.tests } else { &mut hidden.tests };
                side.insert(key, came);
            }
        }
        for (cell, value) in std::mem::take(&mut state.cells).into_inner() {
            let side = if reached.frames.contains(&cell.0) { &mut state.cells } else { &mut hidden.cells };
            side.insert(cell, value);
        }
        for cell in std::mem::take(&mut state.moved).into_inner() {
            let side = if reached.frames.contains(&cell.0) { &mut state.moved } else { &mut hidden.moved };
            side.insert(cell);
        }
        for (id, object) in std::mem::take(&mut state.objects).into_inner() {
            let side = if reached.objects.contains(&id) { &mut state.objects } else { &mut hidden.objects };
            side.insert(id, object);
        }
        (state, hidden)
    }

    /// Whether a run with these arguments can see such a value.
    pub(crate) fn sees(
        &self,
        is: impl Fn(&Value) -> bool,
        state: &State,
        parent: Option<Frame>,
        args: &[Value],
    ) -> bool {
        let reached = self.reach(state, parent, args);
        let cells = state.cells.iter().filter(|((frame, _), _)| reached.frames.contains(frame)).map(|it| it.1);
        let objects = reached.objects.iter().filter_map(|it| state.objects.get(it));
        let values = args.iter().chain(cells).chain(objects.flat_map(|it| it.fields.values()));
        values.into_iter().any(is)
    }

    /// Forgets what a run leaves behind that nothing can reach any more.
    pub(crate) fn tidy(&self, world: &World<'_>, run: Run<'_>, entry: &State, mut ended: Ended) -> Ended {
        let liveness = &world.liveness[run.id.0 as usize];
        let state = &mut ended.state;
        state.tests.retain(|key, _| !key.starts_with('@'));
        // What the caller handed over, it can reach afterwards.
        let mut values = ended.values.clone();
        values.extend(entry.objects.keys().map(|it| Value::Object(*it)));
        let of_others = state.cells.iter().filter(|((frame, _), _)| *frame != run.frame);
        values.extend(of_others.map(|(_, value)| value.clone()));
        let parent = self.of[run.frame.0 as usize].1;
        let kept = liveness.has_closures && self.reach(state, parent, &values).frames.contains(&run.frame);
        let keeps = |(frame, place): &(Frame, u32)| *frame != run.frame || (kept && liveness.is_shared(Place(*place)));
        state.cells.retain(|cell, _| keeps(cell));
        state.moved.retain(keeps);
        self.collect(state, values);
        ended
    }

    /// Forgets the objects that no place and none of these values reaches.
    pub(crate) fn collect(&self, state: &mut State, mut values: Vec<Value>) {
        values.extend(state.cells.values().cloned());
        let objects = self.reach(state, None, &values).objects;
        state.objects.retain(|id, _| objects.contains(id));
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
        state.closed.retain(|it| held.contains(it));
        ended
    }

    fn reach(&self, state: &State, parent: Option<Frame>, values: &[Value]) -> Reached {
        let mut reached = Reached::default();
        let mut frames: Vec<Frame> = parent.into_iter().collect();
        let mut work: Vec<Value> = values.iter().chain(state.globals.values()).cloned().collect();
        work.extend(state.at_end.iter().map(|(_, value)| value.clone()));
        loop {
            while let Some(frame) = frames.pop() {
                if reached.frames.insert(frame) {
                    frames.extend(self.of[frame.0 as usize].1);
                    let cells = state.cells.range((frame, 0)..=(frame, u32::MAX));
                    work.extend(cells.map(|(_, value)| value.clone()));
                }
            }
            let Some(value) = work.pop() else { return reached };
            match value {
                Value::Closure { frame, .. } => frames.push(frame),
                Value::Future { frame, args, .. } => {
                    frames.extend(frame);
                    work.extend(args.iter().cloned());
                }
                Value::Bound { receiver, .. } => work.push((*receiver).clone()),
                Value::Good(inner) => work.push((*inner).clone()),
                Value::Object(id) => {
                    if reached.objects.insert(id)
                        && let Some(object) = state.objects.get(&id)
                    {
                        work.extend(object.fields.values().cloned());
                    }
                }
                _ => (),
            }
        }
    }
}

#[derive(Default)]
struct Reached {
    frames: BTreeSet<Frame>,
    objects: BTreeSet<ObjectId>,
}

impl Reached {
    /// What came from outside and can be seen.
    fn symbols(&self, state: &State, args: &[Value]) -> BTreeSet<Rc<str>> {
        let cells = state.cells.iter().filter(|((frame, _), _)| self.frames.contains(frame)).map(|it| it.1);
        let objects = self.objects.iter().filter_map(|it| state.objects.get(it));
        let values = args.iter().chain(cells).chain(objects.flat_map(|it| it.fields.values()));
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
        for (cell, value) in &self.cells {
            state.cells.entry(*cell).or_insert_with(|| value.clone());
        }
        state.moved.extend(self.moved.iter().copied());
        for (id, object) in &self.objects {
            state.objects.entry(*id).or_insert_with(|| object.clone());
        }
        for (key, came) in &self.tests {
            state.tests.entry(key.clone()).or_insert(*came);
        }
    }
}
