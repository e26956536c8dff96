//! Getters, questions and setters: functions of the tree that say something about what they are handed or keep it there,
//! and do nothing.
//!
//! What they say decides where the thread goes: `if !context.is_isolated()` before a guard that moves nobody who
//! has no namespace. So they are followed for their answers alone, where who asks may move the thread, or where they are
//! handed something that is of one namespace: a struct that a handle is put into, the number of a device.

use rayon::prelude::*;

use super::machine::Machine;
use super::outcome::{Outcome, Usage};
use super::state::{Site, State};
use super::text;
use super::value::{Frame, Symbol, Value};
use super::world::{self, Meaning, World};
use crate::facts::Role;
use crate::ir::{Action, Call, Callee, Exit, Function, FunctionId, Operand, Place, Storage, Target};

/// How many of them ask each other.
const NESTED: usize = 4;
/// How many steps and blocks one of them has at most.
const SHORT: usize = 40;
/// And with those that it asks: who writes a record to a database does more than say something.
const SHORT_IN_ALL: usize = 120;
/// How many steps a function has at most that only gives what is kept somewhere.
const FEW: usize = 12;

/// Which functions they are.
#[derive(Default)]
pub(super) struct Told {
    /// By function: whether it only says something.
    tells: Vec<bool>,
    /// Whether it keeps something besides.
    sets: Vec<bool>,
}

impl Told {
    pub(super) fn of(world: &World<'_>) -> Told {
        let functions = &world.program.functions;
        let ids = (0..functions.len() as u32).into_par_iter().map(FunctionId);
        let own: Vec<_> = ids
            .map(|id| match length(world.program.get(id)) {
                length if length <= SHORT && !world.relevance.reaches_any(id) => length,
                _ => usize::MAX,
            })
            .collect();
        let may_be_one = |it: &usize| own[*it] <= SHORT;
        let asked: Vec<(usize, usize)> = (0..functions.len())
            .into_par_iter()
            .filter(may_be_one)
            .flat_map_iter(|it| {
                functions[it].calls().flat_map(move |call| leads_to(world, call)).map(move |to| (it, to.0 as usize))
            })
            .filter(|it| may_be_one(&it.1))
            .collect();
        let mut all = own.clone();
        for _ in 1..NESTED {
            let mut deeper = own.clone();
            for (by, to) in &asked {
                deeper[*by] = deeper[*by].saturating_add(all[*to]);
            }
            all = deeper;
        }
        let tells: Vec<_> = all.iter().map(|it| *it <= SHORT_IN_ALL).collect();
        let sets = tells.par_iter().zip(functions).map(|(tells, it)| *tells && keeps(it)).collect();
        Told { tells, sets }
    }

    /// Whether it is a getter or a question: short, and all that it does is say something about what it is handed.
    pub(super) fn tells(&self, id: FunctionId) -> bool {
        self.tells.get(id.0 as usize).is_some_and(|it| *it)
    }

    /// Whether it is a setter: short, and all that it does is keep something in what it is handed.
    pub(super) fn sets(&self, id: FunctionId) -> bool {
        self.sets.get(id.0 as usize).is_some_and(|it| *it)
    }
}

/// The steps and blocks of a function that may be one; more than there are of one that is none.
fn length(function: &Function) -> usize {
    if function.is_async() || !function.is_nested() && function.params.is_empty() {
        return usize::MAX;
    }
    function.blocks.iter().map(|it| 1 + it.steps.len()).sum()
}

/// The functions of the tree that a call may lead to, as far as its text says.
fn leads_to(world: &World<'_>, call: &Call) -> Vec<FunctionId> {
    match (&call.callee, world.called(call)) {
        (_, Some(Meaning::Tree(id))) => vec![id],
        (Callee::Path(path), None) => world.implementations_of(path).map(|it| it.1).collect(),
        _ => Vec::new(),
    }
}

impl Machine<'_> {
    /// Whether the answer of the function may decide where the thread goes.
    pub(super) fn is_asked(
        &self,
        id: FunctionId,
        frame: Option<Frame>,
        args: &[Value],
        usage: Usage,
        state: &State,
    ) -> bool {
        let mut callers = self.running.iter().rev().map(|it| it.0);
        let asking = callers.by_ref().take(NESTED).find(|it| !self.world.told.tells(*it) && !self.world.told.sets(*it));
        // Who is handed the status of what failed may say so: `fn cvt(status: c_int) -> io::Result<c_int>`.
        let failed = || args.contains(&Value::Bad) || self.shares(id, frame, state, |it| *it == Value::Bad);
        // So may who is handed what did not, and is asked before something is closed: `if failed(err) { return err }`.
        let worked = || args.contains(&Value::Nil) || self.shares(id, frame, state, |it| *it == Value::Nil);
        let failed = || failed() || !state.open.is_empty() && worked();
        let says = self.world.told.tells(id)
            && (!self.world.program.get(id).is_nested() || !args.is_empty() || frame.is_some() && failed());
        let answers = usage.count > 0 && says || self.world.told.sets(id);
        let matters = |it| self.world.relevance.moves(it) || failed() || self.are_of_a_namespace(args, state);
        answers && asking.is_some_and(matters) || state.thread.is_away() && usage.count > 0 && self.gives_handle(id)
    }

    /// Whether the function only gives a handle, which may be of another namespace than the thread is in.
    fn gives_handle(&self, id: FunctionId) -> bool {
        let function = self.world.program.get(id);
        let ty = function.results.first().and_then(|it| function.variable(*it).ty.as_deref());
        ty.is_some_and(|it| self.world.facts.role(it) == Some(Role::Handle)) && self.world.steps(id) <= FEW
    }

    /// Whether the function may give something that it looks up where the thread is, to someone near a switch.
    pub(super) fn may_give(&self, id: FunctionId, usage: Usage) -> bool {
        let near = |caller: &FunctionId| self.world.relevance.moves(self.world.program.outermost(*caller));
        let mut callers = self.running.iter().rev().map(|it| it.0).take(NESTED);
        // Who only hands it on asks for somebody else.
        let mut asking = || callers.find(|it| near(it) || !self.world.relevance.gives(*it));
        usage.count > 0 && self.world.relevance.gives(id) && asking().is_some_and(|it| near(&it))
    }

    /// Whether something that is of one namespace is among the values, or in one of them.
    fn are_of_a_namespace(&self, values: &[Value], state: &State) -> bool {
        values.iter().any(|it| match it.inner() {
            Value::Thing(_) | Value::Handle(_) | Value::Netns(_) => true,
            Value::Object(_) | Value::Closure { .. } => !self.held_by(it, state).0.is_empty(),
            _ => false,
        })
    }

    /// What the function answers; `None` if it cannot be followed. That it may panic is nobody's business.
    pub(super) fn ask(
        &mut self,
        id: FunctionId,
        frame: Option<Frame>,
        args: &[Value],
        site: Site,
        state: &State,
    ) -> Option<Vec<Outcome>> {
        let ended = self.enter(id, frame, args.to_vec(), site, state.clone());
        let path = &self.world.program.get(id).path;
        let name = world::last(path);
        let unknown = Value::Symbol(Symbol::given_by(name, site.span, 0));
        let mut answers: Vec<Outcome> = Vec::new();
        for mut it in ended?.into_iter().filter(|it| it.exit != Exit::Unwind) {
            if let Some(first) = it.values.first_mut()
                && says_less(first, name)
            {
                *first = unknown.clone();
            }
            answers.push(Outcome::on(it.state, it.values));
        }
        (!answers.is_empty()).then(|| self.with_kinds(id, args, answers))
    }
}

/// Whether a function keeps what it is handed in something else that it is handed, or that the function around has:
/// `func (o *Options) SetHandle(h *Handle) { o.handle = h }`, `func() { stuck = true }`.
pub(super) fn keeps(function: &Function) -> bool {
    let is_given = |base: &Operand| {
        root(base).is_some_and(|it| {
            function.params.contains(&it) || matches!(function.variable(it).storage, Storage::Captured(_))
        })
    };
    let mut steps = function.blocks.iter().flat_map(|it| &it.steps);
    steps.any(|it| matches!(&it.action, Action::Assign { to: Target::Field(base, _), .. } if is_given(base)))
        || assigned_outside(function).next().is_some()
}

/// The variables of the function around that a closure gives another value.
pub(super) fn assigned_outside(function: &Function) -> impl Iterator<Item = Place> {
    let outer =
        |it: Place| if let Storage::Captured(outer) = function.variable(it).storage { Some(outer) } else { None };
    function.blocks.iter().flat_map(|it| &it.steps).flat_map(|it| it.action.written()).filter_map(outer)
}

/// The variable that an operand is a part of.
fn root(operand: &Operand) -> Option<Place> {
    match operand {
        Operand::Place(place) | Operand::Move(place) => Some(*place),
        Operand::Field(base, _) => root(base),
        _ => None,
    }
}

/// Whether the name of the function says more about the value than the value itself.
fn says_less(value: &Value, name: &str) -> bool {
    match value {
        Value::Unknown => true,
        Value::Symbol(symbol) => text::suggests_home(name) && !text::suggests_home(&symbol.text),
        _ => false,
    }
}
