//! What the text does with a result that holds another one.

use super::liveness::mentions;
use super::point::Point;
use super::world::Meaning;
use crate::facts::Effect;
use crate::ir::{Action, Call, Callee, End, Operand, Place, Storage, Target, Test};

/// How many variables hand on a result.
pub(super) const HANDED_ON: usize = 6;

impl Point<'_> {
    /// Whether anything may look at what the result of this call holds, rather than only at whether it holds something.
    pub fn looks_inside(&self) -> bool {
        let Some(call) = self.call() else { return true };
        call.results.iter().flatten().any(|it| self.looks_inside_of(*it, HANDED_ON))
    }

    /// The call that the point is at.
    pub(super) fn call(&self) -> Option<&Call> {
        self.function.call_at(self.site.span)
    }

    fn looks_inside_of(&self, place: Place, left: usize) -> bool {
        let function = self.function;
        if left == 0 || self.is_out_of_sight(place) {
            return true;
        }
        let mut steps = function.blocks.iter().flat_map(|it| &it.steps);
        // Where what is inside takes the place of the result, the tests cannot be told apart.
        if steps.clone().any(|it| opens_in_place(&it.action, place)) {
            let tests = function.blocks.iter().filter_map(|it| test(&it.end)).filter(|it| asks(it, place));
            return tests.count() > 1 || steps.any(|it| !opens_in_place(&it.action, place) && reads(&it.action, place));
        }
        function.blocks.iter().any(|it| test(&it.end).is_some_and(|it| asks_inside(it, place)))
            || steps.into_iter().any(|it| match &it.action {
                Action::Assign { to: Target::Field(base, _), .. } if mentions(base, place) => true,
                Action::Assign { to, value } if mentions(value, place) => match (to, value) {
                    (Target::Place(to), Operand::Place(_) | Operand::Move(_)) => self.looks_inside_of(*to, left - 1),
                    (Target::Place(to), Operand::Field(base, name)) if name == "?" && is(base, place) => {
                        self.is_read(*to)
                    }
                    _ => true,
                },
                Action::Call(call) => self.call_looks_inside(call, place, left),
                Action::Defer(call) | Action::Spawn(call) => {
                    call.receiver.iter().chain(&call.args).any(|it| mentions(it, place))
                }
                Action::Await { future, .. } => mentions(future, place),
                Action::Assign { .. } | Action::Drop(_) => false,
            })
    }

    fn call_looks_inside(&self, call: &Call, place: Place, left: usize) -> bool {
        if self.only_drops(call) {
            return false;
        }
        let called = matches!(&call.callee, Callee::Value(it) if mentions(it, place));
        if called || call.args.iter().any(|it| mentions(it, place)) {
            return true;
        }
        let Some(receiver) = call.receiver.as_ref().filter(|it| mentions(it, place)) else { return false };
        let Callee::Method(name) = &call.callee else { return true };
        let Some(Meaning::Fact(fact)) = self.world.any_method(name) else { return true };
        let mut results = call.results.iter().flatten();
        match fact.effect {
            _ if !is(receiver, place) || call.results.contains(&Some(place)) => true,
            Effect::Inner { .. } => results.any(|it| self.is_read(*it)),
            // Another dress, or another error.
            Effect::Same { .. } => results.any(|it| self.looks_inside_of(*it, left - 1)),
            _ => true,
        }
    }

    /// Whether anything but a drop reads what the place holds.
    fn is_read(&self, place: Place) -> bool {
        let function = self.function;
        self.is_out_of_sight(place)
            || function.blocks.iter().any(|it| test(&it.end).is_some_and(|it| asks(it, place)))
            || function.blocks.iter().flat_map(|it| &it.steps).any(|it| match &it.action {
                Action::Call(call) if self.only_drops(call) => false,
                action => reads(action, place),
            })
    }

    /// `drop(it)`, and `it.ok();`, which only silences the compiler.
    fn only_drops(&self, call: &Call) -> bool {
        match &call.callee {
            Callee::Path(name) | Callee::Method(name) if matches!(name.as_str(), "ok" | "?.ok") => {
                call.results.iter().all(Option::is_none)
            }
            Callee::Path(path) => {
                matches!(self.world.meaning(path), Some(Meaning::Fact(fact)) if matches!(fact.effect, Effect::Drop { .. }))
            }
            Callee::Method(_) | Callee::Value(_) => false,
        }
    }

    /// Whether somebody may look at what the place holds without a step of this function.
    pub(super) fn is_out_of_sight(&self, place: Place) -> bool {
        let variable = self.function.variable(place);
        if variable.storage != Storage::Local || variable.shown || self.function.results.contains(&place) {
            return true;
        }
        let id = self.world.program.functions.iter().position(|it| std::ptr::eq(it, self.function));
        id.is_none_or(|it| self.world.liveness[it].is_shared(place))
    }
}

/// Whether the step puts what the result in the place holds into the same place.
fn opens_in_place(action: &Action, place: Place) -> bool {
    match action {
        Action::Assign { to: Target::Place(to), value: Operand::Field(base, name) } => {
            *to == place && name == "?" && is(base, place)
        }
        _ => false,
    }
}

fn reads(action: &Action, place: Place) -> bool {
    let mut found = false;
    action.operands(&mut |it| found |= mentions(it, place));
    found
}

fn test(end: &End) -> Option<&Test> {
    if let End::Branch { test, .. } = end { Some(test) } else { None }
}

/// Whether a test asks about the place at all.
fn asks(test: &Test, place: Place) -> bool {
    match test {
        Test::Nil(it) | Test::Good(it) | Test::Zero(it) | Test::Valid(it) | Test::True(it) => mentions(it, place),
        Test::Equal(a, b) => mentions(a, place) || mentions(b, place),
        Test::Opaque { mentions: about, value, .. } => about.contains(&place) || mentions(value, place),
    }
}

/// The same, of more than whether the result is good.
fn asks_inside(test: &Test, place: Place) -> bool {
    !matches!(test, Test::Good(it) if is(it, place)) && asks(test, place)
}

pub(super) fn is(operand: &Operand, place: Place) -> bool {
    matches!(operand, Operand::Place(it) | Operand::Move(it) if *it == place)
}
