//! Other ways to come to a variable.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, Ident, Local, Pat, PatIdent};

use super::place::{Node, Place, range};
use crate::rewrite::edits::Edits;

/// `let x = f();` → `let x; x = f();`
pub(super) fn declared_first(place: &Place<'_>, edits: &mut Edits) {
    if let Some(Plain { name, local, value }) = plain(place)
        && !mentions(value.to_token_stream(), name)
    {
        edits.after(range(&local.pat).end, format!("; {name}"));
    }
}

/// `let x = f();` → `let x = (f(), ()).0;`
pub(super) fn out_of_tuple(place: &Place<'_>, edits: &mut Edits) {
    if let Some(Plain { value, .. }) = plain(place) {
        edits.around(range(value), "(", ", ()).0");
    }
}

/// `let _inside = enter()?;` → `let _inside = (enter()?, ());`
pub(super) fn guard_in_tuple(place: &Place<'_>, edits: &mut Edits) {
    // What begins with an underscore is there to be dropped, and nobody asks for it.
    if let Some(Plain { name, value, .. }) = plain(place)
        && name.to_string().starts_with('_')
    {
        edits.around(range(value), "(", ", ())");
    }
}

/// `let P(x) = f() else { … };` → `let x = match f() { P(x) => x, _ => { … } };`
pub(super) fn let_else_matched(place: &Place<'_>, edits: &mut Edits) {
    let Node::Local(local) = place.node else { return };
    let Some(init) = &local.init else { return };
    let Some((r#else, diverge)) = &init.diverge else { return };
    let mut names = Names::default();
    names.visit_pat(&local.pat);
    if names.mutable {
        return;
    }
    let names = match names.all.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    };
    let pattern = place.text_of(&local.pat);
    edits.replace(range(&local.pat), names.clone());
    edits.before(range(&init.expr).start, "match ");
    edits.replace(range(&init.expr).end..range(r#else).end, format!(" {{ {pattern} => {names}, _ =>"));
    edits.after(range(diverge).end, " }");
}

/// `let name = value;`, where the value is made by a call.
struct Plain<'a> {
    name: &'a Ident,
    local: &'a Local,
    value: &'a Expr,
}

fn plain<'a>(place: &Place<'a>) -> Option<Plain<'a>> {
    let Node::Local(local) = place.node else { return None };
    let Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, .. }) = &local.pat else { return None };
    let init = local.init.as_ref().filter(|it| it.diverge.is_none())?;
    // What nobody asks because of its name is told by its name.
    let is_forgotten = ident.to_string().starts_with('_') && !matches!(*init.expr, Expr::Try(_));
    (is_call(&init.expr) && !is_forgotten).then_some(Plain { name: ident, local, value: &init.expr })
}

fn is_call(it: &Expr) -> bool {
    match it {
        Expr::Call(_) | Expr::MethodCall(_) => true,
        Expr::Try(it) => is_call(&it.expr),
        Expr::Await(it) => is_call(&it.base),
        _ => false,
    }
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|it| match it {
        TokenTree::Ident(it) => it == *name,
        TokenTree::Group(it) => mentions(it.stream(), name),
        TokenTree::Literal(it) => it.to_string().contains(&format!("{{{name}")),
        TokenTree::Punct(_) => false,
    })
}

/// What a pattern binds.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    mutable: bool,
}

impl<'a> Visit<'a> for Names {
    fn visit_pat_ident(&mut self, it: &'a PatIdent) {
        // A constant or a variant is none.
        if !it.ident.to_string().starts_with(char::is_uppercase) {
            self.all.push(it.ident.to_string());
            self.mutable |= it.mutability.is_some() || it.by_ref.is_some();
        }
        visit::visit_pat_ident(self, it);
    }
}
