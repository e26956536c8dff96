//! From remedies to edits of Rust.

mod arguments;
mod around;
mod bindings;
mod depend;
mod failure;
mod handle;
mod imports;
mod name_guard;
mod names;
mod opening;
mod shape;
mod spelling;
mod stored;
mod taken;
mod thread_self;

use crate::lang::{Rewriting, path};
use crate::remedy::{Fix, Remedy};

use super::STACK;

pub(super) fn rewrite(input: &Rewriting<'_>, remedy: &Remedy) -> Result<Fix, String> {
    match remedy {
        Remedy::ThreadSelf { path, opens, kept } => {
            path::where_it_stands(*path, *opens, |call| thread_self::rewrite(input, call, *kept))
        }
        Remedy::NameGuard { entered } => name_guard::rewrite(input, *entered),
        Remedy::UseHandle { region, calls } => on_deep_stack(|| handle::rewrite(input, *region, calls)),
        Remedy::LeadBack { at, .. }
        | Remedy::EnterThere { at }
        | Remedy::AskHere { at }
        | Remedy::AwaitOutside { at } => Err(shape::of(input, at.file, remedy)),
        _ => Err(String::new()),
    }
}

/// Whole functions are followed by recursion; what their tokens were is forgotten with the thread.
fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let ended = thread.expect("a thread can be made").join();
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
