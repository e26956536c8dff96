//! What is left out because somebody said so.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ignore::DirEntry;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{Listing, Trouble, Wanted, key};

/// Patterns as in .gitignore, and the folder that they are relative to.
#[derive(Clone, Debug)]
pub struct Exclude {
    /// The file that says so; `None` for the command line.
    pub from: Option<PathBuf>,
    pub folder: PathBuf,
    pub patterns: Vec<String>,
}

/// A pattern that matched nothing.
#[derive(Clone, Debug)]
pub struct Idle {
    pub from: Option<PathBuf>,
    pub pattern: String,
}

/// An [`Exclude`] that can be asked.
pub(super) struct Excludes {
    /// Links resolved.
    folder: PathBuf,
    from: Option<PathBuf>,
    all: Gitignore,
    /// Each pattern by itself, and whether it matched anything yet.
    each: Vec<(String, Gitignore, AtomicBool)>,
}

pub(super) fn excludes(wanted: &Wanted<'_>, listing: &mut Listing) -> Vec<Excludes> {
    let mut excludes = Vec::new();
    for Exclude { from, folder, patterns } in wanted.exclude.iter().filter(|it| !it.patterns.is_empty()) {
        let folder = key(folder);
        let (mut builder, mut each) = (GitignoreBuilder::new(&folder), Vec::new());
        for pattern in patterns {
            if let Err(error) = builder.add_line(None, pattern) {
                let why = format!("a pattern that cannot be read: {error}");
                listing.trouble.push(Trouble { path: pattern.clone(), why });
            }
            let mut alone = GitignoreBuilder::new(&folder);
            if let Ok(alone) = alone.add_line(None, pattern).and_then(|it| it.build()) {
                each.push((pattern.clone(), alone, AtomicBool::new(false)));
            }
        }
        let all = builder.build().ok();
        excludes.extend(all.map(|all| Excludes { folder, from: from.clone(), all, each }));
    }
    excludes
}

impl Excludes {
    /// Whether it leaves out what was found. Asks every pattern, to know which are of use.
    pub(super) fn has(&self, entry: &DirEntry) -> bool {
        let Ok(path) = std::path::absolute(entry.path()) else { return false };
        let Ok(below) = path.strip_prefix(&self.folder) else { return false };
        let is_folder = entry.file_type().is_some_and(|it| it.is_dir());
        if below.as_os_str().is_empty() {
            return false;
        }
        for (_, alone, seen) in &self.each {
            seen.fetch_or(!alone.matched(below, is_folder).is_none(), Relaxed);
        }
        self.all.matched(below, is_folder).is_ignore()
    }

    /// The patterns that matched nothing yet.
    pub(super) fn idle(&self) -> impl Iterator<Item = Idle> {
        let idle = self.each.iter().filter(|(_, _, seen)| !seen.load(Relaxed));
        idle.map(|(pattern, _, _)| Idle { from: self.from.clone(), pattern: pattern.clone() })
    }
}
