//! Rust, by syn.

pub(super) mod cfg;
mod crates;
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
mod ty;
mod unit;

use std::ops::Range;

use rayon::prelude::*;

use self::crates::Home;
use self::declare::Declarations;
use self::index::Index;
use super::{Input, Language, Lowered, Rewriting, Unread};
use crate::ir::{Function, Type};
use crate::remedy::{Fix, Remedy};
use crate::scan::outline::Outline;
use crate::source::{FileId, Span};

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
    let mut declared: Vec<_> = files.par_iter().map(|(file, home)| declare(input, *file, home)).collect();
    for moved in modules::adopt(input, &mut homes, &mut declared) {
        declared[moved] = declare(input, input.files[moved], &homes[moved]);
    }
    let files: Vec<(FileId, &Home)> = input.files.iter().copied().zip(&homes).collect();
    let index = Index::new(declared, input.facts);
    let read: Vec<_> = files.par_iter().map(|(file, home)| bodies(input, *file, home, &index)).collect();
    let mut lowered = Lowered::default();
    for it in read {
        lowered.program.append(it.functions);
        lowered.program.types.extend(it.types);
        lowered.unread.extend(it.unread);
        lowered.absent.extend(it.absent);
    }
    lowered.program.implementations = index.implementations;
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

fn bodies(input: &Input<'_>, file: FileId, home: &Home, index: &Index<'_>) -> Bodies {
    let left_out = |function: usize| input.left_out.contains(&(file, function as u32));
    let read = read::read(&input.sources.get(file).text, &|body| left_out(body.function));
    let cfg = cfg::read(&read.attributes, input.chosen);
    let found = if cfg.absent || home.absent {
        let whole = Span::new(file, 0, input.sources.get(file).text.len());
        Bodies { functions: Vec::new(), types: Vec::new(), unread: Vec::new(), absent: vec![whole] }
    } else {
        let home = Home { test: home.test || cfg.test, ..home.clone() };
        let (functions, types, absent) = lower::lower(&read, file, &home, index, input.chosen, &left_out);
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
