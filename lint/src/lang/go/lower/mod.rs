//! From the bodies of one file to the representation.

mod assign;
mod branch;
mod call;
mod condition;
mod expression;
mod function;
mod iterate;
mod literal;
mod name;
mod statement;
mod suite;

use rayon::prelude::*;
use rustc_hash::FxHashMap as HashMap;

use super::declare::FileNames;
use super::index::Index;
use super::items::{Item, ItemKind};
use super::package::File;
use super::tree::{self, Node};
use super::types::{Names, Type};
use crate::ir::{BlockId, Builder, Function, FunctionId, Operand, Origin, Place, Storage};
use crate::lang::{Input, Unread};
use crate::scan::At;
use crate::source::Span;

/// The functions of each wanted item of a file, whose ids count from 0, and what could not be read.
pub(super) fn lower(
    input: &Input<'_>,
    file: &File,
    index: &Index<'_>,
    wanted: &(dyn Fn(At) -> bool + Sync),
) -> Vec<Result<Vec<Function>, Unread>> {
    let has_body = |it: &&Item| matches!(it.kind, ItemKind::Func | ItemKind::Var);
    let matters = |it: &&Item| {
        let at = (file.id, it.range.start as u32);
        wanted(at) && !input.left_out.contains(&at)
    };
    let items: Vec<_> = file.items.iter().filter(has_body).filter(matters).collect();
    let text = &input.sources.get(file.id).text;
    let lowered = items.into_par_iter().map_init(tree::parser, |parser, item| {
        let wrong = match tree::parse(parser, text, file.id, item, item.range.end) {
            Ok(parsed) if parsed.root().has_error() => "syntax error".to_owned(),
            Ok(parsed) => return Some(Ok(Lowering::of(file, index).items(parsed.root()))),
            Err(why) => why,
        };
        // Any other item was named when it was declared.
        let span = Span::new(file.id, item.range.start, item.range.end);
        (item.kind == ItemKind::Func).then_some(Err(Unread { span, why: wrong }))
    });
    lowered.flatten_iter().collect()
}

struct Lowering<'a> {
    file: &'a File,
    index: &'a Index<'a>,
    /// `None` while a function is being built.
    functions: Vec<Option<Function>>,
    /// The functions being built, each inside the one before.
    bodies: Vec<Body>,
    scopes: Vec<Vec<(String, Entity)>>,
    /// The type parameters of the function around.
    params: HashMap<String, Type>,
    /// How many literals of lists and maps are around.
    listed: usize,
    /// How many structs are around of which the current one is an embedded part.
    embedded: usize,
}

/// A function being built.
struct Body {
    id: FunctionId,
    builder: Builder,
    /// By place.
    types: Vec<Type>,
    /// By the parent's place.
    captured: HashMap<Place, Place>,
    globals: HashMap<String, Place>,
    results: Vec<Type>,
    labels: HashMap<String, BlockId>,
    closures: usize,
    /// The labels of what `break` leaves here, `None` where there is no label.
    open: Vec<Option<String>>,
    /// The label that the next loop, `switch` or `select` has.
    label: Option<String>,
    /// Where `fallthrough` goes.
    next_case: Option<BlockId>,
    /// Set in a loop body that an iterator function calls.
    iteration: Option<iterate::Iteration>,
}

/// What a name in a scope is.
#[derive(Clone)]
enum Entity {
    Variable {
        /// Whose variable it is: an index into [`Lowering::bodies`].
        level: usize,
        place: Place,
    },
    Constant(Operand, Type),
    Type(Type),
}

/// A value and its type.
#[derive(Clone)]
struct Value {
    operand: Operand,
    ty: Type,
}

impl Default for Value {
    fn default() -> Self {
        Value { operand: Operand::Unknown, ty: Type::Unknown }
    }
}

impl Value {
    fn new(operand: Operand, ty: Type) -> Self {
        Value { operand, ty }
    }

    fn named(operand: Operand, ty: &str) -> Self {
        Value { operand, ty: Type::Named(ty.into()) }
    }
}

impl Names for Lowering<'_> {
    fn named(&self, name: &str) -> Type {
        let found = self.scopes.iter().rev().flat_map(|it| it.iter().rev()).find(|(it, _)| it == name);
        match found {
            Some((_, Entity::Type(ty))) => ty.clone(),
            Some(_) => Type::Unknown,
            None => match self.params.get(name) {
                Some(ty) => ty.clone(),
                None => self.index.canonical(&FileNames::of(self.file, &|it| self.index.knows(it)).named(name)),
            },
        }
    }

    fn qualified(&self, package: &str, name: &str) -> Type {
        self.index.canonical(&FileNames::of(self.file, &|it| self.index.knows(it)).qualified(package, name))
    }
}

impl<'a> Lowering<'a> {
    fn of(file: &'a File, index: &'a Index<'a>) -> Self {
        Lowering {
            file,
            index,
            functions: Vec::new(),
            bodies: Vec::new(),
            scopes: Vec::new(),
            params: HashMap::default(),
            listed: 0,
            embedded: 0,
        }
    }

    fn items(mut self, root: Node<'_>) -> Vec<Function> {
        root.children().into_iter().for_each(|it| self.item(it));
        self.functions.into_iter().flatten().collect()
    }

    fn body(&mut self) -> &mut Body {
        self.bodies.last_mut().expect("a statement is in a function")
    }

    fn builder(&mut self) -> &mut Builder {
        &mut self.body().builder
    }

    fn read_type(&self, node: Node<'_>) -> Type {
        self.index.canonical(&Type::read(node, self))
    }

    // Variables.

    fn variable(&mut self, name: &str, storage: Storage, ty: Type) -> Place {
        let path = ty.path().map(str::to_owned);
        let body = self.body();
        body.types.push(ty);
        body.builder.variable(name, storage, path)
    }

    fn temporary(&mut self, ty: Type) -> Place {
        self.variable("", Storage::Local, ty)
    }

    /// A new variable in the innermost scope.
    fn declare(&mut self, name: &str, ty: Type) -> Place {
        let place = self.variable(name, Storage::Local, ty);
        if name != "_" {
            let level = self.bodies.len() - 1;
            self.bind(name, Entity::Variable { level, place });
        }
        place
    }

    fn bind(&mut self, name: &str, entity: Entity) {
        self.scopes.last_mut().expect("a statement is in a scope").push((name.to_owned(), entity));
    }

    fn ty(&mut self, place: Place) -> Type {
        self.body().types[place.0 as usize].clone()
    }

    fn global(&mut self, path: &str) -> Place {
        if let Some(place) = self.body().globals.get(path) {
            return *place;
        }
        let ty = self.index.canonical(&self.index.variable(path));
        let name = path.rsplit('.').next().unwrap_or(path);
        let place = self.variable(name, Storage::Global(path.to_owned()), ty);
        self.body().globals.insert(path.to_owned(), place);
        place
    }

    /// The place in the innermost function for a variable of one around it.
    fn capture(&mut self, level: usize, mut place: Place) -> Place {
        for inner in level + 1..self.bodies.len() {
            if let Some(known) = self.bodies[inner].captured.get(&place) {
                place = *known;
                continue;
            }
            let outer = &self.bodies[inner - 1];
            let ty = outer.types[place.0 as usize].clone();
            let variable = outer.builder.function.variable(place).clone();
            let body = &mut self.bodies[inner];
            body.types.push(ty);
            let own = body.builder.variable(&variable.name, Storage::Captured(place), variable.ty);
            body.captured.insert(place, own);
            place = own;
        }
        place
    }

    // Scopes.

    fn scoped<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(Vec::new());
        let result = run(self);
        self.scopes.pop();
        result
    }

    fn lookup(&mut self, name: &str) -> Option<Entity> {
        let found = self.scopes.iter().rev().flat_map(|it| it.iter().rev()).find(|(it, _)| it == name);
        match found?.1.clone() {
            Entity::Variable { level, place } => {
                let place = self.capture(level, place);
                Some(Entity::Variable { level: self.bodies.len() - 1, place })
            }
            other => Some(other),
        }
    }

    // Steps.

    fn assign(&mut self, to: Place, value: Operand, span: Span) {
        self.builder().assign(to, value, Origin::Written(span));
    }

    /// A place that holds the value.
    fn store(&mut self, value: Value, span: Span) -> Place {
        let place = self.temporary(value.ty);
        self.assign(place, value.operand, span);
        place
    }
}
