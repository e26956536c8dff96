//! The places of a program at which a rewriting is asked.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprClosure, ImplItemFn, ItemFn, Local, ReturnType, Signature, Stmt, Type};

use crate::rewrite::edits::Edits;

/// What a rewriting does at one place: nothing, if it cannot be done there.
pub(super) type Rewrite = fn(&Place<'_>, &mut Edits);

/// A part of a program, and what it stands in.
pub(super) struct Place<'a> {
    pub(super) node: Node<'a>,
    /// Of the function or closure around; `None`, if nothing is written.
    pub(super) output: Option<&'a Type>,
    pub(super) text: &'a str,
}

pub(super) enum Node<'a> {
    Function(&'a Signature, &'a Block),
    Method(&'a Block),
    Closure(&'a ExprClosure),
    Block(&'a Block),
    Local(&'a Local),
    Statement(&'a Stmt),
    Expr(&'a Expr),
}

impl<'a> Place<'a> {
    /// What is written there.
    pub(super) fn text_of(&self, it: &impl Spanned) -> &'a str {
        &self.text[range(it)]
    }

    /// Whether a type named `Result` is what leaves the body around.
    pub(super) fn is_fallible(&self) -> bool {
        self.output.is_some_and(|it| last_name(it).is_some_and(|name| name.ends_with("Result")))
    }
}

/// Where it stands, in bytes.
pub(super) fn range(it: &impl Spanned) -> Range<usize> {
    it.span().byte_range()
}

/// `Result` of `std::io::Result<()>`.
fn last_name(ty: &Type) -> Option<String> {
    let Type::Path(it) = ty else { return None };
    it.path.segments.last().map(|it| it.ident.to_string())
}

/// Asks a rewriting at every place, outer ones first.
pub(super) struct Walk<'a> {
    text: &'a str,
    rewrite: Rewrite,
    output: Option<&'a Type>,
    edits: Edits,
    places: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, rewrite: Rewrite) -> Walk<'a> {
        Walk { text, rewrite, output: None, edits: Edits::default(), places: 0 }
    }

    /// The new text, and the number of places that differ; `None`, if none does.
    pub(super) fn finish(self) -> Option<(String, usize)> {
        (self.places > 0).then(|| (self.edits.applied(self.text), self.places))
    }

    fn ask(&mut self, node: Node<'_>) {
        let mut edits = Edits::default();
        (self.rewrite)(&Place { node, output: self.output, text: self.text }, &mut edits);
        if !edits.is_empty() && self.edits.add(edits) {
            self.places += 1;
        }
    }

    /// Walks what leaves with another type.
    fn within(&mut self, output: Option<&'a Type>, walk: impl FnOnce(&mut Self)) {
        let around = std::mem::replace(&mut self.output, output);
        walk(self);
        self.output = around;
    }
}

fn written(output: &ReturnType) -> Option<&Type> {
    match output {
        ReturnType::Default => None,
        ReturnType::Type(_, it) => Some(it),
    }
}

impl<'a> Visit<'a> for Walk<'a> {
    fn visit_item_fn(&mut self, it: &'a ItemFn) {
        self.within(written(&it.sig.output), |walk| {
            walk.ask(Node::Function(&it.sig, &it.block));
            visit::visit_item_fn(walk, it);
        });
    }

    fn visit_impl_item_fn(&mut self, it: &'a ImplItemFn) {
        self.within(written(&it.sig.output), |walk| {
            walk.ask(Node::Method(&it.block));
            visit::visit_impl_item_fn(walk, it);
        });
    }

    fn visit_block(&mut self, it: &'a Block) {
        self.ask(Node::Block(it));
        visit::visit_block(self, it);
    }

    fn visit_stmt(&mut self, it: &'a Stmt) {
        self.ask(Node::Statement(it));
        visit::visit_stmt(self, it);
    }

    fn visit_local(&mut self, it: &'a Local) {
        self.ask(Node::Local(it));
        visit::visit_local(self, it);
    }

    fn visit_expr(&mut self, it: &'a Expr) {
        self.ask(Node::Expr(it));
        match it {
            Expr::Closure(closure) => self.within(written(&closure.output), |walk| {
                walk.ask(Node::Closure(closure));
                visit::visit_expr(walk, it);
            }),
            Expr::Async(_) => self.within(None, |walk| visit::visit_expr(walk, it)),
            _ => visit::visit_expr(self, it),
        }
    }
}
