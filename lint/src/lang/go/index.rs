//! All that the tree declares, and the questions that the bodies ask about it.

use rayon::prelude::*;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::sync::Arc;

use super::constant;
use super::declare::{Declaration, Declared, Origin};
use super::types::{Interface, Signature, Type};
use crate::facts::{Effect, Facts, Subject};
use crate::ir::Operand;

/// How many aliases, embedded types or names are followed.
const STEPS: usize = 12;

pub(super) struct Index<'a> {
    pub(super) facts: &'a Facts,
    declarations: HashMap<String, Declaration>,
    /// By the type's full path and the method's name.
    methods: HashMap<String, HashMap<String, Arc<Signature>>>,
    pub(super) asserted: Vec<(Type, Origin)>,
}

/// What `value.name` means.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The embedded fields between the value and what has the member.
    pub(super) through: Vec<String>,
    pub(super) kind: MemberKind,
}

#[derive(Clone, Debug)]
pub(super) enum MemberKind {
    Field(Type),
    Method {
        /// `None` for the method of an interface without a name.
        path: Option<String>,
        signature: Arc<Signature>,
    },
    /// Of a type that is not in the tree: a field or a method, by its full path.
    Library(String),
}

impl<'a> Index<'a> {
    /// The first of two declarations counts, so the files that matter most come first.
    pub(super) fn new(facts: &'a Facts, files: Vec<Declared>) -> Self {
        let (mut entries, mut all_methods, mut asserted) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            entries.push(file.entries);
            all_methods.push(file.methods);
            asserted.extend(file.asserted);
        }
        let (mut declarations, mut methods) = (HashMap::default(), HashMap::<_, HashMap<_, _>>::default());
        rayon::join(
            || {
                declarations.reserve(entries.iter().map(Vec::len).sum());
                for (path, declaration) in entries.into_iter().flatten() {
                    declarations.entry(path).or_insert(declaration);
                }
            },
            || {
                for (ty, name, signature) in all_methods.into_iter().flatten() {
                    methods.entry(ty).or_default().entry(name).or_insert(signature);
                }
            },
        );
        Index { facts, declarations, methods, asserted }
    }

    /// Drops it. It is so many small pieces that it is worth doing so side by side.
    pub(super) fn take_apart(self) {
        let Index { declarations, methods, asserted, .. } = self;
        rayon::join(|| declarations.into_par_iter().for_each(drop), || drop((methods, asserted)));
    }

    /// Whether the tree or the catalogue has it.
    pub(super) fn knows(&self, path: &str) -> bool {
        self.declarations.contains_key(path) || self.is_type(path)
    }

    pub(super) fn declaration(&self, path: &str) -> Option<&Declaration> {
        self.declarations.get(path)
    }

    pub(super) fn methods(&self, ty: &str) -> Option<&HashMap<String, Arc<Signature>>> {
        self.methods.get(ty)
    }

    /// Every type that has a name of its own, by full path.
    pub(super) fn types(&self) -> impl Iterator<Item = (&str, &Declaration)> {
        let named = self.declarations.iter().filter(|(_, it)| matches!(it, Declaration::Type { alias: false, .. }));
        named.map(|(path, declaration)| (path.as_str(), declaration))
    }

    pub(super) fn is_type(&self, path: &str) -> bool {
        matches!(self.declaration(path), Some(Declaration::Type { .. })) || self.facts.role(path).is_some()
    }

    pub(super) fn library_results(&self, path: &str) -> Vec<Type> {
        self.facts.results(path).iter().map(|it| Type::of_path(it)).collect()
    }

    /// The argument that a call of a library gives back: `sync.OnceValue(f)`.
    pub(super) fn gives_back(&self, path: &str) -> Option<usize> {
        match self.facts.call(path)?.effect {
            Effect::Same { of: Subject::Arg(index), .. } => Some(index),
            _ => None,
        }
    }

    /// The type, if it is that of a function: what is given back otherwise may have another type.
    pub(super) fn function_type(&self, ty: Type) -> Type {
        if self.called(&ty).is_some() { ty } else { Type::Unknown }
    }

    /// The type that an alias stands for.
    pub(super) fn canonical(&self, ty: &Type) -> Type {
        let mut ty = ty;
        for _ in 0..STEPS {
            match ty.path().and_then(|it| self.declaration(it)) {
                Some(Declaration::Type { alias: true, written, .. }) => ty = written,
                _ => break,
            }
        }
        ty.clone()
    }

    /// What a type is made of; a name only where the tree does not say.
    pub(super) fn underlying(&self, ty: &Type) -> Type {
        let mut ty = ty;
        for _ in 0..STEPS {
            match ty.path().and_then(|it| self.declaration(it)) {
                Some(Declaration::Type { written, .. }) => ty = written,
                _ => break,
            }
        }
        ty.clone()
    }

    /// What `[…]`, `<-` and the second variable of `range` give.
    pub(super) fn element(&self, ty: &Type) -> Type {
        match self.underlying(ty) {
            Type::List(element) | Type::Chan(element) => (*element).clone(),
            Type::Map(both) => both.1.clone(),
            _ => Type::Unknown,
        }
    }

    /// The first results of calling a value of that type.
    pub(super) fn called(&self, ty: &Type) -> Option<Arc<Signature>> {
        match self.underlying(ty) {
            Type::Func(signature) => Some(signature),
            _ => None,
        }
    }

    /// The value of a constant of the tree, and the type that it is given if it is given one.
    pub(super) fn constant(&self, path: &str) -> Option<(Operand, Type)> {
        match self.declaration(path)? {
            Declaration::Constant(value, ty) => {
                let value = match self.evaluate(value, STEPS) {
                    Operand::Unknown => Operand::Path(path.to_owned()),
                    value => value,
                };
                Some((value, ty.clone()))
            }
            _ => None,
        }
    }

    fn evaluate(&self, value: &Operand, steps: usize) -> Operand {
        let Some(steps) = steps.checked_sub(1) else { return Operand::Unknown };
        let fold = |items: &[Operand], operator: &str| {
            let values = items.iter().map(|it| self.evaluate(it, steps));
            values.reduce(|a, b| constant::binary(operator, a, b)).unwrap_or(Operand::Unknown)
        };
        match value {
            Operand::Path(path) => match self.declaration(path) {
                Some(Declaration::Constant(inner, _)) => self.evaluate(inner, steps),
                _ => value.clone(),
            },
            Operand::Concat(items) => fold(items, "+"),
            Operand::Flags(items) => fold(items, "|"),
            _ => value.clone(),
        }
    }

    /// The type of a package-level variable; of a function, its signature.
    pub(super) fn variable(&self, path: &str) -> Type {
        self.origin(&Origin::Name(path.to_owned()), STEPS)
    }

    pub(super) fn type_of(&self, origin: &Origin) -> Type {
        self.origin(origin, STEPS)
    }

    fn origin(&self, origin: &Origin, steps: usize) -> Type {
        let Some(steps) = steps.checked_sub(1) else { return Type::Unknown };
        match origin {
            Origin::Unknown => Type::Unknown,
            Origin::Of(ty) => ty.clone(),
            Origin::Name(path) => match self.declaration(path) {
                Some(Declaration::Variable(origin)) => self.origin(origin, steps),
                Some(Declaration::Function(signature)) => Type::Func(signature.clone()),
                // Only seen where `T` stands in `&T{}` or `*T`.
                Some(Declaration::Type { .. }) => Type::Named(path.as_str().into()),
                _ => self.facts.variable(path).map_or(Type::Unknown, Type::of_path),
            },
            Origin::Result(function, index, argument) => match &**function {
                Origin::Name(path) if self.is_type(path) => Type::Named(path.as_str().into()),
                Origin::Name(path) if self.declaration(path).is_none() => {
                    let results = self.library_results(path);
                    if results.is_empty() && self.gives_back(path) == Some(0) {
                        return self.function_type(self.origin(argument, steps));
                    }
                    results.into_iter().nth(*index).unwrap_or_default()
                }
                Origin::Member(base, name) => {
                    let member = self.member(&self.origin(base, steps), name);
                    let results = match member.map(|it| it.kind) {
                        Some(MemberKind::Method { signature, .. }) => signature.results.clone(),
                        Some(MemberKind::Library(path)) => self.library_results(&path),
                        Some(MemberKind::Field(ty)) => self.called(&ty).map_or_else(Vec::new, |it| it.results.clone()),
                        None => Vec::new(),
                    };
                    results.into_iter().nth(*index).unwrap_or_default()
                }
                other => match self.origin(other, steps) {
                    // `(*T)(nil)`
                    ty @ Type::Named(_) => ty,
                    ty => self.called(&ty).and_then(|it| it.results.get(*index).cloned()).unwrap_or_default(),
                },
            },
            Origin::Member(base, name) => match self.member(&self.origin(base, steps), name) {
                Some(Member { kind: MemberKind::Field(ty), .. }) => ty,
                Some(Member { kind: MemberKind::Method { signature, .. }, .. }) => Type::Func(signature),
                _ => Type::Unknown,
            },
            Origin::Element(base) => self.element(&self.origin(base, steps)),
        }
    }

    /// Finds a field or method, through embedded types too.
    pub(super) fn member(&self, ty: &Type, name: &str) -> Option<Member> {
        let mut level = vec![(ty.clone(), Vec::new())];
        let mut seen = HashSet::default();
        // Those that are not in the tree: only the catalogue knows what they have.
        let mut libraries: Vec<(String, Vec<String>)> = Vec::new();
        let mut deeper = false;
        for _ in 0..STEPS {
            let mut below = Vec::new();
            for (ty, through) in level {
                let ty = self.canonical(&ty);
                let path = ty.path();
                if let Some(path) = path {
                    if !seen.insert(path.to_owned()) {
                        continue;
                    }
                    if let Some(signature) = self.methods.get(path).and_then(|it| it.get(name)) {
                        let kind =
                            MemberKind::Method { path: Some(format!("{path}.{name}")), signature: signature.clone() };
                        return Some(Member { through, kind });
                    }
                }
                match self.underlying(&ty) {
                    Type::Struct(fields) => {
                        if let Some(field) = fields.iter().find(|it| it.name == name) {
                            let kind = MemberKind::Field(self.canonical(&field.ty));
                            return Some(Member { through, kind });
                        }
                        for field in fields.iter().filter(|it| it.embedded) {
                            let through = through.iter().cloned().chain([field.name.clone()]).collect();
                            below.push((field.ty.clone(), through));
                        }
                    }
                    Type::Interface(interface) => {
                        let mut outside = Vec::new();
                        if let Some(signature) = self.interface_method(&interface, name, STEPS, &mut outside) {
                            let path = path.map(|it| format!("{it}.{name}"));
                            return Some(Member { through, kind: MemberKind::Method { path, signature } });
                        }
                        libraries.extend(outside.into_iter().map(|it| (it, through.clone())));
                    }
                    Type::Named(path) if !super::declare::PREDECLARED.contains(&&*path) => {
                        if let Some(ty) = self.facts.field(&path, name) {
                            return Some(Member { through, kind: MemberKind::Field(Type::of_path(ty)) });
                        }
                        // What is embedded is bound as what it is embedded in.
                        let inner = self.facts.embedded_in(&path).find(|it| self.has(it, name));
                        let of = inner.filter(|_| !self.has(&path, name)).unwrap_or(&path);
                        libraries.push((of.to_owned(), through));
                    }
                    Type::Named(path) if &*path == "error" && name == "Error" => {
                        let kind = MemberKind::Method { path: Some("error.Error".into()), signature: Arc::default() };
                        return Some(Member { through, kind });
                    }
                    _ => (),
                }
            }
            // What a library's type has may hide what is embedded deeper.
            deeper = !below.is_empty();
            if !deeper || !libraries.is_empty() {
                break;
            }
            level = below;
        }
        let known = |it: &&(String, Vec<String>)| self.has(&it.0, name);
        let mut with_fact = libraries.iter().filter(known);
        let chosen = match (with_fact.next(), with_fact.next(), &libraries[..]) {
            (Some(only), None, _) => only,
            (None, _, [only]) if !deeper => only,
            _ => return None,
        };
        Some(Member { through: chosen.1.clone(), kind: MemberKind::Library(format!("{}.{name}", chosen.0)) })
    }

    /// Whether the catalogue knows such a method of a library's type.
    fn has(&self, ty: &str, name: &str) -> bool {
        self.facts.call(&format!("{ty}.{name}")).is_some()
    }

    /// Finds a method of an interface; embedded ones that the tree does not have go to `outside`.
    fn interface_method(
        &self,
        interface: &Interface,
        name: &str,
        steps: usize,
        outside: &mut Vec<String>,
    ) -> Option<Arc<Signature>> {
        let steps = steps.checked_sub(1)?;
        if let Some((_, signature)) = interface.methods.iter().find(|(it, _)| it == name) {
            return Some(signature.clone());
        }
        interface.embedded.iter().find_map(|embedded| match self.underlying(embedded) {
            Type::Interface(inner) => self.interface_method(&inner, name, steps, outside),
            Type::Named(path) => {
                outside.push(path.to_string());
                None
            }
            _ => None,
        })
    }
}
