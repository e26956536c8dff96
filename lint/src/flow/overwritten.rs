//! Descriptors that a package variable held, on this path, until it was given another value.
//!
//! Who calls a function a second time may not know that it keeps what it opens. A write
//! that something decided about says nothing: what it asked may be whether there is
//! anything to close.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use super::liveness::{reached, successors};
use super::machine::{Machine, Run};
use super::mentions::{Met, visit};
use super::ownership::GIVEN;
use super::point::Event;
use super::state::{Site, State};
use super::store::OUTSIDE;
use super::value::{BoundCallee, ObjectId, Opening, Value};
use super::world::{Meaning, World, split};
use crate::facts::Effect;
use crate::ir::{Action, BlockId, Call, Callee, End, Function, FunctionId, Operand, Place, Storage, Target, Test};
use crate::source::Span;

/// A write to a package variable, or to a part of what one holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Overwritten {
    /// The calls that led to it, outermost first; it comes last.
    pub steps: Vec<Site>,
    /// The variable, or a field of it, for people.
    pub variable: Rc<str>,
}

/// Who may close what a package variable holds.
#[derive(Clone, Copy)]
pub(super) enum Closer<'a> {
    /// A function of the tree that is not followed.
    Known(FunctionId),
    /// Something that was not read, by its path.
    Named(&'a str),
    /// A method of something whose type is not known.
    Method(&'a str),
    /// A function value.
    Unknown,
}

impl<'a> Closer<'a> {
    pub(super) fn of(callee: &'a BoundCallee) -> Self {
        match callee {
            BoundCallee::Path(path) => Closer::Named(path),
            BoundCallee::Method(name) => Closer::Method(name),
        }
    }
}

impl<'a> Machine<'a> {
    /// The package variable that an operand is a part of.
    pub(super) fn lasting(&self, run: Run<'a>, operand: &Operand) -> Option<&'a str> {
        match operand {
            Operand::Place(place) => match &run.function.variable(*place).storage {
                Storage::Global(path) => Some(path),
                _ => None,
            },
            Operand::Field(base, _) | Operand::Good(base) => self.lasting(run, base),
            _ => None,
        }
    }

    /// Whether the object is a package variable or a part of one, which nobody was handed here.
    pub(super) fn is_part_of_lasting(&self, run: Run<'a>, operand: &Operand, id: ObjectId, state: &State) -> bool {
        let Some(path) = self.lasting(run, operand) else { return false };
        let is_own = |it: &Value| matches!(it, Value::Symbol(it) if it.starts_with(path));
        state.field(id, OUTSIDE).is_some_and(is_own) && state.field(id, GIVEN).is_none()
    }

    /// The variable holds something else from here on.
    pub(super) fn overwrite(&self, variable: Rc<str>, before: &Value, now: &Value, span: Span, state: &mut State) {
        if state.open.is_empty() {
            return;
        }
        let (mut openings, _) = self.held_by(before, state);
        openings.retain(|it| state.open.contains_key(it));
        if openings.is_empty() {
            return;
        }
        let (kept, _) = self.held_by(now, state);
        let site = Site { span, name: span, by_value: false };
        let by = Rc::new(Overwritten { steps: self.steps(site), variable });
        for at in openings.difference(&kept) {
            if let Some(opened) = state.open.get_mut(at) {
                Rc::make_mut(opened).overwritten = Some(by.clone());
            }
        }
    }

    /// A call that is not followed may close what package variables of its reach hold.
    pub(super) fn may_close_lasting(&self, closer: Closer<'_>, state: &mut State) {
        if state.open.is_empty() || matches!(closer, Closer::Known(id) if !self.world.relevance.ever_closes(id)) {
            return;
        }
        let knows = |variable: &str| match closer {
            Closer::Known(id) => may_know(self.world, id, variable),
            Closer::Method(name) => self.world.methods(name).any(|it| may_know(self.world, it, variable)),
            Closer::Unknown => true,
            Closer::Named(path) => shares_reach(variable, path),
        };
        let is_open = |it: &Value| self.held_by(it, state).0.iter().any(|it| state.open.contains_key(it));
        let held = state.globals.iter().filter(|it| is_open(it.1) && knows(it.0));
        let openings: BTreeSet<_> = held.flat_map(|it| self.held_by(it.1, state).0).collect();
        if !openings.is_empty() {
            state.open.retain(|it, _| !openings.contains(it));
        }
    }

    /// Says which of these descriptors nothing holds any more that a package variable held.
    pub(super) fn see_overwritten(&mut self, own: impl Fn(&Opening) -> bool, state: &State, values: &[Value]) {
        let marked = state.open.iter().filter(|(at, it)| it.overwritten.is_some() && own(at));
        let mut marked: Vec<_> = marked.map(|(at, it)| (*at, it.clone())).collect();
        if marked.is_empty() {
            return;
        }
        state.held(values, &mut |held| marked.retain(|it| it.0 != held));
        let (world, depth) = (self.world, self.stack.len());
        let Some(&function) = self.functions.last() else { return };
        for (_, opened) in marked {
            let Some(by) = &opened.overwritten else { continue };
            // What a root gave out runs under its name.
            let steps = by.steps.get(depth..).unwrap_or_default();
            let steps = if steps.first().is_some_and(|it| it.span == function.span) { &steps[1..] } else { steps };
            let Some((site, texts)) = always(world, steps) else { continue };
            let [.., writer] = texts[..] else { continue };
            let caller = if let [.., caller, _] = texts[..] { caller } else { function };
            self.observe(site, state, Event::Overwritten { opened: &opened, by, writer, caller });
        }
    }
}

/// The name of a package variable, without where it stands.
pub(super) fn shown(path: &str) -> &str {
    split(path).map_or(path, |it| it.1)
}

/// Whether a function may know the variable, as far as their names say.
fn shares_reach(variable: &str, function: &str) -> bool {
    let package = |path: &str| path.rfind('/').map_or(0, |it| it + 1);
    let of = |path: &str| {
        let from = package(path);
        path[from..].find('.').map_or(path.len(), |it| from + it)
    };
    let exported = split(variable).is_some_and(|(_, name)| name.starts_with(char::is_uppercase));
    if exported {
        let project = |path: &'_ str| path.split('/').take(3).map(str::to_owned).collect::<Vec<_>>();
        return project(&variable[..of(variable)]) == project(&function[..of(function)]);
    }
    variable[..of(variable)] == function[..of(function)]
}

/// How many functions are looked through for one that mentions a variable.
const LOOKED_THROUGH: usize = 400;

/// Whether a function, or one that it leads to, mentions the variable.
fn may_know(world: &World<'_>, id: FunctionId, variable: &str) -> bool {
    let (mut work, mut seen) = (vec![id], HashSet::from([id]));
    while let Some(id) = work.pop() {
        let mut mentions = seen.len() > LOOKED_THROUGH;
        let mut lead_to = |id: FunctionId| {
            if seen.insert(id) {
                work.push(id);
            }
        };
        let function = world.program.get(id);
        let is_variable =
            |path: &str| function.variables.iter().any(|it| matches!(&it.storage, Storage::Global(of) if of == path));
        visit(function, &mut |met| match met {
            Met::Path(path) if path == variable => mentions = true,
            Met::Path(path) => match world.meaning(path) {
                Some(Meaning::Tree(id)) => lead_to(id),
                Some(Meaning::Fact(_)) => (),
                None => mentions |= shares_reach(variable, path) && !is_variable(path),
            },
            Met::Function(id) => lead_to(id),
            _ => (),
        });
        if mentions {
            return true;
        }
    }
    false
}

/// The write, and the texts of the calls that lead to it, if nothing but an error decides whether it happens.
fn always<'a>(world: &World<'a>, steps: &[Site]) -> Option<(Site, Vec<&'a Function>)> {
    let mut texts = Vec::with_capacity(steps.len());
    let mut last = None;
    for (nth, site) in steps.iter().enumerate() {
        let function = text_of(world, site.span)?;
        let (block, call) = find(function, site.span)?;
        let around = world.program.text_around(function);
        let next = steps.get(nth + 1).filter(|_| site.by_value);
        let leads_on = |next: &Site| call.is_some_and(|it| leads_to(world, it, next.span));
        if !next.is_none_or(leads_on)
            || runs_once(world, function)
            || runs_once(world, around)
            || !is_certain(world, function, block)
        {
            return None;
        }
        texts.push(function);
        last = Some(call.map_or(*site, |it| Site::of(it, site.span)));
    }
    Some((last?, texts))
}

/// The innermost function that a place stands in.
fn text_of<'a>(world: &World<'a>, span: Span) -> Option<&'a Function> {
    let around = |it: &&Function| it.span.file == span.file && it.span.start <= span.start && span.end <= it.span.end;
    world.program.functions.iter().filter(around).min_by_key(|it| it.span.end - it.span.start)
}

fn find(function: &Function, span: Span) -> Option<(BlockId, Option<&Call>)> {
    let blocks = function.blocks.iter().enumerate();
    let mut steps = blocks.flat_map(|(id, it)| it.steps.iter().map(move |it| (BlockId(id as u32), it)));
    steps.find(|it| it.1.origin.span() == span).map(|(block, it)| match &it.action {
        Action::Call(call) | Action::Defer(call) => (block, Some(call)),
        _ => (block, None),
    })
}

/// Whether a call of a function value runs what comes next for certain.
fn leads_to(world: &World<'_>, call: &Call, next: Span) -> bool {
    let Some(text) = text_of(world, next) else { return false };
    let is_handed = |it: &Operand| match it {
        Operand::Closure(id) => std::ptr::eq(world.program.get(*id), text),
        Operand::Path(path) => *path == text.path,
        Operand::Place(_) | Operand::Move(_) | Operand::Method { .. } => true,
        _ => false,
    };
    match &call.callee {
        Callee::Value(_) => !call.args.iter().any(is_handed),
        Callee::Path(path) => match world.meaning(path) {
            Some(Meaning::Fact(fact)) => {
                matches!(fact.effect, Effect::Run { .. } | Effect::RunInside { .. } | Effect::AtEnd { .. })
            }
            _ => false,
        },
        Callee::Method(_) => false,
    }
}

fn runs_once(world: &World<'_>, function: &Function) -> bool {
    let mut steps = function.blocks.iter().flat_map(|it| &it.steps);
    steps.any(|step| match &step.action {
        Action::Call(Call { callee: Callee::Path(path), .. })
        | Action::Defer(Call { callee: Callee::Path(path), .. }) => {
            matches!(world.meaning(path), Some(Meaning::Fact(fact)) if fact.once)
        }
        _ => false,
    })
}

/// Whether every run comes to the block, but those that meet an error before.
fn is_certain(world: &World<'_>, function: &Function, block: BlockId) -> bool {
    let leads_there = |from: BlockId| reached(function, vec![from]).contains(&block);
    function.blocks.iter().all(|it| {
        let lead = || successors(&it.end).into_iter().map(leads_there);
        match &it.end {
            End::Branch { test: Test::Nil(Operand::Place(place)), yes, no } if is_error(world, function, *place) => {
                leads_there(*yes) || !leads_there(*no)
            }
            _ => lead().all(|it| it) || !lead().any(|it| it),
        }
    })
}

/// Whether the place is an error, by its type or by the calls that fill it.
fn is_error(world: &World<'_>, function: &Function, place: Place) -> bool {
    if let Some(ty) = &function.variable(place).ty {
        return ty == "error";
    }
    let fails = |call: &Call| match &call.callee {
        Callee::Path(path) => matches!(world.meaning(path), Some(Meaning::Fact(fact)) if fact.fallible),
        _ => false,
    };
    let steps = || function.blocks.iter().flat_map(|it| &it.steps);
    let mut writers = steps().filter_map(|it| match &it.action {
        Action::Call(call) if call.results.contains(&Some(place)) => {
            Some(fails(call) && call.results.ends_with(&[Some(place)]))
        }
        Action::Assign { to: Target::Place(to), .. } if *to == place => Some(false),
        _ => None,
    });
    writers.next() == Some(true) && writers.all(|it| it)
}
