//! Blocks and their statements: what lives how long.

use syn::{Block, Expr, Local, Pat, Stmt};

use super::{Lowerer, Value, Want};
use crate::ir::{Action, Operand};
use crate::lang::rust::cfg;
use crate::lang::rust::extent;
use crate::lang::rust::ty::{Ty, written};

impl Lowerer<'_> {
    pub(super) fn enter_block(&mut self) {
        self.body().names.push(Default::default());
    }

    pub(super) fn leave_block(&mut self) {
        self.body().names.pop();
    }

    /// A block as an expression.
    pub(super) fn block_value(&mut self, block: &Block, want: Want) -> Value {
        self.block_into(block, want)
    }

    pub(super) fn block_into(&mut self, block: &Block, want: Want) -> Value {
        let scope = self.build().scope();
        self.enter_block();
        let items: Vec<_> =
            block.stmts.iter().filter_map(|it| if let Stmt::Item(it) = it { Some(it) } else { None }).collect();
        for item in items {
            self.item(item);
        }
        let mut value = Value::plain();
        for (at, statement) in block.stmts.iter().enumerate() {
            let last = at + 1 == block.stmts.len();
            match statement {
                Stmt::Expr(expr, None) if last && !self.is_absent(cfg::of_statement(expr)) => {
                    value = self.tail(expr, want, scope)
                }
                Stmt::Macro(it)
                    if last && it.semi_token.is_none() && want != Want::Nothing && !self.is_absent(&it.attrs) =>
                {
                    let expr = Expr::Macro(syn::ExprMacro { attrs: Vec::new(), mac: it.mac.clone() });
                    value = self.tail(&expr, want, scope);
                }
                other => self.statement(other),
            }
        }
        let end = self.end_of(block);
        self.build().end_scope(scope, end);
        self.leave_block();
        value
    }

    /// What the block gives: it has to be somewhere else before the variables end.
    fn tail(&mut self, expr: &Expr, want: Want, scope: usize) -> Value {
        match want {
            Want::Into(place) => {
                let ty = self.into(expr, place);
                Value::of(Operand::Move(place), ty)
            }
            Want::Nothing => {
                self.effect(expr);
                Value::plain()
            }
            Want::Value => {
                let value = self.value(expr);
                if self.build().scope() == scope || value.fresh || is_constant(&value.operand) {
                    return value;
                }
                let place = self.temporary(value.ty.clone());
                let origin = self.origin_of(expr);
                self.assign(place, value.operand, origin);
                Value { operand: Operand::Move(place), ty: value.ty, fresh: true }
            }
        }
    }

    pub(super) fn is_absent(&self, attributes: &[syn::Attribute]) -> bool {
        cfg::read(attributes, self.chosen).absent
    }

    pub(super) fn statement(&mut self, statement: &Stmt) {
        let scope = self.build().scope();
        match statement {
            Stmt::Local(it) => {
                if !self.is_absent(&it.attrs) {
                    self.local_statement(it, scope);
                }
            }
            Stmt::Expr(expr, _) if self.is_absent(cfg::of_statement(expr)) => (),
            Stmt::Expr(expr, _) => {
                self.effect(expr);
                let end = self.span(extent::last(expr), extent::last(expr));
                self.build().end_scope(scope, end);
            }
            Stmt::Macro(it) => {
                if !self.is_absent(&it.attrs) && !self.expanded_statements(&it.mac) {
                    let value = self.macro_call(&it.mac, Want::Nothing);
                    let end = self.mac_origin(&it.mac).span();
                    if value.fresh {
                        self.keep(value, end);
                    }
                    // What `defer!` registers belongs to the block.
                    if it.mac.path.segments.last().is_none_or(|it| it.ident != "defer") {
                        self.build().end_scope(scope, end);
                    }
                }
            }
            Stmt::Item(_) => (),
        }
    }

    fn local_statement(&mut self, it: &Local, scope: usize) {
        let Some(init) = &it.init else {
            self.declare_later(&it.pat);
            return;
        };
        let end = self.span(it.semi_token.span, it.semi_token.span);
        if let Some((_, otherwise)) = &init.diverge {
            self.let_else(it, &init.expr, otherwise, scope);
            return;
        }
        let (pattern, annotated) = match &it.pat {
            Pat::Type(it) => (&*it.pat, Some(self.index.ty(&written(&it.ty, &self.scope.bounds), &self.scope))),
            other => (other, None),
        };
        let annotated = annotated.filter(|it| *it != Ty::Unknown);
        match pattern {
            Pat::Wild(_) => {
                // `let _ = place` does not even move; anything else is dropped at once.
                if let Some(kept) = extended(&init.expr) {
                    // A reference keeps what it refers to, whoever binds it.
                    let place = self.temporary(Ty::Unknown);
                    let ty = self.into(kept, place);
                    self.retype(place, &ty);
                    self.build().end_scope(scope, end);
                    self.drop_at_end(place, &ty, end);
                    return;
                }
                if is_place(&init.expr) {
                    self.borrow(&init.expr);
                } else {
                    self.effect(&init.expr);
                }
                self.build().end_scope(scope, end);
            }
            Pat::Ident(ident) if ident.subpat.is_none() && ident.by_ref.is_none() => {
                // `let x = &f()` keeps what `f` gave as long as `x`.
                let extended = extended(&init.expr);
                let expr = extended.unwrap_or(&init.expr);
                let text = self.key(&ident.ident);
                let place = self.place(&text, crate::ir::Storage::Local, Ty::Unknown);
                let found = self.into(expr, place);
                let ty = match annotated {
                    Some(annotated) if !has_unknown(&annotated) || found == Ty::Unknown => annotated,
                    _ => found,
                };
                self.retype(place, &ty);
                self.build().end_scope(scope, end);
                self.name(&text, place);
                let span = self.span(ident.ident.span(), ident.ident.span());
                self.drop_at_end(place, &ty, span);
            }
            pattern => {
                let value = self.value(&init.expr);
                let ty = annotated.unwrap_or(value.ty);
                // The first part of a tuple is dropped where the second one fails, and only there.
                let drops_parts = self.build().scope() != scope;
                let operand = match value.operand {
                    parts @ Operand::Struct(_) if drops_parts => {
                        let whole = self.temporary(ty.clone());
                        let origin = self.origin_of(&init.expr);
                        self.assign(whole, parts, origin);
                        Operand::Move(whole)
                    }
                    // Taken apart as a whole: what was there gives its parts away.
                    Operand::Move(place) if !value.fresh => {
                        let whole = self.temporary(ty.clone());
                        let origin = self.origin_of(&init.expr);
                        self.assign(whole, Operand::Move(place), origin);
                        Operand::Move(whole)
                    }
                    other => other,
                };
                self.build().end_scope(scope, end);
                self.bind(pattern, &operand, &ty);
            }
        }
    }

    /// `let x;`: what is assigned to it later is dropped at the end all the same.
    fn declare_later(&mut self, pattern: &Pat) {
        let (pattern, ty) = match pattern {
            Pat::Type(it) => (&*it.pat, self.index.ty(&written(&it.ty, &self.scope.bounds), &self.scope)),
            other => (other, Ty::Unknown),
        };
        if let Pat::Ident(it) = pattern {
            let place = self.declare(&self.key(&it.ident), ty.clone());
            let span = self.span(it.ident.span(), it.ident.span());
            if ty == Ty::Unknown {
                self.body().late.push(place);
                self.build().on_exit(Action::Drop(place), span);
            } else {
                self.drop_at_end(place, &ty, span);
            }
        }
    }

    fn let_else(&mut self, it: &Local, expr: &Expr, otherwise: &Expr, scope: usize) {
        let origin = self.origin_of(expr);
        let value = self.value(expr);
        let value = self.placed(value, origin);
        let no = self.build().block();
        let key = quote::ToTokens::to_token_stream(&it.pat);
        self.matches(&it.pat, &value.operand, &value.ty, &key, no, scope);
        let end = self.span(it.semi_token.span, it.semi_token.span);
        // What no part of the pattern binds ends with the statement.
        let value = if value.fresh && binds_nothing(&it.pat) { self.keep(value, end) } else { value };
        self.build().end_scope(scope, end);
        let operand = match value.operand {
            Operand::Move(place) if !value.fresh => {
                let whole = self.temporary(value.ty.clone());
                self.assign(whole, Operand::Move(place), origin);
                Operand::Move(whole)
            }
            other => other,
        };
        let here = self.build().here();
        self.build().go_on_in(no);
        self.effect(otherwise);
        self.build().end_scope(scope, end);
        self.build().go_on_in(here);
        self.bind(&it.pat, &operand, &value.ty);
    }
}

/// What `let x = &…` keeps alive, if that is a value of its own.
fn extended(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Reference(it) if !is_place(&it.expr) => Some(extended(&it.expr).unwrap_or(&it.expr)),
        Expr::Paren(it) => extended(&it.expr),
        _ => None,
    }
}

/// Whether the pattern only looks.
fn binds_nothing(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Path(_) | Pat::Rest(_) | Pat::Lit(_) => true,
        Pat::TupleStruct(it) => it.elems.iter().all(binds_nothing),
        Pat::Tuple(it) => it.elems.iter().all(binds_nothing),
        Pat::Paren(it) => binds_nothing(&it.pat),
        _ => false,
    }
}

/// Whether the expression names something that is already there.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Lit(_) => true,
        Expr::Field(it) => is_place(&it.base),
        Expr::Index(it) => is_place(&it.expr),
        Expr::Paren(it) => is_place(&it.expr),
        Expr::Reference(it) => is_place(&it.expr),
        Expr::Unary(it) => matches!(it.op, syn::UnOp::Deref(_)),
        _ => false,
    }
}

fn is_constant(operand: &Operand) -> bool {
    matches!(
        operand,
        Operand::Unknown
            | Operand::Text(_)
            | Operand::Int(_)
            | Operand::Bool(_)
            | Operand::Path(_)
            | Operand::Bad
            | Operand::Nil
    )
}

fn has_unknown(ty: &Ty) -> bool {
    match ty {
        Ty::Unknown => true,
        Ty::Named { args, .. } | Ty::Tuple(args) => args.iter().any(has_unknown),
        Ty::Reference(it) | Ty::List(it) | Ty::Function(_, it) | Ty::Future(it) => has_unknown(it),
        Ty::Plain | Ty::Trait(_) | Ty::Parameter(_) => false,
    }
}
