//! Operators, assignments among them.

use syn::{BinOp, Expr, UnOp};

use super::call::bare;
use super::{DEPTH, Lowerer, Value, Want, seen};
use crate::ir::{Action, Operand, Origin, Target};
use crate::lang::rust::extent;
use crate::lang::rust::ty::Ty;

impl Lowerer<'_> {
    pub(super) fn unary(&mut self, it: &syn::ExprUnary, expr: &Expr) -> Value {
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
            // The bits of a number, too: then nobody asks for it.
            _ => match bare(&it.expr) {
                Expr::Lit(_) => match self.borrow(&it.expr).operand {
                    Operand::Bool(value) => Value::of(Operand::Bool(!value), Ty::Plain),
                    _ => Value::plain(),
                },
                _ => self.condition_value(expr, Want::Value),
            },
        }
    }

    pub(super) fn binary(&mut self, it: &syn::ExprBinary, expr: &Expr) -> Value {
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

    pub(super) fn assignment(&mut self, it: &syn::ExprAssign) {
        let origin = self.origin(extent::first(&it.left), extent::last(&it.right));
        if let Expr::Infer(_) = &*it.left {
            self.effect(&it.right);
            return;
        }
        let value = self.value(&it.right);
        if let (Expr::Tuple(to), Operand::Move(_) | Operand::Place(_) | Operand::Struct(_)) =
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
        let mut to = self.borrow(&it.left);
        if let Operand::Place(place) = to.operand
            && to.ty == Ty::Unknown
            && self.body().late.contains(&place)
        {
            self.retype(place, &value.ty);
            to.ty = value.ty.clone();
        }
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

    fn store(&mut self, to: &Operand, value: Operand, origin: Origin) {
        match to {
            Operand::Place(place) | Operand::Move(place) => self.assign(*place, value, origin),
            Operand::Field(base, name) => {
                let to = Target::Field((**base).clone(), name.clone());
                self.build().step(Action::Assign { to, value }, origin);
            }
            _ => (),
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
}
