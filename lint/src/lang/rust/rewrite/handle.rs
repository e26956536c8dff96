//! What to write instead of a call that says nowhere which namespace it asks.

use crate::lang::Rewriting;
use crate::remedy::AmbientCall;

/// Nothing is rewritten: the verified handle is another type, with other results.
pub(super) fn by_hand(input: &Rewriting<'_>, calls: &[AmbientCall]) -> String {
    let names: Vec<_> = calls.iter().map(|it| format!("`{}`", input.sources.text(it.name))).collect();
    let depends = calls.first().is_some_and(|call| {
        let path = &input.sources.get(call.name.file).path;
        let manifests = input.manifests.iter().map(|it| input.sources.get(*it));
        let around = manifests.filter_map(|it| {
            let folder = it.path.strip_suffix("Cargo.toml")?;
            path.starts_with(folder).then_some((folder.len(), &*it.text))
        });
        around.max_by_key(|it| it.0).is_some_and(|it| it.1.contains("netns-scope"))
    });
    let first = if depends { "" } else { "`cargo add netns-scope`, then " };
    format!(
        "{}: {first}without any switch `netns_scope::RouteHandle::open(&netns)?`, where `netns` is \
         `netns_scope::Netns::from_path(…)?`; for what has no handle, `netns.run(|| …)?`",
        names.join(", ")
    )
}
