//! Where a handle is opened: in the body that makes the calls, before the first statement with one of them.

use std::ops::Range;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Ident, Stmt};

use super::around::{Part, range, range_of};

const WITHIN_LINE: &str = "the region begins within a line";

pub(super) enum Place<'a> {
    Before(&'a Stmt),
    /// The whole of a closure without a block.
    Whole(&'a Expr),
}

/// Where it runs before all of some calls in one body, which are parts from the outermost function on, the first call
/// first.
pub(super) fn place<'a>(calls: &[&[Part<'a>]], body: usize) -> Option<Place<'a>> {
    let first = *calls.first()?;
    let is_common = |at: usize| calls.iter().all(|it| it.get(at).is_some_and(|it| it.range() == first[at].range()));
    let common = (body + 1..first.len()).take_while(|at| is_common(*at));
    let block = common.filter(|at| matches!(first[*at], Part::Block(_))).last();
    match (block.and_then(|it| first.get(it + 1)), first[body]) {
        (Some(Part::Statement(it)), _) => Some(Place::Before(it)),
        (None, Part::Closure(it)) => Some(Place::Whole(&it.body)),
        _ => None,
    }
}

impl Place<'_> {
    pub(super) fn start(&self) -> usize {
        match self {
            Place::Before(it) => range(*it).start,
            Place::Whole(it) => range_of(it).start,
        }
    }

    /// What to insert, and where.
    pub(super) fn inserted(&self, text: &str, line: &str) -> Result<Vec<(usize, String)>, String> {
        let at = self.start();
        let first = text[..at].rfind('\n').map_or(0, |it| it + 1);
        let indent = &text[first..at];
        match self {
            Place::Before(_) if indent.trim().is_empty() => {
                Ok(vec![(above_comments(text, first), format!("{indent}{line}\n"))])
            }
            Place::Whole(it) if !text[range_of(it)].contains('\n') => {
                let indent = &indent[..indent.len() - indent.trim_start().len()];
                let deeper = if indent.contains('\t') { "\t" } else { "    " };
                let before = format!("{{\n{indent}{deeper}{line}\n{indent}{deeper}");
                Ok(vec![(at, before), (range_of(it).end, format!("\n{indent}}}"))])
            }
            _ => Err(WITHIN_LINE.into()),
        }
    }
}

/// Where the comments begin that stand directly above a line.
fn above_comments(text: &str, line: usize) -> usize {
    let mut at = line;
    while let Some(above) = text[..at].strip_suffix('\n').map(|it| it.rfind('\n').map_or(0, |it| it + 1)) {
        if !text[above..at].trim_start().starts_with("//") {
            break;
        }
        at = above;
    }
    at
}

/// The statement that opens it.
pub(super) fn statement(name: &Ident, mutable: bool, value: &TokenStream) -> TokenStream {
    if mutable { quote!(let mut #name = #value;) } else { quote!(let #name = #value;) }
}

/// The first of some names that stands nowhere in a body.
pub(super) fn free_name(text: &str, body: Range<usize>, names: &[&str]) -> Option<Ident> {
    let is_taken = |name: &&&str| is_mentioned(&text[body.clone()], name);
    let free = names.iter().find(|it| !is_taken(it))?;
    Some(Ident::new(free, proc_macro2::Span::call_site()))
}

/// Whether a word stands in a text, in strings and comments too.
pub(super) fn is_mentioned(text: &str, word: &str) -> bool {
    mentions(text, word) > 0
}

/// How often a word stands in a text, in strings and comments too.
pub(super) fn mentions(text: &str, word: &str) -> usize {
    let is_part = |it: char| it == '_' || it.is_alphanumeric();
    let whole = |at: &usize| !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part);
    text.match_indices(word).map(|it| it.0).filter(whole).count()
}
