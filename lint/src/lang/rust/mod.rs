//! Rust, by syn.

pub(super) mod cfg;
mod choice;
mod crates;
mod declaration;
mod declare;
mod extent;
mod format;
mod index;
mod lower;
mod macro_rules;
mod modules;
mod outline;
mod pieces;
mod read;
mod rewrite;
mod statics;
#[cfg(test)]
mod tests;
mod tokens;
mod ty;
mod unit;

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashSet as HashSet;

use self::crates::Home;
use self::declaration::Declarations;
use self::index::Index;
use super::{Input, Language, Lowered, Rewriting, Unread};
use crate::ir::{Function, Type};
use crate::remedy::{Fix, Remedy};
use crate::scan::At;
use crate::scan::outline::Outline;
use crate::source::{AT_ONCE, FileId, Span};

pub struct Rust;

/// The stack of the threads that read files: syntax is followed by recursion
/// as deep as [`read::read`] lets it be.
const STACK: usize = 256 << 20;

impl Language for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn extension(&self) -> &'static str {
        "rs"
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

    fn lower(&self, input: &Input<'_>) -> Lowered {
        // More threads than the global pool has would not be faster.
        let threads = rayon::current_num_threads();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
        match pool {
            Ok(pool) => pool.install(|| lower(input)),
            Err(_) => lower(input),
        }
    }

    fn rewrite(&self, input: &Rewriting<'_>, remedy: &Remedy) -> Result<Fix, String> {
        rewrite::rewrite(input, remedy)
    }
}

fn lower(input: &Input<'_>) -> Lowered {
    let mut homes = crates::homes(input);
    let files: Vec<(FileId, &Home)> = input.files.iter().copied().zip(&homes).collect();
    let mut declared: Vec<_> =
        files.par_iter().with_max_len(AT_ONCE).map(|(file, home)| declare(input, *file, home)).collect();
    for moved in modules::adopt(input, &mut homes, &mut declared) {
        declared[moved] = declare(input, input.files[moved], &homes[moved]);
    }
    let files: Vec<(FileId, &Home)> = input.files.iter().copied().zip(&homes).collect();
    let index = Index::new(declared, input.facts);
    let mut lowered = Lowered::default();
    let at_first = |it: At| !input.demand.is_some_and(|demand| demand.is_put_off(it));
    let read: Vec<_> = files
        .par_iter()
        .with_max_len(AT_ONCE)
        .map(|(file, home)| bodies(input, *file, home, &index, &at_first))
        .collect();
    for it in read {
        lowered.program.append(it.functions);
        lowered.program.types.extend(it.types);
        lowered.unread.extend(it.unread);
        lowered.absent.extend(it.absent);
    }
    lowered.program.implementations.clone_from(&index.implementations);
    while let Some(wanted) = input.demand.map(|it| it.more(&lowered.program)).filter(|it| !it.is_empty()) {
        let some: HashSet<_> = wanted.iter().map(|it| it.0).collect();
        let files = files.par_iter().with_max_len(AT_ONCE).filter(|it| some.contains(&it.0));
        let read: Vec<_> = files.map(|(file, home)| more_bodies(input, *file, home, &index, &wanted)).collect();
        for it in read {
            lowered.program.append(it.functions);
            // What stands outside of the bodies was named before.
            let known: HashSet<_> = lowered.unread.iter().map(|it| it.span).collect();
            lowered.unread.extend(it.unread.into_iter().filter(|it| !known.contains(&it.span)));
        }
    }
    lowered
}

/// Syntax cannot leave its thread, so a file is read once for what it declares,
/// without most of its bodies, and once for the bodies.
fn declare(input: &Input<'_>, file: FileId, home: &Home) -> Declarations {
    let read = read::declarations(&input.sources.get(file).text);
    let cfg = cfg::read(&read.attributes, input.chosen);
    let items = if cfg.absent { &[] } else { &*read.items };
    let declared = declare::declare(items, &home.module, home.test || cfg.test, input.chosen);
    drop(read);
    proc_macro2::extra::invalidate_current_thread_spans();
    declared
}

/// The bodies of a file that are wanted, and everything that is none.
fn bodies(
    input: &Input<'_>,
    file: FileId,
    home: &Home,
    index: &Index<'_>,
    wanted: &(dyn Fn(At) -> bool + Sync),
) -> Bodies {
    let left_out = |start: usize| {
        let at = (file, start as u32);
        input.left_out.contains(&at) || !wanted(at)
    };
    read_bodies(input, file, home, index, lower::Wanted { left_out: &left_out, only_bodies: false })
}

/// Those bodies of a file alone, with what is declared in them.
fn more_bodies(input: &Input<'_>, file: FileId, home: &Home, index: &Index<'_>, wanted: &HashSet<At>) -> Bodies {
    let is_wanted = |start: usize| wanted.contains(&(file, start as u32));
    let inside = pieces::bodies(&input.sources.get(file).text).into_iter().filter(|it| is_wanted(it.function));
    let inside: Vec<_> = inside.map(|it| it.inside).collect();
    let left_out = |start: usize| !is_wanted(start) && !inside.iter().any(|it| it.contains(&start));
    read_bodies(input, file, home, index, lower::Wanted { left_out: &left_out, only_bodies: true })
}

fn read_bodies(input: &Input<'_>, file: FileId, home: &Home, index: &Index<'_>, wanted: lower::Wanted<'_>) -> Bodies {
    let read = read::read(&input.sources.get(file).text, &|body| (wanted.left_out)(body.function));
    let cfg = cfg::read(&read.attributes, input.chosen);
    let found = if cfg.absent || home.absent {
        let whole = Span::new(file, 0, input.sources.get(file).text.len());
        Bodies { functions: Vec::new(), types: Vec::new(), unread: Vec::new(), absent: vec![whole] }
    } else {
        let home = Home { test: home.test || cfg.test, ..home.clone() };
        let (functions, types, absent) = lower::lower(&read, file, &home, index, input.chosen, wanted);
        let unread = read.unread.iter();
        let unread =
            unread.map(|(range, why)| Unread { span: Span::new(file, range.start, range.end), why: why.clone() });
        Bodies { functions, types, unread: unread.collect(), absent }
    };
    drop(read);
    proc_macro2::extra::invalidate_current_thread_spans();
    found
}

/// What was read of the bodies of a file.
struct Bodies {
    functions: Vec<Function>,
    types: Vec<Type>,
    unread: Vec<Unread>,
    absent: Vec<Span>,
}
