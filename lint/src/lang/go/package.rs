//! Files, folders and modules: which package a file belongs to, and what its imports mean.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::constraint::{self, Verdict};
use super::items::{self, Item, ItemKind};
use super::root;
use super::tree;
use crate::lang::{Chosen, Input, Lowered, Unread};
use crate::source::{AT_ONCE, FileId, Sources, Span};

/// A file with its items found and its imports read.
pub(super) struct File {
    pub(super) id: FileId,
    pub(super) items: Vec<Item>,
    /// The import path that it is known by; in `package foo_test` with that ending.
    pub(super) package: String,
    /// As its package clause says.
    pub(super) name: String,
    pub(super) verdict: Verdict,
    /// `_test.go`.
    pub(super) test: bool,
    pub(super) imports: Imports,
    folder: String,
    specs: Vec<Spec>,
}

/// `name "path"`.
struct Spec {
    name: Option<String>,
    path: String,
}

/// Libraries whose calls end a test that fails.
const ASSERTIONS: [&str; 4] =
    ["github.com/stretchr/testify/", "github.com/onsi/gomega", "github.com/onsi/ginkgo", "gotest.tools/"];

/// What the names of packages in one file mean.
#[derive(Default)]
pub(super) struct Imports {
    named: HashMap<String, String>,
    /// Those of packages that are not in the tree, whose name the path only suggests.
    guessed: HashMap<String, String>,
    /// `import . "path"`.
    pub(super) dots: Vec<String>,
}

impl Imports {
    pub(super) fn path(&self, name: &str) -> Option<&str> {
        self.named.get(name).or_else(|| self.guessed.get(name)).map(String::as_str)
    }

    /// Whether the file can assert: only code for tests needs to.
    pub(super) fn asserts(&self) -> bool {
        let mut paths = self.named.values().chain(self.guessed.values()).chain(&self.dots);
        paths.any(|path| ASSERTIONS.iter().any(|it| path.starts_with(it)))
    }
}

/// Reads the head of every file that is built, in the order of their paths.
pub(super) fn files(input: &Input<'_>, lowered: &mut Lowered) -> Vec<File> {
    let mut ids = input.files.clone();
    ids.sort_by(|a, b| input.sources.get(*a).path.cmp(&input.sources.get(*b).path));
    let read: Vec<_> = ids.par_iter().with_max_len(AT_ONCE).map(|id| head(input.sources, *id, input.chosen)).collect();
    let mut files = Vec::new();
    for (id, read) in ids.into_iter().zip(read) {
        match read {
            Some((file, wrong)) => {
                files.push(file);
                lowered.unread.extend(wrong);
            }
            None => lowered.absent.push(Span::new(id, 0, input.sources.get(id).text.len())),
        }
    }
    name_packages(input, &mut files);
    resolve_imports(&mut files);
    files
}

/// `None` if it is not part of the build.
fn head(sources: &Sources, id: FileId, chosen: &Chosen) -> Option<(File, Vec<Unread>)> {
    let source = sources.get(id);
    let (folder, file_name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let items = items::split(&source.text);
    let clause = items.iter().find(|it| it.kind == ItemKind::Package);
    let header = &source.text[..clause.map_or(0, |it| it.range.start)];
    let verdict = constraint::verdict(file_name, header, chosen);
    if verdict == Verdict::Out {
        return None;
    }
    let mut unread = Vec::new();
    let name = clause.map_or("", |it| source.text[it.range.clone()].trim_start_matches("package").trim());
    let mut specs = Vec::new();
    let mut parser = tree::parser();
    for item in items.iter().filter(|it| it.kind == ItemKind::Import) {
        match tree::parse(&mut parser, &source.text, id, item, item.range.end) {
            Ok(parsed) => read_imports(parsed.root(), &mut specs),
            Err(why) => unread.push(Unread { span: Span::new(id, item.range.start, item.range.end), why }),
        }
    }
    let file = File {
        id,
        package: String::new(),
        name: name.to_owned(),
        verdict,
        test: file_name.ends_with("_test.go"),
        imports: Imports::default(),
        folder: folder.trim_start_matches("./").to_owned(),
        specs,
        items,
    };
    Some((file, unread))
}

fn read_imports(node: tree::Node<'_>, specs: &mut Vec<Spec>) {
    for child in node.children() {
        if !child.is("import_spec") {
            read_imports(child, specs);
            continue;
        }
        let Some(path) = child.field("path") else { continue };
        let path = path.text().trim_matches(['"', '`']).to_owned();
        specs.push(Spec { name: child.field("name").map(|it| it.text().to_owned()), path });
    }
}

/// Gives every file its import path.
fn name_packages(input: &Input<'_>, files: &mut [File]) {
    let modules = modules(input);
    let roots = roots(files, &modules);
    let mut owners: HashMap<String, String> = HashMap::default();
    let mut folders: BTreeMap<&str, String> = BTreeMap::new();
    for file in files.iter() {
        if folders.contains_key(file.folder.as_str()) {
            continue;
        }
        let mut path = import_path(&file.folder, &modules, &roots);
        // A second folder by that name (a module with a vendor folder of its own) is not merged into the first.
        let owner = owners.entry(path.clone()).or_insert_with(|| file.folder.clone());
        if *owner != file.folder {
            path = file.folder.clone();
        }
        if path.is_empty() {
            path = file.name.trim_end_matches("_test").to_owned();
        }
        folders.insert(&file.folder, path);
    }
    let paths: Vec<_> = files.iter().map(|it| folders[it.folder.as_str()].clone()).collect();
    // Names that the folder's own files have, to tell `package x_test` from a package called so.
    let own: HashSet<_> = files.iter().filter(|it| !it.test).map(|it| (it.folder.clone(), it.name.clone())).collect();
    for (file, mut path) in files.iter_mut().zip(paths) {
        if file.test && file.name.ends_with("_test") && !own.contains(&(file.folder.clone(), file.name.clone())) {
            path.push_str("_test");
        }
        file.package = path;
    }
}

/// Folder and module path of every `go.mod`.
fn modules(input: &Input<'_>) -> HashMap<String, String> {
    let mut modules = HashMap::default();
    for id in &input.manifests {
        let source = input.sources.get(*id);
        let (folder, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
        let line = source.text.lines().find_map(|it| it.trim().strip_prefix("module"));
        if let Some(line) = line.filter(|it| name == "go.mod" && it.starts_with([' ', '\t'])) {
            let path = line.split("//").next().unwrap_or("").trim().trim_matches(['"', '`']);
            modules.insert(folder.trim_start_matches("./").to_owned(), path.to_owned());
        }
    }
    modules
}

/// The same for a tree that has none.
fn roots(files: &[File], modules: &HashMap<String, String>) -> HashMap<String, String> {
    let outside = files.iter().filter(|it| enclosing(&it.folder, modules).is_none());
    let packages = outside.map(|it| (it.folder.as_str(), it.specs.iter().map(|it| it.path.as_str()).collect()));
    root::implied(&packages.collect::<Vec<_>>()).into_iter().collect()
}

fn import_path(folder: &str, modules: &HashMap<String, String>, roots: &HashMap<String, String>) -> String {
    if let Some(path) = vendored(folder) {
        return path.to_owned();
    }
    match enclosing(folder, modules).or_else(|| enclosing(folder, roots)) {
        Some((module, rest)) => join(module, rest),
        None => folder.to_owned(),
    }
}

fn join(path: &str, rest: &str) -> String {
    [path, rest].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("/")
}

/// `x/y` of `vendor/x/y`.
pub(super) fn vendored(folder: &str) -> Option<&str> {
    let at = folder.rfind("/vendor/").map(|it| it + "/vendor/".len());
    at.map(|at| &folder[at..]).or_else(|| folder.strip_prefix("vendor/"))
}

/// The nearest enclosing folder's entry, and the rest of the path below it.
fn enclosing<'a, 'f>(folder: &'f str, of: &'a HashMap<String, String>) -> Option<(&'a str, &'f str)> {
    let mut at = folder.len();
    loop {
        if let Some(path) = of.get(&folder[..at]) {
            return Some((path, folder[at..].trim_start_matches('/')));
        }
        if at == 0 {
            return None;
        }
        at = folder[..at].rfind('/').unwrap_or(0);
    }
}

fn resolve_imports(files: &mut [File]) {
    let clauses = files.iter().filter(|it| !it.package.ends_with("_test") || !it.test);
    let names: HashMap<String, String> = clauses.map(|it| (it.package.clone(), it.name.clone())).collect();
    files.par_iter_mut().with_max_len(AT_ONCE).for_each(|file| {
        for spec in std::mem::take(&mut file.specs) {
            match spec.name.as_deref() {
                Some("_") => (),
                Some(".") => file.imports.dots.push(spec.path),
                Some(name) => _ = file.imports.named.insert(name.to_owned(), spec.path),
                None => match names.get(&spec.path) {
                    Some(name) => _ = file.imports.named.insert(name.clone(), spec.path),
                    None => {
                        for name in likely_names(&spec.path) {
                            file.imports.guessed.entry(name).or_insert_with(|| spec.path.clone());
                        }
                    }
                },
            }
        }
    });
}

/// The names that a package by this path may have; the most likely one first.
fn likely_names(path: &str) -> Vec<String> {
    let is_version = |it: &str| it.strip_prefix('v').is_some_and(|it| it.parse::<u32>().is_ok());
    let mut parts = path.rsplit('/');
    let mut last = parts.next().unwrap_or(path);
    if is_version(last) {
        last = parts.next().unwrap_or(last);
    }
    if let Some((stem, version)) = last.rsplit_once('.')
        && is_version(version)
    {
        last = stem;
    }
    let bare = last.trim_start_matches("go-").trim_end_matches("-go").trim_end_matches(".go");
    let mut names = vec![last.to_owned(), bare.to_owned(), bare.replace(['-', '.'], "_"), bare.replace(['-', '.'], "")];
    names.extend(bare.split(['-', '.']).map(str::to_owned));
    names.dedup();
    names
}
