//! The grammar of tree-sitter is what every tree is compared with.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::{Arena, parse};
use crate::lang::go::items::{self, Item, ItemKind};

/// Kind, field, place and depth of every node.
fn flat(arena: &Arena) -> Vec<String> {
    let (mut lines, mut work) = (Vec::new(), vec![(arena.root(), 0)]);
    while let Some((id, depth)) = work.pop() {
        let node = arena.get(id);
        // The grammar counts the blanks around the only item of a file in.
        let place = if depth == 0 { 0..0 } else { node.start..node.end };
        lines.push(format!("{}{} {} {place:?}", " ".repeat(depth), node.field, node.kind));
        let children: Vec<_> = arena.children(id).map(|it| (it, depth + 1)).collect();
        work.extend(children.into_iter().rev());
    }
    lines
}

fn by_grammar(text: &[u8]) -> Option<Arena> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&super::GRAMMAR).unwrap();
    let tree = parser.parse(text, None).unwrap();
    (!tree.root_node().has_error()).then(|| Arena::of(&tree))
}

/// What there is to parse of an item, as `tree::parse` has it.
fn part(text: &str, item: &Item, end: usize) -> Vec<u8> {
    let mut part = text.as_bytes()[item.range.start..end].to_vec();
    part.push(b'\n');
    item.news.iter().filter(|it| **it < end).for_each(|it| part[it - item.range.start] = b'N');
    part
}

/// How many items of the text are clear, and how many are not.
fn compare(name: &Path, text: &str, wrong: &mut Vec<String>) -> (usize, usize) {
    let (mut clear, mut unclear) = (0, 0);
    for item in items::split(text).iter().filter(|it| !matches!(it.kind, ItemKind::Package | ItemKind::Stray)) {
        for end in [item.body, Some(item.range.end)].into_iter().flatten() {
            let part = part(text, item, end);
            let Some(ours) = parse(&part) else {
                unclear += 1;
                continue;
            };
            clear += 1;
            let Some(theirs) = by_grammar(&part) else {
                panic!("{}: no Go, but read: {}", name.display(), String::from_utf8_lossy(&part));
            };
            let (ours, theirs) = (flat(&ours), flat(&theirs));
            let differs = ours.iter().zip(&theirs).position(|(a, b)| a != b);
            if let Some(at) = differs.or((ours.len() != theirs.len()).then_some(ours.len().min(theirs.len()) - 1)) {
                let around = |it: &[String]| it[at.saturating_sub(6)..(at + 4).min(it.len())].join("\n");
                let (text, ours, theirs) = (String::from_utf8_lossy(&part), around(&ours), around(&theirs));
                wrong.push(format!("{}:\n{text}\nours:\n{ours}\ntheirs:\n{theirs}", name.display()));
            }
        }
    }
    (clear, unclear)
}

fn go_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
        if entry.is_dir() {
            go_files(&entry, found);
        } else if entry.extension().is_some_and(|it| it == "go") {
            found.push(entry);
        }
    }
}

/// All fixtures, or the tree that `GO_TREE` names.
#[test]
fn the_tree_is_that_of_the_grammar() {
    let fixtures = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../fixtures");
    let (mut files, mut wrong, mut clear, mut unclear) = (Vec::new(), Vec::new(), 0, 0);
    go_files(&env::var_os("GO_TREE").map_or(fixtures, PathBuf::from), &mut files);
    for file in &files {
        let Ok(text) = fs::read_to_string(file) else { continue };
        let counts = compare(file, &text, &mut wrong);
        (clear, unclear) = (clear + counts.0, unclear + counts.1);
    }
    assert!(wrong.is_empty(), "{} of {clear} differ\n{}", wrong.len(), wrong.join("\n"));
    assert!(clear > 50 * unclear, "{clear} clear, {unclear} left to the grammar");
}
