//! Names and types over all files: what a path means, what a method is.

use std::collections::{HashMap, HashSet};

use super::declare::{Constant, Declarations, Macro, Module, Name, Receiver, Signature, TypeKind};
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
/// How many modules are looked into for one path.
const LOOKED: usize = 400;

/// The names that are being looked for, each because of the one before.
#[derive(Default)]
struct Trail {
    open: Vec<(String, String)>,
    looked: usize,
}

const PRELUDE: &[(&str, &str)] = &[
    ("Option", "std::option::Option"),
    ("Some", "std::option::Option::Some"),
    ("None", "std::option::Option::None"),
    ("Result", "std::result::Result"),
    ("Ok", "std::result::Result::Ok"),
    ("Err", "std::result::Result::Err"),
    ("Box", "std::boxed::Box"),
    ("Vec", "std::vec::Vec"),
    ("String", "std::string::String"),
    ("ToString", "std::string::ToString"),
    ("drop", "std::mem::drop"),
    ("Drop", "std::ops::Drop"),
    ("Fn", "std::ops::Fn"),
    ("Default", "std::default::Default"),
    ("Clone", "std::clone::Clone"),
    ("From", "std::convert::From"),
    ("Into", "std::convert::Into"),
    ("AsRef", "std::convert::AsRef"),
    ("Iterator", "std::iter::Iterator"),
];

impl<'a> Index<'a> {
    pub(super) fn new(files: Vec<Declarations>, facts: &'a Facts) -> Self {
        let mut index = Index {
            facts,
            modules: HashMap::new(),
            types: HashMap::new(),
            functions: HashMap::new(),
            values: HashMap::new(),
            associated: HashMap::new(),
            implemented: HashMap::new(),
            traits: HashSet::new(),
            droppable: HashSet::new(),
            macros: HashMap::new(),
            crates: HashSet::new(),
            catalogued: facts.calls().filter_map(|it| it.path.split("::").next()).collect(),
            implementations: Vec::new(),
        };
        let modules: Vec<Module> = files.into_iter().flat_map(|it| it.modules).collect();
        let (mut impls, mut traits) = (Vec::new(), Vec::new());
        for mut module in modules {
            let path = module.path.clone();
            index.crates.insert(path.split("::").next().unwrap_or("").to_owned());
            let known = |module: &str| (module.to_owned(), None);
            for it in module.types.drain(..) {
                let (module, of) = known(&path);
                index.types.entry(format!("{path}::{}", it.name)).or_insert(Known { it: it.kind, module, of });
            }
            for it in module.functions.drain(..) {
                let (module, of) = known(&path);
                index.functions.entry(format!("{path}::{}", it.name)).or_insert(Known { it, module, of });
            }
            for it in module.values.drain(..) {
                let (module, of) = known(&path);
                let name = format!("{path}::{}", it.name);
                let it = Held { ty: it.ty, constant: it.constant, is_static: it.is_static };
                index.values.entry(name).or_insert(Known { it, module, of });
            }
            for it in module.macros.drain(..) {
                index.macros.entry(it.name.clone()).or_default().push(it);
            }
            impls.extend(module.impls.drain(..).map(|it| (path.clone(), it)));
            traits.extend(module.traits.drain(..).map(|it| (path.clone(), it)));
            match index.modules.get_mut(&path) {
                // The same file as a part of two crates, or a module and a function of one name.
                Some(known) => {
                    for (name, it) in module.names {
                        known.names.entry(name).or_insert(it);
                    }
                    known.globs.extend(module.globs);
                }
                None => {
                    index.modules.insert(path, module);
                }
            }
        }
        for (module, it) in traits {
            let path = format!("{module}::{}", it.ty.path().unwrap_or(""));
            index.traits.insert(path.clone());
            for function in it.functions {
                let of = Some(Ty::Trait(path.clone()));
                let known = Known { it: function, module: module.clone(), of };
                index.functions.entry(format!("{path}::{}", known.it.name)).or_insert(known);
            }
        }
        for (module, it) in impls {
            let scope = Scope { module: module.clone(), ..Scope::default() };
            let ty = index.ty(&it.ty, &scope);
            let of = it.of.map(|it| index.path(&scope, &it));
            let Some(path) = impl_path(&ty, of.as_deref()) else { continue };
            if let Some(of) = of {
                if of == "std::ops::Drop" {
                    index.droppable.insert(path.clone());
                }
                index.implemented.entry(path.clone()).or_default().push(of.clone());
                index.implementations.push((of, path.clone()));
            }
            for (name, associated) in it.types {
                let scope = Scope { module: module.clone(), of: Some(ty.clone()), ..Scope::default() };
                let associated = index.ty(&associated, &scope);
                index.associated.insert(format!("{path}::{name}"), associated);
            }
            for function in it.functions {
                let known = Known { it: function, module: module.clone(), of: Some(ty.clone()) };
                index.functions.entry(format!("{path}::{}", known.it.name)).or_insert(known);
            }
            for value in it.values {
                let name = format!("{path}::{}", value.name);
                let it = Held { ty: value.ty, constant: value.constant, is_static: value.is_static };
                index.values.entry(name).or_insert(Known { it, module: module.clone(), of: Some(ty.clone()) });
            }
        }
        index
    }

    pub(super) fn has_module(&self, path: &str) -> bool {
        self.modules.contains_key(path)
    }

    /// The full path of a path as written.
    pub(super) fn path(&self, scope: &Scope, written: &[String]) -> String {
        let trail = &mut Trail::default();
        if written.first().is_some_and(|it| it == "Self")
            && let Some(of) = scope.of.as_ref().and_then(Ty::path)
        {
            return self.below(of.to_owned(), &written[1..], trail);
        }
        if let [parameter, rest @ ..] = written
            && !rest.is_empty()
            && let Some(path) = scope.bounds.get(parameter).and_then(Ty::path)
        {
            let of = self.resolve(&scope.module, &split(path), trail);
            return self.below(of, rest, trail);
        }
        self.resolve(&scope.module, written, trail)
    }

    fn resolve(&self, module: &str, written: &[String], trail: &mut Trail) -> String {
        let Some((first, rest)) = written.split_first() else { return String::new() };
        match first.as_str() {
            "" => {
                let start = rest.first().map_or(String::new(), |it| external(it));
                return self.below(start, rest.get(1..).unwrap_or(&[]), trail);
            }
            "crate" => return self.below(module.split("::").next().unwrap_or("").to_owned(), rest, trail),
            "self" => return self.below(self.enclosing(module).to_owned(), rest, trail),
            "super" => {
                let (mut at, mut rest) = (self.enclosing(module), written);
                while let Some(("super", more)) = rest.split_first().map(|(it, more)| (it.as_str(), more)) {
                    at = at.rsplit_once("::").map_or(at, |it| it.0);
                    rest = more;
                }
                return self.below(at.to_owned(), rest, trail);
            }
            _ => (),
        }
        let mut around = Some(module);
        while let Some(at) = around {
            if let Some(found) = self.name(at, first, trail) {
                return self.below(found, rest, trail);
            }
            around = self.modules.get(at).and_then(|it| it.around.as_deref());
        }
        let start = if self.crates.contains(first) {
            first.clone()
        } else {
            match PRELUDE.iter().find(|(name, _)| name == first) {
                Some((_, full)) => (*full).to_owned(),
                None => external(first),
            }
        };
        self.below(start, rest, trail)
    }

    /// The module itself, for the items of a body.
    fn enclosing<'m>(&'m self, mut module: &'m str) -> &'m str {
        while let Some(around) = self.modules.get(module).and_then(|it| it.around.as_deref()) {
            module = around;
        }
        module
    }

    /// What the names `rest` mean below `path`.
    fn below(&self, mut path: String, rest: &[String], trail: &mut Trail) -> String {
        for name in rest {
            if let Some(found) = self.name(&path, name, trail) {
                path = found;
                continue;
            }
            if let Some(Known { it: TypeKind::Alias(Ty::Named { path: to, .. }), module, .. }) = self.types.get(&path)
                && trail.open.len() < STEPS
            {
                trail.open.push((path.clone(), String::new()));
                path = self.resolve(module, &split(to), trail);
                trail.open.pop();
            }
            if !path.is_empty() {
                path.push_str("::");
            }
            path.push_str(name);
        }
        path
    }

    /// The full path of a name that a module has.
    fn name(&self, module: &str, name: &str, trail: &mut Trail) -> Option<String> {
        let it = self.modules.get(module)?;
        if matches!(it.names.get(name), Some(Name::Item)) {
            return Some(format!("{module}::{name}"));
        }
        // A name that leads to itself, by `use x;` or around globs, is another crate's or nobody's.
        let open = (module.to_owned(), name.to_owned());
        if trail.open.len() >= STEPS || trail.looked >= LOOKED || trail.open.contains(&open) {
            return None;
        }
        trail.looked += 1;
        trail.open.push(open);
        let found = match it.names.get(name) {
            Some(Name::Use(target)) => Some(self.resolve(module, target, trail)),
            _ => it.globs.iter().find_map(|glob| self.name_in_glob(module, glob, name, trail)),
        };
        trail.open.pop();
        found
    }

    fn name_in_glob(&self, module: &str, glob: &[String], name: &str, trail: &mut Trail) -> Option<String> {
        let from = self.resolve(module, glob, trail);
        if from == module {
            return None;
        }
        if let Some(Known { it: TypeKind::Enum(variants), .. }) = self.types.get(&from) {
            return variants.iter().any(|it| it.0 == name).then(|| format!("{from}::{name}"));
        }
        if self.modules.contains_key(&from) {
            return self.name(&from, name, trail);
        }
        let full = format!("{from}::{name}");
        (self.facts.call(&full).is_some() || self.facts.role(&full).is_some()).then_some(full)
    }

    /// A type with its names resolved.
    pub(super) fn ty(&self, written: &Ty, scope: &Scope) -> Ty {
        self.ty_after(written, scope, 0)
    }

    fn ty_after(&self, written: &Ty, scope: &Scope, steps: usize) -> Ty {
        if steps > STEPS {
            return Ty::Unknown;
        }
        let inner = |it: &Ty| Box::new(self.ty_after(it, scope, steps + 1));
        match written {
            Ty::Named { path, args } => {
                if path == "Self" {
                    return scope.of.clone().unwrap_or_default();
                }
                let args: Vec<_> = args.iter().map(|it| self.ty_after(it, scope, steps + 1)).collect();
                let path = self.path(scope, &split(path));
                self.named(path, args, steps)
            }
            Ty::Trait(path) => Ty::Trait(self.path(scope, &split(path))),
            Ty::Reference(it) => Ty::Reference(inner(it)),
            Ty::List(it) => Ty::List(inner(it)),
            Ty::Function(inputs, it) => {
                Ty::Function(inputs.iter().map(|it| self.ty_after(it, scope, steps + 1)).collect(), inner(it))
            }
            Ty::Future(it) => Ty::Future(inner(it)),
            Ty::Tuple(items) => Ty::Tuple(items.iter().map(|it| self.ty_after(it, scope, steps + 1)).collect()),
            Ty::Unknown | Ty::Plain | Ty::Parameter(_) => written.clone(),
        }
    }

    fn named(&self, path: String, mut args: Vec<Ty>, steps: usize) -> Ty {
        match self.types.get(&path) {
            Some(Known { it: TypeKind::Alias(to), module, of }) => {
                let scope = Scope { module: module.clone(), of: of.clone(), ..Scope::default() };
                let target = self.ty_after(to, &scope, steps + 1);
                let mut values = Bounds::new();
                parameters(&target, &mut |name| {
                    if !values.contains_key(name) {
                        let next = if args.is_empty() { Ty::Unknown } else { args.remove(0) };
                        values.insert(name.to_owned(), next);
                    }
                });
                target.with(&values)
            }
            Some(_) => Ty::Named { path, args },
            // Every library's alias of `Result` has the good type first.
            None if path.ends_with("::Result") => Ty::result(args.into_iter().next().unwrap_or(Ty::Plain)),
            None if self.traits.contains(&path) => Ty::Trait(path),
            None => match args.first().map(|it| (path.as_str(), it)) {
                Some(("std::pin::Pin", it)) => it.clone(),
                _ => Ty::Named { path, args },
            },
        }
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

    /// What the tree says that a method of a type is.
    pub(super) fn method(&self, ty: &Ty, name: &str) -> Option<Found> {
        let path = ty.path()?;
        if let Some(mut found) = self.function(&format!("{path}::{name}")) {
            if let (Ty::Trait(_), of) = (&found.result, ty)
                && found.result.path() == of.path()
            {
                found.result = of.clone();
            }
            return Some(found);
        }
        self.implemented.get(path)?.iter().find_map(|it| {
            let mut found = self.function(&format!("{it}::{name}"))?;
            if found.result.path() == Some(it) {
                found.result = ty.peel().clone();
            }
            Some(found)
        })
    }

    /// Whether the tree declares the type.
    pub(super) fn is_own(&self, path: &str) -> bool {
        self.types.contains_key(path) || self.traits.contains(path)
    }

    pub(super) fn is_trait(&self, path: &str) -> bool {
        self.traits.contains(path)
    }

    /// The type of a struct's or variant's field; `variant` is the name of the latter.
    pub(super) fn field(&self, ty: &Ty, variant: Option<&str>, name: &str) -> Ty {
        let field = match ty.peel() {
            Ty::Tuple(items) => name.parse().ok().and_then(|it: usize| items.get(it)).cloned(),
            Ty::Named { path, args } => self.types.get(path).and_then(|known| {
                let fields = match (&known.it, variant) {
                    (TypeKind::Struct(fields), _) => fields,
                    (TypeKind::Enum(variants), Some(variant)) => &variants.iter().find(|it| it.0 == variant)?.1,
                    _ => return None,
                };
                let scope = Scope { module: known.module.clone(), of: Some(ty.peel().clone()), ..Scope::default() };
                let written = &fields.iter().find(|it| it.0 == name)?.1;
                let field = self.ty(written, &scope);
                let mut values = Bounds::new();
                // Only a lone parameter can be told from the arguments without their names.
                parameters(&field, &mut |it| {
                    if args.len() == 1 {
                        values.insert(it.to_owned(), args[0].clone());
                    }
                });
                Some(field.with(&values))
            }),
            _ => None,
        };
        let field = field.unwrap_or_default();
        if ty.is_reference() && field != Ty::Unknown { Ty::Reference(Box::new(field)) } else { field }
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

    /// Whether dropping a value can do anything that the analysis would see.
    pub(super) fn acts_when_dropped(&self, ty: &Ty) -> bool {
        self.acts(ty, &mut Vec::new())
    }

    fn acts(&self, ty: &Ty, seen: &mut Vec<String>) -> bool {
        match ty {
            Ty::Unknown | Ty::Parameter(_) | Ty::Trait(_) => true,
            Ty::Plain | Ty::Reference(_) | Ty::Function(..) | Ty::Future(_) => false,
            Ty::List(it) => self.acts(it, seen),
            Ty::Tuple(items) => items.iter().any(|it| self.acts(it, seen)),
            Ty::Named { path, args } => {
                if self.droppable.contains(path) || self.facts.role(path).is_some() {
                    return true;
                }
                if seen.contains(path) {
                    return false;
                }
                if let Some(known) = self.types.get(path) {
                    seen.push(path.clone());
                    let scope = Scope { module: known.module.clone(), ..Scope::default() };
                    let fields: Vec<_> = match &known.it {
                        TypeKind::Struct(fields) => fields.iter().collect(),
                        TypeKind::Enum(variants) => variants.iter().flat_map(|it| &it.1).collect(),
                        TypeKind::Alias(_) => return true,
                    };
                    let acts = fields.into_iter().any(|(_, it)| self.acts(&self.ty(it, &scope), seen));
                    seen.pop();
                    return acts;
                }
                match path.as_str() {
                    "str"
                    | "std::string::String"
                    | "std::path::PathBuf"
                    | "std::path::Path"
                    | "std::ffi::OsString"
                    | "std::ffi::CString"
                    | "std::ffi::CStr" => false,
                    "std::result::Result" => args.first().is_none_or(|it| self.acts(it, seen)),
                    // A descriptor that closes may be a namespace's.
                    "std::fs::File" | "std::os::fd::OwnedFd" => true,
                    _ if path.starts_with("std::") => args.iter().any(|it| self.acts(it, seen)),
                    // What holds a namespace, a handle or a guard comes from a crate that has some.
                    _ => self.is_catalogued(path) || args.iter().any(|it| self.acts(it, seen)),
                }
            }
        }
    }

    fn is_catalogued(&self, path: &str) -> bool {
        path.split("::").next().is_some_and(|it| self.catalogued.contains(it))
    }

    /// The rules of a macro of that name: of the same crate, else one that is exported.
    pub(super) fn rules(&self, name: &str, krate: &str) -> Option<&Macro> {
        let all = self.macros.get(name)?;
        all.iter().find(|it| it.krate == krate).or_else(|| all.iter().find(|it| it.exported))
    }
}

/// Under which path the functions of an `impl` stand: the type's, or the
/// trait's if it is for every type.
pub(super) fn impl_path(ty: &Ty, of: Option<&str>) -> Option<String> {
    match (ty.path(), of) {
        (Some(_), Some(of)) if matches!(ty.peel(), Ty::Trait(_)) => Some(of.to_owned()),
        (Some(path), _) => Some(path.to_owned()),
        (None, Some(of)) => Some(of.to_owned()),
        (None, None) => None,
    }
}

pub(super) fn split(path: &str) -> Vec<String> {
    path.split("::").map(str::to_owned).collect()
}

fn external(name: &str) -> String {
    if name == "core" || name == "alloc" { "std".into() } else { name.into() }
}

fn parameters(ty: &Ty, visit: &mut dyn FnMut(&str)) {
    match ty {
        Ty::Parameter(name) => visit(name),
        Ty::Named { args, .. } | Ty::Tuple(args) => args.iter().for_each(|it| parameters(it, visit)),
        Ty::Reference(it) | Ty::List(it) | Ty::Function(_, it) | Ty::Future(it) => parameters(it, visit),
        Ty::Unknown | Ty::Plain | Ty::Trait(_) => (),
    }
}
