//! The statics that `thread_local!` and `lazy_static!` declare.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Macro, Token, Type, Visibility};

/// One static of such a macro.
pub(super) struct Static {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    /// What makes its first value, when it is first used.
    pub(super) init: Expr,
    /// The type that holds the value.
    pub(super) wrapper: &'static str,
}

/// The statics of a macro call; none if it is another macro.
pub(super) fn in_macro(mac: &Macro) -> Vec<Static> {
    let wrapper = match mac.path.segments.last() {
        Some(it) if it.ident == "thread_local" => "std::thread::LocalKey",
        Some(it) if it.ident == "lazy_static" => "std::sync::LazyLock",
        _ => return Vec::new(),
    };
    let parser = |input: ParseStream<'_>| {
        let mut found = Vec::new();
        while !input.is_empty() {
            match one(input, wrapper) {
                Ok(it) => found.push(it),
                Err(_) => {
                    input.parse::<TokenStream>()?;
                }
            }
        }
        Ok(found)
    };
    parser.parse2(mac.tokens.clone()).unwrap_or_default()
}

fn one(input: ParseStream<'_>, wrapper: &'static str) -> syn::Result<Static> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    input.parse::<Token![static]>()?;
    input.parse::<Option<Token![ref]>>()?;
    let ident = input.parse()?;
    input.parse::<Token![:]>()?;
    let ty = input.parse()?;
    input.parse::<Token![=]>()?;
    let init = input.parse()?;
    input.parse::<Option<Token![;]>>()?;
    Ok(Static { ident, ty, init, wrapper })
}
