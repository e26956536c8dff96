//! What the right side of a rule writes.

use proc_macro2::{Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

use super::{Bindings, Bound, Piece};

/// How many tokens one expansion may have.
const TOKENS: usize = 50_000;

pub(super) struct Writer<'a> {
    pub(super) krate: Option<&'a str>,
    pub(super) tokens: usize,
}

impl Writer<'_> {
    pub(super) fn all(&mut self, right: &[Piece], bindings: &Bindings) -> Option<TokenStream> {
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
