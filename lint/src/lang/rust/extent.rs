//! The first and the last token of an expression, without walking all of it.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Member, Path};

pub(super) fn first(expr: &Expr) -> Span {
    match expr {
        Expr::Assign(it) => first(&it.left),
        Expr::Await(it) => first(&it.base),
        Expr::Binary(it) => first(&it.left),
        Expr::Call(it) => first(&it.func),
        Expr::Cast(it) => first(&it.expr),
        Expr::Field(it) => first(&it.base),
        Expr::Index(it) => first(&it.expr),
        Expr::MethodCall(it) => first(&it.receiver),
        Expr::Try(it) => first(&it.expr),
        Expr::Path(it) if it.qself.is_none() => first_of_path(&it.path),
        Expr::Struct(it) if it.qself.is_none() => first_of_path(&it.path),
        Expr::Macro(it) => first_of_path(&it.mac.path),
        Expr::Lit(it) => it.lit.span(),
        Expr::Reference(it) => it.and_token.span,
        Expr::Paren(it) => it.paren_token.span.open(),
        Expr::Group(it) => first(&it.expr),
        Expr::Block(it) if it.label.is_none() => it.block.brace_token.span.open(),
        Expr::Unsafe(it) => it.unsafe_token.span,
        Expr::If(it) => it.if_token.span,
        Expr::Match(it) => it.match_token.span,
        Expr::Closure(it) => it.capture.map_or(it.inputs_begin.span, |it| it.span),
        Expr::Async(it) => it.async_token.span,
        Expr::Tuple(it) => it.paren_token.span.open(),
        Expr::Return(it) => it.return_token.span,
        Expr::Let(it) => it.let_token.span,
        Expr::ForLoop(it) => it.for_token.span,
        Expr::While(it) => it.while_token.span,
        Expr::Loop(it) => it.loop_token.span,
        other => other.span(),
    }
}

pub(super) fn last(expr: &Expr) -> Span {
    match expr {
        Expr::Assign(it) => last(&it.right),
        Expr::Await(it) => it.await_token.span,
        Expr::Binary(it) => last(&it.right),
        Expr::Call(it) => it.paren_token.span.close(),
        Expr::Field(it) => match &it.member {
            Member::Named(it) => it.span(),
            Member::Unnamed(it) => it.span,
        },
        Expr::Index(it) => it.bracket_token.span.close(),
        Expr::MethodCall(it) => it.paren_token.span.close(),
        Expr::Try(it) => it.question_token.span,
        Expr::Path(it) => last_of_path(&it.path),
        Expr::Struct(it) => it.brace_token.span.close(),
        Expr::Macro(it) => it.mac.delimiter.span().close(),
        Expr::Lit(it) => it.lit.span(),
        Expr::Reference(it) => last(&it.expr),
        Expr::Paren(it) => it.paren_token.span.close(),
        Expr::Group(it) => last(&it.expr),
        Expr::Block(it) => it.block.brace_token.span.close(),
        Expr::Unsafe(it) => it.block.brace_token.span.close(),
        Expr::If(it) => match &it.else_branch {
            Some((_, it)) => last(it),
            None => it.then_branch.brace_token.span.close(),
        },
        Expr::Match(it) => it.brace_token.span.close(),
        Expr::Closure(it) => last(&it.body),
        Expr::Async(it) => it.block.brace_token.span.close(),
        Expr::Tuple(it) => it.paren_token.span.close(),
        Expr::Return(it) => it.expr.as_ref().map_or(it.return_token.span, |it| last(it)),
        Expr::Let(it) => last(&it.expr),
        Expr::ForLoop(it) => it.body.brace_token.span.close(),
        Expr::While(it) => it.body.brace_token.span.close(),
        Expr::Loop(it) => it.body.brace_token.span.close(),
        Expr::Unary(it) => last(&it.expr),
        // The span of all of it, joined: the end is what counts.
        other => other.span(),
    }
}

pub(super) fn first_of_path(path: &Path) -> Span {
    match (path.leading_colon, path.segments.first()) {
        (Some(it), _) => it.spans[0],
        (None, Some(it)) => it.ident.span(),
        (None, None) => Span::call_site(),
    }
}

pub(super) fn last_of_path(path: &Path) -> Span {
    path.segments.last().map_or_else(Span::call_site, |it| match &it.arguments {
        syn::PathArguments::None => it.ident.span(),
        syn::PathArguments::AngleBracketed(it) => it.gt_token.span,
        syn::PathArguments::Parenthesized(it) => it.paren_token.span.close(),
    })
}
