//! Threads of this process that were left behind in a namespace.

use std::{
    collections::BTreeSet,
    fmt,
    sync::PoisonError,
    time::{Duration, Instant},
};

use rustix::fs::stat;

use super::AT_WORK;
use crate::id::Inode;

/// How long an ended thread may linger under /proc: the kernel takes it out some time after the join returns.
const LINGER: Duration = Duration::from_millis(500);

/// A thread of this process, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) tid: i32,
    pub(crate) name: String,
    pub(crate) netns: Inode,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (tid {}) in {}", self.name, self.tid, self.netns)
    }
}

/// The ids of this process's threads, as far as /proc shows them.
pub(crate) fn all() -> BTreeSet<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
}

/// The threads of this process that are, and stay, where `stray` says they must not be. Threads that are about to end
/// are given the time to do so; our own are left out.
pub(crate) fn strays(stray: impl Fn(i32, Inode) -> bool) -> Vec<Found> {
    let until = Instant::now() + LINGER;
    loop {
        let found = strays_now(&stray);
        if found.is_empty() || Instant::now() > until {
            return found;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn strays_now(stray: &impl Fn(i32, Inode) -> bool) -> Vec<Found> {
    let mut found = Vec::new();
    for tid in all() {
        // A thread that cannot be read has ended in the meantime.
        let Ok(netns) = stat(format!("/proc/self/task/{tid}/ns/net")) else {
            continue;
        };
        let netns = Inode::of(&netns);
        let at_work = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner).contains(&tid);
        if !at_work && stray(tid, netns) {
            let name = std::fs::read_to_string(format!("/proc/self/task/{tid}/comm"));
            found.push(Found { tid, name: name.unwrap_or_default().trim_end().to_owned(), netns });
        }
    }
    found
}
