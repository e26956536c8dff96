//! Tokens as rustfmt sets them.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One statement or expression of paths, calls and literals, on one line.
pub(super) fn spelled(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut joint = false;
    for token in tokens {
        match &token {
            TokenTree::Group(it) => {
                let (open, close) = match it.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                *text += open;
                write(it.stream(), text);
                *text += close;
            }
            TokenTree::Punct(it) => {
                let sign = it.as_char();
                if sign == '=' && !joint {
                    text.push(' ');
                }
                text.push(sign);
                let is_last = it.spacing() == Spacing::Alone;
                if matches!(sign, '=' | ',') && is_last {
                    text.push(' ');
                }
                joint = !is_last;
                continue;
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if text.ends_with(|it: char| it == '_' || it == '"' || it.is_alphanumeric()) {
                    text.push(' ');
                }
                *text += &token.to_string();
            }
        }
        joint = false;
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::spelled;

    #[test]
    fn a_line_is_as_rustfmt_leaves_it() {
        let name = quote::format_ident!("route");
        for (tokens, expected) in [
            (
                quote!(let mut #name = netns_scope::RouteHandle::ambient()?;),
                "let mut route = netns_scope::RouteHandle::ambient()?;",
            ),
            (quote!(#name.link_index("eth0", &name, 1)), "route.link_index(\"eth0\", &name, 1)"),
            (quote!(a::b().expect("open it")), "a::b().expect(\"open it\")"),
        ] {
            assert_eq!(spelled(tokens), expected);
        }
    }
}
