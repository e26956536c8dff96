//! From a text to its items. What cannot be read costs only the item it stands in.

use std::ops::Range;

use syn::{Attribute, Item};

use super::choice;
use super::pieces::{self, Body};

/// A file that was read.
pub(super) struct Read {
    /// Those of the file itself: `#![cfg(…)]`.
    pub(super) attributes: Vec<Attribute>,
    pub(super) items: Vec<Item>,
    /// The byte at which the text that was parsed begins: spans count from there.
    pub(super) base: usize,
    /// What could not be read, and why.
    pub(super) unread: Vec<(Range<usize>, String)>,
}

/// How deep brackets may be nested; syn follows them by recursion.
const DEPTH: usize = 200;
/// How many tokens an expression may have beside each other, for the same reason.
const LENGTH: usize = 3_000;

/// Reads what a file declares: bodies that declare nothing are left out, and
/// what is wrong in them is not seen.
pub(super) fn declarations(text: &str) -> Read {
    read(text, &|body| !body.declares)
}

/// Reads a file, but for the bodies of functions that are `left_out`.
pub(super) fn read(text: &str, left_out: &dyn Fn(&Body) -> bool) -> Read {
    let base = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut text = text[base..].to_owned();
    if text.starts_with("#!") && !text[2..].trim_start().starts_with('[') {
        let line = text.find('\n').unwrap_or(text.len());
        text = without(text, std::slice::from_ref(&(0..line)));
    }
    let bodies = pieces::bodies(&text).into_iter().map(|it| Body { function: it.function + base, ..it });
    let bodies: Vec<_> = bodies.filter(left_out).map(|it| it.inside).collect();
    text = without(text, &bodies);
    let deep = pieces::too_deep(&text, DEPTH, LENGTH);
    text = without(text, &deep);
    let why = format!("nested deeper than {DEPTH} brackets, or longer than {LENGTH} tokens");
    let mut unread: Vec<_> = deep.into_iter().map(|it| (it, why.clone())).collect();
    let file = parse(&text).or_else(|| {
        let mut bad = Vec::new();
        let whole = 0..text.len();
        pieces::unreadable(&text, whole.clone(), &mut bad);
        let file = parse(&without(text, &bad));
        let bad = if file.is_some() { bad } else { vec![whole] };
        unread.extend(bad.into_iter().map(|it| (it, "syntax error".to_owned())));
        file
    });
    for (range, _) in &mut unread {
        *range = range.start + base..range.end + base;
    }
    let (attributes, items) = file.map_or_else(Default::default, |it| (it.attrs, choice::spread(it.items)));
    Read { attributes, items, base, unread }
}

fn parse(text: &str) -> Option<syn::File> {
    syn::parse_str(text).ok()
}

/// The text with pieces of it blank, so that everything else stays where it is.
fn without(text: String, pieces: &[Range<usize>]) -> String {
    if pieces.is_empty() {
        return text;
    }
    let mut bytes = text.into_bytes();
    for byte in pieces.iter().flat_map(|it| it.clone()) {
        if bytes[byte] != b'\n' {
            bytes[byte] = b' ';
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
