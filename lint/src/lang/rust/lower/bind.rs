//! What patterns bind, and what they leave.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Member, Pat};

use super::pattern::{Class, part, starts_upper};
use super::{Lowerer, seen};
use crate::ir::{Action, Operand, Origin};
use crate::lang::rust::ty::{Ty, name, names, written};

impl Lowerer<'_> {
    /// Declares the variables of the pattern. A part that `_` leaves of a moved
    /// value is dropped here.
    pub(super) fn bind(&mut self, pattern: &Pat, operand: &Operand, ty: &Ty) {
        if self.depth >= super::DEPTH {
            return;
        }
        self.depth += 1;
        self.bind_one(pattern, operand, ty);
        self.depth -= 1;
    }

    fn bind_one(&mut self, pattern: &Pat, operand: &Operand, ty: &Ty) {
        match pattern {
            Pat::Ident(it) if it.subpat.is_none() && (it.ident == "None" || starts_upper(&it.ident)) => (),
            Pat::Ident(it) => {
                let by_reference = it.by_ref.is_some() || ty.is_reference() || it.subpat.is_some();
                let operand = if by_reference { seen(operand) } else { operand.clone() };
                let ty = if it.by_ref.is_some() { super::expr::reference(ty.clone()) } else { ty.clone() };
                let origin = self.pattern_origin(pattern);
                let place = self.declare(&self.key(&it.ident), ty.clone());
                self.assign(place, operand.clone(), origin);
                // What is only looked at is dropped where it is.
                if is_owned(&operand) && !by_reference {
                    self.drop_at_end(place, &ty, origin.span());
                }
                if let Some((_, inner)) = &it.subpat {
                    self.bind(inner, &Operand::Place(place), &ty);
                }
            }
            Pat::Type(it) => {
                let annotated = self.index.ty(&written(&it.ty, &self.scope.bounds), &self.scope);
                let ty = if matches!(annotated, Ty::Unknown) || has_holes(&it.ty) { ty.clone() } else { annotated };
                self.bind(&it.pat, operand, &ty);
            }
            Pat::Paren(it) => self.bind(&it.pat, operand, ty),
            Pat::Guard(it) => self.bind(&it.pat, operand, ty),
            Pat::Reference(it) => {
                let inner = match ty {
                    Ty::Reference(inner) => &**inner,
                    other => other,
                };
                self.bind(&it.pat, &seen(operand), inner);
            }
            Pat::Tuple(it) => {
                for (at, inner) in it.elems.iter().enumerate() {
                    if matches!(inner, Pat::Rest(_)) {
                        break;
                    }
                    let ty = self.index.field(ty, None, &at.to_string());
                    self.bind_part(inner, operand, &at.to_string(), &ty);
                }
            }
            Pat::TupleStruct(it) => match self.path_class(&it.path) {
                Class::Good => {
                    if let Some(inner) = it.elems.first() {
                        self.bind(inner, &self.inside(operand, ty), &ty.inside());
                    }
                }
                Class::Bad => {
                    for inner in &it.elems {
                        self.bind(inner, &Operand::Unknown, &Ty::Unknown);
                    }
                }
                _ => {
                    let path = self.index.path(&self.scope, &names(&it.path));
                    let (of, variant) = self.patterned(&path, ty);
                    for (at, inner) in it.elems.iter().enumerate() {
                        if matches!(inner, Pat::Rest(_)) {
                            break;
                        }
                        let ty = self.index.field(&of, variant.as_deref(), &at.to_string());
                        self.bind_part(inner, operand, &at.to_string(), &ty);
                    }
                }
            },
            Pat::Struct(it) => {
                let path = self.index.path(&self.scope, &names(&it.path));
                let (of, variant) = self.patterned(&path, ty);
                for field in &it.fields {
                    let member = match &field.member {
                        Member::Named(it) => name(it),
                        Member::Unnamed(it) => it.index.to_string(),
                    };
                    let ty = self.index.field(&of, variant.as_deref(), &member);
                    self.bind_part(&field.pat, operand, &member, &ty);
                }
            }
            Pat::Slice(it) => {
                let element = ty.element();
                for inner in &it.elems {
                    self.bind_part(inner, operand, "[]", &element);
                }
            }
            Pat::Or(it) => {
                if let Some(first) = it.cases.first() {
                    self.bind(first, operand, ty);
                }
            }
            _ => (),
        }
    }

    fn bind_part(&mut self, pattern: &Pat, operand: &Operand, field: &str, ty: &Ty) {
        let part = part(operand, field);
        if matches!(pattern, Pat::Wild(_)) {
            if is_owned(operand) && !matches!(ty, Ty::Unknown) && self.acts(ty) {
                let origin = self.pattern_origin(pattern);
                let place = self.temporary(ty.clone());
                self.assign(place, part, origin);
                self.build().step(Action::Drop(place), Origin::Implied(origin.span()));
            }
            return;
        }
        self.bind(pattern, &part, ty);
    }

    /// The type that a path pattern takes apart, with its arguments if the
    /// value's type has them, and the variant.
    fn patterned(&self, path: &str, ty: &Ty) -> (Ty, Option<String>) {
        let (of, variant) = match self.index.variant_of(path) {
            Some(of) => (of, path.rsplit("::").next().map(str::to_owned)),
            None => (path, None),
        };
        if ty.path() == Some(of) { (ty.clone(), variant) } else { (Ty::named(of), variant) }
    }

    fn pattern_origin(&self, pattern: &Pat) -> Origin {
        match pattern {
            Pat::Ident(it) => self.origin(it.ident.span(), it.ident.span()),
            other => self.origin(other.span(), other.span()),
        }
    }
}

/// Whether a variable with this value has it for itself.
fn is_owned(operand: &Operand) -> bool {
    match operand {
        Operand::Unknown | Operand::Place(_) => false,
        Operand::Field(base, _) => is_owned(base),
        _ => true,
    }
}

fn has_holes(ty: &syn::Type) -> bool {
    ty.to_token_stream().into_iter().any(|it| matches!(it, TokenTree::Ident(it) if it == "_"))
}
