//! What the text of a function names.

use crate::ir::{Action, Callee, Function, FunctionId, Operand, Storage};

pub(super) enum Met<'a> {
    Path(&'a str),
    Method(&'a str),
    Function(FunctionId),
    Value,
    /// The function that a field of this type holds.
    Member(&'a str, &'a str),
    Text(&'a str),
    Dropped(&'a str),
    /// A value of this type is made.
    Made(&'a str),
}

/// Everything that the text of one function names, closures left out.
pub(super) fn visit<'a>(function: &'a Function, see: &mut dyn FnMut(Met<'a>)) {
    for step in function.blocks.iter().flat_map(|it| &it.steps) {
        match &step.action {
            Action::Assign { value, .. } => operand(function, value, see),
            Action::Call(call) | Action::Defer(call) | Action::Spawn(call) => {
                callee(function, &call.callee, see);
                call.receiver.iter().chain(&call.args).for_each(|it| operand(function, it, see));
            }
            Action::Await { future, .. } => operand(function, future, see),
            Action::Drop(place) => {
                if let Some(ty) = &function.variable(*place).ty {
                    see(Met::Dropped(ty));
                }
            }
        }
    }
}

fn callee<'a>(function: &'a Function, callee: &'a Callee, see: &mut dyn FnMut(Met<'a>)) {
    match callee {
        Callee::Path(path) => see(Met::Path(path)),
        Callee::Method(name) => see(Met::Method(name)),
        Callee::Value(value) => {
            see(Met::Value);
            if let Operand::Field(base, name) = value
                && let Operand::Place(place) | Operand::Move(place) = &**base
                && let Some(ty) = &function.variable(*place).ty
            {
                see(Met::Member(ty, name));
            }
            operand(function, value, see);
        }
    }
}

fn operand<'a>(function: &'a Function, it: &'a Operand, see: &mut dyn FnMut(Met<'a>)) {
    match it {
        Operand::Path(path) => see(Met::Path(path)),
        Operand::Place(place) | Operand::Move(place) => {
            if let Storage::Global(path) = &function.variable(*place).storage {
                see(Met::Path(path));
            }
        }
        Operand::Closure(id) | Operand::Async(id) => see(Met::Function(*id)),
        Operand::Text(text) => see(Met::Text(text)),
        Operand::Field(base, _) | Operand::Good(base) => operand(function, base, see),
        Operand::Method { receiver, callee: of } => {
            operand(function, receiver, see);
            callee(function, of, see);
        }
        Operand::Concat(items) | Operand::Flags(items) | Operand::List(items) => {
            items.iter().for_each(|it| operand(function, it, see));
        }
        Operand::Struct(it) => {
            it.ty.iter().for_each(|it| see(Met::Made(it)));
            it.fields.iter().for_each(|(_, it)| operand(function, it, see));
        }
        _ => (),
    }
}
