//! From remedies to edits of Go.

mod align;
mod close;
mod constants;
mod failure;
mod families;
mod first_failure;
mod handle;
mod helper;
mod kept;
mod left;
mod opening;
mod pin;
mod pin_earlier;
mod region;
mod scope;
mod sent;
mod shape;
mod system;
mod text;
mod thread_self;
mod unlock;
mod unneeded;

use super::items::Item;
use super::tree::{self, Node};
use crate::lang::{Rewriting, path};
use crate::remedy::{Fix, Remedy, Safety};
use crate::source::Span;
pub use kept::Kept;

pub(super) fn rewrite(input: &Rewriting<'_>, remedy: &Remedy) -> Result<Fix, String> {
    let mut fix = edits(input, remedy)?;
    let is_for_others = |file| kept::of_file(input, file).is_for_others(input, file);
    if fix.edits.iter().any(|it| it.text.contains("NETLINK_") && is_for_others(it.span.file)) {
        fix.safety = Safety::Unsafe;
        fix.title += " (only Linux has the constants, and this file seems to be built for other systems too)";
    }
    let mut files: Vec<_> = fix.edits.iter().map(|it| it.span.file).collect();
    files.dedup();
    for file in files {
        fix.edits.extend(align::comments(input, file, &fix.edits));
    }
    fix.edits.sort_by_key(|it| it.span);
    Ok(fix)
}

fn edits(input: &Rewriting<'_>, remedy: &Remedy) -> Result<Fix, String> {
    match remedy {
        Remedy::ThreadSelf { path, opens, kept } => {
            path::where_it_stands(*path, *opens, |call| thread_self::rewrite(input, call, *kept))
        }
        Remedy::UseHandle { region, calls } => handle::rewrite(input, *region, calls),
        Remedy::AddFamilies { opened, families } => families::rewrite(input, *opened, families),
        Remedy::Close { opened } => close::rewrite(input, *opened),
        Remedy::UnlockIfRestored { switch_back, unlock } => unlock::rewrite(input, *switch_back, *unlock),
        Remedy::Pin { before } => pin::rewrite(input, *before),
        Remedy::PinEarlier { before } => pin_earlier::rewrite(input, *before),
        Remedy::LeadBack { .. } | Remedy::EnterThere { .. } | Remedy::AskHere { .. } | Remedy::AwaitOutside { .. } => {
            Err(shape::of(remedy).into())
        }
        Remedy::NameGuard { .. } => Err(String::new()),
    }
}

/// Does something with the syntax tree of the top-level item around a place.
fn in_item<T>(
    input: &Rewriting<'_>,
    place: Span,
    work: impl FnOnce(Node<'_>) -> Result<T, String>,
) -> Result<T, String> {
    let text = &input.sources.get(place.file).text;
    let around = |it: &&Item| it.range.start <= place.start as usize && place.end as usize <= it.range.end;
    let kept = kept::of_file(input, place.file);
    let item = kept.items(text).iter().find(around).ok_or("the place is in no declaration")?;
    let parsed = tree::parse(&mut tree::parser(), text, place.file, item, item.range.end)?;
    if parsed.root().has_error() {
        return Err("a part of the declaration was not understood".into());
    }
    work(parsed.root())
}
