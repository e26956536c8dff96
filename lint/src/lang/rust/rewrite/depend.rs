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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::source::Sources;
    use crate::versions::Versions;

    const NAMED: &str = "[package]\nname = 'x'\n[dependencies]\nnetns-scope = '1'\n";

    /// Asks with a tree of one source and some manifests.
    fn ask<T>(
        path: &str,
        text: &str,
        manifests: &[(&str, &str)],
        question: impl FnOnce(&Rewriting<'_>, FileId) -> T,
    ) -> T {
        let mut sources = Sources::default();
        let file = sources.add(path, text);
        let manifests: Vec<_> = manifests.iter().map(|it| sources.add(it.0, it.1)).collect();
        let input = Rewriting {
            sources: &sources,
            facts: &Facts::embedded(),
            manifests: &manifests,
            versions: &Versions::read(&sources, &manifests, [file].into_iter()),
            remedies: &[],
            changeable: &|_| true,
            go: &Default::default(),
        };
        question(&input, file)
    }

    fn is_named(path: &str, manifests: &[(&str, &str)], feature: Option<&str>) -> bool {
        ask(path, "", manifests, |input, file| is_there(input, file, feature))
    }

    #[test]
    fn the_nearest_package_has_to_name_the_crate() {
        let other = "[package]\nname = 'y'\n";
        assert!(is_named("src/a.rs", &[("Cargo.toml", NAMED)], None));
        assert!(!is_named("src/a.rs", &[("Cargo.toml", other)], None));
        assert!(!is_named("in/src/a.rs", &[("Cargo.toml", NAMED), ("in/Cargo.toml", other)], None));
        assert!(is_named("in/src/a.rs", &[("Cargo.toml", other), ("in/Cargo.toml", NAMED)], None));
        // The folder beside it only begins with the same letters.
        assert!(!is_named("inner/src/a.rs", &[("in/Cargo.toml", NAMED), ("Cargo.toml", other)], None));
    }

    #[test]
    fn what_only_some_builds_have_is_not_there() {
        let is =
            |path: &str, rest: &str| is_named(path, &[("Cargo.toml", &format!("[package]\nname = 'x'\n{rest}"))], None);
        assert!(!is("src/a.rs", "[dependencies]\nnetns-scope = { version = '1', optional = true }\n"));
        assert!(!is("src/a.rs", "[dependencies]\nnetns-scope = { version = '1', package = 'other' }\n"));
        assert!(is("src/a.rs", "[target.'cfg(unix)'.dependencies]\nnetns-scope = '1'\n"));
        let of_tests = "[dev-dependencies]\nnetns-scope = '1'\n";
        assert!(!is("src/a.rs", of_tests));
        assert!(is("tests/a.rs", of_tests));
        assert!(is("examples/a.rs", of_tests));
    }

    #[test]
    fn a_feature_is_that_of_the_package_or_of_the_workspace() {
        let tokio = "netns-scope = { version = '1', features = ['tokio'] }\n";
        let own = format!("[package]\nname = 'x'\n[dependencies]\n{tokio}");
        assert!(is_named("src/a.rs", &[("Cargo.toml", &own)], Some("tokio")));
        assert!(!is_named("src/a.rs", &[("Cargo.toml", NAMED)], Some("tokio")));
        let all = format!("[workspace]\n[workspace.dependencies]\n{tokio}");
        let member = "[package]\nname = 'x'\n[dependencies]\nnetns-scope = { workspace = true }\n";
        let of =
            |member: &str| is_named("x/src/a.rs", &[("Cargo.toml", &all), ("x/Cargo.toml", member)], Some("tokio"));
        assert!(of(member));
        assert!(of(&member.replace("{ workspace = true }", "{ workspace = true, features = [] }")));
        assert!(!of(NAMED), "it does not inherit");
    }

    #[test]
    fn a_file_of_no_package_shows_it_by_using_it() {
        let is = |text: &str, feature| ask("a.rs", text, &[], |input, file| is_there(input, file, feature));
        assert!(!is("fn f() {}", None));
        assert!(is("fn f() { netns_scope::Netns::current(); }", None));
        assert!(!is("fn f() { netns_scope::Netns::current(); }", Some("tokio")));
        assert!(is("use netns_scope::asynchronous::AsyncRouteHandle;", Some("tokio")));
    }

    #[test]
    fn what_to_do_first_is_said_where_it_is_missing() {
        let say = |manifest: &str, feature| {
            ask("src/a.rs", "", &[("Cargo.toml", manifest)], |input, file| first(input, file, feature))
        };
        assert_eq!(say(NAMED, None), "");
        assert_eq!(say(NAMED, Some("tokio")), "`cargo add netns-scope --features tokio`, then ");
        assert_eq!(say("[package]\nname = 'x'\n", None), "`cargo add netns-scope`, then ");
        assert_eq!(say("[package", None), "`cargo add netns-scope`, then ", "what cannot be read says nothing");
    }

    #[test]
    fn a_release_is_the_one_that_is_built_with() {
        let is = |version: &str| {
            let lock = format!("[[package]]\nname = 'rtnetlink'\nversion = '{version}'\n").replace('\'', "\"");
            let manifests: &[(&str, &str)] = &[("Cargo.toml", "[package]\nname = 'x'\n"), ("Cargo.lock", &lock)];
            ask("src/a.rs", "", manifests, |input, file| is_release(input, file, "rtnetlink", "0.24"))
        };
        assert!(is("0.24.0") && is("0.24.1"));
        assert!(!is("0.2.4") && !is("0.240.0") && !is("0.23.1") && !is("1.0.0"));
    }
}
