//! Whether the text keeps what a call gives to the function that asked for it.

use super::liveness::mentions;
use super::point::Point;
use super::taken::{HANDED_ON, is};
use crate::facts::{Effect, Inside};
use crate::ir::{Action, Call, Callee, Operand, Place, Target};

impl Point<'_> {
    /// Whether the runtime that this call gives dies in this function: all that the text does is to run work on it.
    pub fn dies_here(&self) -> bool {
        self.call().is_some_and(|it| self.die_here(it, HANDED_ON))
    }

    fn die_here(&self, call: &Call, left: usize) -> bool {
        call.results.iter().flatten().all(|it| self.place_dies_here(*it, left))
    }

    fn place_dies_here(&self, place: Place, left: usize) -> bool {
        if left == 0 || self.is_out_of_sight(place) {
            return false;
        }
        self.function.blocks.iter().flat_map(|it| &it.steps).all(|it| match &it.action {
            Action::Assign { to, value } if mentions(value, place) => match (to, value) {
                (Target::Place(to), Operand::Place(_) | Operand::Move(_)) => self.place_dies_here(*to, left - 1),
                // What is inside of a result, be it the runtime or an error.
                (Target::Place(to), Operand::Field(base, name)) if name == "?" && is(base, place) => {
                    *to == place || self.place_dies_here(*to, left - 1)
                }
                _ => false,
            },
            Action::Assign { to: Target::Field(base, _), .. } => !mentions(base, place),
            Action::Call(call) if reads(call, place) => self.works_on(call, place, left),
            Action::Defer(call) | Action::Spawn(call) => !reads(call, place),
            Action::Await { future, .. } => !mentions(future, place),
            _ => true,
        })
    }

    /// Whether the call runs work on the runtime in this place, takes it out of a result, or drops it.
    fn works_on(&self, call: &Call, place: Place, left: usize) -> bool {
        let Some(fact) = self.world.fact_of(call) else { return false };
        let receiver = call.receiver.as_ref().is_some_and(|it| is(it, place));
        let in_args = call.args.iter().filter(|it| mentions(it, place)).count();
        match fact.effect {
            Effect::BlockOn { .. } => in_args <= 1,
            Effect::Spawn { .. } => receiver && in_args == 0,
            Effect::Drop { .. } => true,
            Effect::Inner { .. }
            | Effect::Same { .. }
            | Effect::Run { inside: Some(Inside::Instead | Inside::Kept), .. } => {
                receiver && in_args == 0 && self.die_here(call, left - 1)
            }
            _ => false,
        }
    }
}

fn reads(call: &Call, place: Place) -> bool {
    let called = matches!(&call.callee, Callee::Value(it) if mentions(it, place));
    called || call.receiver.iter().chain(&call.args).any(|it| mentions(it, place))
}
