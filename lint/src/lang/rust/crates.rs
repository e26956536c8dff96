//! Which crate and which module a file is, by the manifests and the usual folders.

use crate::lang::Input;
use crate::source::FileId;

/// Where the items of a file are, and what they are compiled for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Home {
    /// `krate::module`.
    pub(super) module: String,
    /// The root of the module tree, the crate's name.
    pub(super) krate: String,
    pub(super) library: bool,
    pub(super) test: bool,
    /// Of `examples/`.
    pub(super) example: bool,
    pub(super) edition: u16,
    /// Not part of the build.
    pub(super) absent: bool,
}

/// A manifest with a package.
struct Package {
    folder: String,
    name: String,
    edition: u16,
    /// Where the library's root is, if not in `src/lib.rs`.
    library: Option<String>,
    /// Binaries with a path of their own.
    binaries: Vec<(String, String)>,
}

/// The home of each file of the input, in its order.
pub(super) fn homes(input: &Input<'_>) -> Vec<Home> {
    let packages = packages(input);
    let home = |file: &FileId| {
        let path = &*input.sources.place(*file);
        let mut best: Option<&Package> = None;
        for package in &packages {
            if within(path, &package.folder).is_some() && best.is_none_or(|it| it.folder.len() < package.folder.len()) {
                best = Some(package);
            }
        }
        match best {
            Some(package) => package.home(within(path, &package.folder).unwrap_or(path)),
            None => alone(path),
        }
    };
    input.files.iter().map(home).collect()
}

fn packages(input: &Input<'_>) -> Vec<Package> {
    let mut found = Vec::new();
    let table = |it: &FileId| {
        let path = input.sources.place(*it);
        let folder = path.strip_suffix("Cargo.toml")?.trim_end_matches('/');
        Some((folder.to_owned(), input.sources.get(*it).text.parse::<toml::Table>().ok()?))
    };
    let tables: Vec<_> = input.manifests.iter().filter_map(table).collect();
    for (folder, table) in &tables {
        let Some(package) = table.get("package").and_then(toml::Value::as_table) else { continue };
        let edition = match package.get("edition") {
            Some(toml::Value::String(year)) => year.parse().ok(),
            Some(_) => tables
                .iter()
                .filter(|(root, _)| within(folder, root).is_some() || folder == root)
                .find_map(|(_, it)| it.get("workspace")?.get("package")?.get("edition")?.as_str()?.parse().ok()),
            None => Some(2015),
        };
        let text = |section: &str, key: &str| Some(table.get(section)?.get(key)?.as_str()?.to_owned());
        let Some(name) = text("lib", "name").or_else(|| text("package", "name")) else { continue };
        let binaries =
            table.get("bin").and_then(toml::Value::as_array).into_iter().flatten().filter_map(|it| {
                Some((it.get("path")?.as_str()?.to_owned(), it.get("name")?.as_str()?.replace('-', "_")))
            });
        found.push(Package {
            folder: folder.clone(),
            name: name.replace('-', "_"),
            edition: edition.unwrap_or(2021),
            library: text("lib", "path"),
            binaries: binaries.collect(),
        });
    }
    found
}

/// The rest of `path` below `folder`.
fn within<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

impl Package {
    fn home(&self, path: &str) -> Home {
        let parts: Vec<&str> = path.strip_suffix(".rs").unwrap_or(path).split('/').collect();
        let home = |krate: &str, modules: &[&str], library: bool, test: bool| Home {
            module: join(krate, modules),
            krate: krate.to_owned(),
            library,
            test,
            example: false,
            edition: self.edition,
            absent: false,
        };
        if let Some((_, name)) = self.binaries.iter().find(|(it, _)| it == path) {
            return home(name, &[], false, false);
        }
        if let Some(root) = &self.library {
            let folder = root.rsplit_once('/').map_or("", |it| it.0);
            if root == path {
                return home(&self.name, &[], true, false);
            }
            if folder != "src"
                && let Some(rest) = within(path, folder)
                && !rest.starts_with("tests/")
            {
                let parts: Vec<&str> = rest.strip_suffix(".rs").unwrap_or(rest).split('/').collect();
                return home(&self.name, &parts, true, false);
            }
        }
        match parts[..] {
            ["build"] => home(&format!("{}_build", self.name), &[], false, false),
            ["src", "main"] => home(&self.name, &[], false, false),
            ["src", "lib"] => home(&self.name, &[], true, false),
            ["src", "bin", name, ref rest @ ..] => home(&name.replace('-', "_"), rest, false, false),
            ["src", ref rest @ ..] => home(&self.name, rest, true, false),
            [folder @ ("tests" | "benches" | "examples"), name, ref rest @ ..] => {
                let example = folder == "examples";
                Home { example, ..home(&name.replace('-', "_"), rest, false, !example) }
            }
            ref parts => home(&self.name, parts, true, false),
        }
    }
}

/// A file that belongs to no package.
fn alone(path: &str) -> Home {
    let parts: Vec<&str> = path.strip_suffix(".rs").unwrap_or(path).split('/').collect();
    let test = parts[..parts.len() - 1].contains(&"tests");
    let (krate, modules) = match parts.iter().rposition(|it| *it == "src") {
        Some(at) => ("root", &parts[at + 1..]),
        None => match parts[parts.len() - 1] {
            "main" | "lib" | "mod" => ("root", &[][..]),
            stem => (stem, &[][..]),
        },
    };
    let krate = krate.replace(['-', '.'], "_");
    let module = join(&krate, modules);
    Home { module, krate, library: true, test, example: false, edition: 2024, absent: false }
}

fn join(krate: &str, modules: &[&str]) -> String {
    let modules = match modules {
        [rest @ .., "mod"] => rest,
        ["main" | "lib"] => &[],
        rest => rest,
    };
    let mut path = krate.to_owned();
    for module in modules {
        path.push_str("::");
        path.push_str(module);
    }
    path
}
