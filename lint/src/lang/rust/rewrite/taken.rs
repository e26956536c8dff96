//! What becomes of a result, as far as the type of its error matters.

use syn::{Expr, Pat, Stmt};

use super::around::{Part, range_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// `?`: the error becomes that of the function.
    Try,
    /// `.ok()?`
    OkTry,
    /// `.unwrap()`, `.expect(…)`
    Panics,
    /// The error is looked at by nobody who minds its type.
    Any,
}

/// What becomes of the last of the parts; `None` where its error goes on as what it is.
pub(super) fn taken(parts: &[Part<'_>]) -> Option<Taken> {
    let (last, mut around) = parts.split_last()?;
    let Part::Expr(mut it) = *last else { return None };
    loop {
        let (parent, above) = around.split_last()?;
        match *parent {
            Part::Expr(outer @ Expr::Paren(_)) => it = outer,
            Part::Expr(Expr::Try(_)) => return Some(Taken::Try),
            Part::Expr(Expr::MethodCall(outer)) if range_of(&outer.receiver) == range_of(it) => {
                let ignores = || matches!(outer.args.first(), Some(Expr::Closure(it)) if ignores_argument(it));
                match &*outer.method.to_string() {
                    "ok" => {
                        let tries = matches!(above.last(), Some(Part::Expr(Expr::Try(_))));
                        return Some(if tries { Taken::OkTry } else { Taken::Any });
                    }
                    "unwrap" | "expect" => return Some(Taken::Panics),
                    "unwrap_or" | "unwrap_or_default" | "is_ok" | "is_err" => return Some(Taken::Any),
                    "context" | "with_context" | "wrap_err" | "wrap_err_with" => return Some(Taken::Any),
                    "map_err" | "unwrap_or_else" | "or_else" if ignores() => return Some(Taken::Any),
                    "map" => {
                        let Some(Part::Expr(whole)) = around.last() else { return None };
                        it = whole;
                    }
                    _ => return None,
                }
            }
            Part::Expr(Expr::Let(outer)) if is_good(&outer.pat) => return Some(Taken::Any),
            Part::Expr(Expr::Match(outer)) if range_of(&outer.expr) == range_of(it) => {
                let fine = |it: &Pat| is_good(it) || is_any_failure(it) || matches!(it, Pat::Wild(_));
                return outer.arms.iter().all(|it| fine(&it.pat)).then_some(Taken::Any);
            }
            Part::Statement(Stmt::Local(outer)) => {
                let diverges = outer.init.as_ref().is_some_and(|it| it.diverge.is_some());
                return (diverges && is_good(&outer.pat)).then_some(Taken::Any);
            }
            _ => return None,
        }
        around = above;
    }
}

fn ignores_argument(closure: &syn::ExprClosure) -> bool {
    matches!(closure.inputs.iter().collect::<Vec<_>>()[..], [Pat::Wild(_)])
}

fn is_good(pattern: &Pat) -> bool {
    matches!(pattern, Pat::TupleStruct(it) if it.path.is_ident("Ok"))
}

/// `Err(_)`
fn is_any_failure(pattern: &Pat) -> bool {
    matches!(pattern, Pat::TupleStruct(it) if it.path.is_ident("Err") && it.elems.iter().all(|it| matches!(it, Pat::Wild(_))))
}
