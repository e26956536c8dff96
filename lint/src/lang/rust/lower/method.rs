//! Method calls: which function is meant, and what it gives.

use syn::{Expr, ExprMethodCall};

use super::call::Made;
use super::{Lowerer, Value, Want};
use crate::ir::{Callee, Operand};
use crate::lang::rust::declare::Receiver;
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
    "into_boxed",
];

impl Lowerer<'_> {
    pub(super) fn method_call(&mut self, it: &ExprMethodCall, want: Want) -> Value {
        let method = name(&it.method);
        let origin = self.origin(extent::first(&it.receiver), it.paren_token.span.close());
        let name_span = self.span(extent::first(&it.receiver), it.method.span());
        if is_test(&method) && it.args.is_empty() {
            self.borrow(&it.receiver);
            return Value::plain();
        }
        let receiver = self.value(&it.receiver);
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
        let hint = self.callback_hint(&receiver.ty, &method);
        let args = self.method_args(it, hint);
        let (callee, ty) = match found {
            Some(found) => (Callee::Path(found.path), found.result),
            None => match self.library_method(&receiver.ty, &method) {
                Some(path) => {
                    let ty = self.library_result(&path, &[]);
                    let ty = if ty == Ty::Unknown { self.common_result(&receiver.ty, &method) } else { ty };
                    (Callee::Path(path), ty)
                }
                None => {
                    let ty = self.common_result(&receiver.ty, &method);
                    (Callee::Method(method), ty)
                }
            },
        };
        let receiver = Some(receiver.operand);
        self.make(Made { callee, receiver, args, name: name_span, origin }, ty, want)
    }

    fn method_args(&mut self, it: &ExprMethodCall, hint: Ty) -> Vec<Operand> {
        // A closure that is called with what the receiver holds.
        if hint != Ty::Unknown
            && let [Expr::Closure(closure)] = it.args.iter().collect::<Vec<_>>()[..]
        {
            return vec![self.closure_of(closure, hint).operand];
        }
        self.operands(it.args.iter()).0
    }

    fn callback_hint(&self, receiver: &Ty, method: &str) -> Ty {
        match method {
            "map" | "and_then" | "is_some_and" | "is_ok_and" | "inspect" | "map_or" if receiver.is_fallible() => {
                receiver.inside()
            }
            "for_each" | "map" | "filter_map" | "flat_map" => receiver.element(),
            _ => Ty::Unknown,
        }
    }

    /// The full path of a method of a type that the tree does not declare.
    fn library_method(&self, ty: &Ty, method: &str) -> Option<String> {
        if ty.is_fallible() || is_common(method) {
            return None;
        }
        let path = match ty.peel() {
            Ty::Named { path, .. } if !self.index.is_own(path) => path,
            Ty::Trait(path) if !self.index.is_trait(path) => path,
            _ => return None,
        };
        Some(format!("{path}::{method}"))
    }

    /// What methods of the standard library's own types give.
    fn common_result(&self, ty: &Ty, method: &str) -> Ty {
        let of =
            |inner: Ty| if ty.path() == Some("std::option::Option") { Ty::option(inner) } else { Ty::result(inner) };
        if ty.is_fallible() {
            return match method {
                "unwrap" | "expect" | "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" | "unwrap_unchecked" => {
                    ty.inside()
                }
                "ok" => Ty::option(ty.inside()),
                "ok_or" | "ok_or_else" => Ty::result(ty.inside()),
                "as_ref" | "as_mut" | "as_deref" | "as_deref_mut" => {
                    let inner = ty.inside();
                    of(if inner == Ty::Unknown { inner } else { Ty::Reference(Box::new(inner)) })
                }
                "context" | "with_context" | "wrap_err" | "wrap_err_with" => Ty::result(ty.inside()),
                "take" | "replace" | "cloned" | "copied" | "map_err" | "or_else" | "inspect" | "inspect_err"
                | "filter" | "or" | "clone" => of(match ty.inside() {
                    Ty::Reference(inner) if matches!(method, "cloned" | "copied" | "clone" | "take") => *inner,
                    inner => inner,
                }),
                "map" | "and_then" | "and" => of(Ty::Unknown),
                "is_some_and" | "is_ok_and" | "is_none_or" => Ty::Plain,
                "iter" | "into_iter" | "iter_mut" => Ty::List(Box::new(ty.inside())),
                "insert" | "get_or_insert" | "get_or_insert_with" => reference_to(ty.inside()),
                "flatten" => ty.inside(),
                "unwrap_err" | "expect_err" | "err" => Ty::Unknown,
                _ => Ty::Unknown,
            };
        }
        let argument = |at: usize| match ty.peel() {
            Ty::Named { args, .. } => args.get(at).cloned().unwrap_or_default(),
            _ => Ty::Unknown,
        };
        let short = match ty.peel() {
            Ty::Named { path, .. } => path.rsplit("::").next().unwrap_or(""),
            _ => "",
        };
        let is_std = matches!(ty.peel(), Ty::Named { path, .. } if path.starts_with("std::"));
        match (short, method) {
            ("Mutex" | "RwLock", "lock" | "read" | "write") => {
                let guard = reference_to(argument(0));
                if is_std {
                    Ty::result(guard)
                } else if matches!(ty.peel(), Ty::Named { path, .. } if path.starts_with("tokio::")) {
                    Ty::Future(Box::new(guard))
                } else {
                    guard
                }
            }
            ("RefCell", "borrow" | "borrow_mut") => reference_to(argument(0)),
            ("Weak", "upgrade") => Ty::option(argument(0)),
            ("OnceLock" | "OnceCell", "get" | "get_mut") => Ty::option(reference_to(argument(0))),
            ("OnceLock" | "OnceCell", "get_or_init") => reference_to(argument(0)),
            ("HashMap" | "BTreeMap", "get" | "get_mut") => Ty::option(reference_to(argument(1))),
            ("HashMap" | "BTreeMap", "remove" | "insert") => Ty::option(argument(1)),
            ("HashMap" | "BTreeMap", "values" | "values_mut" | "into_values") => Ty::List(Box::new(argument(1))),
            ("Vec" | "VecDeque", "pop" | "pop_front" | "pop_back") => Ty::option(argument(0)),
            ("Vec", "push" | "extend" | "clear" | "reserve") => Ty::Plain,
            (_, "first" | "last" | "get" | "get_mut" | "next" | "iter().next" | "first_mut" | "last_mut")
                if ty.element() != Ty::Unknown =>
            {
                Ty::option(ty.element())
            }
            (
                _,
                "iter" | "iter_mut" | "into_iter" | "drain" | "as_slice" | "rev" | "skip" | "take" | "filter" | "chain"
                | "peekable" | "cloned" | "copied" | "by_ref",
            ) if ty.element() != Ty::Unknown => Ty::List(Box::new(ty.element())),
            (_, "enumerate") if ty.element() != Ty::Unknown => {
                Ty::List(Box::new(Ty::Tuple(vec![Ty::Plain, ty.element()])))
            }
            (_, "clone" | "to_owned") => ty.peel().clone(),
            (
                _,
                "as_ref" | "as_mut" | "borrow" | "borrow_mut" | "deref" | "deref_mut" | "by_ref" | "as_fd" | "as_deref",
            ) => reference_to(ty.peel().clone()),
            (
                _,
                "unwrap" | "expect" | "unwrap_or_default" | "into_inner" | "unwrap_or" | "unwrap_or_else" | "map_err"
                | "context" | "with_context",
            ) => ty.clone(),
            (_, "to_string" | "display" | "to_string_lossy" | "to_lowercase" | "to_uppercase") => {
                Ty::named("std::string::String")
            }
            (_, "as_str" | "as_path" | "as_bytes" | "trim" | "to_str") => reference_to(Ty::named("str")),
            (
                _,
                "len" | "is_empty" | "as_raw_fd" | "contains" | "starts_with" | "ends_with" | "eq" | "ne" | "cmp"
                | "exists" | "contains_key" | "as_u32" | "as_raw" | "id" | "hash" | "count",
            ) => Ty::Plain,
            _ => Ty::Unknown,
        }
    }
}

fn reference_to(ty: Ty) -> Ty {
    if ty == Ty::Unknown { ty } else { Ty::Reference(Box::new(ty)) }
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
