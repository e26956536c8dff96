//! Other ways to write a call.

use syn::punctuated::Punctuated;
use syn::{Expr, ExprAwait, Token};

use super::place::{Node, Place, range};
use crate::rewrite::edits::Edits;

/// `setns(file, …)` → `setns(std::os::fd::AsFd::as_fd(&file), …)`
pub(super) fn descriptor_by_trait(place: &Place<'_>, edits: &mut Edits) {
    // The one of the C library has a path, and takes a number.
    if let Node::Expr(Expr::Call(call)) = place.node
        && matches!(&*call.func, Expr::Path(it) if it.path.is_ident("setns"))
        && let Some(descriptor) = call.args.first()
    {
        let borrow = match descriptor {
            Expr::Reference(_) => "",
            Expr::Path(_) => "&",
            _ => return,
        };
        edits.around(range(descriptor), format!("std::os::fd::AsFd::as_fd({borrow}"), ")");
    }
}

/// `spawn(move || …)` → `{ let work = move || …; spawn(work) }`
pub(super) fn closure_by_variable(place: &Place<'_>, edits: &mut Edits) {
    let Some((call, args)) = call(place) else { return };
    // The types of what a closure is given come from who is given the closure.
    if let Some(Expr::Closure(closure)) = args.first()
        && args.len() == 1
        && closure.inputs.is_empty()
    {
        let (call, closure) = (range(call), range(closure));
        let callee = &place.text[call.start..closure.start];
        edits.replace(call.start..closure.start, "({ let work = ");
        edits.after(closure.end, format!("; {callee}work"));
        edits.after(call.end, " })");
    }
}

/// `f().await` → `{ let future = f(); future.await }`
pub(super) fn future_by_variable(place: &Place<'_>, edits: &mut Edits) {
    if let Some(it) = awaited_call(place) {
        edits.around(range(&it.base), "({ let future = ", "; future");
        edits.after(range(it).end, " })");
    }
}

/// `f().await` → `async { f().await }.await`
pub(super) fn future_in_async(place: &Place<'_>, edits: &mut Edits) {
    if let Some(it) = awaited_call(place) {
        edits.around(range(it), "async { ", " }.await");
    }
}

/// `setns(…).expect("…")` → `setns(…).unwrap_or_else(|error| panic!("{error:?}"))`, and so for `join()`.
pub(super) fn panic_by_closure(place: &Place<'_>, edits: &mut Edits) {
    if let Node::Expr(Expr::MethodCall(it)) = place.node
        && (it.method == "unwrap" || it.method == "expect")
        && gives_result(&it.receiver)
    {
        edits.replace(range(&it.method).start..range(it).end, "unwrap_or_else(|error| panic!(\"{error:?}\"))");
    }
}

/// A call, and what it is given.
fn call<'a>(place: &Place<'a>) -> Option<(&'a Expr, &'a Punctuated<Expr, Token![,]>)> {
    let Node::Expr(it) = place.node else { return None };
    match it {
        Expr::Call(call) => Some((it, &call.args)),
        Expr::MethodCall(call) => Some((it, &call.args)),
        _ => None,
    }
}

fn is_named(function: &Expr, name: &str) -> bool {
    matches!(function, Expr::Path(it) if it.path.segments.last().is_some_and(|it| it.ident == name))
}

/// A call that is awaited, and that may as well be made before.
fn awaited_call<'a>(place: &Place<'a>) -> Option<&'a ExprAwait> {
    match place.node {
        Node::Expr(Expr::Await(it)) if is_lasting_call(&it.base) => Some(it),
        _ => None,
    }
}

fn is_lasting_call(it: &Expr) -> bool {
    matches!(it, Expr::Call(call) if call.args.iter().all(is_lasting))
}

/// Whether it is no value of its own, which would end with the statement.
fn is_lasting(it: &Expr) -> bool {
    match it {
        Expr::Path(_) | Expr::Lit(_) => true,
        Expr::Reference(it) => is_lasting(&it.expr),
        Expr::Field(it) => is_lasting(&it.base),
        _ => false,
    }
}

/// Whether it is a `Result` by what it is called.
fn gives_result(it: &Expr) -> bool {
    match it {
        Expr::Call(it) => is_named(&it.func, "setns") || is_named(&it.func, "unshare"),
        Expr::MethodCall(it) => it.method == "join" && it.args.is_empty(),
        _ => false,
    }
}
