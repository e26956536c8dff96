//! `/proc/self/net` is the main thread's: `/proc/thread-self/net` is the calling one's.

use super::in_item;
use crate::lang::{Rewriting, path};
use crate::remedy::{Edit, Fix, Safety};
use crate::source::Span;

pub(super) fn rewrite(input: &Rewriting<'_>, call: Span, kept: bool) -> Result<Fix, String> {
    in_item(input, call, |item| {
        let mut edits = Vec::new();
        let node = item.at(call).ok_or("the call is not there")?;
        node.walk(&mut |it| {
            if !["interpreted_string_literal", "raw_string_literal"].contains(&it.kind()) {
                return true;
            }
            if let Some((range, text)) = path::of_calling_thread(it.text()) {
                let start = it.span().start as usize;
                edits.push(Edit { span: Span::new(call.file, start + range.start, start + range.end), text });
            }
            false
        });
        if edits.is_empty() {
            return Err(path::by_hand(node.text()).into());
        }
        Ok(Fix::new(if kept { Safety::Unsafe } else { Safety::Safe }, path::TITLE, edits))
    })
}
