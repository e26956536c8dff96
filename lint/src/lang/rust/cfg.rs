//! `#[cfg]` as it comes out on Linux, and the attributes that make a function a root.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, ExprAssign, ExprBlock, ExprCall, ExprForLoop, ExprIf, ExprLoop, ExprMacro, ExprMatch,
    ExprMethodCall, ExprReturn, ExprTry, ExprUnsafe, ExprWhile, Meta, Token,
};

use crate::ir::Root;
use crate::lang::Chosen;

/// What the attributes of an item say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cfg {
    /// Not compiled on Linux.
    pub(super) absent: bool,
    /// Compiled for tests only.
    pub(super) test: bool,
}

pub(super) fn read(attributes: &[Attribute], chosen: &Chosen) -> Cfg {
    let mut found = Cfg::default();
    for attribute in attributes {
        if attribute.path().is_ident("cfg")
            && let Ok(meta) = attribute.parse_args::<Meta>()
        {
            found.absent |= holds(&meta, chosen) == Some(false);
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

/// One condition that a user decides about: its name and value, and whether it holds.
///
/// # Errors
///
/// Why it cannot be chosen.
pub(in crate::lang) fn choice(text: &str) -> Result<((String, Option<String>), bool), String> {
    let parsed = syn::parse_str::<Meta>(text).ok();
    let (meta, on) = match parsed {
        Some(Meta::List(list)) if list.path.is_ident("not") => (list.parse_args::<Meta>().ok(), false),
        other => (other, true),
    };
    let Some(key) = meta.as_ref().and_then(key) else {
        return Err(format!("`{text}` is not one condition; write `name`, `name = \"value\"`, or `not(…)` around it"));
    };
    match (key.0.as_str(), &key.1) {
        ("test", None) => Err("the condition `test` cannot be chosen: see `tests`".into()),
        (name, value) if fixed(name, value.as_deref()).is_some() => {
            Err(format!("the condition `{name}` cannot be chosen: what is built for Linux is looked at"))
        }
        _ => Ok((key, on)),
    }
}

/// The name and the value of a condition that is not made of others.
fn key(meta: &Meta) -> Option<(String, Option<String>)> {
    match meta {
        Meta::Path(path) => Some((path.get_ident()?.to_string(), None)),
        Meta::NameValue(it) => {
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) = &it.value else { return None };
            Some((it.path.get_ident()?.to_string(), Some(value.value())))
        }
        Meta::List(_) => None,
    }
}

/// What holds on Linux or does not, whatever anybody chooses.
fn fixed(name: &str, value: Option<&str>) -> Option<bool> {
    match (name, value) {
        ("unix", None) => Some(true),
        ("windows" | "loom" | "miri", None) => Some(false),
        ("target_os", Some(value)) => Some(value == "linux"),
        ("target_family", Some(value)) => Some(value == "unix"),
        ("target_arch", Some("wasm32" | "wasm64")) | ("target_vendor", Some("apple")) => Some(false),
        _ => None,
    }
}

/// What does not hold unless somebody chooses it: systems that call themselves Linux and are built for on their own.
fn usual(name: &str, value: Option<&str>) -> Option<bool> {
    matches!((name, value), ("target_env", Some("ohos" | "uclibc"))).then_some(false)
}

/// What `cfg!(…)` is, where that is fixed or was chosen.
pub(super) fn of_macro(condition: TokenStream, chosen: &Chosen) -> Option<bool> {
    holds(&syn::parse2(condition).ok()?, chosen)
}

/// Whether the condition holds, where that is fixed or was chosen.
fn holds(meta: &Meta, chosen: &Chosen) -> Option<bool> {
    match meta {
        Meta::List(list) => {
            let inner = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
            let answers = inner.iter().map(|it| holds(it, chosen));
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
        Meta::Path(_) | Meta::NameValue(_) => {
            let (name, value) = key(meta)?;
            let value = value.as_deref();
            fixed(&name, value).or_else(|| chosen.has_cfg(&name, value)).or_else(|| usual(&name, value))
        }
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

/// The last words of attributes that make a test, or say how one runs.
const TESTS: &[&str] = &["test", "bench", "test_case", "case", "rstest", "test_log", "test_attr"];

/// What starts a function with these attributes, other than a call.
pub(super) fn root(attributes: &[Attribute]) -> Option<Root> {
    // Of `#[rstest] #[tokio::test]` the one lists the cases, and the other runs them.
    strongest(attributes.iter().map(|it| &it.meta))
}

fn strongest<'a>(written: impl Iterator<Item = &'a Meta>) -> Option<Root> {
    let roots: Vec<_> = written.filter_map(root_of).collect();
    let drives = |it: &&Root| matches!(it, Root::BlockOn { .. });
    roots.iter().find(drives).or(roots.first()).copied()
}

fn root_of(written: &Meta) -> Option<Root> {
    let names: Vec<_> = written.path().segments.iter().map(|it| it.ident.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let arguments = match written {
        Meta::List(list) => list.tokens.to_string(),
        _ => String::new(),
    };
    let flavor = |default| {
        if arguments.contains("multi_thread") { true } else { !arguments.contains("current_thread") && default }
    };
    match names[..] {
        ["tokio" | "actix_web" | "actix_rt" | "async_std" | "smol_potat" | "compio", "test"] => {
            Some(Root::BlockOn { multi_thread: names[0] == "async_std" || flavor(false) })
        }
        ["tokio" | "async_std" | "rocket", "main"] => Some(Root::BlockOn { multi_thread: flavor(true) }),
        ["actix_web" | "actix_rt", "main"] => Some(Root::BlockOn { multi_thread: false }),
        // `#[test_log::test(tokio::test)]`, `#[test_attr(tokio::test)]`.
        [.., last] if TESTS.contains(&last) => {
            let inner = match written {
                Meta::List(list) => list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok(),
                _ => None,
            };
            inner.and_then(|it| strongest(it.iter())).or((last != "test_attr").then_some(Root::Test))
        }
        _ => None,
    }
}

/// Whether what the attributes make of an `async fn` that others call has a runtime of several threads: the function is
/// a plain one then, which builds it and waits.
pub(super) fn block_on(attributes: &[Attribute], name: &str) -> Option<bool> {
    match root(attributes)? {
        Root::BlockOn { multi_thread } if name != "main" && !is_test(attributes) => Some(multi_thread),
        _ => None,
    }
}

/// Whether the root is a test.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    let is_one = |it: &Attribute| it.path().segments.last().is_some_and(|it| TESTS.iter().any(|name| it.ident == name));
    attributes.iter().any(is_one)
}
