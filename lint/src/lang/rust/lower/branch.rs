//! Where ways part and meet again: `if`, and what all branches share.

use syn::{Expr, Pat};

use super::{Lowerer, Value, Want};
use crate::ir::{Operand, Place};
use crate::lang::rust::extent;
use crate::lang::rust::ty::Ty;
use crate::source::Span;

impl Lowerer<'_> {
    pub(super) fn if_(&mut self, it: &syn::ExprIf, want: Want) -> Value {
        let want = if it.else_branch.is_none() { Want::Nothing } else { want };
        let place = self.meet(want);
        let (after, otherwise) = (self.build().block(), self.build().block());
        let end = self.span(it.then_branch.brace_token.span.close(), it.then_branch.brace_token.span.close());
        let outer = self.build().scope();
        // Up to edition 2021, what a scrutinee made lives through `else`.
        let late = self.home.edition < 2024 && matches!(&*it.cond, Expr::Let(_));
        self.enter_block();
        let scope = match &*it.cond {
            Expr::Let(it) if late => self.let_condition(it, otherwise, None),
            cond => {
                self.condition(cond, otherwise, outer);
                outer
            }
        };
        let mut ty = self.block_into(&it.then_branch, place.map_or(Want::Nothing, Want::Into)).ty;
        self.leave_block();
        self.build().end_scope(scope, end);
        self.build().goto(after);
        self.build().go_on_in(otherwise);
        if let Some((_, expr)) = &it.else_branch {
            ty = either(ty, self.way(expr, place));
        }
        self.build().goto(after);
        self.build().go_on_in(after);
        self.build().end_scope(outer, end);
        self.met(place, ty, want)
    }

    /// Where the value of something with branches goes.
    pub(super) fn meet(&mut self, want: Want) -> Option<Place> {
        match want {
            Want::Into(place) => Some(place),
            Want::Value => Some(self.temporary(Ty::Unknown)),
            Want::Nothing => None,
        }
    }

    pub(super) fn met(&mut self, place: Option<Place>, ty: Ty, want: Want) -> Value {
        match place {
            Some(place) => {
                if want == Want::Value {
                    self.retype(place, &ty);
                }
                Value { operand: Operand::Move(place), ty, fresh: want == Want::Value }
            }
            None => Value::plain(),
        }
    }

    /// An expression that is one of the ways to a value.
    pub(super) fn way(&mut self, expr: &Expr, place: Option<Place>) -> Ty {
        let scope = self.build().scope();
        let ty = match place {
            Some(place) => self.into(expr, place),
            None => {
                self.effect(expr);
                Ty::Plain
            }
        };
        let end = self.span(extent::last(expr), extent::last(expr));
        self.build().end_scope(scope, end);
        ty
    }

    pub(super) fn retype(&mut self, place: Place, ty: &Ty) {
        let body = self.body();
        body.types[place.0 as usize] = ty.clone();
        body.builder.function.variables[place.0 as usize].ty = ty.path().map(str::to_owned);
    }

    /// A scrutinee: it lives to the end of the statement, unless a pattern takes it.
    pub(super) fn keep_movable(&mut self, value: Value, span: Span) -> Value {
        let fresh = value.fresh;
        let mut value = self.keep(value, span);
        if fresh && let Operand::Place(place) = value.operand {
            value.operand = Operand::Move(place);
        }
        value
    }

    pub(super) fn end_of(&self, block: &syn::Block) -> Span {
        self.span(block.brace_token.span.close(), block.brace_token.span.close())
    }
}

/// Of two ways to a value, the type that says more.
pub(super) fn either(a: Ty, b: Ty) -> Ty {
    match (&a, &b) {
        (Ty::Unknown | Ty::Plain, Ty::Plain) => a,
        (Ty::Unknown | Ty::Plain, _) => b,
        _ if a.is_fallible() && a.inside() == Ty::Unknown && b.is_fallible() => b,
        _ => a,
    }
}

/// A scrutinee that is a variable as a whole may be moved out of.
pub(super) fn moved_by(expr: &Expr, operand: Operand) -> Operand {
    match (expr, operand) {
        (Expr::Path(_), Operand::Place(place)) => Operand::Move(place),
        (_, operand) => operand,
    }
}

/// Whether the pattern asks anything of the value.
pub(super) fn is_choosing(pattern: &Pat) -> bool {
    !matches!(pattern, Pat::Wild(_)) && !matches!(pattern, Pat::Ident(it) if it.subpat.is_none() && it.ident != "None")
}
