//! From a text to its items. What cannot be read costs only the item it stands in.

use std::ops::Range;

use syn::Item;

use super::pieces;

/// A file that was read.
pub(super) struct Read {
    pub(super) items: Vec<Item>,
    /// The byte at which the text that was parsed begins: spans count from there.
    pub(super) base: usize,
    /// What could not be read, and why.
    pub(super) unread: Vec<(Range<usize>, String)>,
}

/// How deep brackets may be nested; syn follows them by recursion.
const DEPTH: usize = 200;
/// How many tokens an expression may have beside each other, for the same reason.
const LENGTH: usize = 6_000;

pub(super) fn read(text: &str) -> Read {
    let base = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut text = text[base..].to_owned();
    if text.starts_with("#!") && !text[2..].trim_start().starts_with('[') {
        let line = text.find('\n').unwrap_or(text.len());
        blank(&mut text, 0..line);
    }
    let mut unread = Vec::new();
    for range in pieces::too_deep(&text, DEPTH, LENGTH) {
        unread.push((range.clone(), format!("nested deeper than {DEPTH} brackets, or longer than {LENGTH} tokens")));
        blank(&mut text, range);
    }
    let items = parse(&text).or_else(|| {
        let mut bad = Vec::new();
        let whole = 0..text.len();
        pieces::unreadable(&text, whole.clone(), &mut bad);
        for range in bad {
            unread.push((range.clone(), "syntax error".into()));
            blank(&mut text, range);
        }
        parse(&text).or_else(|| {
            unread.push((whole, "syntax error".into()));
            None
        })
    });
    for (range, _) in &mut unread {
        *range = range.start + base..range.end + base;
    }
    Read { items: items.unwrap_or_default(), base, unread }
}

fn parse(text: &str) -> Option<Vec<Item>> {
    syn::parse_str::<syn::File>(text).ok().map(|it| it.items)
}

/// Overwrites a piece with blanks, so that everything else stays where it is.
fn blank(text: &mut String, range: Range<usize>) {
    let blanks: String = text[range.clone()]
        .chars()
        .flat_map(|it| {
            let (fill, count) = if it == '\n' { ('\n', 1) } else { (' ', it.len_utf8()) };
            std::iter::repeat_n(fill, count)
        })
        .collect();
    text.replace_range(range, &blanks);
}
