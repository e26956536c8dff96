//! Whose variables are whose: one frame a run of a function, told apart by the
//! last calls that led to it, and what a run can see of the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::FxHashMap as HashMap;

use super::cells::{Cell, Cells};
use super::machine::{Ended, Run};
use super::once::ONCE;
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
    objects: BTreeMap<ObjectId, Object>,
    tests: BTreeMap<Rc<str>, bool>,
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
        let reached = self.reach(&state, parent, args);
        let cells = state.cells.split(|it| reached.frames.contains(&it));
        let mut hidden = Hidden { cells, moved: BTreeSet::new(), objects: BTreeMap::new(), tests: BTreeMap::new() };
        if !state.tests.is_empty() {
            let symbols = reached.symbols(&state, args);
            for (key, came) in std::mem::take(&mut state.tests).into_inner() {
                let about = || symbols.iter().any(|it| is_about(&key, it));
                let seen = key.starts_with(ONCE) || !key.starts_with('@') && about();
                let side = if seen { &mut *state.tests } else { &mut hidden.tests };
                side.insert(key, came);
            }
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
        let cells = state.cells.of_those(|it| reached.frames.contains(&it));
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
        let handed: Vec<_> = entry.objects.keys().map(|it| Value::Object(*it)).collect();
        let parent = self.of[run.frame.0 as usize].1;
        let kept = liveness.has_closures && {
            let of_others = state.cells.of_those(|it| it != run.frame);
            let values = ended.values.iter().chain(&handed).chain(of_others);
            self.reach(state, parent, values).frames.contains(&run.frame)
        };
        let keeps = |place| kept && liveness.is_shared(Place(place));
        state.cells.retain_of(run.frame, keeps);
        state.moved.retain(|(frame, place)| *frame != run.frame || keeps(*place));
        self.collect(state, &ended.values.iter().chain(&handed).collect::<Vec<_>>());
        ended
    }

    /// Forgets the objects that no place and none of these values reaches.
    pub(crate) fn collect(&self, state: &mut State, values: &[&Value]) {
        if !state.objects.is_empty() {
            let objects = self.reach(state, None, values.iter().copied().chain(state.cells.values())).objects;
            state.objects.retain(|id, _| objects.contains(id));
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
    ) -> Reached {
        let mut reached = Reached::default();
        let mut frames: Vec<Frame> = parent.into_iter().collect();
        let at_end = state.at_end.iter().map(|it| &it.1);
        let mut work: Vec<&Value> = values.into_iter().chain(state.globals.values()).chain(at_end).collect();
        loop {
            while let Some(frame) = frames.pop() {
                if reached.frames.insert(frame) {
                    frames.extend(self.of[frame.0 as usize].1);
                    work.extend(state.cells.of(frame).map(|it| it.1));
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
                Value::Object(id) => {
                    if reached.objects.insert(*id)
                        && let Some(object) = state.objects.get(id)
                    {
                        work.extend(object.fields.values());
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
        let cells = state.cells.of_those(|it| self.frames.contains(&it));
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
        state.cells.join(&self.cells);
        state.moved.extend(self.moved.iter().copied());
        for (id, object) in &self.objects {
            state.objects.entry(*id).or_insert_with(|| object.clone());
        }
        for (key, came) in &self.tests {
            state.tests.entry(key.clone()).or_insert(*came);
        }
    }
}
