//! Rust, by syn.

mod cfg;
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
mod statics;
#[cfg(test)]
mod tests;
mod ty;
mod unit;

use rayon::prelude::*;

use self::crates::Home;
use self::declare::Declarations;
use self::index::Index;
use super::{Input, Language, Lowered, Unread};
use crate::scan::outline::Outline;
use crate::source::{FileId, Span};

pub struct Rust;

/// The stack of the threads that read files: syntax is followed by recursion
/// as deep as [`read::read`] lets it be.
const STACK: usize = 64 << 20;

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
}

fn lower(input: &Input<'_>) -> Lowered {
    let mut homes = crates::homes(input);
    let files: Vec<(FileId, &Home)> = input.files.iter().copied().zip(&homes).collect();
    let (mut declared, unread): (Vec<_>, Vec<_>) =
        files.par_iter().map(|(file, home)| declare(input, *file, home)).unzip();
    for moved in modules::adopt(input, &mut homes, &mut declared) {
        declared[moved] = declare(input, input.files[moved], &homes[moved]).0;
    }
    let files: Vec<(FileId, &Home)> = input.files.iter().copied().zip(&homes).collect();
    let index = Index::new(declared, input.facts);
    let functions: Vec<_> = files
        .par_iter()
        .map(|(file, home)| {
            let read = read::read(&input.sources.get(*file).text);
            let functions = lower::lower(&read.items, read.base, *file, home, &index);
            drop(read);
            proc_macro2::extra::invalidate_current_thread_spans();
            functions
        })
        .collect();
    let mut lowered = Lowered { unread: unread.into_iter().flatten().collect(), ..Lowered::default() };
    for functions in functions {
        lowered.program.append(functions);
    }
    lowered.program.implementations = index.implementations;
    lowered
}

fn declare(input: &Input<'_>, file: FileId, home: &Home) -> (Declarations, Vec<Unread>) {
    let read = read::read(&input.sources.get(file).text);
    let declared = declare::declare(&read.items, &home.module, home.test);
    let unread =
        read.unread.into_iter().map(|(range, why)| Unread { span: Span::new(file, range.start, range.end), why });
    let unread = unread.collect();
    drop(read.items);
    proc_macro2::extra::invalidate_current_thread_spans();
    (declared, unread)
}
