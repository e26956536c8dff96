//! For which systems a file is built.

use super::super::constraint;
use super::super::items::{self, ItemKind};
use crate::lang::Rewriting;
use crate::source::{FileId, Source};

/// Whether there are others than Linux: its package tells systems apart, and the file itself neither does nor needs
/// anything that only Linux has.
pub(super) fn has_others(input: &Rewriting<'_>, file: FileId) -> bool {
    let source = input.sources.get(file);
    if names_system(source) || needs_linux(&source.text) {
        return false;
    }
    let folder = |it: &Source| it.path.rsplit_once('/').map_or(String::new(), |it| it.0.to_owned());
    let here = folder(source);
    let others = input.sources.ids().map(|it| input.sources.get(it)).filter(|it| it.path.ends_with(".go"));
    others.filter(|it| !it.path.ends_with("_test.go") && folder(it) == here).any(names_system)
}

fn names_system(source: &Source) -> bool {
    let items = items::head(&source.text);
    let clause = items.iter().find(|it| it.kind == ItemKind::Package).map_or(0, |it| it.range.start);
    let name = source.path.rsplit('/').next().unwrap_or(&source.path);
    constraint::names_system(name, &source.text[..clause])
}

/// Whether the code names a constant or a call of the kernel that other systems lack.
fn needs_linux(text: &str) -> bool {
    let words: Vec<&str> = items::tokens(text.as_bytes()).filter_map(|it| text.get(it)).collect();
    words.windows(3).any(|it| {
        ["unix", "syscall"].contains(&it[0])
            && it[1] == "."
            && (["NETLINK_", "CLONE_", "RTM_", "NLM_F_"].iter().any(|start| it[2].starts_with(start))
                || ["AF_NETLINK", "Setns", "Unshare"].contains(&it[2]))
    })
}
