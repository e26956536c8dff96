//! Expressions, one kind at a time.

use syn::{BinOp, Expr, Lit, Member, RangeLimits, UnOp};

use super::branch::is_telling;
use super::{DEPTH, Lowerer, Value, Want, seen};
use crate::ir::{Action, Exit, Operand, Origin, Place, Target, Test};
use crate::lang::rust::declare::Constant;
use crate::lang::rust::extent;
use crate::lang::rust::index::{Global, Scope};
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
            Expr::Unary(it) => self.unary(it),
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
                Value::of(Operand::Field(Box::new(base.operand), "[]".into()), base.ty.element())
            }
            Expr::Tuple(it) if it.elems.is_empty() => Value::plain(),
            Expr::Tuple(it) => {
                let (operands, types) = self.operands(it.elems.iter());
                let fields = operands.into_iter().enumerate().map(|(at, it)| (at.to_string(), it)).collect();
                Value::of(Operand::Struct { ty: None, fields }, Ty::Tuple(types))
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

    pub(super) fn local(&mut self, place: Place) -> Value {
        let ty = self.ty_of(place);
        let operand = match ty {
            Ty::Reference(_) | Ty::Plain => Operand::Place(place),
            _ => Operand::Move(place),
        };
        Value::of(operand, ty)
    }

    fn path_value(&mut self, it: &syn::ExprPath) -> Value {
        if it.qself.is_none()
            && let Some(ident) = it.path.get_ident()
            && let Some(place) = self.variable_of(ident)
        {
            return self.local(place);
        }
        let path = self.expr_path(it);
        self.named_value(path)
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

    fn unary(&mut self, it: &syn::ExprUnary) -> Value {
        match it.op {
            UnOp::Deref(_) => {
                let value = self.borrow(&it.expr);
                let ty = match value.ty {
                    Ty::Reference(inner) => *inner,
                    other => other.peel().clone(),
                };
                Value::of(value.operand, ty)
            }
            UnOp::Neg(_) => match self.borrow(&it.expr).operand {
                Operand::Int(value) => Value::of(Operand::Int(value.wrapping_neg()), Ty::Plain),
                _ => Value::plain(),
            },
            _ => match self.borrow(&it.expr).operand {
                Operand::Bool(value) => Value::of(Operand::Bool(!value), Ty::Plain),
                _ => Value::plain(),
            },
        }
    }

    fn binary(&mut self, it: &syn::ExprBinary, expr: &Expr) -> Value {
        match it.op {
            BinOp::And(_) | BinOp::Or(_) => self.condition_value(expr, Want::Value),
            BinOp::BitOr(_) => {
                let mut items = Vec::new();
                self.flags(expr, &mut items);
                Value::of(Operand::Flags(items), Ty::Plain)
            }
            BinOp::Add(_) => {
                let left = self.borrow(&it.left);
                let right = self.borrow(&it.right);
                let is_text = |it: &Value| {
                    matches!(it.operand, Operand::Text(_) | Operand::Concat(_))
                        || matches!(it.ty.path(), Some("str" | "std::string::String"))
                };
                if !is_text(&left) && !is_text(&right) {
                    return Value::plain();
                }
                let mut items = match left.operand {
                    Operand::Concat(items) => items,
                    other => vec![other],
                };
                items.push(right.operand);
                Value::of(Operand::Concat(items), Ty::named("std::string::String"))
            }
            BinOp::AddAssign(_) | BinOp::BitOrAssign(_) => {
                let left = self.borrow(&it.left);
                let right = self.borrow(&it.right);
                let value = match (it.op, left.ty.path()) {
                    (BinOp::AddAssign(_), Some("str" | "std::string::String")) => {
                        Operand::Concat(vec![left.operand.clone(), right.operand])
                    }
                    (BinOp::BitOrAssign(_), _) => Operand::Flags(vec![left.operand.clone(), right.operand]),
                    _ => Operand::Unknown,
                };
                self.store(&left.operand, value, self.origin_of(expr));
                Value::plain()
            }
            BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_) => {
                let left = self.borrow(&it.left);
                self.borrow(&it.right);
                self.store(&left.operand, Operand::Unknown, self.origin_of(expr));
                Value::plain()
            }
            _ => {
                self.borrow(&it.left);
                self.borrow(&it.right);
                Value::plain()
            }
        }
    }

    fn flags(&mut self, expr: &Expr, items: &mut Vec<Operand>) {
        match expr {
            Expr::Binary(it) if matches!(it.op, BinOp::BitOr(_)) && self.depth < DEPTH => {
                self.depth += 1;
                self.flags(&it.left, items);
                self.flags(&it.right, items);
                self.depth -= 1;
            }
            Expr::Paren(it) => self.flags(&it.expr, items),
            other => items.push(self.borrow(other).operand),
        }
    }

    fn assignment(&mut self, it: &syn::ExprAssign) {
        let origin = self.origin(extent::first(&it.left), extent::last(&it.right));
        if let Expr::Infer(_) = &*it.left {
            self.effect(&it.right);
            return;
        }
        let value = self.value(&it.right);
        if let (Expr::Tuple(to), Operand::Move(_) | Operand::Place(_) | Operand::Struct { .. }) =
            (&*it.left, &value.operand)
        {
            let value = self.placed(value, origin);
            for (at, to) in to.elems.iter().enumerate() {
                let to = self.borrow(to);
                let part = Operand::Field(Box::new(seen(&value.operand)), at.to_string());
                self.store(&to.operand, part, origin);
            }
            return;
        }
        let to = self.borrow(&it.left);
        // The old value goes only when the new one is there.
        match &to.operand {
            Operand::Place(place) if self.acts(&to.ty) => {
                let value = self.placed(value, origin);
                self.build().step(Action::Drop(*place), Origin::Implied(origin.span()));
                self.assign(*place, value.operand, origin);
            }
            operand @ Operand::Field(..) if to.ty != Ty::Unknown && self.acts(&to.ty) && !to.ty.is_reference() => {
                let old = self.temporary(to.ty.clone());
                self.assign(old, operand.clone(), Origin::Implied(origin.span()));
                self.build().step(Action::Drop(old), Origin::Implied(origin.span()));
                self.store(operand, value.operand, origin);
            }
            operand => self.store(operand, value.operand, origin),
        }
    }

    pub(super) fn store(&mut self, to: &Operand, value: Operand, origin: Origin) {
        match to {
            Operand::Place(place) | Operand::Move(place) => self.assign(*place, value, origin),
            Operand::Field(base, name) => {
                let to = Target::Field((**base).clone(), name.clone());
                self.build().step(Action::Assign { to, value }, origin);
            }
            _ => (),
        }
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
        Value::of(Operand::Struct { ty: Some(ty), fields }, resolved)
    }

    fn try_(&mut self, it: &syn::ExprTry, want: Want) -> Value {
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
    pub(super) fn fail_unless(&mut self, test: Test, span: crate::source::Span) {
        let (yes, no) = self.build().branch(test);
        self.build().go_on_in(no);
        self.fail(span);
        self.build().go_on_in(yes);
    }

    /// Leaves with a failure.
    pub(super) fn fail(&mut self, span: crate::source::Span) {
        if let Some(result) = self.body().result {
            self.assign(result, Operand::Bad, Origin::Implied(span));
        }
        self.build().leave(Exit::Failure, span);
    }

    fn await_(&mut self, it: &syn::ExprAwait, want: Want) -> Value {
        let future = self.value(&it.base);
        let ty = match future.ty.peel() {
            Ty::Future(output) => (**output).clone(),
            _ => future.ty.clone(),
        };
        let origin = self.origin(extent::first(&it.base), it.await_token.span);
        let result = match want {
            Want::Into(place) => Some(place),
            Want::Nothing if !self.acts(&ty) => None,
            _ => Some(self.temporary(ty.clone())),
        };
        self.build().step(Action::Await { future: future.operand, result }, origin);
        match result {
            Some(place) => Value { operand: Operand::Move(place), ty, fresh: !matches!(want, Want::Into(_)) },
            None => Value::of(Operand::Unknown, ty),
        }
    }

    fn return_(&mut self, it: &syn::ExprReturn) {
        let span =
            self.span(it.return_token.span, it.expr.as_ref().map_or(it.return_token.span, |it| extent::last(it)));
        let mut failure = false;
        if let Some(expr) = &it.expr {
            match self.body().result {
                Some(place) => {
                    let value = self.value_for(expr, Want::Into(place));
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

    fn break_(&mut self, it: &syn::ExprBreak) {
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
