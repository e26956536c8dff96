//! Functions that enter a namespace by themselves and there call what they were handed are looked at once more for each
//! type that this can be of: the way from their callers may be too long to come to all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::executors::Executors;
use super::machine::Machine;
use super::state::State;
use super::value::Value;
use super::world::World;
use super::{Begin, Round};
use crate::ir::{Function, FunctionId};

/// What a function was handed: which argument, and the path of its type.
pub(super) type Handed = (FunctionId, usize, Arc<str>);

/// More than that for one function are looked at on the way from its callers only.
const TYPES: usize = 16;

/// A function, and the type of one of its arguments.
pub(super) struct Typed {
    pub(super) begin: Begin,
    pub(super) param: usize,
    pub(super) kind: Arc<str>,
}

impl Typed {
    pub(super) fn of(world: &World<'_>, rounds: &BTreeMap<FunctionId, Round>) -> Vec<Typed> {
        let handed: BTreeSet<_> = rounds.values().flat_map(|it| &it.handed).cloned().collect();
        let mut types: BTreeMap<FunctionId, usize> = BTreeMap::new();
        handed.iter().for_each(|it| *types.entry(it.0).or_default() += 1);
        let executors = Executors::of(world, rounds);
        let few = handed.into_iter().filter(|it| types[&it.0] <= TYPES);
        few.map(|(id, param, kind)| Typed { begin: executors.begin_mildly(id), param, kind }).collect()
    }
}

impl Machine<'_> {
    /// Remembers of which types the arguments are.
    pub(super) fn note_handed(&mut self, id: FunctionId, args: &[Value], state: &State) {
        let relevance = &self.world.relevance;
        let has_closures = self.world.liveness[id.0 as usize].has_closures;
        if !relevance.dispatches(id) || !relevance.can_be_away(id, has_closures) {
            return;
        }
        for (nth, value) in args.iter().enumerate() {
            let kinds = state.kinds(value).into_iter();
            let kinds = kinds.filter(|it| relevance.answers(it) && !is_of(it, self.world.program.get(id)));
            self.handed.extend(kinds.map(|it| (id, nth, it)));
        }
    }

    /// Runs a function with an argument of this type: what happens elsewhere than in methods of that is known already.
    pub(super) fn root_with(&mut self, id: FunctionId, param: usize, kind: &str, mut state: State) {
        let Some(place) = self.world.program.get(id).params.get(param) else { return };
        let kind: Rc<str> = kind.into();
        let frame = self.root_frame(id);
        state.cells.insert((frame, place.0), Value::OneOf([kind.clone()].into()));
        self.only_in = Some(kind);
        self.root(id, state);
    }

    /// Whether the rules are to look at what happens now.
    pub(super) fn is_shown(&self) -> bool {
        self.only_in.as_deref().is_none_or(|kind| self.functions.iter().skip(1).any(|it| is_of(kind, it)))
    }
}

/// Whether a function stands in a method of the type.
fn is_of(kind: &str, function: &Function) -> bool {
    function.path.strip_prefix(kind).is_some_and(|it| it.starts_with([':', '.']))
}
