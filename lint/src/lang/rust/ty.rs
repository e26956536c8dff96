//! Types as far as method calls and drops need them.

use std::collections::HashMap;

use syn::{GenericArgument, GenericParam, Generics, PathArguments, ReturnType, Type, TypeParamBound, WherePredicate};

/// A type; names in it are as written until [`super::index::Index::ty`] has resolved them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Ty {
    #[default]
    Unknown,
    /// Nothing that acts when dropped and that has methods of interest: `()`, a number.
    Plain,
    Named {
        path: String,
        args: Vec<Ty>,
    },
    Reference(Box<Ty>),
    Tuple(Vec<Ty>),
    /// A slice or array of these.
    List(Box<Ty>),
    /// Something callable: what it takes, and what calling it gives.
    Function(Vec<Ty>, Box<Ty>),
    /// What awaiting it gives.
    Future(Box<Ty>),
    /// `dyn Trait`, `impl Trait`, a parameter with this bound.
    Trait(String),
    /// The generic parameter of that name of a struct or a type alias.
    Parameter(String),
}

/// What the generic parameters in scope stand for.
pub(super) type Bounds = HashMap<String, Ty>;

/// Types that give way to what they hold: methods of that are called through them.
const TRANSPARENT: &[&str] = &[
    "std::boxed::Box",
    "std::sync::Arc",
    "std::rc::Rc",
    "std::pin::Pin",
    "std::borrow::Cow",
    "std::mem::ManuallyDrop",
    "std::sync::MutexGuard",
    "std::sync::RwLockReadGuard",
    "std::sync::RwLockWriteGuard",
    "std::cell::Ref",
    "std::cell::RefMut",
    "std::sync::LazyLock",
    "std::cell::LazyCell",
    "std::panic::AssertUnwindSafe",
    INTO,
    "tokio::sync::MutexGuard",
    "tokio::sync::OwnedMutexGuard",
    "tokio::sync::RwLockReadGuard",
    "tokio::sync::RwLockWriteGuard",
    "parking_lot::MutexGuard",
    "once_cell::sync::Lazy",
    "once_cell::unsync::Lazy",
];

/// What stands for everything that can be turned into something.
const INTO: &str = "std::convert::Into";

impl Ty {
    pub(super) fn named(path: &str) -> Ty {
        Ty::Named { path: path.into(), args: Vec::new() }
    }

    pub(super) fn result(good: Ty) -> Ty {
        Ty::Named { path: "std::result::Result".into(), args: vec![good] }
    }

    pub(super) fn option(some: Ty) -> Ty {
        Ty::Named { path: "std::option::Option".into(), args: vec![some] }
    }

    /// Without references, boxes, guards of locks and the like.
    pub(super) fn peel(&self) -> &Ty {
        match self {
            Ty::Reference(inner) => inner.peel(),
            Ty::Named { path, args } if args.len() == 1 && TRANSPARENT.contains(&path.as_str()) => args[0].peel(),
            _ => self,
        }
    }

    /// Whether its value is one that is never dropped by itself.
    pub(super) fn is_kept_from_dropping(&self) -> bool {
        match self {
            Ty::Reference(inner) => inner.is_kept_from_dropping(),
            Ty::Named { path, args } if args.len() == 1 && TRANSPARENT.contains(&path.as_str()) => {
                path == "std::mem::ManuallyDrop" || args[0].is_kept_from_dropping()
            }
            _ => false,
        }
    }

    /// What it says of itself that it can be turned into.
    pub(super) fn turned_into(&self) -> Option<&Ty> {
        match self {
            Ty::Reference(inner) => inner.turned_into(),
            Ty::Named { path, args } if path == INTO => args.first(),
            _ => None,
        }
    }

    /// The type, or what is known otherwise.
    pub(super) fn or(self, other: Ty) -> Ty {
        if self == Ty::Unknown { other } else { self }
    }

    pub(super) fn is_reference(&self) -> bool {
        matches!(self, Ty::Reference(_))
    }

    /// The path of the type, under references.
    pub(super) fn path(&self) -> Option<&str> {
        match self.peel() {
            Ty::Named { path, .. } | Ty::Trait(path) => Some(path),
            _ => None,
        }
    }

    /// An `Option` or a `Result`.
    pub(super) fn is_fallible(&self) -> bool {
        matches!(self.peel(), Ty::Named { path, .. } if path == "std::result::Result" || path == "std::option::Option")
    }

    /// What is inside of an `Option` or a `Result`; anything else is itself,
    /// since the catalogue leaves these out.
    pub(super) fn inside(&self) -> Ty {
        let reference = self.is_reference();
        match self.peel() {
            Ty::Named { args, .. } if self.is_fallible() => {
                let inner = args.first().cloned().unwrap_or_default();
                if reference && !matches!(inner, Ty::Unknown) { Ty::Reference(Box::new(inner)) } else { inner }
            }
            _ => self.clone(),
        }
    }

    /// What an element, of something that is iterated or indexed, is.
    pub(super) fn element(&self) -> Ty {
        let inner = match self.peel() {
            Ty::List(element) => (**element).clone(),
            Ty::Named { path, args } => match path.rsplit("::").next() {
                Some("Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "Option" | "BinaryHeap" | "ParallelIterator") => {
                    args.first().cloned().unwrap_or_default()
                }
                Some("HashMap" | "BTreeMap") => Ty::Tuple(args.clone()),
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        };
        if self.is_reference() && inner != Ty::Unknown { Ty::Reference(Box::new(inner)) } else { inner }
    }

    /// What is found by an index or a key.
    pub(super) fn indexed(&self) -> Ty {
        let is_map = self.path().is_some_and(|it| it.ends_with("::HashMap") || it.ends_with("::BTreeMap"));
        match self.peel() {
            Ty::Named { args, .. } if is_map => args.get(1).cloned().unwrap_or_default(),
            _ => self.element(),
        }
    }

    /// With the parameters replaced that have a value.
    pub(super) fn with(&self, values: &Bounds) -> Ty {
        let boxed = |it: &Ty| Box::new(it.with(values));
        match self {
            Ty::Parameter(name) => values.get(name).cloned().unwrap_or_default(),
            Ty::Named { path, args } => {
                Ty::Named { path: path.clone(), args: args.iter().map(|it| it.with(values)).collect() }
            }
            Ty::Reference(inner) => Ty::Reference(boxed(inner)),
            Ty::List(inner) => Ty::List(boxed(inner)),
            Ty::Function(inputs, inner) => {
                Ty::Function(inputs.iter().map(|it| it.with(values)).collect(), boxed(inner))
            }
            Ty::Future(inner) => Ty::Future(boxed(inner)),
            Ty::Tuple(items) => Ty::Tuple(items.iter().map(|it| it.with(values)).collect()),
            Ty::Unknown | Ty::Plain | Ty::Trait(_) => self.clone(),
        }
    }
}

/// A path as written, without its generic arguments; a leading `::` is an empty first name.
pub(super) fn names(path: &syn::Path) -> Vec<String> {
    let first = path.leading_colon.map(|_| String::new());
    first.into_iter().chain(path.segments.iter().map(|it| name(&it.ident))).collect()
}

/// An identifier without `r#`.
pub(super) fn name(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// What a signature says about its generic parameters.
pub(super) fn bounds(generics: &Generics, outer: &Bounds) -> Bounds {
    let mut found = outer.clone();
    for parameter in &generics.params {
        if let GenericParam::Type(it) = parameter {
            let bound = bound(it.bounds.iter(), outer);
            found.insert(name(&it.ident), bound);
        }
    }
    for predicate in generics.where_clause.iter().flat_map(|it| &it.predicates) {
        if let WherePredicate::Type(it) = predicate
            && let Type::Path(path) = &it.bounded_ty
            && let Some(ident) = path.path.get_ident()
        {
            let bound = bound(it.bounds.iter(), &found);
            if bound != Ty::Unknown {
                found.insert(name(ident), bound);
            }
        }
    }
    found
}

/// The parameters of a struct or an alias, to be replaced where it is used.
pub(super) fn parameters(generics: &Generics) -> Bounds {
    let types = generics.params.iter().filter_map(|it| match it {
        GenericParam::Type(it) => Some(name(&it.ident)),
        _ => None,
    });
    types.map(|it| (it.clone(), Ty::Parameter(it))).collect()
}

/// Whether a call that gives this does not come back.
pub(super) fn is_never(ty: &Ty) -> bool {
    matches!(ty, Ty::Named { path, .. } if path.ends_with(NEVER))
}

pub(super) fn output(output: &ReturnType, bounds: &Bounds) -> Ty {
    match output {
        ReturnType::Default => Ty::Plain,
        ReturnType::Type(_, ty) => written(ty, bounds),
    }
}

fn inputs<'a>(inputs: impl Iterator<Item = &'a syn::NamedArg>, bounds: &Bounds) -> Vec<Ty> {
    inputs.map(|it| written(&it.ty, bounds)).collect()
}

/// A type as written.
pub(super) fn written(ty: &Type, bounds: &Bounds) -> Ty {
    match ty {
        Type::Path(it) if it.qself.is_none() => written_path(&it.path, bounds),
        Type::Reference(it) => Ty::Reference(Box::new(written(&it.elem, bounds))),
        Type::Ptr(it) => Ty::Reference(Box::new(written(&it.elem, bounds))),
        Type::Tuple(it) if it.elems.is_empty() => Ty::Plain,
        Type::Tuple(it) => Ty::Tuple(it.elems.iter().map(|it| written(it, bounds)).collect()),
        Type::Array(it) => Ty::List(Box::new(written(&it.elem, bounds))),
        Type::Slice(it) => Ty::List(Box::new(written(&it.elem, bounds))),
        Type::FnPtr(it) => Ty::Function(inputs(it.inputs.iter(), bounds), Box::new(output(&it.output, bounds))),
        Type::ImplTrait(it) => bound(it.bounds.iter(), bounds),
        Type::TraitObject(it) => bound(it.bounds.iter(), bounds),
        Type::Paren(it) => written(&it.elem, bounds),
        Type::Group(it) => written(&it.elem, bounds),
        Type::Never(_) => Ty::named(NEVER),
        _ => Ty::Unknown,
    }
}

/// The type of what does not come back.
const NEVER: &str = "!";

const NUMBERS: &[&str] = &[
    "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64",
];

fn written_path(path: &syn::Path, bounds: &Bounds) -> Ty {
    if let Some(ident) = path.get_ident() {
        let ident = name(ident);
        if let Some(bound) = bounds.get(&ident) {
            return bound.clone();
        }
        if NUMBERS.contains(&ident.as_str()) {
            return Ty::Plain;
        }
    }
    let names = names(path);
    if names.len() > 1 && (names[0] == "Self" || bounds.contains_key(&names[0])) {
        return Ty::Unknown;
    }
    let mut args = Vec::new();
    if let Some(PathArguments::AngleBracketed(it)) = path.segments.last().map(|it| &it.arguments) {
        for argument in &it.args {
            if let GenericArgument::Type(ty) = argument {
                args.push(written(ty, bounds));
            }
        }
    }
    Ty::Named { path: names.join("::"), args }
}

/// The first bound that says something: a function, a future, or a trait.
fn bound<'a>(written_bounds: impl Iterator<Item = &'a TypeParamBound>, bounds: &Bounds) -> Ty {
    let mut found = Ty::Unknown;
    for bound in written_bounds {
        let TypeParamBound::Trait(it) = bound else { continue };
        let Some(last) = it.path.segments.last() else { continue };
        match (name(&last.ident).as_str(), &last.arguments) {
            ("Fn" | "FnMut" | "FnOnce", PathArguments::Parenthesized(it)) => {
                return Ty::Function(inputs(it.inputs.iter(), bounds), Box::new(output(&it.output, bounds)));
            }
            ("AsyncFn" | "AsyncFnMut" | "AsyncFnOnce", PathArguments::Parenthesized(it)) => {
                let output = Ty::Future(Box::new(output(&it.output, bounds)));
                return Ty::Function(inputs(it.inputs.iter(), bounds), Box::new(output));
            }
            ("Future" | "IntoFuture", PathArguments::AngleBracketed(it)) => {
                let output = it.args.iter().find_map(|it| match it {
                    GenericArgument::AssocType(it) if it.ident == "Output" => Some(written(&it.ty, bounds)),
                    _ => None,
                });
                return Ty::Future(Box::new(output.unwrap_or_default()));
            }
            ("AsRef" | "Into" | "Borrow" | "Deref", PathArguments::AngleBracketed(it)) => {
                if let Some(GenericArgument::Type(ty)) = it.args.first() {
                    // What it can be turned into says more than the name of the trait.
                    found = written(ty, bounds);
                    if last.ident == "Into" {
                        found = Ty::Named { path: INTO.into(), args: vec![found] };
                    }
                }
            }
            ("Send" | "Sync" | "Sized" | "Unpin" | "Clone" | "Copy" | "Debug" | "Default", _) => (),
            _ if found == Ty::Unknown => found = Ty::Trait(names(&it.path).join("::")),
            _ => (),
        }
    }
    found
}
