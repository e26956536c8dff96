//! What to write instead of a call that says nowhere which namespace it asks.

use super::depend;
use crate::lang::Rewriting;
use crate::remedy::AmbientCall;

/// Nothing is rewritten: the verified handle is another type, with other results.
pub(super) fn by_hand(input: &Rewriting<'_>, calls: &[AmbientCall]) -> String {
    let names: Vec<_> = calls.iter().map(|it| format!("`{}`", input.sources.text(it.name))).collect();
    let first = calls.first().map_or_else(String::new, |it| depend::first(input, it.name.file, None));
    format!(
        "{}: {first}without any switch `netns_scope::RouteHandle::open(&netns)?`, where `netns` is \
         `netns_scope::Netns::from_path(…)?`; for what has no handle, `netns.run(|| …)?`",
        names.join(", ")
    )
}
