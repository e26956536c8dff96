//! Names as values: variables, constants, functions.

use syn::spanned::Spanned as _;

use super::expr::reference;
use super::{Lowerer, Value};
use crate::ir::{Operand, Place};
use crate::lang::rust::declaration::Constant;
use crate::lang::rust::index::{Global, Scope};
use crate::lang::rust::ty::{Ty, names, written};

impl Lowerer<'_> {
    pub(super) fn path_value(&mut self, it: &syn::ExprPath) -> Value {
        if it.qself.is_none()
            && let Some(ident) = it.path.get_ident()
            && let Some(place) = self.variable_of(ident)
        {
            return self.local(place);
        }
        let path = self.expr_path(it);
        match path.as_str() {
            "std::result::Result::Ok" | "std::result::Result::Err" | "std::option::Option::Some" => self.constructs(it),
            _ => self.named_value(path),
        }
    }

    /// `and_then(Ok)`: the closure that a constructor is which is not called.
    fn constructs(&mut self, constructor: &syn::ExprPath) -> Value {
        let at = constructor.span();
        self.closure(&syn::parse_quote_spanned!(at=> |inner| #constructor(inner)))
    }

    pub(super) fn local(&mut self, place: Place) -> Value {
        let ty = self.ty_of(place);
        let operand = match ty {
            Ty::Reference(_) | Ty::Plain => Operand::Place(place),
            _ => Operand::Move(place),
        };
        Value::of(operand, ty)
    }

    /// The full path of a path expression.
    pub(super) fn expr_path(&mut self, it: &syn::ExprPath) -> String {
        let Some(qself) = &it.qself else { return self.index.path(&self.scope, &names(&it.path)) };
        // `<T as Trait>::name`: of the type if that is known, else of the trait.
        let ty = self.index.ty(&written(&qself.ty, &self.scope.bounds), &self.scope);
        let all = names(&it.path);
        let (of, rest) = all.split_at(qself.position.min(all.len()));
        let of = (!of.is_empty()).then(|| self.index.path(&self.scope, of));
        let base = match (ty.path(), of) {
            (Some(path), Some(of)) => {
                let known = rest.first().is_some_and(|it| self.index.method(&ty, it).is_some());
                if known || !self.index.is_trait(&of) { path.to_owned() } else { of }
            }
            (Some(path), None) => path.to_owned(),
            (None, Some(of)) => of,
            (None, None) => return rest.join("::"),
        };
        format!("{base}::{}", rest.join("::"))
    }

    /// A constant, a static, a unit struct, a function.
    fn named_value(&mut self, path: String) -> Value {
        match path.as_str() {
            "std::option::Option::None" => return Value::of(Operand::Bad, Ty::option(Ty::Unknown)),
            "std::ptr::null" | "std::ptr::null_mut" => return Value::of(Operand::Path(path), Ty::Unknown),
            _ => (),
        }
        match self.index.global(&path) {
            Some(Global::Constant(constant, module)) => self.constant(constant, module, 0),
            Some(Global::Static(ty)) => {
                let ty = reference(ty);
                let place = self.global(&path, ty.clone());
                Value::of(Operand::Place(place), ty)
            }
            Some(Global::Const(ty)) => Value::of(Operand::Path(path), ty),
            None => {
                let ty = if let Some(of) = self.index.variant_of(&path) {
                    Ty::named(of)
                } else if self.index.is_own(&path) {
                    Ty::named(&path)
                } else if let Some(found) = self.index.function(&path) {
                    Ty::Function(found.params, Box::new(found.result))
                } else {
                    Ty::Unknown
                };
                Value::of(Operand::Path(path), ty)
            }
        }
    }

    fn constant(&mut self, constant: Constant, module: String, steps: usize) -> Value {
        match constant {
            Constant::Text(text) => Value::of(Operand::Text(text), reference(Ty::named("str"))),
            Constant::Int(value) => Value::of(Operand::Int(value), Ty::Plain),
            Constant::Bool(value) => Value::of(Operand::Bool(value), Ty::Plain),
            Constant::Path(written) => {
                let scope = Scope { module, ..Scope::default() };
                let path = self.index.path(&scope, &written);
                match self.index.global(&path) {
                    Some(Global::Constant(constant, module)) if steps < 8 => self.constant(constant, module, steps + 1),
                    _ => Value::of(Operand::Path(path), Ty::Unknown),
                }
            }
        }
    }
}
