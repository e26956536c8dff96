//! What package variables and fields of structs always hold, as far as the text of the program says.
//!
//! Tests put stand-ins there, which say nothing about the program.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::value::{BoundCallee, Value};
use super::world::{Meaning, World, join};
use crate::facts::{Facts, Role};
use crate::ir::{
    Action, Call, Callee, End, Function, Kind, Literal, Operand, Place, Program, Root, Storage, Target, Test,
};
use crate::source::Span;

/// Package variables and statics that only their declaration writes.
pub(super) fn constants<'a>(program: &'a Program, once: &HashMap<&str, &'a Operand>) -> HashMap<&'a str, &'a Operand> {
    let mut constants = HashMap::default();
    let mut written = HashSet::default();
    for function in program.functions.iter().filter(|it| !it.test || it.kind == Kind::Initialiser) {
        writes(function, &mut |path, value| {
            let constant = value.filter(|it| it.is_constant() || matches!(it, Operand::Closure(_)));
            match constant.or_else(|| once.get(path).copied()) {
                Some(value) if written.insert(path) && function.kind == Kind::Initialiser => {
                    constants.insert(path, value);
                }
                _ => {
                    written.insert(path);
                    constants.remove(path);
                }
            }
        });
    }
    constants
}

/// Package variables that are lists of values of different types, and these, where only their declaration writes them.
pub(super) fn elements(program: &Program) -> HashMap<&str, Vec<&str>> {
    let mut elements: HashMap<&str, Option<Vec<&str>>> = HashMap::default();
    for function in program.functions.iter().filter(|it| !it.test || it.kind == Kind::Initialiser) {
        let ty = |it: &Operand| match it {
            Operand::Place(place) | Operand::Move(place) => function.variable(*place).ty.as_deref(),
            _ => None,
        };
        writes(function, &mut |path, value| {
            let types = match value {
                Some(Operand::List(items)) if function.kind == Kind::Initialiser => items.iter().map(ty).collect(),
                _ => None,
            };
            elements.entry(path).and_modify(|it| *it = None).or_insert(types);
        });
    }
    elements.into_iter().filter_map(|(path, types)| Some((path, types?))).collect()
}

/// Package variables that begin with a handle which nobody opened, so that each request through it goes where the
/// thread is.
pub(super) fn unopened<'a>(program: &'a Program, facts: &Facts) -> HashSet<&'a str> {
    let mut unopened = HashSet::default();
    for function in program.functions.iter().filter(|it| it.kind == Kind::Initialiser) {
        writes(function, &mut |path, value| {
            let Some(Operand::Struct(literal)) = value else { return };
            let Literal { ty: Some(ty), fields } = &**literal else { return };
            if fields.is_empty() && facts.role(ty) == Some(Role::Handle) {
                unopened.insert(path);
            }
        });
    }
    unopened
}

/// Package variables that get another value each time a function runs which the program calls more than once, by where
/// it is called again. What runs once (`sync.Once`, `main`, `init`) and what looks first whether there is a value does not
/// count.
pub(super) fn renewed(program: &Program) -> HashMap<&str, Span> {
    let mut calls: HashMap<&str, Vec<Span>> = HashMap::default();
    let mut handed_on = HashSet::default();
    for function in &program.functions {
        let once = function.kind == Kind::Initialiser || function.root == Some(Root::Main);
        for step in function.blocks.iter().flat_map(|it| &it.steps) {
            let (Action::Call(call) | Action::Defer(call) | Action::Spawn(call)) = &step.action else { continue };
            handed_on
                .extend(call.args.iter().filter_map(|it| if let Operand::Path(it) = it { Some(&**it) } else { None }));
            if let Callee::Path(path) = &call.callee
                && !once
            {
                calls.entry(path).or_default().push(step.origin.span());
            }
        }
    }
    let mut renewed = HashMap::default();
    for function in program.functions.iter().filter(|it| !it.is_nested() && it.kind != Kind::Initialiser && !it.test) {
        let Some([again, others @ ..]) = calls.get(&*function.path).map(Vec::as_slice) else { continue };
        if others.is_empty() && !handed_on.contains(&*function.path) {
            continue;
        }
        if !looks_first(function) {
            writes(function, &mut |path, _| _ = renewed.insert(path, *again));
        }
    }
    renewed
}

/// Whether a function asks package variables whether it ran before.
pub(super) fn looks_first(function: &Function) -> bool {
    function.blocks.iter().any(|it| match &it.end {
        End::Branch { test: Test::Nil(Operand::Place(place)) | Test::True(Operand::Place(place)), .. } => {
            matches!(function.variable(*place).storage, Storage::Global(_))
        }
        _ => false,
    })
}

/// The package variables that a function writes, and what, where that is no call's result.
fn writes<'a>(function: &'a Function, see: &mut dyn FnMut(&'a str, Option<&'a Operand>)) {
    let mut written = |place: Place, value| {
        if let Storage::Global(path) = &function.variable(place).storage {
            see(path, value);
        }
    };
    for step in function.blocks.iter().flat_map(|it| &it.steps) {
        match &step.action {
            Action::Assign { to: Target::Place(place), value } => written(*place, Some(value)),
            Action::Call(call) => call.results.iter().flatten().for_each(|it| written(*it, None)),
            _ => (),
        }
    }
}

/// Fields that hold one function wherever the program fills them, by the path that a method
/// of that name would have; `None` where there are several.
pub(super) fn functions_in_fields(program: &Program) -> HashMap<String, Option<&Operand>> {
    let mut held = HashMap::default();
    for function in program.functions.iter().filter(|it| !it.test) {
        fields(function, &mut |ty, name, value| note(&mut held, ty, name, value));
    }
    held
}

impl<'a> World<'a> {
    /// What the function is known as that a field of this type always holds.
    pub(super) fn held_by_field(&self, ty: &str, name: &str) -> Option<Value> {
        let path = join(ty, name);
        let held = (*self.functions_in_fields.get(&path)?)?;
        // Of which value it is a method, this does not say.
        if let Some((method, _)) = self.method_of_tree(held) {
            let callee = BoundCallee::Path(method.to_owned());
            return Some(Value::Bound { receiver: Value::Unknown.into(), callee });
        }
        Some(Value::Path(path.into()))
    }

    /// What calling the function leads to that a field of this type always holds.
    pub(super) fn meaning_of_field(&self, ty: &str, name: &str) -> Option<Meaning<'a>> {
        let path = join(ty, name);
        let held = (*self.functions_in_fields.get(&path)?)?;
        self.method_of_tree(held).map(|it| it.1).or_else(|| self.meaning(&path))
    }

    fn method_of_tree<'b>(&self, held: &'b Operand) -> Option<(&'b str, Meaning<'a>)> {
        let Operand::Method { callee, .. } = held else { return None };
        let Callee::Path(path) = &**callee else { return None };
        let meaning = self.meaning(path).filter(|it| matches!(it, Meaning::Tree(_)))?;
        Some((path, meaning))
    }
}

/// The types and fields that a function fills, and with what.
pub(super) fn fields<'a>(function: &'a Function, see: &mut dyn FnMut(&'a str, &'a str, &'a Operand)) {
    for step in function.blocks.iter().flat_map(|it| &it.steps) {
        match &step.action {
            Action::Assign { to, value } => {
                if let Target::Field(base, name) = to
                    && let Some(ty) = ty(function, base)
                {
                    see(ty, name, value);
                }
                literals(value, see);
            }
            Action::Call(Call { args, .. }) | Action::Defer(Call { args, .. }) | Action::Spawn(Call { args, .. }) => {
                args.iter().for_each(|it| literals(it, see));
            }
            Action::Await { .. } | Action::Drop(_) => (),
        }
    }
}

/// The fields of the struct literals in an operand, with their types.
fn literals<'a>(operand: &'a Operand, see: &mut dyn FnMut(&'a str, &'a str, &'a Operand)) {
    match operand {
        Operand::Struct(literal) => {
            for (name, value) in &literal.fields {
                if let Some(ty) = &literal.ty {
                    see(ty, name, value);
                }
                literals(value, see);
            }
        }
        Operand::List(items) => items.iter().for_each(|it| literals(it, see)),
        Operand::Good(inner) => literals(inner, see),
        _ => (),
    }
}

fn note<'a>(held: &mut HashMap<String, Option<&'a Operand>>, ty: &str, name: &str, value: &'a Operand) {
    // What nobody has filled yet nobody calls.
    if *value == Operand::Nil {
        return;
    }
    let function = matches!(value, Operand::Path(_) | Operand::Closure(_) | Operand::Method { .. }).then_some(value);
    let same = |it: Option<&Operand>| match (it, value) {
        (Some(Operand::Path(a)), Operand::Path(b)) => a == b,
        (Some(Operand::Method { callee: a, .. }), Operand::Method { callee: b, .. }) => a == b,
        _ => false,
    };
    held.entry(join(ty, name)).and_modify(|it| *it = it.filter(|_| same(*it))).or_insert(function);
}

fn ty<'a>(function: &'a Function, base: &Operand) -> Option<&'a str> {
    match base {
        Operand::Place(place) | Operand::Move(place) => function.variable(*place).ty.as_deref(),
        _ => None,
    }
}
