//! `macro_rules!`: which rule fits a call, and what it writes.
//!
//! The tokens of the caller keep their spans; those of the definition have
//! none, which is how everybody tells them apart afterwards.

mod matcher;
mod transcriber;

use std::collections::HashMap;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Punct, Span, TokenStream, TokenTree};

use matcher::matched;
use transcriber::Writer;

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
