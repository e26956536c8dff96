//! Closures and `async` blocks: functions that share the variables around them.

use syn::spanned::Spanned;
use syn::{Expr, ExprAsync, ExprClosure, Pat};

use super::branch::either;
use super::{Lowerer, Value, Want};
use crate::ir::{FunctionId, Kind, Operand, Origin, Place, Storage};
use crate::lang::rust::extent;
use crate::lang::rust::ty::{Ty, output, written};
use crate::source::Span;

impl Lowerer<'_> {
    pub(super) fn closure(&mut self, it: &ExprClosure) -> Value {
        self.closure_of(it, &[])
    }

    /// `hints`: what its parameters are, where it does not say.
    pub(super) fn closure_of(&mut self, it: &ExprClosure, hints: &[Ty]) -> Value {
        let kind = if it.asyncness.is_some() { Kind::AsyncBlock } else { Kind::Closure };
        let start = it.asyncness.map(|it| it.span).or(it.capture.map(|it| it.span)).unwrap_or(it.inputs_begin.span);
        let span = self.span(start, extent::last(&it.body));
        let id = self.nested(span, kind);
        let result = self.index.ty(&output(&it.output, &self.scope.bounds), &self.scope);
        let declared = !matches!(it.output, syn::ReturnType::Default);
        self.give(if declared { result } else { Ty::Unknown });
        let mut patterns = Vec::new();
        for (at, pattern) in it.inputs.iter().enumerate() {
            let ty = match pattern {
                Pat::Type(it) => self.index.ty(&written(&it.ty, &self.scope.bounds), &self.scope),
                _ => hints.get(at).cloned().unwrap_or_default(),
            };
            let inner = if let Pat::Type(it) = pattern { &*it.pat } else { pattern };
            let place = match inner {
                Pat::Ident(it) if it.subpat.is_none() => self.declare(&self.key(&it.ident), ty.clone()),
                _ => {
                    let place = self.place("", Storage::Local, ty.clone());
                    patterns.push((inner, place, ty.clone()));
                    place
                }
            };
            self.build().function.params.push(place);
            let span = self.span(pattern.span(), pattern.span());
            self.drop_at_end(place, &ty, span);
        }
        for (pattern, place, ty) in patterns {
            self.bind(pattern, &Operand::Place(place), &ty);
        }
        let found = self.run_closure(&it.body);
        let result = if declared { self.body().result_ty.clone() } else { found };
        let end = self.span(extent::last(&it.body), extent::last(&it.body));
        let captured = self.end_nested(end);
        if it.capture.is_some() {
            self.give_away(captured, span);
        }
        let result = if kind == Kind::AsyncBlock { Ty::Future(Box::new(result)) } else { result };
        Value::of(Operand::Closure(id), Ty::Function(Vec::new(), Box::new(result)))
    }

    pub(super) fn async_block(&mut self, it: &ExprAsync) -> Value {
        let span = self.span(it.async_token.span, it.block.brace_token.span.close());
        let id = self.nested(span, Kind::AsyncBlock);
        self.give(Ty::Unknown);
        let result = self.body().result.map_or(Want::Nothing, Want::Into);
        let ty = self.block_into(&it.block, result).ty;
        let captured = self.end_nested(self.end_of(&it.block));
        if it.capture.is_some() {
            self.give_away(captured, span);
        }
        Value::of(Operand::Async(id), Ty::Future(Box::new(ty)))
    }

    /// The expression as a function without parameters.
    pub(super) fn thunk(&mut self, expr: &Expr) -> FunctionId {
        let span = self.span_of(expr);
        let id = self.nested(span, Kind::Closure);
        self.give(Ty::Unknown);
        self.run_closure(expr);
        self.end_nested(span);
        id
    }

    fn run_closure(&mut self, body: &Expr) -> Ty {
        let scope = self.build().scope();
        let ty = match self.body().result {
            Some(place) => self.into(body, place),
            None => Ty::Plain,
        };
        let end = self.span(extent::last(body), extent::last(body));
        self.build().end_scope(scope, end);
        either(ty, self.body().result_ty.clone())
    }

    pub(super) fn nested(&mut self, span: Span, kind: Kind) -> FunctionId {
        let parent = &self.body().builder.function;
        let what = if kind == Kind::AsyncBlock { "{async}" } else { "{closure}" };
        let (path, short) = (format!("{}::{{closure}}", parent.path), format!("{}::{what}", parent.name));
        let test = parent.test;
        let id = self.begin(path, short, span, kind);
        self.build().function.test = test;
        id
    }

    /// Ends a nested function; the variables of the parent that it uses.
    pub(super) fn end_nested(&mut self, end: Span) -> Vec<Place> {
        let mut captured: Vec<_> = self.body().captured.keys().copied().collect();
        captured.sort();
        self.finish(end);
        captured
    }

    /// `move`: the variables are the closure's own from here on.
    fn give_away(&mut self, captured: Vec<Place>, span: Span) {
        for place in captured {
            let ty = self.ty_of(place);
            if self.acts(&ty) {
                let holder = self.temporary(ty);
                self.assign(holder, Operand::Move(place), Origin::Implied(span));
            }
        }
    }
}
