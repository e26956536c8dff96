//! Names and types over all files: what a path means, what a method is.

mod build;
mod drops;
mod path;
mod types;

pub(super) use build::impl_path;

use std::collections::{HashMap, HashSet};

use super::declaration::{Constant, Macro, Module, Receiver, Signature, TypeKind};
use super::ty::{Bounds, Ty};
use crate::facts::Facts;

/// Everything the tree declares.
pub(super) struct Index<'a> {
    pub(super) facts: &'a Facts,
    modules: HashMap<String, Module>,
    types: HashMap<String, Known<TypeKind>>,
    functions: HashMap<String, Known<Signature>>,
    values: HashMap<String, Known<Held>>,
    /// Associated types by `Type::Name`.
    associated: HashMap<String, Ty>,
    /// Traits of the tree that a type implements, by the type's path.
    implemented: HashMap<String, Vec<String>>,
    traits: HashSet<String>,
    droppable: HashSet<String>,
    macros: HashMap<String, Vec<Macro>>,
    /// The crates of the tree.
    crates: HashSet<String>,
    /// The crates that the catalogue says something about.
    catalogued: HashSet<&'a str>,
    /// Trait path and type path, in the order of the files.
    pub(super) implementations: Vec<(String, String)>,
    /// Traits that whatever fits implements: `impl<T> Trait for T`.
    blanket: Vec<String>,
}

/// Something declared, and where: names in it are read from there.
struct Known<T> {
    it: T,
    module: String,
    /// What `Self` is there.
    of: Option<Ty>,
}

#[derive(Clone, Debug)]
struct Held {
    ty: Ty,
    constant: Option<Constant>,
    is_static: bool,
}

/// Where a name stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) module: String,
    pub(super) of: Option<Ty>,
    pub(super) bounds: Bounds,
}

/// A function of the tree, with the types resolved.
pub(super) struct Found {
    pub(super) path: String,
    pub(super) receiver: Option<Receiver>,
    /// Without the receiver.
    pub(super) params: Vec<Ty>,
    /// What calling it gives: a future, if it is an `async fn`.
    pub(super) result: Ty,
}

/// A `const` or `static` of the tree.
pub(super) enum Global {
    Constant(Constant, String),
    Static(Ty),
    Const(Ty),
}

/// How far names are followed from one to the next.
const STEPS: usize = 16;

impl<'a> Index<'a> {
    pub(super) fn has_module(&self, path: &str) -> bool {
        self.modules.contains_key(path)
    }

    /// A function by its full path.
    pub(super) fn function(&self, path: &str) -> Option<Found> {
        let known = self.functions.get(path)?;
        let scope = Scope { module: known.module.clone(), of: known.of.clone(), ..Scope::default() };
        let result = self.ty(&known.it.result, &scope);
        Some(Found {
            path: path.to_owned(),
            receiver: known.it.receiver,
            params: known.it.params.iter().map(|it| self.ty(it, &scope)).collect(),
            result: if known.it.asynchronous { Ty::Future(Box::new(result)) } else { result },
        })
    }

    /// What the tree says that a method of a type is, or of what it gives way to.
    pub(super) fn method(&self, ty: &Ty, name: &str) -> Option<Found> {
        if let Some(found) = self.own_method(ty, name) {
            return Some(found);
        }
        let path = ty.path()?;
        let gives_way = self.implemented.get(path).is_some_and(|it| it.iter().any(|it| it == "std::ops::Deref"));
        let target = self.associated.get(&format!("{path}::Target")).filter(|_| gives_way)?;
        self.own_method(target, name)
    }

    fn own_method(&self, ty: &Ty, name: &str) -> Option<Found> {
        let path = ty.path()?;
        if let Some(mut found) = self.function(&format!("{path}::{name}")) {
            if let (Ty::Trait(_), of) = (&found.result, ty)
                && found.result.path() == of.path()
            {
                found.result = of.clone();
            }
            return Some(found);
        }
        let through = |it: &String| {
            let mut found = self.function(&format!("{it}::{name}"))?;
            if found.result.path() == Some(it) {
                found.result = ty.peel().clone();
            }
            Some(found)
        };
        if let Some(found) = self.implemented.get(path).into_iter().flatten().find_map(through) {
            return Some(found);
        }
        let mut everybodys = self.blanket.iter().filter(|_| self.is_own(path)).filter_map(through);
        everybodys.next().filter(|_| everybodys.next().is_none())
    }

    /// Whether the tree declares the type.
    pub(super) fn is_own(&self, path: &str) -> bool {
        self.types.contains_key(path) || self.traits.contains(path)
    }

    pub(super) fn is_trait(&self, path: &str) -> bool {
        self.traits.contains(path)
    }

    /// Whether a path is a variant of an enum of the tree: the enum.
    pub(super) fn variant_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (of, variant) = path.rsplit_once("::")?;
        match &self.types.get(of)?.it {
            TypeKind::Enum(variants) => variants.iter().any(|it| it.0 == variant).then_some(of),
            _ => None,
        }
    }

    /// A `const` or `static` of the tree by its full path.
    pub(super) fn global(&self, path: &str) -> Option<Global> {
        let known = self.values.get(path)?;
        if let Some(constant) = &known.it.constant {
            return Some(Global::Constant(constant.clone(), known.module.clone()));
        }
        let scope = Scope { module: known.module.clone(), of: known.of.clone(), ..Scope::default() };
        let ty = self.ty(&known.it.ty, &scope);
        Some(if known.it.is_static { Global::Static(ty) } else { Global::Const(ty) })
    }

    /// The rules of a macro of that name: of the same crate, else one that is exported.
    pub(super) fn rules(&self, name: &str, krate: &str) -> Option<&Macro> {
        let all = self.macros.get(name)?;
        all.iter().find(|it| it.krate == krate).or_else(|| all.iter().find(|it| it.exported))
    }
}
