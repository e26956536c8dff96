//! Go, by a small parser of its own, and by tree-sitter where that is not sure.
//!
//! A file is split into its top-level items, and each item is parsed twice: up
//! to its body for what it declares, as a whole for what it does. No tree
//! outlives its item.

mod constant;
pub(super) mod constraint;
mod declare;
mod implement;
mod index;
mod items;
mod lower;
mod outline;
mod package;
mod rewrite;
mod root;
mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod unit;

use std::cmp::Reverse;
use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashSet as HashSet;

use super::{Input, Language, Lowered, Rewriting};
use crate::remedy::{Fix, Remedy};
use crate::scan::At;
use crate::scan::outline::Outline;
use crate::source::AT_ONCE;
use declare::Declared;
use index::Index;
use package::File;
pub use rewrite::Kept;

pub struct Go;

impl Language for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn extension(&self) -> &'static str {
        "go"
    }

    fn outline(&self, text: &str) -> Outline {
        outline::outline(text)
    }

    fn comments(&self, text: &str) -> Vec<Range<usize>> {
        outline::comments(text)
    }

    fn brackets(&self, text: &str) -> Vec<(usize, u8)> {
        outline::brackets(text)
    }

    fn unit(&self, path: &str, manifests: &[(&str, &str)]) -> String {
        unit::unit(path, manifests)
    }

    fn implied_root(&self, packages: &[(&str, Vec<&str>)]) -> Option<(String, String)> {
        root::implied(packages)
    }

    fn default_alias<'a>(&self, unit: &'a str) -> Option<&'a str> {
        Some(unit::default_alias(unit))
    }

    fn lower(&self, input: &Input<'_>) -> Lowered {
        // Descending a syntax tree needs more stack than a thread has by default.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(rayon::current_num_threads()).stack_size(tree::STACK);
        match pool.build() {
            Ok(pool) => pool.install(|| lower(input)),
            Err(wrong) => panic!("start the threads that read Go: {wrong}"),
        }
    }

    fn rewrite(&self, input: &Rewriting<'_>, remedy: &Remedy) -> Result<Fix, String> {
        rewrite::rewrite(input, remedy)
    }
}

fn lower(input: &Input<'_>) -> Lowered {
    let mut lowered = Lowered::default();
    let mut files = package::files(input, &mut lowered);
    // The first of two declarations counts.
    files.sort_by_key(|it| Reverse(it.verdict));
    let mut declared: Vec<_> =
        files.par_iter().with_max_len(AT_ONCE).map(|it| declare::declare(input.sources, it, &|_| false)).collect();
    declare_again(input, &files, &mut declared);
    lowered.unread.extend(declared.iter_mut().flat_map(|it| std::mem::take(&mut it.unread)));
    let index = Index::new(input.facts, declared);
    let at_first = |it: At| !input.demand.is_some_and(|demand| demand.is_put_off(it));
    let implemented = || {
        let implementations = implement::implementations(&index);
        let promoted = implement::promoted(&index, &implementations);
        (implementations, promoted)
    };
    let all: Vec<_> = files.iter().collect();
    let (_, (implementations, promoted)) =
        rayon::join(|| read_bodies(input, &all, &index, &at_first, &mut lowered), implemented);
    lowered.program.implementations = implementations;
    lowered.program.append(promoted);
    while let Some(wanted) = input.demand.map(|it| it.more(&lowered.program)).filter(|it| !it.is_empty()) {
        let some: HashSet<_> = wanted.iter().map(|it| it.0).collect();
        let files: Vec<_> = files.iter().filter(|it| some.contains(&it.id)).collect();
        read_bodies(input, &files, &index, &|it| wanted.contains(&it), &mut lowered);
    }
    lowered.unread.sort_by_key(|it| (it.span.file, it.span.start));
    index.take_apart();
    lowered
}

fn read_bodies(
    input: &Input<'_>,
    files: &[&File],
    index: &Index<'_>,
    wanted: &(dyn Fn(At) -> bool + Sync),
    lowered: &mut Lowered,
) {
    let bodies: Vec<_> =
        files.par_iter().with_max_len(AT_ONCE).flat_map(|it| lower::lower(input, it, index, wanted)).collect();
    let mut texts = Vec::with_capacity(bodies.len());
    for item in bodies {
        match item {
            Ok(functions) => texts.push(functions),
            Err(unread) => lowered.unread.push(unread),
        }
    }
    lowered.program.append_all(texts);
}

/// What a name means beside `import . "path"` is known once everything is declared.
fn declare_again(input: &Input<'_>, files: &[File], declared: &mut [Declared]) {
    let dotted: Vec<_> = (0..files.len()).filter(|it| !files[*it].imports.dots.is_empty()).collect();
    if dotted.is_empty() {
        return;
    }
    let names: HashSet<_> = declared.iter().flat_map(|it| &it.entries).map(|(path, _)| path.as_str()).collect();
    let declares = |it: &str| names.contains(it);
    let again: Vec<_> = dotted.par_iter().map(|it| declare::declare(input.sources, &files[*it], &declares)).collect();
    for (index, again) in dotted.into_iter().zip(again) {
        declared[index] = again;
    }
}
