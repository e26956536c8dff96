//! Whose number a call is given: an owner closes it at the end of its own life.

use std::collections::BTreeSet;

use super::liveness::{self, successors};
use super::point::Point;
use crate::facts::{Effect, Fact, Owner, Subject};
use crate::ir::{Action, BlockId, Call, End, Exit, Function, FunctionId, Operand, Place, Storage};
use crate::source::Span;

/// A number that is lent by an owner.
pub struct Lent<'a> {
    /// The call that gives the number.
    pub by: &'a Fact,
    pub at: Span,
    /// Whether the owner's life ends out of sight of the text: a parameter by reference.
    pub borrowed: bool,
}

/// How many variables hand on a number.
const HANDED_ON: usize = 4;

impl<'p> Point<'p> {
    /// The owner whose number this step is given, if that lives on afterwards and is dropped some day.
    pub fn lent_to(&self, subject: Subject) -> Option<Lent<'p>> {
        let Subject::Arg(nth) = subject else { return None };
        let (block, step, call) =
            calls(self.function).find(|it| it.2 == self.site.span).map(|it| (it.0, it.1, it.3))?;
        let given = call.args.get(nth)?;
        let (lender, at) = self.defined_by(given)?;
        let by = self.world.fact_of(lender)?;
        let owner = lender.receiver.as_ref().or_else(|| lender.args.first())?;
        let lent = matches!(by.effect, Effect::Same { owner: Owner::Lent, .. });
        if !lent || !self.comes_back(block, step + 1) || self.forgets_something() {
            return None;
        }
        Some(Lent { by, at, borrowed: self.is_borrowed(owner) })
    }

    /// The only call that gives what an operand holds.
    fn defined_by(&self, operand: &Operand) -> Option<(&'p Call, Span)> {
        let mut operand = operand;
        for _ in 0..HANDED_ON {
            let (Operand::Place(place) | Operand::Move(place)) = operand else { return None };
            let variable = self.function.variable(*place);
            if variable.storage != Storage::Local || self.function.params.contains(place) {
                return None;
            }
            let only = self.function.only_writer(*place)?;
            match &only.action {
                Action::Assign { value, .. } => operand = value,
                Action::Call(call) => return Some((call, only.origin.span())),
                _ => return None,
            }
        }
        None
    }

    /// Whether some way from here leads out of the function to who goes on: the process neither ends nor becomes another.
    fn comes_back(&self, block: BlockId, step: usize) -> bool {
        let ends = |call: &Call| self.world.fact_of(call).is_some_and(|it| matches!(it.effect, Effect::Exit));
        let mut work = vec![(block, step)];
        let mut seen = BTreeSet::new();
        while let Some((block, from)) = work.pop() {
            let block = self.function.block(block);
            let mut rest = block.steps[from..].iter();
            if rest.any(|it| matches!(&it.action, Action::Call(call) if ends(call))) {
                continue;
            }
            if matches!(block.end, End::Leave(Exit::Return | Exit::Failure, _)) {
                return true;
            }
            work.extend(successors(&block.end).into_iter().filter(|it| seen.insert(*it)).map(|it| (it, 0)));
        }
        false
    }

    /// Whether the text here, or that of a caller, makes anybody never drop what he has.
    fn forgets_something(&self) -> bool {
        let around = self.functions.iter().map(|it| self.program.text_around(it).span);
        let texts: BTreeSet<_> = around.collect();
        let ids = (0..self.program.functions.len() as u32).map(FunctionId);
        let mut functions = ids.map(|it| self.program.get(it)).filter(|it| {
            let span = self.program.text_around(it).span;
            texts.contains(&span)
        });
        functions.any(|function| {
            calls(function).any(|(_, _, _, call)| {
                let Some(fact) = self.world.fact_of(call) else { return false };
                matches!(fact.effect, Effect::Forget { .. } | Effect::Same { owner: Owner::Nobody, .. })
            })
        })
    }

    /// Whether an owner is what a parameter refers to, as a whole: the text does not drop it.
    fn is_borrowed(&self, owner: &Operand) -> bool {
        let mut root = None;
        liveness::places(owner, &mut |it| root = Some(it));
        let Some(root) = root.filter(|_| !matches!(owner, Operand::Field(..))) else { return false };
        let steps = self.function.blocks.iter().flat_map(|it| &it.steps);
        let is_param = |it: Place| self.function.params.contains(&it);
        is_param(root) && !steps.into_iter().any(|it| it.action == Action::Drop(root))
    }
}

/// The calls of a function, and where each stands.
fn calls(function: &Function) -> impl Iterator<Item = (BlockId, usize, Span, &Call)> {
    let blocks = function.blocks.iter().enumerate();
    let steps =
        blocks.flat_map(|(id, it)| it.steps.iter().enumerate().map(move |(nth, it)| (BlockId(id as u32), nth, it)));
    steps.filter_map(|(block, nth, it)| match &it.action {
        Action::Call(call) => Some((block, nth, it.origin.span(), call)),
        _ => None,
    })
}
