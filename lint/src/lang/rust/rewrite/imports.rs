//! Imports that nothing needs any more.

use std::collections::BTreeSet;
use std::ops::Range;

use syn::{Expr, Item, UseTree};

use super::around::range;
use super::handle::File;
use super::opening::mentions;
use crate::remedy::Edit;

/// The names by which these callees are called, each once.
pub(super) fn names(callees: &[&Expr]) -> BTreeSet<String> {
    let name = |it: &&Expr| if let Expr::Path(it) = it { Some(it.path.get_ident()?.to_string()) } else { None };
    callees.iter().filter_map(name).collect()
}

/// What to take out once so many calls by a name are gone.
pub(super) fn unused(file: &File<'_, '_>, items: &[Item], name: &str, calls: usize) -> Option<Edit> {
    // The import itself is the last mention.
    if mentions(file.text, name) != calls + 1 {
        return None;
    }
    let uses = items.iter().filter_map(|it| if let Item::Use(it) = it { Some(it) } else { None });
    uses.filter(|it| it.attrs.is_empty()).find_map(|it| {
        let whole = range(it);
        let gone = without(file.text, &it.tree, name)?;
        Some(match gone {
            Gone::All => {
                let line_end = file.text[whole.end..].starts_with('\n');
                file.edit(whole.start..whole.end + usize::from(line_end), "")
            }
            Gone::Part(range, text) => file.edit(range, text),
        })
    })
}

enum Gone {
    All,
    /// A stretch and what becomes of it.
    Part(Range<usize>, String),
}

fn without(text: &str, tree: &UseTree, name: &str) -> Option<Gone> {
    match tree {
        UseTree::Name(it) => (it.ident == name).then_some(Gone::All),
        UseTree::Path(it) => without(text, &it.tree, name),
        UseTree::Group(group) => {
            let (at, gone) =
                group.items.iter().enumerate().find_map(|(at, it)| Some((at, without(text, it, name)?)))?;
            if let Gone::Part(..) = gone {
                return Some(gone);
            }
            let ranges: Vec<_> = group.items.iter().map(range).collect();
            let whole = range(group);
            Some(match &ranges[..] {
                [_] => Gone::All,
                [one, other] => {
                    let stays = if at == 0 { other } else { one };
                    let stays = &text[stays.clone()];
                    // Of a group around others, or with `self`, the braces stay.
                    let is_plain = !stays.contains(['{', '*']) && stays != "self";
                    Gone::Part(whole, if is_plain { stays.to_owned() } else { format!("{{{stays}}}") })
                }
                all if at + 1 < all.len() => Gone::Part(all[at].start..all[at + 1].start, String::new()),
                all => Gone::Part(all[at - 1].end..all[at].end, String::new()),
            })
        }
        _ => None,
    }
}
