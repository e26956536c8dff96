//! Conditions, `match` and loops.

use quote::ToTokens;
use syn::{Arm, BinOp, Expr, Lit, Pat, UnOp};

use super::pattern::Class;
use super::{Lowerer, Value, Want, seen};
use crate::ir::{BlockId, End, Loop, Operand, Origin, Place, Test};
use crate::lang::rust::extent;
use crate::lang::rust::ty::{Ty, name};
use crate::source::Span;

impl Lowerer<'_> {
    /// Where the value of something with branches goes.
    fn meet(&mut self, want: Want) -> Option<Place> {
        match want {
            Want::Into(place) => Some(place),
            Want::Value => Some(self.temporary(Ty::Unknown)),
            Want::Nothing => None,
        }
    }

    fn met(&mut self, place: Option<Place>, ty: Ty, want: Want) -> Value {
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

    pub(super) fn retype(&mut self, place: Place, ty: &Ty) {
        let body = self.body();
        body.types[place.0 as usize] = ty.clone();
        body.builder.function.variables[place.0 as usize].ty = ty.path().map(str::to_owned);
    }

    /// An expression that is one of the ways to a value.
    fn way(&mut self, expr: &Expr, place: Option<Place>) -> Ty {
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

    // `if`.

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
    fn let_condition(&mut self, it: &syn::ExprLet, no: BlockId, outer: Option<usize>) -> usize {
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

    /// A scrutinee: it lives to the end of the statement, unless a pattern takes it.
    fn keep_movable(&mut self, value: Value, span: Span) -> Value {
        let fresh = value.fresh;
        let mut value = self.keep(value, span);
        if fresh && let Operand::Place(place) = value.operand {
            value.operand = Operand::Move(place);
        }
        value
    }

    /// Goes to `yes` or `no`, as the expression comes out.
    fn jump(&mut self, expr: &Expr, yes: BlockId, no: BlockId) {
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
            Expr::Binary(it) => {
                let left = self.borrow(&it.left);
                let right = self.borrow(&it.right);
                let status = |sign: &BinOp, value: i64| match (sign, value) {
                    (BinOp::Eq(_), 0) | (BinOp::Ne(_), -1) | (BinOp::Ge(_), 0) | (BinOp::Gt(_), -1) => Some(false),
                    (BinOp::Ne(_), 0) | (BinOp::Eq(_), -1) | (BinOp::Lt(_), 0) | (BinOp::Le(_), -1) => Some(true),
                    _ => None,
                };
                if let Operand::Int(value) = right.operand
                    && !matches!(left.operand, Operand::Int(_) | Operand::Unknown)
                    && let Some(negated) = status(&it.op, value)
                {
                    return (Test::Zero(left.operand), negated);
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
        let value = self.borrow(expr);
        match (expr, value.operand) {
            (
                Expr::If(_) | Expr::Match(_) | Expr::Block(_) | Expr::Unsafe(_) | Expr::Await(_),
                Operand::Place(place),
            ) => (Test::True(Operand::Place(place)), false),
            (Expr::Macro(_), known @ Operand::Bool(_)) => (Test::True(known), false),
            _ => (self.opaque_test(&expr.to_token_stream()), false),
        }
    }

    /// A condition whose outcome is a value.
    pub(super) fn condition_value(&mut self, expr: &Expr, want: Want) -> Value {
        let place = match want {
            Want::Into(place) => place,
            _ => self.temporary(Ty::Plain),
        };
        let (no, after) = (self.build().block(), self.build().block());
        let origin = self.origin_of(expr);
        let outer = self.build().scope();
        self.enter_block();
        self.condition(expr, no, outer);
        self.leave_block();
        self.build().end_scope(outer, origin.span());
        self.assign(place, Operand::Bool(true), origin);
        self.build().goto(after);
        self.build().go_on_in(no);
        self.assign(place, Operand::Bool(false), origin);
        self.build().goto(after);
        self.build().go_on_in(after);
        Value::of(Operand::Place(place), Ty::Plain)
    }

    // `match`.

    pub(super) fn match_(&mut self, it: &syn::ExprMatch, want: Want) -> Value {
        let place = self.meet(want);
        let origin = self.origin_of(&it.expr);
        let outer = self.build().scope();
        let value = self.value(&it.expr);
        let value = self.keep_movable(value, origin.span());
        let value = if it.arms.iter().any(|it| is_choosing(&it.pat)) { self.placed(value, origin) } else { value };
        let operand = moved_by(&it.expr, value.operand);
        let value = Value { operand, ..value };
        let after = self.build().block();
        let arms: Vec<&Arm> = it.arms.iter().filter(|it| !self.is_absent(&it.attrs)).collect();
        let entries: Vec<BlockId> = arms.iter().map(|_| self.build().block()).collect();
        let classes: Vec<Class> = arms.iter().map(|it| self.class(&it.pat)).collect();
        self.choose(&value, &classes, &entries, origin);
        let mut ty = Ty::Plain;
        for (at, arm) in arms.iter().enumerate() {
            self.build().go_on_in(entries[at]);
            // Where a pattern or its guard does not fit, the next arms that may are tried.
            let rest: Vec<BlockId> =
                (at + 1..arms.len()).filter(|it| classes[at].may_follow(&classes[*it])).map(|it| entries[it]).collect();
            let scope = self.build().scope();
            self.enter_block();
            let refused = self.build().block();
            self.arm_matches(arm, &value, &classes[at], refused, scope);
            ty = either(ty, self.way(&arm.body, place));
            self.leave_block();
            let end = self.span(extent::last(&arm.body), extent::last(&arm.body));
            self.build().end_scope(scope, end);
            self.build().goto(after);
            self.build().go_on_in(refused);
            self.build().end(match rest[..] {
                [] => End::Stop,
                [only] => End::Goto(only),
                _ => End::Choice(rest),
            });
        }
        self.build().go_on_in(after);
        let end = self.span(it.brace_token.span.close(), it.brace_token.span.close());
        self.build().end_scope(outer, end);
        self.met(place, ty, want)
    }

    /// Goes to the first arm that may fit, for each way the value can be.
    fn choose(&mut self, value: &Value, classes: &[Class], entries: &[BlockId], origin: Origin) {
        let operand = seen(&value.operand);
        let side = |wanted: Class| {
            let mut it = classes.iter().zip(entries);
            it.find(|(class, _)| **class == wanted || **class == Class::Any).map(|it| *it.1)
        };
        let all_of = |known: &[Class]| classes.iter().all(|it| known.contains(it));
        let _ = origin;
        if all_of(&[Class::Good, Class::Bad, Class::Any]) && classes.iter().any(|it| *it != Class::Any) {
            self.split(Test::Good(operand), side(Class::Good), side(Class::Bad));
        } else if all_of(&[Class::Yes, Class::No, Class::Any]) && classes.iter().any(|it| *it != Class::Any) {
            self.split(Test::True(operand), side(Class::Yes), side(Class::No));
        } else if classes.first() == Some(&Class::Zero) {
            let (rest, no) = (entries[1..].to_vec(), self.build().block());
            self.split(Test::Zero(operand), entries.first().copied(), Some(no));
            self.build().go_on_in(no);
            self.build().end(End::Choice(rest));
        } else if classes.first() == Some(&Class::MinusOne) {
            let (rest, yes) = (entries[1..].to_vec(), self.build().block());
            self.split(Test::Zero(operand), Some(yes), entries.first().copied());
            self.build().go_on_in(yes);
            self.build().end(End::Choice(rest));
        } else {
            self.build().end(End::Choice(entries.to_vec()));
        }
    }

    fn split(&mut self, test: Test, yes: Option<BlockId>, no: Option<BlockId>) {
        let nowhere = self.build().block();
        self.build().end(End::Branch { test, yes: yes.unwrap_or(nowhere), no: no.unwrap_or(nowhere) });
    }

    fn arm_matches(&mut self, arm: &Arm, value: &Value, class: &Class, refused: BlockId, scope: usize) {
        let (pattern, guard) = match &arm.pat {
            Pat::Guard(it) => (&*it.pat, Some(&*it.guard)),
            other => (other, None),
        };
        let key = pattern.to_token_stream();
        // The outermost test was made by whoever chose this arm.
        match (class, inner_of(pattern)) {
            (Class::Good, Some(inner)) => {
                let operand = self.inside(&seen(&value.operand), &value.ty);
                self.matches(inner, &operand, &value.ty.inside(), &key, refused, scope);
            }
            (Class::Other, _) if !self.is_certain(pattern) => self.matches_inside(pattern, value, &key, refused, scope),
            _ => (),
        }
        if let Some(guard) = guard {
            // A guard only looks: nothing is moved before it holds.
            self.enter_block();
            self.bind(pattern, &seen(&value.operand), &value.ty);
            self.condition(guard, refused, scope);
            self.leave_block();
        }
        self.bind(pattern, &value.operand, &value.ty);
    }

    // Loops.

    pub(super) fn loop_(&mut self, it: &syn::ExprLoop, want: Want) -> Value {
        let place = self.meet(want);
        let (head, after) = (self.build().block(), self.build().block());
        self.build().goto(head);
        self.build().go_on_in(head);
        self.enter(it.label.as_ref(), Some(head), after, true, place);
        self.block_into(&it.body, Want::Nothing);
        self.build().leave_loop();
        self.build().goto(head);
        self.build().go_on_in(after);
        self.met(place, Ty::Unknown, want)
    }

    pub(super) fn while_(&mut self, it: &syn::ExprWhile) {
        let (head, after) = (self.build().block(), self.build().block());
        self.build().goto(head);
        self.build().go_on_in(head);
        self.enter(it.label.as_ref(), Some(head), after, true, None);
        let outer = self.build().scope();
        self.enter_block();
        self.condition(&it.cond, after, outer);
        self.block_into(&it.body, Want::Nothing);
        self.leave_block();
        let end = self.span(it.body.brace_token.span.close(), it.body.brace_token.span.close());
        self.build().end_scope(outer, end);
        self.build().leave_loop();
        self.build().goto(head);
        self.build().go_on_in(after);
    }

    pub(super) fn for_(&mut self, it: &syn::ExprForLoop) {
        let outer = self.build().scope();
        let items = self.borrow(&it.expr);
        let (head, after) = (self.build().block(), self.build().block());
        self.build().goto(head);
        self.build().go_on_in(head);
        let ways = self.build().choice(2);
        self.build().go_on_in(ways[1]);
        self.build().goto(after);
        self.build().go_on_in(ways[0]);
        self.enter(it.label.as_ref(), Some(head), after, true, None);
        let scope = self.build().scope();
        self.enter_block();
        let element = items.ty.element();
        self.bind(&it.pat, &Operand::Field(Box::new(items.operand), "[]".into()), &element);
        self.block_into(&it.body, Want::Nothing);
        self.leave_block();
        let end = self.span(it.body.brace_token.span.close(), it.body.brace_token.span.close());
        self.build().end_scope(scope, end);
        self.build().leave_loop();
        self.build().goto(head);
        self.build().go_on_in(after);
        self.build().end_scope(outer, end);
    }

    /// `'a: { … }` too.
    pub(super) fn labelled_block(&mut self, it: &syn::ExprBlock, want: Want) -> Value {
        let Some(label) = &it.label else { return self.block_value(&it.block, want) };
        let place = self.meet(want);
        let after = self.build().block();
        self.enter(Some(label), None, after, false, place);
        let ty = self.block_into(&it.block, place.map_or(Want::Nothing, Want::Into)).ty;
        self.build().leave_loop();
        self.build().goto(after);
        self.build().go_on_in(after);
        self.met(place, ty, want)
    }

    fn enter(
        &mut self,
        label: Option<&syn::Label>,
        again: Option<BlockId>,
        after: BlockId,
        unnamed: bool,
        result: Option<Place>,
    ) {
        let label = label.map(|it| name(&it.name.ident));
        self.build().enter_loop(Loop { label, again, after, unnamed, result });
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
fn moved_by(expr: &Expr, operand: Operand) -> Operand {
    match (expr, operand) {
        (Expr::Path(_), Operand::Place(place)) => Operand::Move(place),
        (_, operand) => operand,
    }
}

/// Whether the pattern asks anything of the value.
fn is_choosing(pattern: &Pat) -> bool {
    !matches!(pattern, Pat::Wild(_)) && !matches!(pattern, Pat::Ident(it) if it.subpat.is_none() && it.ident != "None")
}

/// What is in the parentheses of `Ok(…)` and `Some(…)`.
fn inner_of(pattern: &Pat) -> Option<&Pat> {
    match pattern {
        Pat::TupleStruct(it) => it.elems.first(),
        Pat::Paren(it) => inner_of(&it.pat),
        Pat::Reference(it) => inner_of(&it.pat),
        Pat::Ident(it) => it.subpat.as_ref().and_then(|it| inner_of(&it.1)),
        _ => None,
    }
}

/// Whether the outcome of a comparison or of `is_err()` says how a call went.
pub(super) fn is_telling(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(it) => is_telling(&it.expr),
        Expr::Unary(it) => matches!(it.op, UnOp::Not(_)) && is_telling(&it.expr),
        Expr::MethodCall(it) => it.args.is_empty() && super::method::is_test(&name(&it.method)),
        Expr::Binary(it) => match &*it.right {
            Expr::Lit(lit) => {
                matches!(&lit.lit, Lit::Int(it) if it.base10_digits() == "0")
                    && matches!(it.op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Ge(_))
            }
            Expr::Unary(minus) => {
                matches!(minus.op, UnOp::Neg(_)) && matches!(it.op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Gt(_))
            }
            _ => false,
        },
        _ => false,
    }
}
