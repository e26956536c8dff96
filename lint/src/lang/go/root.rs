//! Under which import path the packages of a tree without `go.mod` are known, as its own files say.
//!
//! Before modules, a tree lay below `$GOPATH/src`, and nothing in it names that place but the imports of its
//! packages by each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A folder, and the import path that it stands for. The one that most packages agree on.
pub(super) fn implied(packages: &[(&str, Vec<&str>)]) -> Option<(String, String)> {
    let folders: BTreeSet<&str> = packages.iter().map(|it| it.0).collect();
    let vendored: HashSet<&str> = folders.iter().filter_map(|it| super::package::vendored(it)).collect();
    let own = |folder: &str| super::package::vendored(folder).is_none();
    let mut by_last: HashMap<&str, Vec<&str>> = HashMap::new();
    for folder in folders.iter().filter(|it| own(it) && !it.is_empty()) {
        by_last.entry(last(folder)).or_default().push(folder);
    }
    let imports: BTreeSet<&str> = packages.iter().filter(|it| own(it.0)).flat_map(|it| it.1.iter().copied()).collect();
    let mut votes: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for path in imports.iter().filter(|it| !vendored.contains(*it)) {
        for folder in by_last.get(last(path)).into_iter().flatten() {
            let (above_folder, above_path) = without_common_end(folder, path);
            // What lies on a host has a dot in its first word; the standard library has none.
            if above_path.split('/').next().is_some_and(|it| it.contains('.')) {
                votes.entry((above_folder, above_path)).or_default().insert(folder);
            }
        }
    }
    let best = votes.into_iter().max_by_key(|((folder, path), agree)| {
        (agree.len(), std::cmp::Reverse(folder.len()), std::cmp::Reverse(path.len()))
    });
    best.map(|((folder, path), _)| (folder.to_owned(), path.to_owned()))
}

/// What stands before the words in which both end.
fn without_common_end<'a>(folder: &'a str, path: &'a str) -> (&'a str, &'a str) {
    let shared = path.rsplit('/').zip(folder.rsplit('/')).take_while(|(a, b)| a == b);
    let length: usize = shared.map(|(part, _)| part.len() + 1).sum();
    (&folder[..folder.len().saturating_sub(length)], &path[..path.len().saturating_sub(length)])
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
