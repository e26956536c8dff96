//! What the arguments of a call are, as far as the text says it for sure.

use syn::{Expr, Lit, Type};

use super::around::Part;
use super::bindings::Bindings;

pub(super) const NOT_TEXT: &str = "its argument is perhaps no `&str`";

/// Whether an argument is a `&str`.
pub(super) fn is_text(argument: &Expr, function: Part<'_>) -> bool {
    match argument {
        Expr::Lit(it) => matches!(it.lit, Lit::Str(_)),
        Expr::Paren(it) => is_text(&it.expr, function),
        Expr::MethodCall(it) => it.method == "as_str" && it.args.is_empty(),
        Expr::Path(it) => {
            let Some(name) = it.path.get_ident().map(ToString::to_string) else { return false };
            let bindings = Bindings::of(&name, function);
            let is_literal =
                || bindings.alone.and_then(|it| it.init.as_ref()).is_some_and(|it| is_text(&it.expr, function));
            bindings.count == 1 && bindings.ty.map_or_else(is_literal, is_str)
        }
        _ => false,
    }
}

fn is_str(ty: &Type) -> bool {
    let Type::Reference(it) = ty else { return false };
    matches!(&*it.elem, Type::Path(it) if it.path.is_ident("str"))
}
