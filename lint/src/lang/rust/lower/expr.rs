//! Expressions, one kind at a time.

use syn::{Expr, Lit, Member, RangeLimits};

use super::condition::is_telling;
use super::{DEPTH, Lowerer, Value, Want, library};
use crate::ir::{Action, Operand, Origin, Place};
use crate::lang::rust::extent;
use crate::lang::rust::index::Scope;
use crate::lang::rust::ty::{Ty, name, names, written};

impl Lowerer<'_> {
    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        self.value_for(expr, Want::Value)
    }

    /// The value, only looked at.
    pub(super) fn borrow(&mut self, expr: &Expr) -> Value {
        let value = self.value(expr);
        let span = self.span_of(expr);
        self.keep(value, span)
    }

    /// The value goes to this place, whatever it takes.
    pub(super) fn into(&mut self, expr: &Expr, to: Place) -> Ty {
        let value = self.value_for(expr, Want::Into(to));
        let nothing = value.operand == Operand::Unknown && value.ty == Ty::Plain;
        if !nothing && value.operand != Operand::Move(to) && value.operand != Operand::Place(to) {
            let origin = self.origin_of(expr);
            self.assign(to, value.operand, origin);
        }
        value.ty
    }

    /// Runs the expression; what it gives is dropped at the end of the statement.
    pub(super) fn effect(&mut self, expr: &Expr) {
        let value = self.value_for(expr, Want::Nothing);
        if value.fresh {
            let span = self.span_of(expr);
            self.keep(value, span);
        }
    }

    pub(super) fn value_for(&mut self, expr: &Expr, want: Want) -> Value {
        if self.depth >= DEPTH {
            return Value::unknown();
        }
        self.depth += 1;
        let value = self.one(expr, want);
        self.depth -= 1;
        value
    }

    fn one(&mut self, expr: &Expr, want: Want) -> Value {
        match expr {
            _ if matches!(want, Want::Into(_)) && is_telling(expr) => self.condition_value(expr, want),
            Expr::Lit(it) => literal(&it.lit),
            Expr::Path(it) => self.path_value(it),
            Expr::Paren(it) => self.value_for(&it.expr, want),
            Expr::Group(it) => self.value_for(&it.expr, want),
            Expr::Reference(it) => {
                let value = self.borrow(&it.expr);
                Value::of(value.operand, reference(value.ty))
            }
            Expr::RawAddr(it) => {
                let value = self.borrow(&it.expr);
                Value::of(value.operand, reference(value.ty))
            }
            Expr::Unary(it) => self.unary(it, expr),
            Expr::Cast(it) => {
                let value = self.value_for(&it.expr, want);
                let ty = self.index.ty(&written(&it.ty, &self.scope.bounds), &self.scope);
                let ty = if ty == Ty::Unknown || matches!(&*it.ty, syn::Type::Infer(_)) { value.ty } else { ty };
                Value { operand: value.operand, ty, fresh: value.fresh }
            }
            Expr::Field(it) => {
                let base = self.borrow(&it.base);
                let field = match &it.member {
                    Member::Named(it) => name(it),
                    Member::Unnamed(it) => it.index.to_string(),
                };
                let ty = self.index.field(&base.ty, None, &field);
                let ty = if let (Ty::Reference(inner), false) = (&ty, base.ty.is_reference()) {
                    Ty::Reference(inner.clone())
                } else {
                    ty
                };
                Value::of(Operand::Field(Box::new(base.operand), field), ty)
            }
            Expr::Index(it) => {
                let base = self.borrow(&it.expr);
                self.borrow(&it.index);
                if matches!(&*it.index, Expr::Range(_)) {
                    return Value::of(base.operand, base.ty);
                }
                Value::of(Operand::Field(Box::new(base.operand), "[]".into()), base.ty.indexed())
            }
            Expr::Tuple(it) if it.elems.is_empty() => Value::plain(),
            Expr::Tuple(it) => {
                let (operands, types) = self.operands(it.elems.iter());
                let fields = operands.into_iter().enumerate().map(|(at, it)| (at.to_string(), it)).collect();
                Value::of(Operand::literal(None, fields), Ty::Tuple(types))
            }
            Expr::Array(it) => {
                let (operands, types) = self.operands(it.elems.iter());
                let element = types.into_iter().next().unwrap_or_default();
                Value::of(Operand::List(operands), Ty::List(Box::new(element)))
            }
            Expr::Repeat(it) => {
                let value = self.value(&it.expr);
                Value::of(Operand::List(vec![value.operand]), Ty::List(Box::new(value.ty)))
            }
            Expr::Struct(it) => self.struct_literal(it),
            Expr::Call(it) => self.call(it, want),
            Expr::MethodCall(it) => self.method_call(it, want),
            Expr::Macro(it) => self.macro_call(&it.mac, want),
            Expr::Closure(it) => self.closure(it),
            Expr::Async(it) => self.async_block(it),
            Expr::Await(it) => self.await_(it, want),
            Expr::Try(it) => self.try_(it, want),
            Expr::Binary(it) => self.binary(it, expr),
            Expr::Assign(it) => {
                self.assignment(it);
                Value::plain()
            }
            Expr::Block(it) => self.labelled_block(it, want),
            Expr::Unsafe(it) => self.block_value(&it.block, want),
            Expr::Const(it) => self.block_value(&it.block, want),
            Expr::TryBlock(it) => self.block_value(&it.block, want),
            Expr::If(it) => self.if_(it, want),
            Expr::Match(it) => self.match_(it, want),
            Expr::Loop(it) => self.loop_(it, want),
            Expr::While(it) => {
                self.while_(it);
                Value::plain()
            }
            Expr::ForLoop(it) => {
                self.for_(it);
                Value::plain()
            }
            Expr::Let(_) => self.condition_value(expr, want),
            Expr::Return(it) => {
                self.return_(it);
                Value::plain()
            }
            Expr::Break(it) => {
                self.break_(it);
                Value::plain()
            }
            Expr::Continue(it) => {
                let label = it.label.as_ref().map(|it| name(&it.ident));
                let span = self.span_of(expr);
                self.build().continue_with(label.as_deref(), span);
                Value::plain()
            }
            Expr::Range(it) => {
                it.start.iter().chain(&it.end).for_each(|it| self.effect(it));
                let _: RangeLimits = it.limits;
                Value::plain()
            }
            Expr::Yield(it) => {
                it.expr.iter().for_each(|it| self.effect(it));
                Value::unknown()
            }
            _ => Value::unknown(),
        }
    }

    /// Operands that something takes by value, in their order. A temporary is
    /// dropped if a later one leaves before it was handed over.
    pub(super) fn operands<'s>(&mut self, exprs: impl Iterator<Item = &'s Expr>) -> (Vec<Operand>, Vec<Ty>) {
        self.operands_like(exprs, &[])
    }

    /// `like`: what is expected, as far as it is known: a closure learns its parameters from it.
    pub(super) fn operands_like<'s>(
        &mut self,
        exprs: impl Iterator<Item = &'s Expr>,
        like: &[Ty],
    ) -> (Vec<Operand>, Vec<Ty>) {
        let (mut operands, mut types) = (Vec::new(), Vec::new());
        let mut exprs = exprs.peekable();
        while let Some(expr) = exprs.next() {
            let value = match (expr, like.get(operands.len())) {
                (Expr::Closure(it), Some(Ty::Function(inputs, _))) => self.closure_of(it, inputs),
                _ => self.value(expr),
            };
            if value.fresh
                && exprs.peek().is_some_and(|it| !is_simple(it))
                && let Operand::Move(place) = value.operand
            {
                let span = self.span_of(expr);
                self.drop_at_end(place, &value.ty, span);
            }
            operands.push(value.operand);
            types.push(value.ty);
        }
        (operands, types)
    }

    fn struct_literal(&mut self, it: &syn::ExprStruct) -> Value {
        let path = self.index.path(&self.scope, &names(&it.path));
        let (ty, variant) = match self.index.variant_of(&path) {
            Some(of) => (of.to_owned(), true),
            None => (path, false),
        };
        let mut fields = Vec::new();
        let (operands, _) = self.operands(it.fields.iter().map(|it| &it.expr));
        for (field, operand) in it.fields.iter().zip(operands) {
            let field = match &field.member {
                Member::Named(it) => name(it),
                Member::Unnamed(it) => it.index.to_string(),
            };
            fields.push((field, operand));
        }
        if let Some(rest) = &it.rest {
            self.borrow(rest);
        }
        let resolved = if variant { Ty::named(&ty) } else { self.index.ty(&Ty::named(&ty), &Scope::default()) };
        let resolved = if resolved == Ty::Unknown { Ty::named(&ty) } else { resolved };
        let ty = resolved.path().map_or(ty, str::to_owned);
        Value::of(Operand::literal(Some(ty), fields), resolved)
    }

    fn await_(&mut self, it: &syn::ExprAwait, want: Want) -> Value {
        let future = self.value(&it.base);
        let ty = library::awaited(&future.ty);
        let origin = self.origin(extent::first(&it.base), it.await_token.span);
        let result = match want {
            Want::Into(place) => Some(place),
            Want::Nothing if !self.acts(&ty) => None,
            _ => Some(self.temporary(ty.clone())),
        };
        self.wait(future.operand, result, origin);
        match result {
            Some(place) => Value { operand: Operand::Move(place), ty, fresh: !matches!(want, Want::Into(_)) },
            None => Value::of(Operand::Unknown, ty),
        }
    }

    /// Waits for the future here, and puts down where a panic in it leads.
    pub(super) fn wait(&mut self, future: Operand, result: Option<Place>, origin: Origin) {
        let unwind = self.build().unwind(origin.span());
        self.build().step(Action::Await { future, result, unwind }, origin);
    }
}

fn literal(lit: &Lit) -> Value {
    let text = |text: String| Value::of(Operand::Text(text), reference(Ty::named("str")));
    match lit {
        Lit::Str(it) => text(it.value()),
        Lit::ByteStr(it) => text(String::from_utf8_lossy(&it.value()).trim_end_matches('\0').to_owned()),
        Lit::CStr(it) => text(it.value().to_string_lossy().into_owned()),
        Lit::Int(it) => it.base10_parse().map_or_else(|_| Value::plain(), |it| Value::of(Operand::Int(it), Ty::Plain)),
        Lit::Bool(it) => Value::of(Operand::Bool(it.value), Ty::Plain),
        _ => Value::plain(),
    }
}

pub(super) fn reference(ty: Ty) -> Ty {
    match ty {
        Ty::Unknown => Ty::Unknown,
        Ty::Plain => Ty::Plain,
        other => Ty::Reference(Box::new(other)),
    }
}

/// Whether evaluating it can neither leave nor suspend.
fn is_simple(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Path(_) | Expr::Closure(_) | Expr::Async(_) => true,
        Expr::Reference(it) => is_simple(&it.expr),
        Expr::Field(it) => is_simple(&it.base),
        Expr::Paren(it) => is_simple(&it.expr),
        Expr::Cast(it) => is_simple(&it.expr),
        _ => false,
    }
}
