//! Which types of the tree something is of that the text knows by an interface or trait only.
//!
//! A value says so itself where it was followed from where it was made. What a function gives
//! that is not followed is read off its text: the order of its steps makes no difference to that.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashSet as HashSet;

use super::state::State;
use super::value::Value;
use super::world::{Meaning, World};
use crate::facts::Effect;
use crate::ir::{Action, Call, Callee, Function, FunctionId, Operand, Place};

/// Types by their paths, in order.
pub(super) type Kinds = Rc<[Rc<str>]>;

/// More than that are as good as none.
const SEVERAL: usize = 16;

/// How many calls away something is made.
const CALLS: usize = 3;

/// What is known of a value that is one of two.
pub(crate) fn either(a: &[Rc<str>], b: &[Rc<str>]) -> Value {
    let all: BTreeSet<_> = a.iter().chain(b).cloned().collect();
    match (a, b) {
        ([], _) | (_, []) => Value::Unknown,
        _ if all.len() > SEVERAL => Value::Unknown,
        _ => Value::OneOf(all.into_iter().collect()),
    }
}

/// What a result of a function can be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made<'a> {
    /// Of these types.
    types: BTreeSet<&'a str>,
    /// What the function was handed.
    params: BTreeSet<usize>,
}

/// Looks through the text of one function.
struct Search<'w, 'a> {
    world: &'w World<'a>,
    function: &'a Function,
    seen: HashSet<Place>,
    made: Made<'a>,
    calls: usize,
}

impl World<'_> {
    /// The types of what is in a package variable that is a list, if they stand for an interface or trait.
    pub(super) fn kinds_in(&self, list: &str) -> Option<Vec<Rc<str>>> {
        let types = self.elements.get(list)?;
        types.iter().all(|it| self.is_implementer(it)).then(|| types.iter().map(|it| (*it).into()).collect())
    }
}

impl<'a> Made<'a> {
    /// As far as the text of the function says.
    pub(crate) fn of(world: &World<'a>, id: FunctionId, nth: usize) -> Self {
        Made::of_result(world, id, nth, CALLS)
    }

    /// The types, where these are the arguments.
    pub(crate) fn kinds(&self, args: &[Value], state: &State) -> Option<Kinds> {
        let given = self.params.iter().filter_map(|it| args.get(*it)).flat_map(|it| state.kinds(it));
        let all: BTreeSet<Rc<str>> = self.types.iter().map(|it| (*it).into()).chain(given).collect();
        (!all.is_empty() && all.len() <= SEVERAL).then(|| all.into_iter().collect())
    }

    fn of_result(world: &World<'a>, id: FunctionId, nth: usize, calls: usize) -> Self {
        let function = world.program.get(id);
        let mut search = Search { world, function, seen: HashSet::default(), made: Made::default(), calls };
        if let Some(place) = function.results.get(nth) {
            search.place(*place);
        }
        search.made
    }
}

impl<'a> Search<'_, 'a> {
    fn place(&mut self, place: Place) {
        if !self.seen.insert(place) {
            return;
        }
        if let Some(at) = self.function.params.iter().position(|it| *it == place) {
            self.made.params.insert(at);
        }
        if let Some(ty) = self.function.variable(place).ty.as_deref().filter(|it| self.world.is_implementer(it)) {
            self.made.types.insert(ty);
            return;
        }
        for step in self.function.blocks.iter().flat_map(|it| &it.steps) {
            match &step.action {
                Action::Assign { to: crate::ir::Target::Place(to), value } if *to == place => self.operand(value),
                Action::Call(call) => {
                    let nth = call.results.iter().position(|it| *it == Some(place));
                    nth.into_iter().for_each(|it| self.call(call, it));
                }
                Action::Await { future, result: Some(result), .. } if *result == place => self.operand(future),
                _ => (),
            }
        }
    }

    /// A value of a type is made, which is one that counts if it stands for an interface or trait.
    fn made_of(&mut self, ty: &'a str) {
        if self.world.is_implementer(ty) {
            self.made.types.insert(ty);
        }
    }

    fn operand(&mut self, operand: &'a Operand) {
        match operand {
            Operand::Place(place) | Operand::Move(place) => self.place(*place),
            Operand::Good(inner) => self.operand(inner),
            Operand::Field(base, name) if name == "?" => self.operand(base),
            Operand::Struct(literal) => literal.ty.iter().for_each(|it| self.made_of(it)),
            Operand::Path(ty) => self.made_of(ty),
            _ => (),
        }
    }

    fn call(&mut self, call: &'a Call, nth: usize) {
        let meaning = match &call.callee {
            Callee::Path(path) => self.world.meaning(path),
            Callee::Method(name) => self.world.any_method(name),
            Callee::Value(_) => None,
        };
        let given: Vec<_> = call.receiver.iter().chain(&call.args).collect();
        match meaning {
            Some(Meaning::Tree(id)) if self.calls > 0 => {
                let made = Made::of_result(self.world, id, nth, self.calls - 1);
                self.made.types.extend(made.types);
                made.params.into_iter().filter_map(|it| given.get(it)).for_each(|it| self.operand(it));
            }
            Some(Meaning::Fact(fact)) if matches!(fact.effect, Effect::Inner { .. } | Effect::Same { .. }) => {
                given.first().into_iter().for_each(|it| self.operand(it));
            }
            // What goes on after a failure is still the value: `map_err`, `with_context`.
            None if call.receiver.is_some() => given.first().into_iter().for_each(|it| self.operand(it)),
            _ => (),
        }
    }
}
