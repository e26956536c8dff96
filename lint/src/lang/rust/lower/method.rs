//! Method calls: which function is meant, and what it gives.

use syn::ExprMethodCall;

use super::call::Made;
use super::condition::is_telling;
use super::{Lowerer, Value, Want, library, seen};
use crate::facts::{Effect, Fact, Owner};
use crate::ir::{Callee, Operand};
use crate::lang::rust::declaration::Receiver;
use crate::lang::rust::extent;
use crate::lang::rust::ty::{Ty, name};

/// Methods of `Option`, `Result` and the like that take them by value, under
/// names that mean nothing else.
const CONSUMING: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "unwrap_unchecked",
    "ok",
    "err",
    "ok_or",
    "ok_or_else",
    "map",
    "map_err",
    "map_or",
    "map_or_else",
    "and_then",
    "or_else",
    "context",
    "with_context",
    "wrap_err",
    "wrap_err_with",
    "into_inner",
    "into",
    "into_iter",
    "try_into",
    "flatten",
    "transpose",
    "unwrap_err",
    "expect_err",
    "into_raw_fd",
    "inspect",
    "inspect_err",
    "or",
    "into_boxed",
];

impl Lowerer<'_> {
    pub(super) fn method_call(&mut self, it: &ExprMethodCall, want: Want) -> Value {
        let method = name(&it.method);
        let origin = self.origin(extent::first(&it.receiver), it.paren_token.span.close());
        let name_span = self.span(extent::first(&it.receiver), it.method.span());
        if is_test(&method) && it.args.is_empty() {
            // Whoever asks has looked at it.
            let asked = self.borrow(&it.receiver);
            if matches!(asked.operand, Operand::Place(_) | Operand::Move(_)) {
                let answer = self.temporary(Ty::Plain);
                self.assign(answer, seen(&asked.operand), origin);
            }
            return Value::plain();
        }
        match (&*method, it.args.first()) {
            ("err", None) => return self.error_of(&it.receiver, want),
            ("then_some" | "then", Some(given)) if is_telling(&it.receiver) => {
                return self.then_some(&it.receiver, given, method == "then", want);
            }
            _ => (),
        }
        let receiver = self.value(&it.receiver);
        if let ("and", Some(other), true) = (&*method, it.args.first(), receiver.ty.is_fallible()) {
            return self.and(receiver, other, want, origin);
        }
        let found = if receiver.ty.is_fallible() { None } else { self.index.method(&receiver.ty, &method) };
        let by_value = match &found {
            Some(found) => found.receiver == Some(Receiver::Value),
            None => CONSUMING.contains(&method.as_str()),
        };
        let receiver_span = self.span_of(&it.receiver);
        let receiver = if by_value {
            if receiver.fresh
                && !it.args.is_empty()
                && let Operand::Move(place) = receiver.operand
            {
                self.drop_at_end(place, &receiver.ty, receiver_span);
            }
            receiver
        } else {
            self.keep(receiver, receiver_span)
        };
        let library = if found.is_some() { None } else { self.library_method(&receiver.ty, &method) };
        let hints = match (&found, &library) {
            (Some(found), _) => found.params.clone(),
            (None, Some(path)) if !library::is_parallel(&receiver.ty) => library::callback(path),
            (None, _) => library::held_callback(&receiver.ty, &method),
        };
        let (args, types) = self.operands_like(it.args.iter(), &hints);
        let (callee, ty) = match found {
            Some(found) => (Callee::Path(found.path), found.result),
            None => match library {
                Some(path) => {
                    // What the catalogue does not say is what the type says.
                    let known = library::method(&receiver.ty, &method);
                    let is_said = known == Ty::Unknown || !self.index.facts.results(&path).is_empty();
                    let said = if is_said { self.library_result(&path, &types) } else { Ty::Unknown };
                    let ty = if said == Ty::Unknown { known } else { said };
                    let ty = if ty == Ty::Unknown { self.inferred(it, &receiver.ty, &method, &types) } else { ty };
                    (Callee::Path(path), ty)
                }
                None => {
                    let ty = library::method(&receiver.ty, &method);
                    let is_known = ty != Ty::Unknown && ty != Ty::option(Ty::Unknown) && ty != Ty::result(Ty::Unknown);
                    let ty = if is_known { ty } else { self.inferred(it, &receiver.ty, &method, &types).or(ty) };
                    (Callee::Method(method.clone()), ty)
                }
            },
        };
        let args = if let Callee::Path(path) = &callee { self.with_addresses(path, args, &types) } else { args };
        // What the cell of a static is filled with is what the static holds.
        let cell = match &receiver.operand {
            Operand::Place(place) if library::fills(&receiver.ty, &method) => Some(*place),
            _ => None,
        };
        let cell = cell.filter(|it| self.body().globals.values().any(|global| global == it));
        if let (Some(cell), "set", Some(value)) = (cell, &*method, args.first()) {
            self.assign(cell, seen(value), origin);
        }
        let receiver = Some(receiver.operand);
        let want = if cell.is_some() && want == Want::Nothing { Want::Value } else { want };
        let made = self.make(Made { callee, receiver, args, name: name_span, origin }, ty, want);
        if let Some(cell) = cell.filter(|_| method != "set") {
            self.assign(cell, seen(&made.operand), origin);
        }
        made
    }

    /// The full path of a method of a type that the tree does not declare.
    fn library_method(&self, ty: &Ty, method: &str) -> Option<String> {
        if ty.is_fallible() || is_common(method) && !library::is_parallel(ty) {
            return None;
        }
        let path = match ty.peel() {
            Ty::Named { path, .. } if !self.index.is_own(path) => path,
            Ty::Trait(path) if !self.index.is_trait(path) => path,
            _ => return None,
        };
        let path = format!("{path}::{method}");
        // The trait of the standard library, on whatever has a descriptor.
        let by_trait = matches!(ty.peel(), Ty::Trait(_));
        if matches!(method, "as_fd" | "as_raw_fd" | "into_raw_fd")
            && (by_trait || self.index.facts.call(&path).is_none())
        {
            return None;
        }
        // What nobody drops is no owner.
        let lends = |it: &Fact| matches!(it.effect, Effect::Same { owner: Owner::Lent, .. });
        let lent = ty.is_kept_from_dropping() && self.index.facts.call(&path).is_some_and(lends);
        (!lent).then_some(path)
    }
}

/// Methods that ask an `Option` or `Result` what it is.
pub(super) fn is_test(method: &str) -> bool {
    matches!(method, "is_ok" | "is_err" | "is_some" | "is_none")
}

/// Methods of so many types, by derive or through a trait for all, that the
/// type says nothing about them.
fn is_common(method: &str) -> bool {
    CONSUMING.contains(&method)
        || matches!(
            method,
            "clone" | "to_owned" | "as_ref" | "as_mut" | "borrow" | "borrow_mut" | "to_string" | "iter" | "deref"
        )
}
