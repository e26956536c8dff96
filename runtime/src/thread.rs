//! A thread that ends: the only kind on which a namespace is ever entered.

#[cfg(any(debug_assertions, feature = "test"))]
pub(crate) mod left;

use std::{
    collections::BTreeSet,
    io,
    sync::{Mutex, PoisonError},
};

use rustix::{fs::stat, thread::gettid};

use crate::id::Inode;

/// The threads that are ours and still at work. What looks for threads left behind must not mistake them for one.
static AT_WORK: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Runs `f` on a new thread, waits for its end, and hands back the result. A panic of `f` goes on in the caller.
pub(crate) fn once<T: Send>(name: &str, f: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(name.to_owned());
        let running = thread.spawn_scoped(scope, || {
            let _at_work = AtWork::begin();
            f()
        })?;
        Ok(running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

struct AtWork(i32);

impl AtWork {
    fn begin() -> Self {
        let tid = gettid().as_raw_nonzero().get();
        AT_WORK.lock().unwrap_or_else(PoisonError::into_inner).insert(tid);
        Self(tid)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// The network namespace of the calling thread; needs /proc.
pub(crate) fn netns_here() -> rustix::io::Result<Inode> {
    stat("/proc/thread-self/ns/net").map(|it| Inode::of(&it))
}
