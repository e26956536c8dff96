//! Conditions: what they ask, and where control goes.

use quote::ToTokens;
use syn::{BinOp, Expr, ExprBinary, Lit, UnOp};

use super::branch::{is_choosing, moved_by};
use super::call::{Made, called};
use super::{Lowerer, Value, Want, seen};
use crate::ir::{BlockId, Callee, End, Operand, Origin, Place, Test};
use crate::lang::rust::ty::{Ty, name};

impl Lowerer<'_> {
    /// Goes on where the condition holds, with what it binds in scope; where it
    /// does not, what was registered since `outer` acts and control goes to `no`.
    pub(super) fn condition(&mut self, expr: &Expr, no: BlockId, outer: usize) {
        match expr {
            Expr::Binary(it) if matches!(it.op, BinOp::And(_)) => {
                self.condition(&it.left, no, outer);
                self.condition(&it.right, no, outer);
            }
            Expr::Let(it) => {
                self.let_condition(it, no, Some(outer));
            }
            Expr::Paren(it) if !matches!(&*it.expr, Expr::Let(_)) => self.condition(&it.expr, no, outer),
            other => {
                // What a test without `let` makes ends with it.
                let scope = self.build().scope();
                let (holds, fails) = (self.build().block(), self.build().block());
                self.jump(other, holds, fails);
                let span = self.span_of(other);
                self.build().go_on_in(fails);
                self.build().clean_up(outer, span);
                self.build().goto(no);
                self.build().go_on_in(holds);
                self.build().end_scope(scope, span);
            }
        }
    }

    /// `let` as a condition. Without `outer`, what the scrutinee makes is left to
    /// the caller; the scope of everything after it is returned.
    pub(super) fn let_condition(&mut self, it: &syn::ExprLet, no: BlockId, outer: Option<usize>) -> usize {
        let origin = self.origin_of(&it.expr);
        let key = it.to_token_stream();
        let value = self.value(&it.expr);
        let value = self.keep_movable(value, origin.span());
        let value = if is_choosing(&it.pat) { self.placed(value, origin) } else { value };
        let outer = outer.unwrap_or_else(|| self.build().scope());
        self.matches(&it.pat, &value.operand, &value.ty, &key, no, outer);
        let operand = moved_by(&it.expr, value.operand);
        self.bind(&it.pat, &operand, &value.ty);
        outer
    }

    /// A condition whose outcome is a value.
    pub(super) fn condition_value(&mut self, expr: &Expr, want: Want) -> Value {
        let place = self.place_for(want, Ty::Plain);
        let (no, after) = (self.build().block(), self.build().block());
        let origin = self.origin_of(expr);
        let outer = self.build().scope();
        self.enter_block();
        self.condition(expr, no, outer);
        self.leave_block();
        self.build().end_scope(outer, origin.span());
        self.either_way(place, (Operand::Bool(true), Operand::Bool(false)), (no, after), origin);
        Value::of(Operand::Place(place), Ty::Plain)
    }

    /// `condition.then_some(value)`, or `condition.then(closure)`, which `runs`: something where the condition holds, and
    /// nothing where it does not.
    pub(super) fn then_some(&mut self, condition: &Expr, given: &Expr, runs: bool, want: Want) -> Value {
        let place = self.place_for(want, Ty::option(Ty::Unknown));
        let origin = self.origin_of(condition);
        let mut given = self.value(given);
        let (no, after) = (self.build().block(), self.build().block());
        let outer = self.build().scope();
        self.condition(condition, no, outer);
        self.build().end_scope(outer, origin.span());
        if runs {
            let ty = called(&given.ty);
            let (callee, name) = (Callee::Value(given.operand), origin.span());
            given = self.make(Made { callee, receiver: None, args: Vec::new(), name, origin }, ty, Want::Value);
        }
        self.either_way(place, (Operand::Good(Box::new(given.operand)), Operand::Bad), (no, after), origin);
        Value { operand: Operand::Move(place), ty: Ty::option(given.ty), fresh: !matches!(want, Want::Into(_)) }
    }

    /// `result.err()`: something where the result is none, and nothing where it is one.
    pub(super) fn error_of(&mut self, result: &Expr, want: Want) -> Value {
        let place = self.place_for(want, Ty::option(Ty::Unknown));
        let origin = self.origin_of(result);
        let value = self.value(result);
        let value = self.placed(value, origin);
        let after = self.build().block();
        let (good, bad) = self.build().branch(Test::Good(seen(&value.operand)));
        self.build().go_on_in(good);
        self.either_way(place, (Operand::Bad, Operand::Good(Box::new(Operand::Unknown))), (bad, after), origin);
        Value { operand: Operand::Move(place), ty: Ty::option(Ty::Unknown), fresh: !matches!(want, Want::Into(_)) }
    }

    /// `result.and(other)`: the other one where the result is one.
    pub(super) fn and(&mut self, result: Value, other: &Expr, want: Want, origin: Origin) -> Value {
        let place = self.place_for(want, result.ty.clone());
        let result = self.keep(result, origin.span());
        let result = self.placed(result, origin);
        let other = self.value(other);
        let after = self.build().block();
        let (good, bad) = self.build().branch(Test::Good(seen(&result.operand)));
        self.build().go_on_in(good);
        self.either_way(place, (other.operand, Operand::Bad), (bad, after), origin);
        Value { operand: Operand::Move(place), ty: other.ty, fresh: !matches!(want, Want::Into(_)) }
    }

    /// Where the value goes that is wanted.
    fn place_for(&mut self, want: Want, ty: Ty) -> Place {
        if let Want::Into(place) = want { place } else { self.temporary(ty) }
    }

    /// The place gets the one value here and the other one in the block `no`; both ways go on in `after`.
    fn either_way(
        &mut self,
        place: Place,
        (here, there): (Operand, Operand),
        (no, after): (BlockId, BlockId),
        origin: Origin,
    ) {
        self.assign(place, here, origin);
        self.build().goto(after);
        self.build().go_on_in(no);
        self.assign(place, there, origin);
        self.build().goto(after);
        self.build().go_on_in(after);
    }

    /// Goes to `yes` or `no`, as the expression comes out.
    pub(super) fn jump(&mut self, expr: &Expr, yes: BlockId, no: BlockId) {
        match expr {
            Expr::Paren(it) => self.jump(&it.expr, yes, no),
            Expr::Group(it) => self.jump(&it.expr, yes, no),
            Expr::Unary(it) if matches!(it.op, UnOp::Not(_)) => self.jump(&it.expr, no, yes),
            Expr::Binary(it) if matches!(it.op, BinOp::And(_)) => {
                let middle = self.build().block();
                self.jump(&it.left, middle, no);
                self.build().go_on_in(middle);
                self.jump(&it.right, yes, no);
            }
            Expr::Binary(it) if matches!(it.op, BinOp::Or(_)) => {
                let middle = self.build().block();
                self.jump(&it.left, yes, middle);
                self.build().go_on_in(middle);
                self.jump(&it.right, yes, no);
            }
            Expr::Macro(it) if it.mac.path.is_ident("matches") => {
                let holds = self.matches_macro(&it.mac, no);
                if !holds {
                    self.opaque(expr, yes, no);
                    return;
                }
                self.build().goto(yes);
            }
            other => {
                let (test, negated) = self.test(other);
                let (yes, no) = if negated { (no, yes) } else { (yes, no) };
                self.build().end(End::Branch { test, yes, no });
            }
        }
    }

    fn opaque(&mut self, expr: &Expr, yes: BlockId, no: BlockId) {
        let test = self.opaque_test(&expr.to_token_stream());
        self.build().end(End::Branch { test, yes, no });
    }

    /// What the expression asks, and whether it asks for the opposite.
    fn test(&mut self, expr: &Expr) -> (Test, bool) {
        match expr {
            Expr::MethodCall(it) if it.args.is_empty() => {
                let negated = match name(&it.method).as_str() {
                    "is_ok" | "is_some" => false,
                    "is_err" | "is_none" => true,
                    "is_negative" => {
                        let value = self.borrow(&it.receiver);
                        return (Test::Zero(value.operand), true);
                    }
                    "is_null" => {
                        let value = self.borrow(&it.receiver);
                        return (Test::Nil(value.operand), false);
                    }
                    _ => return self.other_test(expr),
                };
                let value = self.borrow(&it.receiver);
                let origin = self.origin_of(&it.receiver);
                let value = self.placed(value, origin);
                (Test::Good(seen(&value.operand)), negated)
            }
            Expr::Binary(it) if let Some((asked, negated)) = with_success(it) => {
                let value = self.borrow(asked);
                let origin = self.origin_of(asked);
                let value = self.placed(value, origin);
                (Test::Good(seen(&value.operand)), negated)
            }
            Expr::Binary(it) => {
                let left = self.borrow(&it.left);
                let right = self.borrow(&it.right);
                let asked = match (&left.operand, &right.operand) {
                    (asked, Operand::Int(value)) => Some((asked, it.op, *value)),
                    (Operand::Int(value), asked) => Some((asked, mirrored(it.op), *value)),
                    _ => None,
                };
                if let Some((asked, sign, value)) = asked
                    && !matches!(asked, Operand::Int(_) | Operand::Unknown)
                    && let Some(negated) = status(&sign, value)
                {
                    return (Test::Zero(asked.clone()), negated);
                }
                let simple = |it: &Operand| {
                    matches!(
                        it,
                        Operand::Place(_)
                            | Operand::Field(..)
                            | Operand::Text(_)
                            | Operand::Int(_)
                            | Operand::Bool(_)
                            | Operand::Path(_)
                    )
                };
                match it.op {
                    BinOp::Eq(_) | BinOp::Ne(_) if simple(&left.operand) && simple(&right.operand) => {
                        (Test::Equal(left.operand, right.operand), matches!(it.op, BinOp::Ne(_)))
                    }
                    BinOp::Ne(_) => {
                        let mut it = it.clone();
                        it.op = BinOp::Eq(syn::token::EqEq::default());
                        (self.opaque_test(&it.to_token_stream()), true)
                    }
                    _ => (self.opaque_test(&expr.to_token_stream()), false),
                }
            }
            Expr::Path(_) | Expr::Field(_) | Expr::Lit(_) => {
                let value = self.borrow(expr);
                match value.operand {
                    Operand::Unknown => (self.opaque_test(&expr.to_token_stream()), false),
                    operand => (Test::True(operand), false),
                }
            }
            other => self.other_test(other),
        }
    }

    fn other_test(&mut self, expr: &Expr) -> (Test, bool) {
        if let Expr::If(_) | Expr::Match(_) | Expr::Block(_) | Expr::Unsafe(_) = expr {
            // What comes last in it is asked as it would be here.
            let place = self.temporary(Ty::Plain);
            self.into(expr, place);
            return (Test::True(Operand::Place(place)), false);
        }
        let value = self.borrow(expr);
        match (expr, value.operand) {
            (Expr::Await(_), Operand::Place(place)) => (Test::True(Operand::Place(place)), false),
            (Expr::Macro(_), known @ Operand::Bool(_)) => (Test::True(known), false),
            (Expr::Call(_) | Expr::MethodCall(_), asked @ Operand::Place(_)) => {
                let mut test = self.opaque_test(&expr.to_token_stream());
                if let Test::Opaque { value, .. } = &mut test {
                    *value = asked;
                }
                (test, false)
            }
            _ => (self.opaque_test(&expr.to_token_stream()), false),
        }
    }
}

/// Whether the comparison of a status with the number holds for a failure; `None` if it says neither.
fn status(sign: &BinOp, number: i64) -> Option<bool> {
    match (sign, number) {
        (BinOp::Eq(_), 0) | (BinOp::Ne(_), -1) | (BinOp::Ge(_), 0) | (BinOp::Gt(_), -1) => Some(false),
        (BinOp::Ne(_), 0) | (BinOp::Eq(_), -1) | (BinOp::Lt(_), 0) | (BinOp::Le(_), -1) => Some(true),
        _ => None,
    }
}

/// The same comparison with the sides changed: `0 > status` is `status < 0`.
fn mirrored(sign: BinOp) -> BinOp {
    match sign {
        BinOp::Lt(_) => BinOp::Gt(Default::default()),
        BinOp::Le(_) => BinOp::Ge(Default::default()),
        BinOp::Gt(_) => BinOp::Lt(Default::default()),
        BinOp::Ge(_) => BinOp::Le(Default::default()),
        same => same,
    }
}

/// What is compared with `Ok(())`, and whether for being something else.
fn with_success(it: &ExprBinary) -> Option<(&Expr, bool)> {
    let negated = match it.op {
        BinOp::Eq(_) => false,
        BinOp::Ne(_) => true,
        _ => return None,
    };
    let is_unit = |it: &Expr| matches!(it, Expr::Tuple(it) if it.elems.is_empty());
    let is_success = |it: &Expr| match it {
        Expr::Call(it) => {
            let named =
                matches!(&*it.func, Expr::Path(it) if it.path.segments.last().is_some_and(|it| it.ident == "Ok"));
            named && it.args.first().is_some_and(is_unit)
        }
        _ => false,
    };
    match (&*it.left, &*it.right) {
        (asked, success) if is_success(success) => Some((asked, negated)),
        (success, asked) if is_success(success) => Some((asked, negated)),
        _ => None,
    }
}

/// Whether the outcome of a comparison or of `is_err()` says how a call went.
pub(super) fn is_telling(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(it) => is_telling(&it.expr),
        Expr::Unary(it) => matches!(it.op, UnOp::Not(_)) && is_telling(&it.expr),
        Expr::MethodCall(it) => {
            let method = name(&it.method);
            it.args.is_empty() && (super::method::is_test(&method) || method == "is_negative")
        }
        Expr::Binary(it) if with_success(it).is_some() => true,
        Expr::Binary(it) => {
            let asked = |number: &Expr, sign| number_of(number).and_then(|it| status(&sign, it)).is_some();
            asked(&it.right, it.op) || asked(&it.left, mirrored(it.op))
        }
        _ => false,
    }
}

/// A number as written: `0`, `-1`.
fn number_of(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Lit(it) => match &it.lit {
            Lit::Int(it) => it.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(it) if matches!(it.op, UnOp::Neg(_)) => number_of(&it.expr).map(|it| -it),
        _ => None,
    }
}
