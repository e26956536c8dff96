//! `match`: to which arm a value goes.

use quote::ToTokens;
use syn::{Arm, Expr, Pat};

use super::branch::{either, is_choosing, moved_by};
use super::condition::is_telling;
use super::pattern::Class;
use super::{Lowerer, Value, Want, seen};
use crate::ir::{BlockId, End, Test};
use crate::lang::rust::extent;
use crate::lang::rust::ty::Ty;

impl Lowerer<'_> {
    pub(super) fn match_(&mut self, it: &syn::ExprMatch, want: Want) -> Value {
        let place = self.meet(want);
        let outer = self.build().scope();
        let arms: Vec<&Arm> = it.arms.iter().filter(|it| !self.is_absent(&it.attrs)).collect();
        let classes: Vec<Class> = arms.iter().map(|it| self.class(&it.pat)).collect();
        let (value, entries) = match is_telling(&it.expr) && classes.iter().all(|it| it.is_of_bool()) {
            true => self.branch_on(&it.expr, &classes),
            false => self.choose_by_value(it, &classes),
        };
        let after = self.build().block();
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

    /// A condition, of which the arms are the two sides: what it asks is known there, as in an `if`.
    fn branch_on(&mut self, condition: &Expr, classes: &[Class]) -> (Value, Vec<BlockId>) {
        let entries: Vec<BlockId> = classes.iter().map(|_| self.build().block()).collect();
        let nowhere = self.build().block();
        let [yes, no] = [Class::Yes, Class::No].map(|it| first_for(it, classes, &entries).unwrap_or(nowhere));
        self.jump(condition, yes, no);
        (Value::plain(), entries)
    }

    fn choose_by_value(&mut self, it: &syn::ExprMatch, classes: &[Class]) -> (Value, Vec<BlockId>) {
        let origin = self.origin_of(&it.expr);
        let value = self.value(&it.expr);
        let value = self.keep_movable(value, origin.span());
        let value = if it.arms.iter().any(|it| is_choosing(&it.pat)) { self.placed(value, origin) } else { value };
        let operand = moved_by(&it.expr, value.operand);
        let value = Value { operand, ..value };
        let entries: Vec<BlockId> = classes.iter().map(|_| self.build().block()).collect();
        self.choose(&value, classes, &entries);
        (value, entries)
    }

    /// Goes to the first arm that may fit, for each way the value can be.
    fn choose(&mut self, value: &Value, classes: &[Class], entries: &[BlockId]) {
        let operand = seen(&value.operand);
        let side = |wanted: Class| first_for(wanted, classes, entries);
        let all_of = |known: &[Class]| classes.iter().all(|it| known.contains(it));
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
}

fn first_for(wanted: Class, classes: &[Class], entries: &[BlockId]) -> Option<BlockId> {
    let mut it = classes.iter().zip(entries);
    it.find(|(class, _)| **class == wanted || **class == Class::Any).map(|it| *it.1)
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
