//! What leads past a way back that stands in the text.

use std::collections::BTreeSet;

use super::liveness::{mentions, successors};
use super::point::Point;
use super::state::Site;
use super::world::Meaning;
use crate::facts::Effect;
use crate::ir::{Action, Block, BlockId, Callee, End, Function, Operand, Place, Step, Target, Test};

impl Point<'_> {
    /// Whether nothing but failures of calls after a switch lead past the ways back in the text here: nothing that was
    /// known before it decides whether the thread goes back.
    pub fn only_failures_skip_the_way_back(&self, switch: Site) -> bool {
        let function = self.function;
        let is_switch = |it: &Step| it.origin.span() == switch.span && matches!(it.action, Action::Call(_));
        let blocks = (0..function.blocks.len() as u32).map(BlockId);
        let Some((begin, at)) = function.place_of_call(switch.span) else { return false };
        let goes_back = |steps: &[Step]| steps.iter().any(|it| self.may_go_back(&it.action));
        if goes_back(&function.block(begin).steps[at + 1..]) {
            return false;
        }
        // From where a way back can be reached, before the thread is moved there again; nobody leaves where nothing follows.
        let next = |it: BlockId| successors(&function.block(it).end).into_iter().filter(move |it| *it != begin);
        let mut back: BTreeSet<_> = blocks
            .clone()
            .filter(|it| {
                let block = function.block(*it);
                *it != begin && (goes_back(&block.steps) || matches!(block.end, End::Stop))
            })
            .collect();
        let restores = back.clone();
        while let Some(more) =
            blocks.clone().find(|it| !back.contains(it) && *it != begin && next(*it).any(|it| back.contains(&it)))
        {
            back.insert(more);
        }
        let of_switch = results_of(function, is_switch);
        let (mut skips, mut seen, mut work) = (false, BTreeSet::from([begin]), vec![begin]);
        while let Some(id) = work.pop() {
            let block = function.block(id);
            let ways = successors(&block.end);
            let leads_back = |it: &BlockId| *it != begin && back.contains(it);
            if ways.iter().any(leads_back) && !ways.iter().all(leads_back) {
                let Some(step) = asked_call(block, if id == begin { at } else { 0 }) else { return false };
                // Who could not enter has nothing to undo.
                let entering = is_switch(step) || is_made_of(&step.action, &of_switch);
                if !entering && self.may_go_back(&step.action) {
                    return false;
                }
                skips |= !entering;
            }
            let further = ways.into_iter().filter(|it| !restores.contains(it));
            work.extend(further.filter(|it| seen.insert(*it)));
        }
        skips
    }

    /// Whether a step may be the way back.
    fn may_go_back(&self, action: &Action) -> bool {
        match action {
            Action::Call(call) | Action::Defer(call) => match (&call.callee, self.world.called(call)) {
                (_, Some(Meaning::Fact(fact))) => {
                    matches!(
                        fact.effect,
                        Effect::Switch { .. }
                            | Effect::Syscall { .. }
                            | Effect::AtEnd { .. }
                            | Effect::WhenDropped { .. }
                    )
                }
                (_, Some(Meaning::Tree(id))) => self.world.relevance.leaves(id),
                (Callee::Value(_), None) => true,
                (_, None) => false,
            },
            Action::Drop(place) => {
                self.function.variable(*place).ty.as_deref().is_some_and(|it| self.world.moves_when_dropped(it))
            }
            Action::Assign { .. } | Action::Spawn(_) | Action::Await { .. } => false,
        }
    }
}

/// What a step gives, and what is made of that.
fn results_of(function: &Function, is_one: impl Fn(&Step) -> bool) -> BTreeSet<Place> {
    let steps = || function.blocks.iter().flat_map(|it| &it.steps);
    let mut results: BTreeSet<Place> = steps().filter(|it| is_one(it)).flat_map(|it| given(&it.action)).collect();
    loop {
        let made = steps().filter(|it| is_made_of(&it.action, &results)).flat_map(|it| given(&it.action));
        let more: Vec<_> = made.filter(|it| !results.contains(it)).collect();
        if more.is_empty() {
            return results;
        }
        results.extend(more);
    }
}

/// The places that a step fills.
fn given(action: &Action) -> Vec<Place> {
    match action {
        Action::Call(call) => call.results.iter().flatten().copied().collect(),
        Action::Assign { to: Target::Place(to), .. } => vec![*to],
        _ => Vec::new(),
    }
}

/// Whether a step takes what one of these places holds.
fn is_made_of(action: &Action, places: &BTreeSet<Place>) -> bool {
    let mut found = false;
    action.operands(&mut |it| found |= places.iter().any(|place| mentions(it, *place)));
    found
}

/// The call that is made in a block, from this step on, if the block ends with a look at whether it failed.
fn asked_call(block: &Block, from: usize) -> Option<&Step> {
    let End::Branch { test, .. } = &block.end else { return None };
    let (Test::Nil(asked) | Test::Good(asked) | Test::Zero(asked) | Test::Valid(asked)) = test else { return None };
    let (Operand::Place(asked) | Operand::Move(asked)) = asked else { return None };
    let mut asked = *asked;
    for step in block.steps[from..].iter().rev() {
        match &step.action {
            Action::Call(call) if call.results.contains(&Some(asked)) => return Some(step),
            Action::Assign { to: Target::Place(to), value } if *to == asked => match value {
                Operand::Place(place) | Operand::Move(place) => asked = *place,
                _ => return None,
            },
            _ => (),
        }
    }
    None
}
