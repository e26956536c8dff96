//! How a function, a closure or an async block says that something did not work.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, ReturnType, Stmt, Type, TypeParamBound};

use super::around::{Part, range, range_of};
use super::names::{Names, arguments};
use super::taken::Taken;
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It gives a `Result` whose error an error of netns-scope becomes by `?`.
    Try,
    /// It gives an `Option`.
    OkTry,
    /// It panics if the first call fails.
    Panics,
}

impl Failure {
    /// An expression with what looks at its `Result`.
    pub(super) fn checked(self, it: TokenStream) -> TokenStream {
        match self {
            Failure::Try => quote!(#it?),
            Failure::OkTry => quote!(#it.ok()?),
            Failure::Panics => quote!(#it.expect("open a netlink handle")),
        }
    }
}

/// What is known of the text around a body.
pub(super) struct Within<'n, 'a> {
    pub(super) names: &'n Names<'a>,
    /// A closure that a library runs inside of a namespace, in bytes of the text that was parsed.
    pub(super) region: Option<Span>,
    pub(super) base: usize,
}

impl<'a> Within<'_, 'a> {
    /// How the body that is the last of the parts can say it; `first` is what becomes of its first call.
    pub(super) fn failure(&self, parts: &[Part<'a>], first: Option<Taken>) -> Option<Failure> {
        match self.result(parts) {
            Result::Type(ty) => self.of_type(ty, 0),
            Result::Error(ty) => self.takes(ty, 0).then_some(Failure::Try),
            Result::Anyhow => Some(Failure::Try),
            Result::Unknown => None,
        }
        .or(match first {
            Some(Taken::OkTry) => Some(Failure::OkTry),
            Some(Taken::Panics) => Some(Failure::Panics),
            _ => None,
        })
    }

    fn of_type(&self, ty: &Type, depth: usize) -> Option<Failure> {
        let Type::Path(it) = ty else { return None };
        if let Some(alias) = self.names.alias(&it.path)
            && depth < 4
        {
            return self.of_type(alias, depth + 1);
        }
        let arguments = arguments(&it.path);
        match (&*self.names.path(&it.path), &arguments[..]) {
            ("std::option::Option", _) => Some(Failure::OkTry),
            ("std::io::Result", _) => Some(Failure::Try),
            ("anyhow::Result" | "eyre::Result" | "color_eyre::Result" | "color_eyre::eyre::Result", [_]) => {
                Some(Failure::Try)
            }
            (path, [_, error]) if path.ends_with("::Result") => self.takes(error, 0).then_some(Failure::Try),
            _ => None,
        }
    }

    /// Whether an error of netns-scope becomes one of this type by `?`.
    fn takes(&self, error: &Type, depth: usize) -> bool {
        let Type::Path(it) = error else { return false };
        if let Some(alias) = self.names.alias(&it.path)
            && depth < 4
        {
            return self.takes(alias, depth + 1);
        }
        match &*self.names.path(&it.path) {
            "std::io::Error" | "netns_scope::Error" => true,
            "anyhow::Error" | "eyre::Error" | "eyre::Report" => true,
            "color_eyre::Report" | "color_eyre::eyre::Error" | "color_eyre::eyre::Report" => true,
            "std::boxed::Box" => match arguments(&it.path)[..] {
                [Type::TraitObject(it)] => it.bounds.iter().any(
                    |it| matches!(it, TypeParamBound::Trait(it) if self.names.path(&it.path) == "std::error::Error"),
                ),
                _ => false,
            },
            _ => false,
        }
    }

    /// What the body gives that is the last of the parts.
    fn result(&self, parts: &[Part<'a>]) -> Result<'a> {
        let Some((body, around)) = parts.split_last() else { return Result::Unknown };
        let (output, tail) = match body {
            Part::Function(signature, block) => (Some(&signature.output), tail(&block.stmts)),
            Part::Closure(it) => {
                let block = if let Expr::Block(it) = &*it.body { tail(&it.block.stmts) } else { Some(&*it.body) };
                (Some(&it.output), block)
            }
            Part::Async(it) => (None, tail(&it.block.stmts)),
            _ => return Result::Unknown,
        };
        if let Some(ReturnType::Type(_, ty)) = output {
            return Result::Type(ty);
        }
        // `Ok::<_, E>(…)`
        if let Some(Expr::Call(it)) = tail
            && let Expr::Path(callee) = &*it.func
        {
            let types = arguments(&callee.path);
            match (&*self.names.path(&callee.path), &types[..]) {
                ("Ok" | "Err", [_, error]) => return Result::Error(error),
                ("anyhow::Ok", _) => return Result::Anyhow,
                _ => (),
            }
        }
        if matches!(body, Part::Function(..)) { Result::Unknown } else { self.handed_on(around) }
    }

    /// What the closure or async block gives that is the last of the parts, if its result becomes, as it is, that of the
    /// body around it.
    fn handed_on(&self, parts: &[Part<'a>]) -> Result<'a> {
        let Some((&Part::Expr(mut it), mut around)) = parts.split_last() else { return Result::Unknown };
        // Whether it is in a `Result` of who runs it, or still to be waited for.
        let (mut wrapped, mut pending) = (false, false);
        let closure = range_of(it);
        while let Some((parent, above)) = around.split_last() {
            match *parent {
                Part::Expr(outer @ Expr::Paren(_)) => it = outer,
                Part::Expr(outer @ Expr::Call(call)) if range_of(&call.func) != range_of(it) => {
                    match called(&call.func).as_deref() {
                        Some("spawn" | "spawn_blocking") => pending = true,
                        Some("block_in_place") => (),
                        Some("block_on") => (),
                        _ if self.is_region(&closure) => wrapped = true,
                        _ => return Result::Unknown,
                    }
                    it = outer;
                }
                Part::Expr(outer @ Expr::MethodCall(call)) => {
                    let of_receiver = range_of(&call.receiver) == range_of(it);
                    match &*call.method.to_string() {
                        "spawn" | "spawn_blocking" if !of_receiver => pending = true,
                        "block_on" if !of_receiver => (),
                        "join" if pending && of_receiver => (pending, wrapped) = (false, true),
                        "unwrap" | "expect" if wrapped && of_receiver => wrapped = false,
                        _ if !of_receiver && self.is_region(&closure) => wrapped = true,
                        _ => return Result::Unknown,
                    }
                    it = outer;
                }
                Part::Expr(outer @ Expr::Await(_)) if pending => {
                    (pending, wrapped) = (false, true);
                    it = outer;
                }
                Part::Expr(outer @ Expr::Try(_)) if wrapped => {
                    wrapped = false;
                    it = outer;
                }
                Part::Statement(Stmt::Expr(_, None)) => {
                    let [rest @ .., body, Part::Block(block)] = above else { return Result::Unknown };
                    // The block of a closure is an expression of its own.
                    let parts = match body {
                        Part::Expr(Expr::Block(_)) => rest,
                        _ => &above[..above.len() - 1],
                    };
                    let is_last = block.stmts.last().is_some_and(|it| range(it) == parent.range());
                    if pending || !is_last || !parts.last().is_some_and(|it| it.is_body()) {
                        return Result::Unknown;
                    }
                    let whole = self.result(parts);
                    return if wrapped { whole.first() } else { whole };
                }
                Part::Closure(_) => {
                    let whole = self.result(around);
                    return if pending {
                        Result::Unknown
                    } else if wrapped {
                        whole.first()
                    } else {
                        whole
                    };
                }
                _ => return Result::Unknown,
            }
            around = above;
        }
        Result::Unknown
    }

    fn is_region(&self, closure: &std::ops::Range<usize>) -> bool {
        self.region.is_some_and(|it| it.start as usize == closure.start + self.base)
    }
}

enum Result<'a> {
    Type(&'a Type),
    /// A `Result` with this error.
    Error(&'a Type),
    Anyhow,
    Unknown,
}

impl<'a> Result<'a> {
    /// What is inside of it, if it is a `Result`.
    fn first(self) -> Result<'a> {
        match self {
            Result::Type(Type::Path(it)) if it.path.segments.last().is_some_and(|it| it.ident == "Result") => {
                arguments(&it.path).first().map_or(Result::Unknown, |it| Result::Type(it))
            }
            _ => Result::Unknown,
        }
    }
}

fn called(function: &Expr) -> Option<String> {
    let Expr::Path(it) = function else { return None };
    it.path.segments.last().map(|it| it.ident.to_string())
}

fn tail(statements: &[Stmt]) -> Option<&Expr> {
    match statements.last() {
        Some(Stmt::Expr(it, None)) => Some(it),
        _ => None,
    }
}
