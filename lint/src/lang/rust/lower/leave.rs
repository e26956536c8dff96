//! What leaves before the end: `?`, `return`, `break`, `continue`.

use super::{Lowerer, Value, Want, seen};
use crate::ir::{Exit, Operand, Origin, Test};
use crate::lang::rust::extent;
use crate::lang::rust::ty::{Ty, name};
use crate::source::Span;

impl Lowerer<'_> {
    pub(super) fn try_(&mut self, it: &syn::ExprTry, want: Want) -> Value {
        // What is inside may need a place even if nobody wants it.
        let want = if want == Want::Nothing { Want::Value } else { want };
        let value = self.value_for(&it.expr, want);
        let origin = self.origin(extent::first(&it.expr), it.question_token.span);
        let value = self.placed(value, origin);
        self.fail_unless(Test::Good(seen(&value.operand)), origin.span());
        let ty = value.ty.inside();
        if self.is_single(&ty) {
            return Value { ty, ..value };
        }
        // What is inside may be asked the same again.
        let inside = Operand::Field(Box::new(seen(&value.operand)), "?".into());
        let (place, fresh) = match (value.operand, want) {
            (Operand::Move(place) | Operand::Place(place), Want::Into(to)) if place == to => (place, false),
            (Operand::Move(place), _) if value.fresh => (place, true),
            _ => (self.temporary(ty.clone()), true),
        };
        self.assign(place, inside, origin);
        self.retype(place, &ty);
        Value { operand: Operand::Move(place), ty, fresh }
    }

    /// Whether the type is known, and not one that can be good or bad.
    pub(super) fn is_single(&self, ty: &Ty) -> bool {
        !matches!(ty.peel(), Ty::Unknown) && !ty.is_fallible()
    }

    /// Leaves with a failure if the test says no.
    pub(super) fn fail_unless(&mut self, test: Test, span: Span) {
        let (yes, no) = self.build().branch(test);
        self.build().go_on_in(no);
        self.fail(span);
        self.build().go_on_in(yes);
    }

    /// Leaves with a failure.
    pub(super) fn fail(&mut self, span: Span) {
        if let Some(result) = self.body().result {
            self.assign(result, Operand::Bad, Origin::Implied(span));
        }
        self.build().leave(Exit::Failure, span);
    }

    pub(super) fn return_(&mut self, it: &syn::ExprReturn) {
        let span =
            self.span(it.return_token.span, it.expr.as_ref().map_or(it.return_token.span, |it| extent::last(it)));
        let mut failure = false;
        if let Some(expr) = &it.expr {
            match self.body().result {
                Some(place) => {
                    let value = self.value_for(expr, Want::Into(place));
                    // Of a closure without a written type this is one of the ways that say it.
                    if self.body().result_ty == Ty::Unknown {
                        self.body().result_ty = value.ty.clone();
                    }
                    failure = value.operand == Operand::Bad;
                    if value.operand != Operand::Move(place) && value.operand != Operand::Place(place) {
                        let origin = self.origin_of(expr);
                        self.assign(place, value.operand, origin);
                    }
                }
                None => self.effect(expr),
            }
        }
        self.build().leave(if failure { Exit::Failure } else { Exit::Return }, span);
    }

    pub(super) fn break_(&mut self, it: &syn::ExprBreak) {
        let label = it.label.as_ref().map(|it| name(&it.ident));
        let place = self.build().loop_result(label.as_deref());
        match (&it.expr, place) {
            (Some(expr), Some(place)) => {
                self.into(expr, place);
            }
            (Some(expr), None) => self.effect(expr),
            (None, _) => (),
        }
        let span = self.span(it.break_token.span, it.break_token.span);
        self.build().break_from(label.as_deref(), span);
    }
}
