//! `cfg_if!` and `cfg_select!`: the same as `#[cfg]` on what stands in their arms.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Item, Macro, Meta, Token, parse_quote_spanned};

/// One arm, and the condition under which it is compiled.
struct Arm {
    condition: TokenStream,
    tokens: TokenStream,
}

/// The items, with those in arms in the place of the macro.
pub(super) fn spread(items: Vec<Item>) -> Vec<Item> {
    items.into_iter().flat_map(one).collect()
}

fn one(item: Item) -> Vec<Item> {
    match item {
        Item::Macro(it) => match arms(&it.mac) {
            Some(arms) => arms.into_iter().flat_map(items).collect(),
            None => vec![Item::Macro(it)],
        },
        Item::Mod(mut it) => {
            it.content = it.content.map(|(brace, items)| (brace, spread(items)));
            vec![Item::Mod(it)]
        }
        other => vec![other],
    }
}

fn items(arm: Arm) -> Vec<Item> {
    let Ok(file) = syn::parse2::<syn::File>(arm.tokens) else { return Vec::new() };
    let condition = arm.condition;
    let mut items = spread(file.items);
    for item in &mut items {
        let at = item.span();
        if let Some(attributes) = attributes_mut(item) {
            attributes.push(parse_quote_spanned!(at=> #[cfg(#condition)]));
        }
    }
    items
}

fn attributes_mut(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        Item::Const(it) => &mut it.attrs,
        Item::Enum(it) => &mut it.attrs,
        Item::ExternCrate(it) => &mut it.attrs,
        Item::Fn(it) => &mut it.attrs,
        Item::ForeignMod(it) => &mut it.attrs,
        Item::Impl(it) => &mut it.attrs,
        Item::Macro(it) => &mut it.attrs,
        Item::Mod(it) => &mut it.attrs,
        Item::Static(it) => &mut it.attrs,
        Item::Struct(it) => &mut it.attrs,
        Item::Trait(it) => &mut it.attrs,
        Item::Type(it) => &mut it.attrs,
        Item::Union(it) => &mut it.attrs,
        Item::Use(it) => &mut it.attrs,
        _ => return None,
    })
}

/// The macro where it is an expression or statement: `if cfg!(…) { … } else …`.
pub(super) fn expression(mac: &Macro) -> Option<Expr> {
    let written = arms(mac)?.into_iter().rev().fold(
        quote!({}),
        |otherwise, Arm { condition, tokens }| quote!({ if cfg!(#condition) { #tokens } else #otherwise }),
    );
    syn::parse2(written).ok()
}

/// The arms of the macro, each under the condition that none before it holds; `None` if it is another macro.
fn arms(mac: &Macro) -> Option<Vec<Arm>> {
    let parser = match mac.path.segments.last()?.ident.to_string().as_str() {
        "cfg_if" => cfg_if,
        "cfg_select" => cfg_select,
        _ => return None,
    };
    let found = parser.parse2(mac.tokens.clone()).ok()?;
    let mut before: Vec<Meta> = Vec::new();
    let arms = found.into_iter().map(|(condition, tokens)| {
        let holds = condition.iter();
        let arm = Arm { condition: quote!(all(#(#holds,)* not(any(#(#before),*)))), tokens };
        before.extend(condition);
        arm
    });
    Some(arms.collect())
}

type Arms = Vec<(Option<Meta>, TokenStream)>;

/// `if #[cfg(…)] { … } else if #[cfg(…)] { … } else { … }`.
fn cfg_if(input: ParseStream<'_>) -> syn::Result<Arms> {
    let mut arms = Arms::new();
    while !input.is_empty() {
        if !arms.is_empty() {
            input.parse::<Token![else]>()?;
        }
        let condition = if input.parse::<Option<Token![if]>>()?.is_some() {
            let attributes = input.call(Attribute::parse_outer)?;
            let [cfg] = &attributes[..] else { return Err(input.error("one condition")) };
            Some(cfg.parse_args()?)
        } else {
            None
        };
        arms.push((condition, braced(input)?));
    }
    Ok(arms)
}

/// `condition => { … }`, `_ => { … }`; an expression ends with a comma.
fn cfg_select(input: ParseStream<'_>) -> syn::Result<Arms> {
    let mut arms = Arms::new();
    while !input.is_empty() {
        let otherwise = input.parse::<Option<Token![_]>>()?;
        let condition = if otherwise.is_some() { None } else { Some(input.parse()?) };
        input.parse::<Token![=>]>()?;
        let tokens = if input.peek(syn::token::Brace) {
            braced(input)?
        } else {
            let expr: Expr = input.parse()?;
            quote!(#expr)
        };
        input.parse::<Option<Token![,]>>()?;
        arms.push((condition, tokens));
    }
    Ok(arms)
}

fn braced(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    match input.parse()? {
        TokenTree::Group(it) => Ok(it.stream()),
        other => Err(syn::Error::new(other.span(), "an arm")),
    }
}
