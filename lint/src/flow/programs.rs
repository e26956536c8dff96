//! Functions that a process begins with, other than `main`: a library is told of them, and starts the program anew for each.

use crate::facts::{Effect, Facts};
use crate::ir::{Action, Call, Callee, Function, FunctionId, Operand, Program, Root};

/// Notes which functions are what a process does, from its beginning to its end.
pub fn note(program: &mut Program, facts: &Facts) {
    let told: Vec<Operand> = program.functions.iter().flat_map(|it| told_by(it, facts)).cloned().collect();
    if told.is_empty() {
        return;
    }
    let by_path = |path: &str| {
        let named = program.functions.iter().position(|it| !it.is_nested() && it.path == path);
        named.map(|it| FunctionId(it as u32))
    };
    let begun = told.iter().filter_map(|it| match it {
        Operand::Path(path) => by_path(path),
        Operand::Closure(id) => Some(*id),
        _ => None,
    });
    for id in begun.collect::<Vec<_>>() {
        program.functions[id.0 as usize].root.get_or_insert(Root::Main);
    }
}

/// The functions of which this one tells such a library.
fn told_by<'a>(function: &'a Function, facts: &Facts) -> impl Iterator<Item = &'a Operand> {
    let calls = function.blocks.iter().flat_map(|it| &it.steps).filter_map(|it| match &it.action {
        Action::Call(call) => Some(call),
        _ => None,
    });
    calls.filter_map(|call| {
        let Call { callee: Callee::Path(path), args, .. } = call else { return None };
        match facts.call(path)?.effect {
            Effect::Program { callback } => args.get(callback),
            _ => None,
        }
    })
}
