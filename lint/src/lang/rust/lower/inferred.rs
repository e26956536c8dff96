//! Types that a method's closure or its own arguments in `::<…>` say.

use syn::{ExprMethodCall, GenericArgument};

use super::Lowerer;
use crate::lang::rust::ty::{Ty, written};

impl Lowerer<'_> {
    /// What a method of a library gives, where neither the catalogue nor the type of the receiver says it.
    pub(super) fn inferred(&self, it: &ExprMethodCall, receiver: &Ty, method: &str, types: &[Ty]) -> Ty {
        let named = it.turbofish.as_ref().and_then(|it| {
            it.args.iter().find_map(|it| match it {
                GenericArgument::Type(ty) => Some(self.index.ty(&written(ty, &self.scope.bounds), &self.scope)),
                _ => None,
            })
        });
        match (method, named) {
            ("into", _) => receiver.turned_into().cloned().unwrap_or_default(),
            ("parse", Some(ty)) if it.args.is_empty() => Ty::result(ty),
            ("collect", Some(ty)) => collected(ty, receiver.element()),
            _ => from_closure(receiver, method, types),
        }
    }
}

/// What becomes of what the receiver holds by a closure.
fn from_closure(receiver: &Ty, method: &str, types: &[Ty]) -> Ty {
    let Some(Ty::Function(_, given)) = types.first() else { return Ty::Unknown };
    let given = (**given).clone();
    if given == Ty::Unknown {
        return given;
    }
    let is_option = receiver.path() == Some("std::option::Option");
    match method {
        "map" if is_option => Ty::option(given),
        "map" if receiver.is_fallible() => Ty::result(given),
        "and_then" if receiver.is_fallible() && given.is_fallible() => given,
        _ if receiver.is_fallible() || receiver.element() == Ty::Unknown => Ty::Unknown,
        "map" => Ty::List(Box::new(given)),
        "filter_map" if given.is_fallible() => Ty::List(Box::new(given.inside())),
        "find_map" if given.is_fallible() => given,
        _ => Ty::Unknown,
    }
}

/// A collection as written, of these elements where it leaves that open: `Result<Vec<_>>`.
fn collected(ty: Ty, element: Ty) -> Ty {
    let fallible = ty.is_fallible();
    match ty {
        Ty::Named { path, mut args } if fallible => {
            if let Some(inner) = args.first_mut() {
                *inner = collected(std::mem::take(inner), element.inside());
            }
            Ty::Named { path, args }
        }
        Ty::Named { path, args } if args.len() == 1 && args[0] == Ty::Unknown => {
            Ty::Named { path, args: vec![element] }
        }
        other => other,
    }
}
