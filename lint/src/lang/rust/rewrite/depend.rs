//! The crate that the shapes are made of.

use crate::lang::Rewriting;
use crate::source::FileId;

/// What to do before a file can use it: nothing, where its manifest names it.
pub(super) fn first(input: &Rewriting<'_>, file: FileId, feature: Option<&str>) -> String {
    let path = &input.sources.get(file).path;
    let manifests = input.manifests.iter().map(|it| input.sources.get(*it));
    let around = manifests.filter_map(|it| {
        let folder = it.path.strip_suffix("Cargo.toml")?;
        path.starts_with(folder).then_some((folder.len(), &*it.text))
    });
    let depends = around.max_by_key(|it| it.0).is_some_and(|it| it.1.contains("netns-scope"));
    match feature {
        _ if depends => String::new(),
        None => "`cargo add netns-scope`, then ".into(),
        Some(feature) => format!("`cargo add netns-scope --features {feature}`, then "),
    }
}
