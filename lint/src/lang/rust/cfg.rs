//! `#[cfg]` as it comes out on Linux, and the attributes that make a function a root.

use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, ExprAssign, ExprBlock, ExprCall, ExprForLoop, ExprIf, ExprLoop, ExprMacro, ExprMatch,
    ExprMethodCall, ExprReturn, ExprTry, ExprUnsafe, ExprWhile, Meta, Token,
};

use crate::ir::Root;

/// What the attributes of an item say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cfg {
    /// Not compiled on Linux.
    pub(super) absent: bool,
    /// Compiled for tests only.
    pub(super) test: bool,
}

pub(super) fn read(attributes: &[Attribute]) -> Cfg {
    let mut found = Cfg::default();
    for attribute in attributes {
        if attribute.path().is_ident("cfg")
            && let Ok(meta) = attribute.parse_args::<Meta>()
        {
            found.absent |= holds(&meta) == Some(false);
            found.test |= needs_test(&meta);
        }
    }
    found
}

/// The attributes of an expression that stands as a statement.
pub(super) fn of_statement(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Block(ExprBlock { attrs, .. })
        | Expr::Unsafe(ExprUnsafe { attrs, .. })
        | Expr::If(ExprIf { attrs, .. })
        | Expr::Match(ExprMatch { attrs, .. })
        | Expr::Call(ExprCall { attrs, .. })
        | Expr::MethodCall(ExprMethodCall { attrs, .. })
        | Expr::Macro(ExprMacro { attrs, .. })
        | Expr::Try(ExprTry { attrs, .. })
        | Expr::Return(ExprReturn { attrs, .. })
        | Expr::Assign(ExprAssign { attrs, .. })
        | Expr::ForLoop(ExprForLoop { attrs, .. })
        | Expr::While(ExprWhile { attrs, .. })
        | Expr::Loop(ExprLoop { attrs, .. }) => attrs,
        _ => &[],
    }
}

/// Whether the condition holds on Linux, where that does not depend on features.
fn holds(meta: &Meta) -> Option<bool> {
    match meta {
        Meta::Path(path) if path.is_ident("unix") => Some(true),
        Meta::Path(path) if path.is_ident("windows") || path.is_ident("loom") || path.is_ident("miri") => Some(false),
        Meta::NameValue(it) => {
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) = &it.value else { return None };
            let value = value.value();
            if it.path.is_ident("target_os") {
                Some(value == "linux")
            } else if it.path.is_ident("target_family") {
                Some(value == "unix")
            } else {
                None
            }
        }
        Meta::List(list) => {
            let inner = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
            let answers = inner.iter().map(holds);
            if list.path.is_ident("not") {
                answers.into_iter().next()?.map(|it| !it)
            } else if list.path.is_ident("all") {
                decide(answers, false)
            } else if list.path.is_ident("any") {
                decide(answers, true)
            } else {
                None
            }
        }
        Meta::Path(_) => None,
    }
}

/// `any` if `wanted`, else `all`.
fn decide(answers: impl Iterator<Item = Option<bool>>, wanted: bool) -> Option<bool> {
    let mut unsure = false;
    for answer in answers {
        if answer == Some(wanted) {
            return Some(wanted);
        }
        unsure |= answer.is_none();
    }
    if unsure { None } else { Some(!wanted) }
}

fn needs_test(meta: &Meta) -> bool {
    match meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|inner| inner.iter().any(needs_test)),
        _ => false,
    }
}

/// What starts a function with these attributes, other than a call.
pub(super) fn root(attributes: &[Attribute]) -> Option<Root> {
    for attribute in attributes {
        let names: Vec<_> = attribute.path().segments.iter().map(|it| it.ident.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let arguments = match &attribute.meta {
            Meta::List(list) => list.tokens.to_string(),
            _ => String::new(),
        };
        let flavor = |default| {
            if arguments.contains("multi_thread") { true } else { !arguments.contains("current_thread") && default }
        };
        match names[..] {
            ["test" | "bench" | "test_case" | "rstest" | "test_log"] | ["test_log", "test"] => return Some(Root::Test),
            ["tokio" | "actix_web" | "actix_rt" | "async_std" | "smol_potat" | "compio", "test"] => {
                return Some(Root::BlockOn { multi_thread: names[0] == "async_std" || flavor(false) });
            }
            ["tokio" | "async_std" | "rocket", "main"] => return Some(Root::BlockOn { multi_thread: flavor(true) }),
            ["actix_web" | "actix_rt", "main"] => return Some(Root::BlockOn { multi_thread: false }),
            _ => (),
        }
    }
    None
}

/// Whether the root is a test.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| it.path().segments.last().is_some_and(|it| it.ident == "test" || it.ident == "bench"))
}
