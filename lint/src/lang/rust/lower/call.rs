//! Calls of paths and of values.

use syn::spanned::Spanned;
use syn::{Expr, ExprCall};

use super::{Lowerer, Value, Want, library, seen};
use crate::ir::{Action, Call, Callee, End, Operand, Origin};
use crate::lang::rust::declaration::Receiver;
use crate::lang::rust::extent;
use crate::lang::rust::ty::{Ty, is_never, names};
use crate::source::Span;

/// Constructors of types that give way to what they hold.
const WRAPPERS: &[&str] = &[
    "std::boxed::Box::new",
    "std::boxed::Box::pin",
    "std::boxed::Box::from",
    "std::sync::Arc::new",
    "std::sync::Arc::from",
    "std::rc::Rc::new",
    "std::pin::Pin::new",
    "std::pin::Pin::new_unchecked",
    "std::panic::AssertUnwindSafe",
    "std::hint::black_box",
];
/// The same for types that are named, since their methods matter.
const HOLDERS: &[(&str, &str)] = &[
    ("std::sync::Mutex::new", "std::sync::Mutex"),
    ("std::sync::RwLock::new", "std::sync::RwLock"),
    ("tokio::sync::Mutex::new", "tokio::sync::Mutex"),
    ("tokio::sync::RwLock::new", "tokio::sync::RwLock"),
    ("parking_lot::Mutex::new", "parking_lot::Mutex"),
    ("parking_lot::RwLock::new", "parking_lot::RwLock"),
    ("std::cell::RefCell::new", "std::cell::RefCell"),
    ("std::cell::Cell::new", "std::cell::Cell"),
];

/// A call that is about to be written down.
pub(super) struct Made {
    pub(super) callee: Callee,
    pub(super) receiver: Option<Operand>,
    pub(super) args: Vec<Operand>,
    pub(super) name: Span,
    pub(super) origin: Origin,
}

impl Lowerer<'_> {
    /// Writes the call down; what it gives is of type `ty`. One that does not come back ends the path there.
    pub(super) fn make(&mut self, made: Made, ty: Ty, want: Want) -> Value {
        let result = match want {
            Want::Into(place) => Some(place),
            Want::Nothing if !self.acts(&ty) => None,
            _ => Some(self.temporary(ty.clone())),
        };
        let unwind = self.build().unwind(made.origin.span());
        let call = Call {
            callee: made.callee,
            receiver: made.receiver,
            args: made.args,
            results: vec![result],
            name: made.name,
            unwind,
        };
        self.build().step(Action::Call(call), made.origin);
        if is_never(&ty) {
            self.build().end(End::Stop);
        }
        match result {
            Some(place) => Value { operand: Operand::Move(place), ty, fresh: !matches!(want, Want::Into(_)) },
            None => Value::of(Operand::Unknown, ty),
        }
    }

    pub(super) fn call(&mut self, it: &ExprCall, want: Want) -> Value {
        let origin = self.origin(extent::first(&it.func), it.paren_token.span.close());
        let name_span = self.span(extent::first(&it.func), extent::last(&it.func));
        let made = |callee, receiver, args| Made { callee, receiver, args, name: name_span, origin };
        let Expr::Path(function) = bare(&it.func) else {
            let function = self.borrow(&it.func);
            let (args, _) = self.operands(it.args.iter());
            let ty = called(&function.ty);
            return self.make(made(Callee::Value(function.operand), None, args), ty, want);
        };
        if function.qself.is_none()
            && let Some(ident) = function.path.get_ident()
            && let Some(place) = self.variable_of(ident)
        {
            let (args, _) = self.operands(it.args.iter());
            let ty = called(&self.ty_of(place));
            return self.make(made(Callee::Value(Operand::Place(place)), None, args), ty, want);
        }
        let path = self.expr_path(function);
        if let Some(value) = self.constructor(&path, it, want) {
            return value;
        }
        let found = self.index.function(&path).or_else(|| self.inherited(&path));
        let hints = match &found {
            // Called by its path, a method has its receiver among the arguments.
            Some(found) => found.receiver.map(|_| Ty::Unknown).into_iter().chain(found.params.clone()).collect(),
            None => library::callback(&path),
        };
        let (mut args, types) = self.operands_like(it.args.iter(), &hints);
        let Some(found) = found else {
            let ty = self.library_result(&path, &types);
            let args = self.with_addresses(&path, args, &types);
            return self.make(made(Callee::Path(path), None, args), ty, want);
        };
        let mut receiver = None;
        if found.receiver.is_some() && !args.is_empty() {
            let operand = args.remove(0);
            let by_value = found.receiver == Some(Receiver::Value);
            receiver = Some(if by_value { operand } else { seen(&operand) });
        }
        self.make(made(Callee::Path(found.path), receiver, args), found.result, want)
    }

    /// `Type::function` where a trait of the tree has it.
    fn inherited(&self, path: &str) -> Option<crate::lang::rust::index::Found> {
        let (ty, method) = path.rsplit_once("::")?;
        self.index.method(&Ty::named(ty), method)
    }

    /// `Ok(x)`, `Struct(x)`, `Box::new(x)`: values rather than calls.
    fn constructor(&mut self, path: &str, it: &ExprCall, want: Want) -> Option<Value> {
        let only = |lowerer: &mut Self| match it.args.first() {
            Some(it) => lowerer.value(it),
            None => Value::plain(),
        };
        match path {
            "std::result::Result::Ok" | "std::option::Option::Some" => {
                let inner = only(self);
                let ty = if path.ends_with("Ok") { Ty::result(inner.ty) } else { Ty::option(inner.ty) };
                return Some(Value::of(Operand::Good(Box::new(inner.operand)), ty));
            }
            "std::result::Result::Err" => {
                it.args.iter().for_each(|it| self.effect(it));
                return Some(Value::of(Operand::Bad, Ty::result(Ty::Unknown)));
            }
            _ => (),
        }
        if WRAPPERS.contains(&path) && it.args.len() == 1 {
            return it.args.first().map(|it| self.value_for(it, want));
        }
        if let Some((_, ty)) = HOLDERS.iter().find(|it| it.0 == path) {
            let inner = only(self);
            let ty = Ty::Named { path: (*ty).into(), args: vec![inner.ty] };
            return Some(Value { operand: inner.operand, ty, fresh: inner.fresh });
        }
        let ty = if let Some(of) = self.index.variant_of(path) {
            of.to_owned()
        } else if self.index.is_own(path) || is_constructor(path) {
            path.to_owned()
        } else {
            return None;
        };
        let (operands, _) = self.operands(it.args.iter());
        let fields = operands.into_iter().enumerate().map(|(at, it)| (at.to_string(), it)).collect();
        let value_ty = self.index.ty(&Ty::named(&ty), &crate::lang::rust::index::Scope::default());
        Some(Value::of(Operand::literal(Some(ty), fields), value_ty))
    }

    /// The path of a call as written, for macros that stand for one.
    pub(super) fn path_span(&self, path: &syn::Path) -> Span {
        self.span(extent::first_of_path(path), extent::last_of_path(path))
    }

    pub(super) fn macro_path(&self, path: &syn::Path) -> String {
        self.index.path(&self.scope, &names(path))
    }

    pub(super) fn mac_origin(&self, mac: &syn::Macro) -> Origin {
        match self.origin(extent::first_of_path(&mac.path), mac.delimiter.span().close()) {
            Origin::Written(span) => Origin::Expanded(span),
            other => other,
        }
    }

    pub(super) fn spanned(&self, it: &impl Spanned) -> Span {
        self.span(it.span(), it.span())
    }
}

/// What calling a value gives.
pub(super) fn called(ty: &Ty) -> Ty {
    match ty.peel() {
        Ty::Function(_, result) => (**result).clone(),
        _ => Ty::Unknown,
    }
}

pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(it) => bare(&it.expr),
        Expr::Group(it) => bare(&it.expr),
        other => other,
    }
}

/// A tuple struct or a variant of a library, by how names are written.
fn is_constructor(path: &str) -> bool {
    path.rsplit("::").next().is_some_and(|it| it.starts_with(char::is_uppercase) && it.contains(char::is_lowercase))
}
