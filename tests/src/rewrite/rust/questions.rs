//! Other ways to write `?` in a function that gives a `Result`.

use syn::{Expr, ExprTry, Stmt};

use super::place::{Node, Place, range};
use crate::rewrite::edits::Edits;

/// `f()?` → `f().inspect_err(|_| ())?`
pub(super) fn inspected(place: &Place<'_>, edits: &mut Edits) {
    if let Some(it) = question(place) {
        edits.after(range(&it.expr).end, ".inspect_err(|_| ())");
    }
}

/// `f()?` → `f().map_err(|error| error)?`
pub(super) fn error_mapped(place: &Place<'_>, edits: &mut Edits) {
    if let Some(it) = question(place) {
        edits.after(range(&it.expr).end, ".map_err(|error| error)");
    }
}

/// `f()?` → `f().or_else(Err)?`
pub(super) fn by_constructor(place: &Place<'_>, edits: &mut Edits) {
    if let Some(it) = question(place) {
        edits.after(range(&it.expr).end, ".or_else(Err)");
    }
}

/// `f()?` → `f().and_then(|it| Ok(it))?`
pub(super) fn chained(place: &Place<'_>, edits: &mut Edits) {
    if let Some(it) = question(place) {
        edits.after(range(&it.expr).end, ".and_then(|it| Ok(it))");
    }
}

/// `f()?` → `match f() { Ok(it) => it, Err(error) => return Err(error.into()) }`
pub(super) fn matched(place: &Place<'_>, edits: &mut Edits) {
    if let Some(it) = question(place) {
        edits.before(range(&it.expr).start, "(match ");
        edits.replace(range(&it.question_token), " { Ok(it) => it, Err(error) => return Err(error.into()) })");
    }
}

/// `f()?;` → `if let Err(error) = f() { return Err(error.into()); }`
pub(super) fn asked_first(place: &Place<'_>, edits: &mut Edits) {
    if let Node::Statement(Stmt::Expr(Expr::Try(it), Some(semicolon))) = place.node
        && place.is_fallible()
    {
        edits.before(range(it).start, "if let Err(error) = ");
        edits.replace(range(&it.question_token), " { return Err(error.into()); }");
        edits.replace(range(semicolon), "");
    }
}

/// A `?` on a `Result`: there can be no other, where one leaves the body.
fn question<'a>(place: &Place<'a>) -> Option<&'a ExprTry> {
    match place.node {
        Node::Expr(Expr::Try(it)) if place.is_fallible() => Some(it),
        _ => None,
    }
}
