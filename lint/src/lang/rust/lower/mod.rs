//! From syntax to the representation: the functions of one file.

mod address;
mod arm;
mod bind;
mod branch;
mod call;
mod closure;
mod condition;
mod expand;
mod expr;
mod inferred;
mod item;
mod leave;
mod library;
mod loops;
mod macros;
mod method;
mod name;
mod operator;
mod pattern;
mod statement;
mod structure;

use std::collections::HashMap;
use std::rc::Rc;

use syn::Expr;

use super::crates::Home;
use super::extent;
use super::index::{Index, Scope};
use super::macro_rules::Rules;
use super::read::Read;
use super::ty::Ty;
use crate::ir::{Action, Affinity, Builder, Function, FunctionId, Kind, Operand, Origin, Place, Storage, Target, Type};
use crate::lang::Chosen;
use crate::source::{FileId, Span};

/// How deep expressions are followed; what is deeper is [`Operand::Unknown`].
const DEPTH: usize = 400;

/// Which items of a file are lowered.
pub(super) struct Wanted<'a> {
    /// Whether nothing in the item whose keyword is at this byte matters.
    pub(super) left_out: &'a dyn Fn(usize) -> bool,
    /// Whether what has no such keyword was lowered before.
    pub(super) only_bodies: bool,
}

/// Lowers the items of a file. Also gives what is not part of the build.
pub(super) fn lower(
    read: &Read,
    file: FileId,
    home: &Home,
    index: &Index<'_>,
    chosen: &Chosen,
    wanted: Wanted<'_>,
) -> (Vec<Function>, Vec<Type>, Vec<Span>) {
    let scope = Scope { module: home.module.clone(), ..Scope::default() };
    let mut lowerer = Lowerer {
        index,
        file,
        base: read.base,
        home,
        chosen,
        wanted,
        absent: Vec::new(),
        types: Vec::new(),
        functions: Vec::new(),
        bodies: Vec::new(),
        scope,
        expanding: Vec::new(),
        expansions: 0,
        marks: Vec::new(),
        rules: HashMap::new(),
        test: home.test,
        depth: 0,
    };
    lowerer.items(&read.items);
    (lowerer.functions.into_iter().flatten().collect(), lowerer.types, lowerer.absent)
}

struct Lowerer<'a> {
    index: &'a Index<'a>,
    file: FileId,
    /// Spans of the syntax count from this byte.
    base: usize,
    home: &'a Home,
    chosen: &'a Chosen,
    wanted: Wanted<'a>,
    absent: Vec<Span>,
    types: Vec<Type>,
    /// `None` while it is being written.
    functions: Vec<Option<Function>>,
    /// The function that is being written and those around it.
    bodies: Vec<Body>,
    scope: Scope,
    /// The macro calls whose expansion is being lowered.
    expanding: Vec<Span>,
    /// How many there were, and which ones are open.
    expansions: u32,
    marks: Vec<u32>,
    /// The macros that were read on this thread, by their text.
    rules: HashMap<String, Option<Rc<Rules>>>,
    test: bool,
    depth: usize,
}

/// A function that is being written.
struct Body {
    builder: Builder,
    id: FunctionId,
    /// What names mean, innermost block last.
    names: Vec<HashMap<String, Place>>,
    /// The type of each place.
    types: Vec<Ty>,
    /// Variables of the parent that are used here.
    captured: HashMap<Place, Place>,
    globals: HashMap<String, Place>,
    /// What leaving gives.
    result: Option<Place>,
    result_ty: Ty,
    /// `let x;`: those whose type is that of what they are given first.
    late: Vec<Place>,
}

/// What an expression gives.
#[derive(Clone, Debug)]
struct Value {
    operand: Operand,
    ty: Ty,
    /// The operand moves a temporary that nobody else will drop.
    fresh: bool,
}

/// What happens with the value of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Value,
    /// If it needs a place, then this one.
    Into(Place),
    /// It is dropped at once.
    Nothing,
}

impl Value {
    fn of(operand: Operand, ty: Ty) -> Self {
        Value { operand, ty, fresh: false }
    }

    fn unknown() -> Self {
        Value::of(Operand::Unknown, Ty::Unknown)
    }

    fn plain() -> Self {
        Value::of(Operand::Unknown, Ty::Plain)
    }
}

/// The operand without giving the value away.
fn seen(operand: &Operand) -> Operand {
    match operand {
        Operand::Move(place) => Operand::Place(*place),
        Operand::Field(base, name) => Operand::Field(Box::new(seen(base)), name.clone()),
        other => other.clone(),
    }
}

/// A name without the mark of the expansion that declared it.
fn plain(key: &str) -> &str {
    key.split('#').next().unwrap_or(key)
}

impl Lowerer<'_> {
    // Where things are.

    /// Where a stretch of syntax is; tokens of a macro's definition have no place of their own.
    fn origin(&self, first: proc_macro2::Span, last: proc_macro2::Span) -> Origin {
        let (first, last) = (first.byte_range(), last.byte_range());
        if (first.is_empty() || last.is_empty())
            && let Some(call) = self.expanding.last()
        {
            return Origin::Expanded(*call);
        }
        Origin::Written(Span::new(self.file, first.start + self.base, last.end.max(first.end) + self.base))
    }

    fn span(&self, first: proc_macro2::Span, last: proc_macro2::Span) -> Span {
        self.origin(first, last).span()
    }

    fn origin_of(&self, expr: &Expr) -> Origin {
        self.origin(extent::first(expr), extent::last(expr))
    }

    fn span_of(&self, expr: &Expr) -> Span {
        self.origin_of(expr).span()
    }

    // The function being written.

    fn body(&mut self) -> &mut Body {
        self.bodies.last_mut().expect("an expression stands in a function")
    }

    fn build(&mut self) -> &mut Builder {
        &mut self.body().builder
    }

    /// Begins a function; [`Lowerer::finish`] ends it.
    fn begin(&mut self, path: String, name: String, span: Span, kind: Kind) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        self.functions.push(None);
        let mut builder = Builder::new(path, name, span, kind, Affinity::UntilSuspended);
        builder.function.test = self.test;
        builder.function.example = self.home.example;
        if matches!(kind, Kind::Closure | Kind::AsyncBlock) {
            builder.function.parent = self.bodies.last().map(|it| it.id);
        }
        self.bodies.push(Body {
            builder,
            id,
            names: vec![HashMap::new()],
            types: Vec::new(),
            captured: HashMap::new(),
            globals: HashMap::new(),
            result: None,
            result_ty: Ty::Unknown,
            late: Vec::new(),
        });
        id
    }

    fn finish(&mut self, end: Span) {
        let body = self.bodies.pop().expect("a function was begun");
        let mut function = body.builder.finish(end);
        let acts = |it: &Place| self.acts(&body.types[it.0 as usize]);
        let still: Vec<Place> = body.late.into_iter().filter(|it| !acts(it)).collect();
        for block in function.blocks.iter_mut().filter(|_| !still.is_empty()) {
            block.steps.retain(|it| !matches!(it.action, Action::Drop(place) if still.contains(&place)));
        }
        self.functions[body.id.0 as usize] = Some(function);
    }

    /// A place for what the function gives.
    fn give(&mut self, ty: Ty) {
        let place = self.place("", Storage::Local, ty.clone());
        let body = self.body();
        body.builder.function.results.push(place);
        body.result = Some(place);
        body.result_ty = ty;
    }

    // Variables.

    fn place(&mut self, name: &str, storage: Storage, ty: Ty) -> Place {
        let path = ty.path().map(str::to_owned);
        let body = self.body();
        body.types.push(ty);
        body.builder.variable(plain(name), storage, path)
    }

    fn temporary(&mut self, ty: Ty) -> Place {
        self.place("", Storage::Local, ty)
    }

    /// A variable that the text names, seen from here on.
    fn declare(&mut self, name: &str, ty: Ty) -> Place {
        let place = self.place(name, Storage::Local, ty);
        self.name(name, place);
        place
    }

    fn name(&mut self, name: &str, place: Place) {
        self.body().names.last_mut().expect("there is a block").insert(name.to_owned(), place);
    }

    fn ty_of(&mut self, place: Place) -> Ty {
        self.body().types[place.0 as usize].clone()
    }

    /// The variable of that name, of this function or of one around it.
    fn variable(&mut self, name: &str) -> Option<Place> {
        self.variable_in(self.bodies.len() - 1, name)
    }

    fn variable_in(&mut self, level: usize, name: &str) -> Option<Place> {
        let body = &self.bodies[level];
        if let Some(place) = body.names.iter().rev().find_map(|it| it.get(name)) {
            return Some(*place);
        }
        if level == 0 || !body.builder.function.is_nested() {
            return None;
        }
        let outer = self.variable_in(level - 1, name)?;
        if let Some(place) = self.bodies[level].captured.get(&outer) {
            return Some(*place);
        }
        let ty = self.bodies[level - 1].types[outer.0 as usize].clone();
        let body = &mut self.bodies[level];
        let place = body.builder.variable(plain(name), Storage::Captured(outer), ty.path().map(str::to_owned));
        body.types.push(ty);
        body.captured.insert(outer, place);
        Some(place)
    }

    fn global(&mut self, path: &str, ty: Ty) -> Place {
        if let Some(place) = self.body().globals.get(path) {
            return *place;
        }
        let place = self.place(path, Storage::Global(path.to_owned()), ty);
        self.body().globals.insert(path.to_owned(), place);
        place
    }

    // Values.

    fn assign(&mut self, to: Place, value: Operand, origin: Origin) {
        self.build().step(Action::Assign { to: Target::Place(to), value }, origin);
    }

    fn acts(&self, ty: &Ty) -> bool {
        self.index.acts_when_dropped(ty)
    }

    /// Registers that the place is dropped when its scope ends.
    fn drop_at_end(&mut self, place: Place, ty: &Ty, span: Span) {
        if self.acts(ty) {
            self.build().on_exit(Action::Drop(place), span);
        }
    }

    /// The value as something that is only looked at; a temporary lives on
    /// until the end of the statement.
    fn keep(&mut self, value: Value, span: Span) -> Value {
        if value.fresh
            && let Operand::Move(place) = value.operand
        {
            self.drop_at_end(place, &value.ty, span);
        }
        Value { operand: seen(&value.operand), ty: value.ty, fresh: false }
    }

    /// The value in a place or a field of one, so that it can be tested.
    fn placed(&mut self, value: Value, origin: Origin) -> Value {
        match value.operand {
            Operand::Place(_) | Operand::Move(_) | Operand::Field(..) => value,
            operand => {
                let place = self.temporary(value.ty.clone());
                self.assign(place, operand, origin);
                Value { operand: Operand::Move(place), ty: value.ty, fresh: true }
            }
        }
    }
}
