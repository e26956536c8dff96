//! What is looked up in a program again and again, worked out once.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap as HashMap;

use crate::facts::{Effect, Fact, Facts};
use crate::ir::{Action, Callee, FunctionId, Program};
use crate::source::Span;

/// The first function of each path, and the others of the same path by that.
pub(super) fn by_path(program: &Program) -> (HashMap<&str, FunctionId>, HashMap<FunctionId, Vec<FunctionId>>) {
    let mut by_path = HashMap::default();
    let mut namesakes: HashMap<FunctionId, Vec<FunctionId>> = HashMap::default();
    for (index, function) in program.functions.iter().enumerate().filter(|it| !it.1.is_nested()) {
        let id = FunctionId(index as u32);
        match by_path.entry(function.path.as_str()) {
            Entry::Vacant(entry) => _ = entry.insert(id),
            Entry::Occupied(first) => namesakes.entry(*first.get()).or_default().push(id),
        }
    }
    (by_path, namesakes)
}

/// By function with a name: the steps of its text.
pub(super) fn steps(program: &Program) -> HashMap<FunctionId, usize> {
    let mut steps: HashMap<_, usize> = HashMap::default();
    for (index, function) in program.functions.iter().enumerate() {
        let count = function.blocks.iter().map(|it| it.steps.len()).sum::<usize>();
        *steps.entry(program.outermost(FunctionId(index as u32))).or_default() += count;
    }
    steps
}

/// The calls that bind the hidden sockets of a library, outside of tests.
pub(super) fn pins<'a>(program: &'a Program, facts: &'a Facts) -> Vec<(Span, &'a Fact)> {
    let mut found = Vec::new();
    for function in program.functions.iter().filter(|it| !it.test) {
        for step in function.blocks.iter().flat_map(|it| &it.steps) {
            let (Action::Call(call) | Action::Defer(call) | Action::Spawn(call)) = &step.action else { continue };
            let Callee::Path(path) = &call.callee else { continue };
            if let Some(fact) = facts.call(path).filter(|it| it.effect == Effect::PinGlobal) {
                found.push((call.name, fact));
            }
        }
    }
    found.sort_by_key(|it| it.0);
    found
}
