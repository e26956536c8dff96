//! From remedies to edits of Rust.

mod thread_self;

use crate::lang::Rewriting;
use crate::remedy::{Fix, Remedy};

pub(super) fn rewrite(input: &Rewriting<'_>, remedy: &Remedy) -> Result<Fix, String> {
    match remedy {
        Remedy::ThreadSelf { path } => thread_self::rewrite(input, *path),
        _ => Err(String::new()),
    }
}
