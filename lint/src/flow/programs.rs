//! Functions that a process ends with, other than `main`: a library is told of them, and starts the program anew for each,
//! or calls the one that the command line asks for.

use rayon::prelude::*;

use super::held;
use crate::facts::{Effect, Facts};
use crate::ir::{Action, Call, Callee, Function, FunctionId, Operand, Program, Root};

/// Notes which functions are what a process does, to its end.
pub fn note(program: &mut Program, facts: &Facts) {
    let by_path = |path: &str| {
        let named = program.functions.iter().position(|it| !it.is_nested() && it.path == path);
        named.map(|it| FunctionId(it as u32))
    };
    let noted = program.functions.par_iter().filter(|it| !it.test).flat_map_iter(|function| {
        let mut noted = Vec::new();
        told_by(function, facts, &mut |what, root| {
            let id = match held_by(function, what) {
                Operand::Path(path) => by_path(path),
                Operand::Closure(id) => Some(*id),
                Operand::Method { callee, .. } => match &**callee {
                    Callee::Path(path) => by_path(path),
                    _ => None,
                },
                _ => None,
            };
            noted.extend(id.map(|it| (it, root)));
        });
        noted
    });
    for (id, root) in noted.collect::<Vec<_>>() {
        program.functions[id.0 as usize].root.get_or_insert(root);
    }
}

/// What a variable holds that is only given one value.
pub(super) fn held_by<'a>(function: &'a Function, operand: &'a Operand) -> &'a Operand {
    let Operand::Place(place) = operand else { return operand };
    match function.only_writer(*place).map(|it| &it.action) {
        Some(Action::Assign { value, .. }) => value,
        _ => operand,
    }
}

/// The functions of which this one tells such a library.
fn told_by<'a>(function: &'a Function, facts: &Facts, see: &mut dyn FnMut(&'a Operand, Root)) {
    for step in function.blocks.iter().flat_map(|it| &it.steps) {
        if let Action::Call(Call { callee: Callee::Path(path), args, .. }) = &step.action
            && let Some(Effect::Program { callback }) = facts.call(path).map(|it| &it.effect)
        {
            args.get(*callback).into_iter().for_each(|it| see(it, Root::Main));
        }
    }
    held::fields(function, &mut |ty, name, value| {
        if facts.ty(ty).is_some_and(|it| it.commands.iter().any(|it| it == name)) {
            see(value, Root::Command);
        }
    });
}
