//! What package variables and fields of structs always hold, as far as the text of the program says.
//!
//! Tests put stand-ins there, which say nothing about the program.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::world::join;
use crate::ir::{Action, Call, Function, Kind, Operand, Program, Storage, Target};

/// Package variables and statics that only their declaration writes.
pub(super) fn constants(program: &Program) -> HashMap<&str, &Operand> {
    let mut constants = HashMap::default();
    let mut written = HashSet::default();
    for function in program.functions.iter().filter(|it| !it.test || it.kind == Kind::Initialiser) {
        for step in function.blocks.iter().flat_map(|it| &it.steps) {
            let Action::Assign { to: Target::Place(place), value } = &step.action else { continue };
            let Storage::Global(path) = &function.variable(*place).storage else { continue };
            let is_constant = value.is_constant() || matches!(value, Operand::Closure(_));
            if !written.insert(path.as_str()) || function.kind != Kind::Initialiser || !is_constant {
                constants.remove(path.as_str());
            } else {
                constants.insert(path.as_str(), value);
            }
        }
    }
    constants
}

/// Fields that hold one function wherever the program fills them, by the path that a method
/// of that name would have; `None` where there are several.
pub(super) fn functions_in_fields(program: &Program) -> HashMap<String, Option<&Operand>> {
    let mut held = HashMap::default();
    for function in program.functions.iter().filter(|it| !it.test) {
        for step in function.blocks.iter().flat_map(|it| &it.steps) {
            match &step.action {
                Action::Assign { to, value } => {
                    if let Target::Field(base, name) = to
                        && let Some(ty) = ty(function, base)
                    {
                        note(&mut held, ty, name, value);
                    }
                    literals(&mut held, value);
                }
                Action::Call(Call { args, .. })
                | Action::Defer(Call { args, .. })
                | Action::Spawn(Call { args, .. }) => {
                    args.iter().for_each(|it| literals(&mut held, it));
                }
                Action::Await { .. } | Action::Drop(_) => (),
            }
        }
    }
    held
}

/// The struct literals in an operand.
fn literals<'a>(held: &mut HashMap<String, Option<&'a Operand>>, operand: &'a Operand) {
    match operand {
        Operand::Struct { ty, fields } => {
            for (name, value) in fields {
                if let Some(ty) = ty {
                    note(held, ty, name, value);
                }
                literals(held, value);
            }
        }
        Operand::List(items) => items.iter().for_each(|it| literals(held, it)),
        Operand::Good(inner) => literals(held, inner),
        _ => (),
    }
}

fn note<'a>(held: &mut HashMap<String, Option<&'a Operand>>, ty: &str, name: &str, value: &'a Operand) {
    let function = matches!(value, Operand::Path(_) | Operand::Closure(_)).then_some(value);
    let same = |it: Option<&Operand>| matches!((it, value), (Some(Operand::Path(a)), Operand::Path(b)) if a == b);
    held.entry(join(ty, name)).and_modify(|it| *it = it.filter(|_| same(*it))).or_insert(function);
}

fn ty<'a>(function: &'a Function, base: &Operand) -> Option<&'a str> {
    match base {
        Operand::Place(place) | Operand::Move(place) => function.variable(*place).ty.as_deref(),
        _ => None,
    }
}
