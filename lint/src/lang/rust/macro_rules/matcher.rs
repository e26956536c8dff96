//! Whether the left side of a rule fits a call.

use proc_macro2::{Delimiter, Group, Punct, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};

use super::{Bindings, Bound, Matcher, list};

/// How many of the tokens fit, and what the variables stand for.
pub(super) fn matched(left: &[Matcher], tokens: &[TokenTree], bindings: &mut Bindings) -> Option<usize> {
    let mut at = 0;
    for matcher in left {
        match (matcher, tokens.get(at)) {
            (Matcher::Token(wanted), Some(found)) => {
                if !same(wanted, found) {
                    return None;
                }
                at += 1;
            }
            (Matcher::Group(delimiter, inner), Some(TokenTree::Group(group))) if group.delimiter() == *delimiter => {
                let within = list(group.stream());
                if matched(inner, &within, bindings)? != within.len() {
                    return None;
                }
                at += 1;
            }
            (Matcher::Token(_) | Matcher::Group(..), _) => return None,
            (Matcher::Variable(name, kind), _) => {
                let (length, bound) = fragment(kind, &tokens[at..])?;
                bindings.insert(name.clone(), Bound::One(bound));
                at += length;
            }
            (Matcher::Repeat(inner, separator, sign), _) => {
                at += repeated(inner, separator.as_ref(), *sign, &tokens[at..], bindings)?
            }
        }
    }
    Some(at)
}

fn repeated(
    inner: &[Matcher],
    separator: Option<&Punct>,
    sign: char,
    tokens: &[TokenTree],
    bindings: &mut Bindings,
) -> Option<usize> {
    let mut names = Vec::new();
    variables(inner, &mut names);
    let mut found: Vec<Bindings> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut start = at;
        if let Some(separator) = separator
            && !found.is_empty()
        {
            if !matches!(&tokens[start], TokenTree::Punct(it) if it.as_char() == separator.as_char()) {
                break;
            }
            start += 1;
        }
        let mut one = Bindings::new();
        match matched(inner, &tokens[start..], &mut one) {
            Some(length) if length > 0 => at = start + length,
            _ => break,
        }
        found.push(one);
        if sign == '?' {
            break;
        }
    }
    if sign == '+' && found.is_empty() {
        return None;
    }
    for name in names {
        let all = found.iter().filter_map(|it| it.get(&name).cloned()).collect();
        bindings.insert(name, Bound::Many(all));
    }
    Some(at)
}

fn variables(left: &[Matcher], names: &mut Vec<String>) {
    for matcher in left {
        match matcher {
            Matcher::Variable(name, _) => names.push(name.clone()),
            Matcher::Group(_, inner) | Matcher::Repeat(inner, ..) => variables(inner, names),
            Matcher::Token(_) => (),
        }
    }
}

fn same(wanted: &TokenTree, found: &TokenTree) -> bool {
    match (wanted, found) {
        (TokenTree::Punct(a), TokenTree::Punct(b)) => a.as_char() == b.as_char(),
        (TokenTree::Group(_), _) | (_, TokenTree::Group(_)) => false,
        (a, b) => a.to_string() == b.to_string(),
    }
}

/// The tokens at the start that are a fragment of this kind, and how many they are.
fn fragment(kind: &str, tokens: &[TokenTree]) -> Option<(usize, Vec<TokenTree>)> {
    let first = tokens.first();
    let one = |fits: bool| fits.then(|| (1, tokens[..1].to_vec()));
    match kind {
        "tt" => match first? {
            TokenTree::Punct(it) if it.as_char() == '\'' => Some((2, tokens.get(..2)?.to_vec())),
            _ => one(true),
        },
        "ident" => one(matches!(first?, TokenTree::Ident(it) if it != "_")),
        "block" => one(matches!(first?, TokenTree::Group(it) if it.delimiter() == Delimiter::Brace)),
        "lifetime" => matches!(first?, TokenTree::Punct(it) if it.as_char() == '\'').then(|| (2, tokens[..2].to_vec())),
        "literal" => match first? {
            TokenTree::Punct(it) if it.as_char() == '-' => Some((2, tokens.get(..2)?.to_vec())),
            TokenTree::Ident(it) => one(it == "true" || it == "false"),
            other => one(matches!(other, TokenTree::Literal(_))),
        },
        "vis" => Some(parsed::<syn::Visibility>(tokens).unwrap_or((0, Vec::new()))),
        // A fragment stays whole, whatever stands beside it.
        "expr" | "expr_2021" => parsed::<syn::Expr>(tokens).map(whole),
        "ty" => parsed::<syn::Type>(tokens).map(whole),
        "path" => parsed::<syn::Path>(tokens),
        "stmt" => parsed::<syn::Stmt>(tokens).or_else(|| statement(tokens)),
        "item" => parsed::<syn::Item>(tokens),
        "meta" => parsed::<syn::Meta>(tokens),
        "pat" => parsed_with(|input| syn::Pat::parse_multi_with_leading_vert(input).map(drop), tokens),
        "pat_param" => parsed_with(|input| syn::Pat::parse_single(input).map(drop), tokens),
        _ => None,
    }
}

fn whole((length, tokens): (usize, Vec<TokenTree>)) -> (usize, Vec<TokenTree>) {
    if length == 1 {
        return (length, tokens);
    }
    (length, vec![TokenTree::Group(Group::new(Delimiter::None, tokens.into_iter().collect()))])
}

/// A statement without its semicolon, which `stmt` does not take.
fn statement(tokens: &[TokenTree]) -> Option<(usize, Vec<TokenTree>)> {
    let end =
        tokens.iter().position(|it| matches!(it, TokenTree::Punct(it) if it.as_char() == ';')).unwrap_or(tokens.len());
    Some((end, tokens[..end].to_vec())).filter(|it| it.0 > 0)
}

fn parsed<T: Parse>(tokens: &[TokenTree]) -> Option<(usize, Vec<TokenTree>)> {
    parsed_with(|input| input.parse::<T>().map(drop), tokens)
}

fn parsed_with(
    parse: impl Fn(ParseStream<'_>) -> syn::Result<()>,
    tokens: &[TokenTree],
) -> Option<(usize, Vec<TokenTree>)> {
    let parser = |input: ParseStream<'_>| {
        parse(input)?;
        Ok(input.parse::<TokenStream>()?.into_iter().count())
    };
    let rest = parser.parse2(tokens.iter().cloned().collect()).ok()?;
    let length = tokens.len().checked_sub(rest).filter(|it| *it > 0)?;
    Some((length, tokens[..length].to_vec()))
}
