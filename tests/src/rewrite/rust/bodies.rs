//! Other ways to hold the body of a function.

use quote::ToTokens as _;
use syn::{Expr, FnArg, GenericParam, Pat, ReturnType, Safety, Signature, Stmt, Type};

use super::place::{Node, Place, range};
use crate::rewrite::edits::Edits;

/// `fn f() -> T { … }` → `fn f() -> T { (|| -> T { … })() }`
pub(super) fn in_closure(place: &Place<'_>, edits: &mut Edits) {
    let Node::Function(signature, body) = place.node else { return };
    let output = place.text_of(&signature.output);
    // A closure cannot say what these say.
    let says_more = ["impl ", "&", "'", "!"].iter().any(|it| output.contains(it));
    if is_plain(signature) && signature.asyncness.is_none() && !body.stmts.is_empty() && !says_more {
        edits.around(range(body), format!("{{ (|| {output} "), ")() }");
    }
}

/// `{ …; x }` → `{ …; return x; }`, the whole body of a function or closure.
pub(super) fn returned(place: &Place<'_>, edits: &mut Edits) {
    let body = match place.node {
        Node::Function(_, body) | Node::Method(body) => body,
        Node::Closure(it) if let Expr::Block(body) = &*it.body => &body.block,
        _ => return,
    };
    if let Some(Stmt::Expr(last, None)) = body.stmts.last()
        && !matches!(last, Expr::Return(_) | Expr::Loop(_) | Expr::Macro(_))
    {
        edits.around(range(last), "return ", ";");
    }
}

/// `fn f(a: A) -> T { … }` → `fn f(a: A) -> T { return f_inner(a); fn f_inner(a: A) -> T { … } }`
pub(super) fn in_helper(place: &Place<'_>, edits: &mut Edits) {
    let Node::Function(signature, body) = place.node else { return };
    let only_lifetimes = signature.generics.params.iter().all(|it| matches!(it, GenericParam::Lifetime(_)));
    let names: Option<Vec<_>> = signature.inputs.iter().map(name).collect();
    if let Some(names) = names
        && is_plain(signature)
        && only_lifetimes
    {
        let (whole, name) = (range(signature), range(&signature.ident));
        let (head, tail) = (&place.text[whole.start..name.start], &place.text[name.end..whole.end]);
        let inner = format!("{}_inner", signature.ident);
        let wait = if signature.asyncness.is_some() { ".await" } else { "" };
        let call = format!("{{ return {inner}({}){wait}; {head}{inner}{tail} ", names.join(", "));
        edits.around(range(body), call, " }");
    }
}

/// `fn f(file: &File)` → `fn f(file: impl std::os::fd::AsFd)`, where it is only given to `setns`.
pub(super) fn descriptor_generic(place: &Place<'_>, edits: &mut Edits) {
    let Node::Function(signature, body) = place.node else { return };
    let body = body.to_token_stream().to_string();
    // A closure may run twice, or on another thread.
    if body.contains('|') {
        return;
    }
    for input in &signature.inputs {
        let FnArg::Typed(input) = input else { continue };
        if matches!(&*input.ty, Type::Reference(it) if it.elem.to_token_stream().to_string() == "File") {
            let name = input.pat.to_token_stream().to_string();
            let words = body.split(|it: char| !it.is_alphanumeric() && it != '_');
            if body.contains(&format!("setns ({name} ,")) && words.filter(|it| *it == name).count() == 1 {
                edits.replace(range(&input.ty), "impl std::os::fd::AsFd");
            }
        }
    }
}

/// Whether another function, or a closure, can stand in for it.
fn is_plain(signature: &Signature) -> bool {
    let ends = !matches!(&signature.output, ReturnType::Type(_, it) if matches!(**it, Type::Never(_)));
    ends && matches!(signature.safety, Safety::Default) && signature.constness.is_none() && signature.abi.is_none()
}

/// Of a parameter, if it is one name.
fn name(parameter: &FnArg) -> Option<String> {
    match parameter {
        FnArg::Typed(it) if let Pat::Ident(name) = &*it.pat => Some(name.ident.to_string()),
        _ => None,
    }
}
