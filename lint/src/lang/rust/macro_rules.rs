//! `macro_rules!`: which rule fits a call, and what it writes.
//!
//! The tokens of the caller keep their spans; those of the definition have
//! none, which is how everybody tells them apart afterwards.

use std::collections::HashMap;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};

/// How many tokens one expansion may have.
const TOKENS: usize = 50_000;

/// A macro, ready to be expanded on this thread.
pub(super) struct Rules {
    rules: Vec<(Vec<Matcher>, Vec<Piece>)>,
}

/// A part of the left side of a rule.
enum Matcher {
    Token(TokenTree),
    Group(Delimiter, Vec<Matcher>),
    Variable(String, String),
    Repeat(Vec<Matcher>, Option<Punct>, char),
}

/// A part of the right side of a rule.
enum Piece {
    Token(TokenTree),
    Group(Delimiter, Vec<Piece>),
    Variable(String),
    Repeat(Vec<Piece>, Option<Punct>),
    Crate,
}

/// What a variable of the left side stands for.
#[derive(Clone)]
enum Bound {
    One(Vec<TokenTree>),
    Many(Vec<Bound>),
}

type Bindings = HashMap<String, Bound>;

impl Rules {
    /// Reads what stands in the braces of `macro_rules! name { … }`.
    pub(super) fn read(text: &str) -> Option<Rules> {
        let tokens: Vec<TokenTree> = placeless(TokenStream::from_str(text).ok()?).into_iter().collect();
        let mut rules = Vec::new();
        let mut rest = &tokens[..];
        while let [
            TokenTree::Group(left),
            TokenTree::Punct(_),
            TokenTree::Punct(_),
            TokenTree::Group(right),
            more @ ..,
        ] = rest
        {
            rules.push((matchers(&list(left.stream())), pieces(&list(right.stream()))));
            rest = match more {
                [TokenTree::Punct(it), more @ ..] if it.as_char() == ';' => more,
                more => more,
            };
        }
        (!rules.is_empty()).then_some(Rules { rules })
    }

    /// What a call with these tokens is replaced by; `None` if no rule fits.
    /// `krate` is what `$crate` means: nothing in the crate of the macro itself.
    pub(super) fn expand(&self, call: TokenStream, krate: Option<&str>) -> Option<TokenStream> {
        let call = list(call);
        self.rules.iter().find_map(|(left, right)| {
            let mut bindings = Bindings::new();
            let used = matched(left, &call, &mut bindings)?;
            if used != call.len() {
                return None;
            }
            let mut written = Writer { krate, tokens: 0 };
            written.all(right, &bindings)
        })
    }
}

fn list(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

/// The same tokens without places.
fn placeless(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = TokenTree::Group(Group::new(group.delimiter(), placeless(group.stream())));
            }
            token.set_span(Span::call_site());
            token
        })
        .collect()
}

fn is_dollar(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(it)) if it.as_char() == '$')
}

/// What follows `$( … )`: the separator, `*`, `+` or `?`, and how many tokens that are.
fn repetition(rest: &[TokenTree]) -> (Option<Punct>, char, usize) {
    let sign = |at: usize| match rest.get(at) {
        Some(TokenTree::Punct(it)) => Some(it.clone()),
        _ => None,
    };
    match (sign(0), sign(1)) {
        (Some(first), _) if matches!(first.as_char(), '*' | '+' | '?') => (None, first.as_char(), 1),
        (Some(first), Some(second)) => (Some(first), second.as_char(), 2),
        _ => (None, '*', 0),
    }
}

fn matchers(tokens: &[TokenTree]) -> Vec<Matcher> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match (&tokens[at], tokens.get(at + 1)) {
            (token, Some(TokenTree::Group(group))) if is_dollar(Some(token)) => {
                let (separator, sign, length) = repetition(&tokens[at + 2..]);
                found.push(Matcher::Repeat(matchers(&list(group.stream())), separator, sign));
                at += 2 + length;
                continue;
            }
            (token, Some(TokenTree::Ident(name))) if is_dollar(Some(token)) => {
                let kind = match tokens.get(at + 3) {
                    Some(TokenTree::Ident(kind)) => kind.to_string(),
                    _ => String::new(),
                };
                found.push(Matcher::Variable(name.to_string(), kind));
                at += 4;
                continue;
            }
            (TokenTree::Group(group), _) => {
                found.push(Matcher::Group(group.delimiter(), matchers(&list(group.stream()))));
            }
            (token, _) => found.push(Matcher::Token(token.clone())),
        }
        at += 1;
    }
    found
}

fn pieces(tokens: &[TokenTree]) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match (&tokens[at], tokens.get(at + 1)) {
            (token, Some(TokenTree::Group(group))) if is_dollar(Some(token)) => {
                let (separator, _, length) = repetition(&tokens[at + 2..]);
                found.push(Piece::Repeat(pieces(&list(group.stream())), separator));
                at += 2 + length;
                continue;
            }
            (token, Some(TokenTree::Ident(name))) if is_dollar(Some(token)) => {
                found.push(if name == "crate" { Piece::Crate } else { Piece::Variable(name.to_string()) });
                at += 2;
                continue;
            }
            (TokenTree::Group(group), _) => {
                found.push(Piece::Group(group.delimiter(), pieces(&list(group.stream()))));
            }
            (token, _) => found.push(Piece::Token(token.clone())),
        }
        at += 1;
    }
    found
}

/// How many of the tokens fit, and what the variables stand for.
fn matched(left: &[Matcher], tokens: &[TokenTree], bindings: &mut Bindings) -> Option<usize> {
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

struct Writer<'a> {
    krate: Option<&'a str>,
    tokens: usize,
}

impl Writer<'_> {
    fn all(&mut self, right: &[Piece], bindings: &Bindings) -> Option<TokenStream> {
        let mut written = TokenStream::new();
        for piece in right {
            self.tokens += 1;
            if self.tokens > TOKENS {
                return None;
            }
            match piece {
                Piece::Token(token) => written.extend([token.clone()]),
                Piece::Group(delimiter, inner) => {
                    let inner = self.all(inner, bindings)?;
                    written.extend([TokenTree::Group(Group::new(*delimiter, inner))]);
                }
                Piece::Variable(name) => match bindings.get(name) {
                    Some(Bound::One(tokens)) => {
                        self.tokens += tokens.len();
                        written.extend(tokens.iter().cloned());
                    }
                    Some(Bound::Many(_)) => return None,
                    None => {
                        // A macro that defines a macro: its variables are not ours.
                        let ident = TokenTree::Ident(Ident::new(name, Span::call_site()));
                        written.extend([TokenTree::Punct(Punct::new('$', Spacing::Alone)), ident]);
                    }
                },
                Piece::Crate => match self.krate {
                    None => written.extend([TokenTree::Ident(Ident::new("crate", Span::call_site()))]),
                    Some(krate) => {
                        let colon = |spacing| TokenTree::Punct(Punct::new(':', spacing));
                        let name = TokenTree::Ident(Ident::new(krate, Span::call_site()));
                        written.extend([colon(Spacing::Joint), colon(Spacing::Alone), name]);
                    }
                },
                Piece::Repeat(inner, separator) => {
                    let mut names = Vec::new();
                    used(inner, &mut names);
                    let many = |it: &String| match bindings.get(it) {
                        Some(Bound::Many(all)) => Some(all.len()),
                        _ => None,
                    };
                    let count = names.iter().filter_map(many).max()?;
                    for at in 0..count {
                        let mut one = bindings.clone();
                        for name in &names {
                            if let Some(Bound::Many(all)) = bindings.get(name) {
                                one.insert(name.clone(), all.get(at)?.clone());
                            }
                        }
                        if let Some(separator) = separator
                            && at > 0
                        {
                            written.extend([TokenTree::Punct(separator.clone())]);
                        }
                        written.extend(self.all(inner, &one)?);
                    }
                }
            }
        }
        Some(written)
    }
}

fn used(right: &[Piece], names: &mut Vec<String>) {
    for piece in right {
        match piece {
            Piece::Variable(name) => names.push(name.clone()),
            Piece::Group(_, inner) | Piece::Repeat(inner, _) => used(inner, names),
            Piece::Token(_) | Piece::Crate => (),
        }
    }
}
