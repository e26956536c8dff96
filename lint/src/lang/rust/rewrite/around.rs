//! What stands around an expression, from the function down to it.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, ImplItemFn, Item, ItemFn, Signature, Stmt, TraitItemFn};

use super::super::extent;

#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Function(&'a Signature, &'a Block),
    Closure(&'a ExprClosure),
    Async(&'a ExprAsync),
    Block(&'a Block),
    Statement(&'a Stmt),
    Expr(&'a Expr),
}

impl Part<'_> {
    /// Bytes of the text that was parsed.
    pub(super) fn range(self) -> Range<usize> {
        match self {
            Part::Function(_, block) | Part::Block(block) => range(block),
            Part::Closure(it) => range(it),
            Part::Async(it) => range(it),
            Part::Statement(it) => range(it),
            Part::Expr(it) => range_of(it),
        }
    }

    pub(super) fn is_body(self) -> bool {
        matches!(self, Part::Function(..) | Part::Closure(_) | Part::Async(_))
    }

    pub(super) fn is_async(self) -> bool {
        match self {
            Part::Function(signature, _) => signature.asyncness.is_some(),
            Part::Closure(it) => it.asyncness.is_some(),
            Part::Async(_) => true,
            _ => false,
        }
    }
}

pub(super) fn range(it: &impl Spanned) -> Range<usize> {
    it.span().byte_range()
}

pub(super) fn range_of(it: &Expr) -> Range<usize> {
    extent::first(it).byte_range().start..extent::last(it).byte_range().end
}

/// The parts from the outermost function to the expression at a range, which is the last of them.
pub(super) fn find<'a>(items: &'a [Item], at: Range<usize>) -> Option<Vec<Part<'a>>> {
    let mut finder = Finder { at, parts: Vec::new(), found: None };
    items.iter().for_each(|it| finder.visit_item(it));
    finder.found
}

struct Finder<'a> {
    at: Range<usize>,
    parts: Vec<Part<'a>>,
    found: Option<Vec<Part<'a>>>,
}

impl<'a> Finder<'a> {
    fn inside(&mut self, part: Part<'a>, visit: impl FnOnce(&mut Self)) {
        if self.found.is_none() {
            self.parts.push(part);
            visit(self);
            self.parts.pop();
        }
    }
}

impl<'a> Visit<'a> for Finder<'a> {
    fn visit_item_fn(&mut self, it: &'a ItemFn) {
        self.inside(Part::Function(&it.sig, &it.block), |all| all.visit_block(&it.block));
    }

    fn visit_impl_item_fn(&mut self, it: &'a ImplItemFn) {
        self.inside(Part::Function(&it.sig, &it.block), |all| all.visit_block(&it.block));
    }

    fn visit_trait_item_fn(&mut self, it: &'a TraitItemFn) {
        if let Some(block) = &it.default {
            self.inside(Part::Function(&it.sig, block), |all| all.visit_block(block));
        }
    }

    fn visit_block(&mut self, it: &'a Block) {
        self.inside(Part::Block(it), |all| visit::visit_block(all, it));
    }

    fn visit_stmt(&mut self, it: &'a Stmt) {
        self.inside(Part::Statement(it), |all| visit::visit_stmt(all, it));
    }

    fn visit_expr(&mut self, it: &'a Expr) {
        if self.found.is_none() && range_of(it) == self.at {
            let found = self.parts.iter().copied().chain([Part::Expr(it)]);
            self.found = Some(found.collect());
        }
        self.inside(Part::Expr(it), |all| match it {
            Expr::Closure(closure) => all.inside(Part::Closure(closure), |all| visit::visit_expr(all, it)),
            Expr::Async(block) => all.inside(Part::Async(block), |all| visit::visit_expr(all, it)),
            _ => visit::visit_expr(all, it),
        });
    }
}
