//! Which releases of libraries the program is built with, as its manifests say.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use semver::Version;

use crate::source::{FileId, Sources};

/// The libraries of every build in the tree.
#[derive(Debug, Default)]
pub struct Versions {
    used: Vec<Used>,
    /// The folders whose manifest names everything that is built below them.
    complete: Vec<String>,
    /// Where the files stand that can be asked about.
    folders: HashMap<FileId, String>,
}

/// One library of one build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// What is built with it: every file below this folder, `""` for all.
    pub build: String,
    /// The module or the crate.
    pub library: String,
    /// As the manifest spells it: `v1.3.1`, `0.23.0`.
    pub version: String,
    /// The manifest that says so, as people see it.
    pub said_by: String,
}

impl Versions {
    /// What the manifests say, for these files.
    pub fn read(sources: &Sources, manifests: &[FileId], files: impl Iterator<Item = FileId>) -> Self {
        let texts: Vec<_> = manifests.iter().map(|it| (sources.place(*it), &*sources.get(*it).text)).collect();
        let texts: Vec<_> = texts.iter().map(|(path, text)| (&**path, *text)).collect();
        let folders = files.map(|it| (it, folder(&sources.place(it)).to_owned())).collect();
        Versions { used: used(&texts), complete: complete(&texts), folders }
    }

    /// The release that a file is built with of the library that a path belongs to.
    pub fn of(&self, file: FileId, path: &str) -> Option<&Used> {
        let folder = self.folders.get(&file)?;
        let known = self.used.iter().filter(|it| is_below(folder, &it.build) && belongs_to(path, &it.library));
        known.max_by_key(|it| (it.build.len(), it.library.len()))
    }

    /// Whether a file may use a package of a library without a change of the manifest.
    pub fn may_use(&self, file: FileId, path: &str) -> bool {
        let is_around = |build: &String| self.folders.get(&file).is_some_and(|it| is_below(it, build));
        self.of(file, path).is_some() || !self.complete.iter().any(is_around)
    }
}

impl Used {
    /// Whether this release has what another one brought. `None` where that
    /// cannot be told: a commit between two releases may or may not have it.
    pub fn has(&self, since: &str) -> Option<bool> {
        let (mine, other) = (parse(&self.version)?, parse(since)?);
        match mine.cmp(&other) {
            Ordering::Less if is_commit(&mine) && !is_commit(&other) => None,
            Ordering::Less => Some(false),
            _ => Some(true),
        }
    }

    /// For a message: `netlink v1.3.1 (go.mod)`.
    pub fn shown(&self) -> String {
        let name = self.library.rsplit('/').find(|it| !is_major(it)).unwrap_or(&self.library);
        format!("{name} {} ({})", self.version, self.said_by)
    }
}

fn parse(version: &str) -> Option<Version> {
    Version::parse(version.trim_start_matches('v').trim_end_matches("+incompatible")).ok()
}

/// A pseudo-version of Go: `v1.3.2-0.20260624190457-bab08b3566fc`.
fn is_commit(version: &Version) -> bool {
    let last = version.pre.as_str().rsplit('.').next().unwrap_or("");
    last.split_once('-').is_some_and(|(time, _)| time.len() == 14 && time.bytes().all(|it| it.is_ascii_digit()))
}

fn is_major(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |it| it.0)
}

fn is_below(folder: &str, other: &str) -> bool {
    other.is_empty() || folder.strip_prefix(other).is_some_and(|it| it.is_empty() || it.starts_with('/'))
}

/// `github.com/vishvananda/netlink.LinkList` belongs to `github.com/vishvananda/netlink`.
fn belongs_to(path: &str, library: &str) -> bool {
    path.strip_prefix(library).is_some_and(|it| it.is_empty() || it.starts_with(['/', '.', ':']))
}

/// What all manifests say together.
fn used(manifests: &[(&str, &str)]) -> Vec<Used> {
    let mut used = Vec::new();
    // What is vendored is what is built.
    let vendored: Vec<_> =
        manifests.iter().filter_map(|it| Some((it.0.strip_suffix("vendor/modules.txt")?, *it))).collect();
    for (path, text) in manifests {
        if let Some(build) = path.strip_suffix("go.mod").filter(|it| it.is_empty() || it.ends_with('/')) {
            let build = build.trim_end_matches('/');
            if !vendored.iter().any(|it| it.0.trim_end_matches('/') == build) {
                note(&mut used, build, path, required(text));
            }
        } else if path.ends_with("Cargo.lock") {
            note(&mut used, folder(path), path, locked(text));
        }
    }
    for (build, (path, text)) in vendored {
        note(&mut used, build.trim_end_matches('/'), path, listed(text));
    }
    for (path, text) in manifests.iter().filter(|it| it.0.ends_with("go.work")) {
        join(&mut used, folder(path), text);
    }
    used
}

fn note(used: &mut Vec<Used>, build: &str, path: &str, found: BTreeMap<String, String>) {
    used.extend(found.into_iter().map(|(library, version)| Used {
        build: build.to_owned(),
        library,
        version,
        said_by: path.to_owned(),
    }));
}

/// The modules of a workspace are built together, with the newest release that one of them asks for.
fn join(used: &mut Vec<Used>, workspace: &str, text: &str) {
    let members: Vec<_> = directives(text, "use")
        .filter_map(|line| {
            let member = line.first()?.trim_start_matches("./").trim_end_matches('/').to_owned();
            let member = if member == "." { String::new() } else { member };
            Some([workspace, &member].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("/"))
        })
        .collect();
    let (mut joined, rest): (Vec<_>, Vec<_>) = used.drain(..).partition(|it| members.contains(&it.build));
    *used = rest;
    joined.sort_by_key(|it| (it.library.clone(), parse(&it.version)));
    for it in joined {
        let it = Used { build: workspace.to_owned(), ..it };
        match used.last_mut().filter(|last| last.build == it.build && last.library == it.library) {
            Some(last) => *last = it,
            None => used.push(it),
        }
    }
}

/// What a `go.mod` requires; what it replaces by something else is not known.
fn required(text: &str) -> BTreeMap<String, String> {
    let two = |line: Vec<String>| Some((line.first()?.clone(), line.get(1)?.clone()));
    let mut found: BTreeMap<_, _> = directives(text, "require").filter_map(two).collect();
    for line in directives(text, "replace") {
        let Some(arrow) = line.iter().position(|it| it == "=>") else { continue };
        let (of, by) = (&line[0], &line[arrow + 1..]);
        match by {
            [same, version] if same == of => drop(found.insert(of.clone(), version.clone())),
            _ => drop(found.remove(of)),
        }
    }
    found
}

/// Before Go 1.17 a `go.mod` did not list what only the dependencies need.
fn complete(manifests: &[(&str, &str)]) -> Vec<String> {
    let minor = |text| -> Option<u32> { directives(text, "go").next()?.first()?.split('.').nth(1)?.parse().ok() };
    let modules = manifests.iter().filter_map(|(path, text)| {
        let build = path.strip_suffix("go.mod").filter(|it| it.is_empty() || it.ends_with('/'))?;
        (minor(text)? >= 17).then(|| build.trim_end_matches('/').to_owned())
    });
    modules.collect()
}

/// The lines of a directive, in a block or alone, as words without comments.
fn directives<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = Vec<String>> + 'a {
    let mut inside = false;
    text.lines().filter_map(move |line| {
        let line = line.split("//").next().unwrap_or("");
        let mut words: Vec<_> = line.split_whitespace().map(|it| it.trim_matches('"').to_owned()).collect();
        match words.first().map(String::as_str) {
            Some(")") => inside = false,
            Some(first) if first == name && words.get(1).is_some_and(|it| it == "(") => inside = true,
            Some(first) if first == name => return Some(words.split_off(1)),
            Some(_) if inside => return Some(words),
            _ => (),
        }
        None
    })
}

/// What `go mod vendor` copied: `# path version`, or `# path version => other version`.
fn listed(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|it| it.strip_prefix("# "));
    let lines = lines.filter_map(|line| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        [library, version] => Some(((*library).to_owned(), (*version).to_owned())),
        [library, .., "=>", same, version] if same == library => Some(((*library).to_owned(), (*version).to_owned())),
        _ => None,
    });
    lines.collect()
}

/// The crates of a `Cargo.lock` that are there once.
fn locked(text: &str) -> BTreeMap<String, String> {
    #[derive(serde::Deserialize)]
    struct Lock {
        #[serde(default)]
        package: Vec<Package>,
    }
    #[derive(serde::Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let Ok(lock) = toml::from_str::<Lock>(text) else { return BTreeMap::new() };
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in lock.package {
        found.entry(it.name.replace('-', "_")).or_default().push(it.version);
    }
    found.into_iter().filter_map(|(name, mut all)| (all.len() == 1).then(|| (name, all.remove(0)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = "module example.org/a\n\ngo 1.26\n\nrequire github.com/vishvananda/netns v0.0.5\nrequire (\n\tgithub.com/vishvananda/netlink v1.3.0 // indirect\n\texample.org/fork v1.0.0\n\texample.org/pinned v1.0.0\n)\nreplace example.org/fork => ../fork\nreplace example.org/pinned => example.org/pinned v1.1.0\n";

    fn shown(manifests: &[(&str, &str)]) -> Vec<String> {
        used(manifests).iter().map(|it| format!("{}: {} {}", it.build, it.library, it.version)).collect()
    }

    #[test]
    fn modules_say_what_they_require() {
        assert_eq!(
            shown(&[("a/go.mod", MODULE)]),
            [
                "a: example.org/pinned v1.1.0",
                "a: github.com/vishvananda/netlink v1.3.0",
                "a: github.com/vishvananda/netns v0.0.5"
            ]
        );
    }

    #[test]
    fn what_is_vendored_is_built() {
        let listed = "# github.com/vishvananda/netlink v1.3.1\n## explicit; go 1.12\ngithub.com/vishvananda/netlink\n# example.org/fork v1.0.0 => ../fork\n";
        let manifests = [("go.mod", MODULE), ("vendor/modules.txt", listed)];
        assert_eq!(shown(&manifests), [": github.com/vishvananda/netlink v1.3.1"]);
    }

    #[test]
    fn a_workspace_takes_the_newest() {
        let manifests = [
            ("go.work", "go 1.26\n\nuse (\n\t./a\n\t./b\n)\n"),
            ("a/go.mod", "module a\nrequire example.org/x v1.9.0\n"),
            ("b/go.mod", "module b\nrequire example.org/x v1.10.0\n"),
            ("c/go.mod", "module c\nrequire example.org/x v1.0.0\n"),
        ];
        assert_eq!(shown(&manifests), ["c: example.org/x v1.0.0", ": example.org/x v1.10.0"]);
    }

    #[test]
    fn a_lock_says_what_it_has_once() {
        let lock = "[[package]]\nname = \"netns-rs\"\nversion = \"0.1.0\"\n[[package]]\nname = \"nix\"\nversion = \"0.29.0\"\n[[package]]\nname = \"nix\"\nversion = \"0.31.0\"\n";
        assert_eq!(shown(&[("Cargo.lock", lock)]), [": netns_rs 0.1.0"]);
    }

    #[test]
    fn what_a_manifest_does_not_name_may_be_there_only_before_go_1_17() {
        let mut sources = Sources::default();
        let old = "module b\n\ngo 1.16\n\nrequire github.com/vishvananda/netlink v1.1.0\n";
        let manifests = [sources.add("a/go.mod", MODULE), sources.add("b/go.mod", old)];
        let files = ["a/x/a.go", "b/b.go", "c.go"].map(|it| sources.add(it, ""));
        let versions = Versions::read(&sources, &manifests, files.into_iter());
        let may_use = |path| files.map(|it| versions.may_use(it, path));
        assert_eq!(may_use("golang.org/x/sys/unix"), [false, true, true]);
        assert_eq!(may_use("github.com/vishvananda/netlink/nl"), [true, true, true]);
    }

    #[test]
    fn a_commit_between_releases_says_nothing() {
        let at = |version: &str| Used {
            build: String::new(),
            library: "github.com/vishvananda/netlink".into(),
            version: version.into(),
            said_by: "go.mod".into(),
        };
        let pinned = "v1.3.2-0.20260624190457-bab08b3566fc";
        assert_eq!(at("v1.3.1").has("v1.3.0"), Some(true));
        assert_eq!(at("v1.2.0-beta").has("v1.2.0"), Some(false));
        assert_eq!(at("v1.1.1-0.20220112190457-0123456789ab").has("v1.2.0-beta"), None);
        assert_eq!(at("v1.3.2-0.20260629190457-4e35dc940f00").has(pinned), Some(true));
        assert_eq!(at("v1.3.2-0.20260601190457-4e35dc940f00").has(pinned), Some(false));
        assert_eq!(at("v1.3.1").has(pinned), Some(false));
        assert_eq!(at("v1.3.1").shown(), "netlink v1.3.1 (go.mod)");
    }
}
