//! From remedies to edits of Rust.

mod depend;
mod handle;
mod name_guard;
mod shape;
mod thread_self;

use crate::lang::Rewriting;
use crate::remedy::{Fix, Remedy};

pub(super) fn rewrite(input: &Rewriting<'_>, remedy: &Remedy) -> Result<Fix, String> {
    match remedy {
        Remedy::ThreadSelf { path } => thread_self::rewrite(input, *path),
        Remedy::NameGuard { entered } => name_guard::rewrite(input, *entered),
        Remedy::UseHandle { calls, .. } => Err(handle::by_hand(input, calls)),
        Remedy::LeadBack { at } | Remedy::EnterThere { at } | Remedy::AwaitOutside { at } => {
            Err(shape::of(input, at.file, remedy))
        }
        _ => Err(String::new()),
    }
}
