//! `/proc/self/net` is the main thread's: `/proc/thread-self/net` is the calling one's.

use proc_macro2::{TokenStream, TokenTree};

use crate::lang::{Rewriting, path};
use crate::remedy::{Edit, Fix, Safety};
use crate::source::Span;

pub(super) fn rewrite(input: &Rewriting<'_>, call: Span, kept: bool) -> Result<Fix, String> {
    let text = input.sources.text(call);
    let tokens: TokenStream = text.parse().map_err(|_| "the call is not there")?;
    let mut edits = Vec::new();
    literals(tokens, &mut |literal, start| {
        if let Some((range, text)) = path::of_calling_thread(literal) {
            let start = call.start as usize + start;
            edits.push(Edit { span: Span::new(call.file, start + range.start, start + range.end), text });
        }
    });
    proc_macro2::extra::invalidate_current_thread_spans();
    if edits.is_empty() {
        return Err(path::by_hand(text).into());
    }
    Ok(Fix::new(if kept { Safety::Unsafe } else { Safety::Safe }, path::TITLE, edits))
}

/// Visits every literal, also those in the arguments of macros, with the byte at which it begins.
fn literals(tokens: TokenStream, visit: &mut dyn FnMut(&str, usize)) {
    for token in tokens {
        match token {
            TokenTree::Literal(it) => visit(&it.to_string(), it.span().byte_range().start),
            TokenTree::Group(it) => literals(it.stream(), visit),
            _ => (),
        }
    }
}
