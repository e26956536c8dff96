//! Into the functions of the tree: each is run once for each way in which it is
//! entered, and what came out is remembered.

use std::rc::Rc;

use super::{Ended, Machine};
use crate::flow::frames::Hidden;
use crate::flow::overwritten::Overwritten;
use crate::flow::state::{Opened, Site, State};
use crate::flow::value::{Frame, Value};
use crate::ir::{Function, FunctionId};

/// How deep calls are followed.
const DEPTH: usize = 32;
/// Which part of what is left a call may not take, since who called goes on after it: of the root, and of others.
const KEPT: (usize, usize) = (6, 32);

/// A run of a function, as far as its outcome depends on it.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Entered {
    function: FunctionId,
    frame: Frame,
    args: Vec<Value>,
    state: State,
}

pub(super) struct Known {
    ended: Vec<Ended>,
    /// The calls that led to the first run, which stand in what it returned.
    stack: Vec<Site>,
}

impl Machine<'_> {
    /// Runs a function of the tree and comes back to the caller; `None` if it
    /// cannot be followed (recursion, depth), or not to its end (fuel).
    pub(in crate::flow) fn enter(
        &mut self,
        id: FunctionId,
        closure: Option<Frame>,
        args: Vec<Value>,
        site: Site,
        state: State,
    ) -> Option<Vec<Ended>> {
        self.note_handed(id, &args, &state);
        if !self.can_enter(id) {
            return None;
        }
        let function = self.world.program.get(id);
        let parent = if function.is_nested() { closure.or_else(|| self.orphan(function)) } else { None };
        let frame = self.frames.get(parent, id, self.frames.context(&self.stack, site));
        let guarded = self.is_guarded(&state);
        let (visible, hidden) = self.frames.split(state, parent, &args);
        let entered = Entered { function: id, frame, args: args.clone(), state: visible.clone() };
        let known = if let Some(known) = self.memo.get(&entered) {
            known.clone()
        } else {
            let mut state = visible;
            for (place, value) in function.params.iter().zip(args) {
                state.cells.insert((frame, place.0), value);
            }
            let kept = self.fuel / if self.stack.is_empty() { KEPT.0 } else { KEPT.1 };
            self.fuel -= kept;
            self.stack.push(site);
            self.guarded.push(guarded);
            let ended = self.run(id, frame, state);
            self.guarded.pop();
            self.stack.pop();
            let whole = self.fuel > 0;
            self.fuel += kept;
            let stack = self.stack.iter().copied().chain([site]).collect();
            let known = whole.then(|| Rc::new(Known { ended, stack }));
            self.memo.insert(entered, known.clone());
            known
        };
        let known = known?;
        Some(known.ended.iter().map(|it| self.back(it, &known.stack, site, &hidden)).collect())
    }

    /// Whether a call of it can be followed now.
    fn can_enter(&mut self, id: FunctionId) -> bool {
        let can = self.running.len() < DEPTH && self.running.iter().filter(|it| it.0 == id).count() < 2;
        self.gave_up |= self.running.len() >= DEPTH;
        can
    }

    /// The frame of a closure's parent that is not on this path.
    fn orphan(&mut self, function: &Function) -> Option<Frame> {
        function.parent.map(|it| self.root_frame(it))
    }

    /// Gives what came out of a run its place in this path.
    fn back(&self, ended: &Ended, stack: &[Site], site: Site, hidden: &Hidden) -> Ended {
        let mut ended = ended.clone();
        hidden.join(&mut ended.state);
        let here: Vec<Site> = self.stack.iter().copied().chain([site]).collect();
        if here != stack {
            for region in &mut ended.state.thread.regions {
                if region.steps.starts_with(stack) {
                    let mut moved = (**region).clone();
                    moved.steps = here.iter().chain(&region.steps[stack.len()..]).copied().collect();
                    *region = Rc::new(moved);
                }
            }
            let moved = |steps: &[Site]| here.iter().chain(&steps[stack.len()..]).copied().collect();
            for opened in ended.state.open.iter_mut().map(|it| it.1) {
                if opened.steps.starts_with(stack) {
                    *opened = Rc::new(Opened { steps: moved(&opened.steps), ..(**opened).clone() });
                }
                if let Some(by) = opened.overwritten.as_ref().filter(|it| it.steps.starts_with(stack)) {
                    let by = Rc::new(Overwritten { steps: moved(&by.steps), variable: by.variable.clone() });
                    *opened = Rc::new(Opened { overwritten: Some(by), ..(**opened).clone() });
                }
            }
        }
        ended
    }
}
