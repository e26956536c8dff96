//! The crate that the shapes and the edits are made of.

use crate::lang::Rewriting;
use crate::source::FileId;

const CRATE: &str = "netns-scope";

/// What to do before a file can use it: nothing, where its manifest names it.
pub(super) fn first(input: &Rewriting<'_>, file: FileId, feature: Option<&str>) -> String {
    match feature {
        _ if is_there(input, file, feature) => String::new(),
        None => format!("`cargo add {CRATE}`, then "),
        Some(feature) => format!("`cargo add {CRATE} --features {feature}`, then "),
    }
}

/// Whether a file can use it as it is, with that feature. A file of no package shows it by using it already.
pub(super) fn is_there(input: &Rewriting<'_>, file: FileId, feature: Option<&str>) -> bool {
    let source = input.sources.get(file);
    let manifests = input.manifests.iter().map(|it| input.sources.get(*it));
    let around = manifests.filter_map(|it| {
        let folder = it.path.strip_suffix("Cargo.toml")?;
        let rest = source.path.strip_prefix(folder).filter(|_| folder.is_empty() || folder.ends_with('/'))?;
        Some((rest, it.text.parse::<toml::Table>().ok()?))
    });
    let mut around: Vec<_> = around.collect();
    around.sort_by_key(|it| it.0.len());
    let Some((rest, package)) = around.iter().find(|it| it.1.contains_key("package")) else {
        let mention = if feature.is_some() { "netns_scope::asynchronous" } else { "netns_scope::" };
        return source.text.contains(mention);
    };
    let workspace = around.iter().find_map(|it| it.1.get("workspace")?.get("dependencies")?.get(CRATE));
    let is_in_tests = ["tests/", "benches/", "examples/"].iter().any(|it| rest.starts_with(it));
    let tables: &[_] = if is_in_tests { &["dependencies", "dev-dependencies"] } else { &["dependencies"] };
    let targets = package.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(|it| it.values()).filter_map(toml::Value::as_table);
    let entries = targets.chain([package]).flat_map(|it| tables.iter().filter_map(|table| it.get(*table)?.get(CRATE)));
    entries.into_iter().any(|it| has(it, workspace, feature))
}

/// Whether an entry is one of every build, under its own name, with that feature.
fn has(entry: &toml::Value, workspace: Option<&toml::Value>, feature: Option<&str>) -> bool {
    let says = |it: &toml::Value, key: &str| it.get(key).and_then(toml::Value::as_bool) == Some(true);
    if says(entry, "optional") || entry.get("package").is_some_and(|it| it.as_str() != Some(CRATE)) {
        return false;
    }
    let names = |it: &toml::Value, feature: &str| {
        let features = it.get("features").and_then(toml::Value::as_array);
        features.is_some_and(|it| it.iter().any(|it| it.as_str() == Some(feature)))
    };
    let inherited = workspace.filter(|_| says(entry, "workspace"));
    feature.is_none_or(|feature| names(entry, feature) || inherited.is_some_and(|it| names(it, feature)))
}

/// Whether a file is built with such a release of a crate: `0.24` for every 0.24.x.
pub(super) fn is_release(input: &Rewriting<'_>, file: FileId, library: &str, release: &str) -> bool {
    let is_one = |version: &str| {
        let rest = version.trim_start_matches(['=', '^', '~', ' ']).strip_prefix(release);
        rest.is_some_and(|it| it.is_empty() || it.starts_with('.'))
    };
    match input.versions.of(file, library) {
        Some(used) => is_one(&used.version),
        None => true,
    }
}
