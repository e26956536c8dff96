//! `mod x;`: which file it means, where the folders alone do not say.

use std::collections::{HashMap, HashSet};

use super::crates::Home;
use super::declaration::{Declarations, ModuleFile, Name};
use crate::lang::Input;

/// Gives files the place that a `#[path]` gives them, and marks what only tests
/// compile, and what nothing compiles. Returns which files have moved: what they
/// declare has to be read again.
pub(super) fn adopt(input: &Input<'_>, homes: &mut [Home], declared: &mut [Declarations]) -> Vec<usize> {
    let paths: Vec<_> = input.files.iter().map(|it| input.sources.place(*it)).collect();
    let by_path: HashMap<&str, usize> = paths.iter().enumerate().map(|(at, path)| (&**path, at)).collect();
    let (mut moved, mut tests, mut aliases) = (Vec::new(), Vec::new(), Vec::new());
    let (mut present, mut absent) = (HashSet::new(), HashSet::new());
    for at in 0..homes.len() {
        for it in &declared[at].files {
            if it.test && !it.absent {
                tests.push(it.module.clone());
            }
            let candidates = candidates(&paths[at], &homes[at].module, it);
            let Some(target) = candidates.iter().find_map(|it| by_path.get(it.as_str())).copied() else { continue };
            if it.absent {
                absent.insert(target);
                continue;
            }
            present.insert(target);
            if homes[target].module == it.module {
                continue;
            }
            if it.path.is_some() && !moved.iter().any(|(at, _)| *at == target) {
                moved.push((target, Home { module: it.module.clone(), ..homes[at].clone() }));
            } else {
                aliases.push((at, it.module.clone(), target));
            }
        }
    }
    for (at, home) in &moved {
        homes[*at] = home.clone();
    }
    for (at, module, target) in aliases {
        let Some((around, name)) = module.rsplit_once("::") else { continue };
        let actual = std::iter::once("").chain(homes[target].module.split("::")).map(str::to_owned);
        if let Some(module) = declared[at].modules.iter_mut().find(|it| it.path == around) {
            module.names.insert(name.to_owned(), Name::Use(actual.collect()));
        }
    }
    for home in homes.iter_mut() {
        home.test |= tests
            .iter()
            .any(|it| home.module.strip_prefix(it.as_str()).is_some_and(|it| it.is_empty() || it.starts_with("::")));
    }
    leave_out(homes, &absent - &present);
    moved.into_iter().map(|it| it.0).collect()
}

/// Marks the files that every `mod x;` of theirs leaves out, and the modules below them.
fn leave_out(homes: &mut [Home], absent: HashSet<usize>) {
    let modules: Vec<_> = absent.iter().map(|at| format!("{}::", homes[*at].module)).collect();
    for (at, home) in homes.iter_mut().enumerate() {
        home.absent = absent.contains(&at) || modules.iter().any(|it| home.module.starts_with(it.as_str()));
    }
}

/// Where the file of a module may be, from the file that says `mod x;`.
fn candidates(from: &str, module: &str, it: &ModuleFile) -> Vec<String> {
    let (folder, file) = from.rsplit_once('/').unwrap_or(("", from));
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let inner: Vec<&str> =
        it.module.strip_prefix(module).unwrap_or("").split("::").filter(|it| !it.is_empty()).collect();
    let Some((name, around)) = inner.split_last() else { return Vec::new() };
    if let Some(path) = &it.path {
        // In a module within the file, the path counts from the folder of that module.
        let start = if around.is_empty() { folder.to_owned() } else { below(&below(folder, stem), &around.join("/")) };
        return vec![normal(&below(&start, path))];
    }
    let mut start = match stem {
        "mod" | "lib" | "main" => folder.to_owned(),
        _ => below(folder, stem),
    };
    // The root of a test, a binary or an example has its modules beside it.
    let beside = below(folder, &around.join("/"));
    for part in around {
        start = below(&start, part);
    }
    let files = |folder: &str| [below(folder, &format!("{name}.rs")), below(folder, &format!("{name}/mod.rs"))];
    files(&start).into_iter().chain(files(&beside)).collect()
}

fn below(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}

/// Without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "." => (),
            ".." if parts.last().is_some_and(|it| *it != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
