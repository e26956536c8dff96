//! Which types of the tree implement which interfaces.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::declare::Declaration;
use super::index::{Index, MemberKind};
use super::types::{Signature, Type};
use crate::ir::{self, Action, Affinity, Builder, Call, Callee, Function, Operand, Origin};
use crate::source::Span;

/// Interface path and type path, in order. Interfaces of libraries only where
/// the tree says so (`var _ Interface = T{}`), types of test files and those
/// that stand in for others only where no other implements it.
pub(super) fn implementations(index: &Index<'_>) -> Vec<(String, String)> {
    let mut found = BTreeSet::new();
    let mut interfaces = BTreeMap::new();
    let mut types: BTreeMap<&str, (BTreeSet<String>, bool)> = BTreeMap::new();
    let named: Vec<_> = index.types().collect();
    let named = named.into_par_iter().filter_map(|(path, declaration)| {
        let Declaration::Type { written, test, .. } = declaration else { return None };
        let mut methods = Methods { index, seen: HashSet::new(), names: BTreeSet::new(), complete: true };
        methods.collect(&Type::of_path(path));
        let written = (!methods.names.is_empty()).then(|| index.underlying(written))?;
        let kind = match written {
            Type::Interface(_) => Kind::Interface { whole: methods.complete },
            _ => Kind::Type { in_place: *test || stands_in(path, &written) },
        };
        Some((path, methods.names, kind))
    });
    for (path, names, kind) in named.collect::<Vec<_>>() {
        match kind {
            Kind::Interface { whole: true } => _ = interfaces.insert(path, names),
            Kind::Interface { whole: false } => (),
            Kind::Type { in_place } => _ = types.insert(path, (names, in_place)),
        }
    }
    let mut having: HashMap<&str, Vec<&str>> = HashMap::new();
    for (ty, (names, _)) in &types {
        for name in names {
            having.entry(name).or_default().push(ty);
        }
    }
    for (interface, wanted) in &interfaces {
        let candidates = |it: &String| having.get(it.as_str()).map_or(&[][..], Vec::as_slice);
        let rarest = wanted.iter().map(candidates).min_by_key(|it| it.len()).unwrap_or_default();
        let has_all = |it: &&&str| wanted.is_subset(&types[**it].0) && has_same_methods(index, interface, it);
        let mut by: Vec<_> = rarest.iter().filter(has_all).collect();
        if by.iter().any(|it| !types[**it].1) {
            by.retain(|it| !types[**it].1);
        }
        found.extend(by.into_iter().map(|it| ((*interface).to_owned(), (*it).to_owned())));
    }
    for (interface, origin) in &index.asserted {
        if let (Some(interface), Some(ty)) = (index.canonical(interface).path(), index.type_of(origin).path())
            && types.contains_key(ty)
        {
            found.insert((interface.to_owned(), ty.to_owned()));
        }
    }
    found.into_iter().collect()
}

/// Whether the methods of a type are those of the interface, as far as their signatures are known: a name says little.
fn has_same_methods(index: &Index<'_>, interface: &str, ty: &str) -> bool {
    let Type::Interface(wanted) = index.underlying(&Type::of_path(interface)) else { return true };
    let Some(methods) = index.methods(ty) else { return true };
    wanted.methods.iter().all(|(name, signature)| methods.get(name).is_none_or(|it| can_be(it, signature)))
}

/// Whether two signatures may be the same one. What a type parameter stands for is not known, nor what an alias does.
fn can_be(one: &Signature, other: &Signature) -> bool {
    let same = |one: &[Type], other: &[Type]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| can_be_type(one, other))
    };
    one.variadic == other.variadic && same(&one.params, &other.params) && same(&one.results, &other.results)
}

fn can_be_type(one: &Type, other: &Type) -> bool {
    const PLAIN: [&str; 5] = ["bool", "error", "int", "string", "uint32"];
    match (one, other) {
        (Type::Named(one), Type::Named(other)) => {
            !(PLAIN.contains(&&**one) && PLAIN.contains(&&**other)) || one == other
        }
        (Type::Func(one), Type::Func(other)) => can_be(one, other),
        (Type::Func(_), Type::Named(it)) | (Type::Named(it), Type::Func(_)) => !PLAIN.contains(&&**it),
        _ => true,
    }
}

/// What a type with methods is.
enum Kind {
    /// `whole` if all its methods are known.
    Interface { whole: bool },
    /// `in_place` if it stands in for others in tests.
    Type { in_place: bool },
}

/// Whether a type takes the place of another in tests: generated for a mocking library, or called so.
fn stands_in(path: &str, written: &Type) -> bool {
    const LIBRARIES: [&str; 3] = [
        "github.com/golang/mock/gomock.Controller",
        "go.uber.org/mock/gomock.Controller",
        "github.com/stretchr/testify/mock.Mock",
    ];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let called_so = ["mock", "fake", "stub"].iter().any(|it| name.contains(it));
    let holds = |it: &Type| it.path().is_some_and(|it| LIBRARIES.contains(&it));
    called_so || matches!(written, Type::Struct(fields) if fields.iter().any(|it| holds(&it.ty)))
}

/// The names of the methods of a type, and whether these are all.
struct Methods<'a> {
    index: &'a Index<'a>,
    seen: HashSet<String>,
    names: BTreeSet<String>,
    complete: bool,
}

impl Methods<'_> {
    fn collect(&mut self, ty: &Type) {
        let mut work = vec![ty.clone()];
        while let Some(ty) = work.pop() {
            let ty = self.index.canonical(&ty);
            if let Some(path) = ty.path() {
                if !self.seen.insert(path.to_owned()) {
                    continue;
                }
                self.names.extend(self.index.methods(path).into_iter().flat_map(|it| it.keys().cloned()));
            }
            match self.index.underlying(&ty) {
                Type::Struct(fields) => work.extend(fields.iter().filter(|it| it.embedded).map(|it| it.ty.clone())),
                Type::Interface(interface) => {
                    self.names.extend(interface.methods.iter().map(|(name, _)| name.clone()));
                    work.extend(interface.embedded.iter().cloned());
                }
                Type::Named(path) if &*path == "error" => _ = self.names.insert("Error".to_owned()),
                _ => self.complete = false,
            }
        }
    }
}

/// The methods that types have through embedded ones, for those that are
/// called by the interfaces that they implement: `func (t T) M() { t.E.M() }`.
pub(super) fn promoted(index: &Index<'_>, implementations: &[(String, String)]) -> Vec<Function> {
    let mut functions = Vec::new();
    let mut seen = HashSet::new();
    for (interface, ty) in implementations {
        let Type::Interface(wanted) = index.underlying(&Type::of_path(interface)) else { continue };
        for (name, _) in &wanted.methods {
            if index.methods(ty).is_some_and(|it| it.contains_key(name)) || !seen.insert((ty.clone(), name.clone())) {
                continue;
            }
            let Some(member) = index.member(&Type::of_path(ty), name) else { continue };
            let Some(Declaration::Type { span, test, .. }) = index.declaration(ty) else { continue };
            let (path, signature) = match member.kind {
                MemberKind::Method { path: Some(path), signature } => (path, signature),
                _ => continue,
            };
            let mut function = forward(ty, name, path, &member.through, &signature, *span);
            function.test = *test;
            functions.push(function);
        }
    }
    functions
}

fn forward(ty: &str, name: &str, to: String, through: &[String], signature: &Arc<Signature>, span: Span) -> Function {
    let short = ty.rsplit('.').next().unwrap_or(ty);
    let path = format!("{ty}.{name}");
    let mut builder = Builder::new(path, format!("{short}.{name}"), span, ir::Kind::Named, Affinity::UntilPinned);
    let receiver = builder.local("", Some(ty.to_owned()));
    builder.function.params.push(receiver);
    for param in &signature.params {
        let place = builder.local("", param.path().map(str::to_owned));
        builder.function.params.push(place);
    }
    for result in &signature.results {
        let place = builder.local("", result.path().map(str::to_owned));
        builder.function.results.push(place);
    }
    let through = through.iter();
    let receiver = through.fold(Operand::Place(receiver), |it, field| Operand::Field(it.into(), field.clone()));
    let call = Call {
        callee: Callee::Path(to),
        receiver: Some(receiver),
        args: builder.function.params[1..].iter().copied().map(Operand::Place).collect(),
        results: builder.function.results.iter().copied().map(Some).collect(),
        name: Span { end: span.start, ..span },
        unwind: None,
    };
    builder.step(Action::Call(call), Origin::Implied(span));
    builder.finish(span)
}
