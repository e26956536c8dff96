//! What a struct is, apart from what its functions do: in which order it ends, and
//! whether it may leave its thread.

use syn::{GenericArgument, ItemStruct, PathArguments};

use super::Lowerer;
use crate::ir::Type;
use crate::lang::rust::ty::{Bounds, Ty, bounds, name, written};

/// Types that may not be sent, whatever they hold (`std`, and how crates name their markers).
const STAYS: &[&str] = &[
    "Rc",
    "MutexGuard",
    "RwLockReadGuard",
    "RwLockWriteGuard",
    "ReentrantLockGuard",
    "NonNull",
    "PhantomNonSend",
    "PhantomNotSend",
    "PhantomUnsend",
    "NotSend",
    "NonSend",
    "Unsend",
];
/// A reference to one of these stays on its thread.
const SHARED_BY_NOBODY: &[&str] = &["Cell", "RefCell", "UnsafeCell", "OnceCell", "LazyCell"];

impl Lowerer<'_> {
    pub(super) fn structure(&mut self, it: &ItemStruct) {
        let bounds = bounds(&it.generics, &Bounds::new());
        let named = |at: usize, field: &syn::Field| field.ident.as_ref().map_or_else(|| at.to_string(), name);
        let (mut holds, mut outlived_by) = (Vec::new(), Vec::new());
        let mut stays = it.fields.iter().any(|it| is_written_to_stay(&it.ty));
        for (at, field) in it.fields.iter().enumerate() {
            let ty = self.index.ty(&written(&field.ty, &bounds), &self.scope);
            paths(&ty, &mut holds);
            stays |= is_to_stay(&ty);
            if !self.acts(&ty) {
                outlived_by.push(named(at, field));
            }
        }
        self.types.push(Type {
            path: format!("{}::{}", self.scope.module, name(&it.ident)),
            span: self.span(it.ident.span(), it.ident.span()),
            fields: it.fields.iter().enumerate().map(|(at, field)| named(at, field)).collect(),
            outlived_by,
            stays,
            holds,
        });
    }

    /// `impl !Send for …`.
    pub(super) fn refusal(&mut self, it: &syn::ItemImpl) {
        let of = it.trait_.as_ref().and_then(|(path, _)| path.segments.last()).is_some_and(|it| it.ident == "Send");
        let bounds = bounds(&it.generics, &Bounds::new());
        let ty = self.index.ty(&written(&it.self_ty, &bounds), &self.scope);
        if let Ty::Named { path, .. } = ty
            && of
        {
            let span = self.span(it.impl_token.span, it.impl_token.span);
            let (fields, outlived_by, holds) = Default::default();
            self.types.push(Type { path, span, fields, outlived_by, stays: true, holds });
        }
    }
}

fn paths(ty: &Ty, found: &mut Vec<String>) {
    match ty {
        Ty::Named { path, args } => {
            found.push(path.clone());
            args.iter().for_each(|it| paths(it, found));
        }
        Ty::Tuple(items) => items.iter().for_each(|it| paths(it, found)),
        Ty::List(it) => paths(it, found),
        _ => (),
    }
}

/// Whether the type as written says that it may not be sent: a raw pointer, something that belongs to its thread.
fn is_written_to_stay(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Ptr(_) => true,
        // What a `Cell` holds may not be looked at from two threads.
        syn::Type::Reference(it) => matches!(&*it.elem, syn::Type::Path(it) if it.path.segments.last().is_some_and(|it| {
            SHARED_BY_NOBODY.iter().any(|name| it.ident == name)
        })),
        syn::Type::Paren(it) => is_written_to_stay(&it.elem),
        syn::Type::Group(it) => is_written_to_stay(&it.elem),
        syn::Type::Array(it) => is_written_to_stay(&it.elem),
        syn::Type::Tuple(it) => it.elems.iter().any(is_written_to_stay),
        syn::Type::TraitObject(it) => !it.bounds.iter().any(|it| {
            matches!(it, syn::TypeParamBound::Trait(it) if it.path.segments.last().is_some_and(|it| it.ident == "Send"))
        }),
        syn::Type::Path(it) => it.path.segments.iter().any(|it| {
            STAYS.iter().any(|name| it.ident == name)
                || matches!(&it.arguments, PathArguments::AngleBracketed(it) if it.args.iter().any(|it| {
                    matches!(it, GenericArgument::Type(it) if is_written_to_stay(it))
                }))
        }),
        _ => false,
    }
}

/// The same of what the names stand for: `use std::rc::Rc as Shared`, `type NotSend = PhantomData<*const ()>`.
fn is_to_stay(ty: &Ty) -> bool {
    match ty {
        Ty::Named { path, args } => {
            let name = path.rsplit("::").next().unwrap_or_default();
            // What a marker marks is mostly a pointer if it has no name.
            let unnamed = name == "PhantomData" && args.contains(&Ty::Unknown);
            STAYS.contains(&name) || unnamed || args.iter().any(is_to_stay)
        }
        Ty::Tuple(items) => items.iter().any(is_to_stay),
        Ty::List(it) => is_to_stay(it),
        _ => false,
    }
}
