//! Every network namespace of the host, what holds it, and what could not be seen.

use std::{num::NonZeroU64, os::fd::AsFd};

use serde::Serialize;

use super::scan;
use crate::{Error, Inode, Netns, NetnsId, SocketKind, sys};

/// What was found, and what was not.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) unseen: Unseen,
}

impl Inventory {
    /// Looks at the whole of /proc.
    ///
    /// # Errors
    ///
    /// Only if /proc cannot be read.
    pub(crate) fn take() -> Result<Self, Error> {
        scan::everything()
    }

    /// The namespace with an id, or failing that with an inode.
    pub(crate) fn find(&self, wanted: NetnsId) -> Option<&Namespace> {
        self.namespaces.iter().find(|it| match (it.id, wanted.kernel()) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => it.inode == Some(wanted.inode()),
        })
    }
}

/// A network namespace. Either of its numbers may be unknown: the id before Linux 6.18, the inode of a namespace that
/// only a socket shows to somebody without privileges.
#[derive(Debug)]
pub(crate) struct Namespace {
    pub(crate) id: Option<NonZeroU64>,
    pub(crate) inode: Option<Inode>,
    pub(crate) holders: Vec<Holder>,
    /// Whether this command is in it.
    pub(crate) here: bool,
    /// `None` if it could not be opened.
    pub(crate) netns: Option<Netns>,
}

/// Something that keeps a namespace alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub(crate) enum Holder {
    /// A name under /run/netns, in the mount namespace of the caller.
    Name { name: String },
    /// A bind mount; `process` is one that sees it, unless the caller does.
    Mount { path: String, mounts: u64, process: Option<u32> },
    /// Threads of the kernel, which live in the initial namespace, and that never ends.
    Kernel { threads: usize },
    /// The main thread of a process, and as many of its other threads.
    Process { pid: u32, name: String, threads: usize },
    /// A thread in another namespace than the main thread of its process.
    Thread { pid: u32, tid: u32, name: String },
    /// A descriptor that is open on the namespace itself.
    Descriptor { pid: u32, number: i32, name: String },
    /// A socket that lives in it.
    Socket {
        pid: u32,
        number: i32,
        name: String,
        #[serde(serialize_with = "in_words")]
        kind: SocketKind,
    },
}

/// What could not be looked at, so that a list is never short in silence.
#[derive(Debug, Default)]
pub(crate) struct Unseen {
    /// Processes whose threads, descriptors and mounts are not the caller's to look at.
    pub(crate) processes: Vec<u32>,
    /// Processes with descriptors that are not.
    pub(crate) descriptors: Vec<u32>,
    /// Processes with sockets whose namespace the kernel did not tell, and the number of such sockets.
    pub(crate) sockets: Vec<(u32, usize)>,
    /// Processes with mounts that could not be read.
    pub(crate) mounts: Vec<u32>,
    /// What /proc leaves out, in words.
    pub(crate) hidden: Vec<String>,
}

impl Holder {
    /// Whose it is.
    pub(crate) fn pid(&self) -> Option<u32> {
        match self {
            Self::Process { pid, .. } | Self::Thread { pid, .. } => Some(*pid),
            Self::Descriptor { pid, .. } | Self::Socket { pid, .. } => Some(*pid),
            Self::Name { .. } | Self::Mount { .. } | Self::Kernel { .. } => None,
        }
    }

    /// What people look for first comes first.
    pub(crate) fn order(&self) -> u8 {
        match self {
            Self::Name { .. } => 0,
            Self::Mount { .. } => 1,
            Self::Kernel { .. } => 2,
            Self::Process { .. } => 3,
            Self::Thread { .. } => 4,
            Self::Descriptor { .. } => 5,
            Self::Socket { .. } => 6,
        }
    }
}

impl Namespace {
    /// The name that people know it by, if it has one.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.holders.iter().filter_map(|it| match it {
            Holder::Name { name } => Some(name.as_str()),
            _ => None,
        })
    }

    /// As it may be named on the command line: the shortest way that works.
    pub(crate) fn spelling(&self) -> String {
        let numbers = || match (self.id, self.inode) {
            (Some(id), _) => format!("id:{id}"),
            (None, Some(inode)) => format!("ino:{}", inode.number),
            (None, None) => "?".to_owned(),
        };
        self.names().next().map_or_else(numbers, str::to_owned)
    }

    /// The user who owns the user namespace that owns it; `None` if that is outside the caller's.
    pub(crate) fn owner(&self) -> Option<Owner> {
        let user_namespace = self.netns.as_ref()?.owner().ok()?;
        let uid = sys::ns_owner_uid(user_namespace.as_fd()).ok()?;
        Some(Owner { uid, user_namespace: rustix::fs::fstat(&user_namespace).ok()?.st_ino })
    }
}

/// The user namespace that decides who may do what in a network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    /// The inode number.
    pub(crate) user_namespace: u64,
}

fn in_words<S: serde::Serializer>(kind: &SocketKind, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(kind)
}

impl Unseen {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines().is_empty()
    }

    /// Forgets what is not about a process.
    pub(crate) fn keep_only(&mut self, pid: u32) {
        for pids in [&mut self.processes, &mut self.descriptors, &mut self.mounts] {
            pids.retain(|it| *it == pid);
        }
        self.sockets.retain(|it| it.0 == pid);
        self.hidden.clear();
    }

    /// One line for each kind.
    pub(crate) fn lines(&self) -> Vec<String> {
        let few = |pids: &[u32]| {
            let shown: Vec<_> = pids.iter().take(5).map(u32::to_string).collect();
            let more = if pids.len() > shown.len() { ", …" } else { "" };
            format!("{}{more}", shown.join(", "))
        };
        let of = |pids: &[u32], what: &str| {
            let plural = if pids.len() == 1 { "process" } else { "processes" };
            (!pids.is_empty()).then(|| format!("{what} of {} {plural} (pid {})", pids.len(), few(pids)))
        };
        let sockets: usize = self.sockets.iter().map(|it| it.1).sum();
        let dark: Vec<_> = self.sockets.iter().map(|it| it.0).collect();
        let own = [
            of(&self.processes, "threads, descriptors and mounts"),
            of(&self.descriptors, "descriptors"),
            of(&dark, &format!("the namespaces of {sockets} sockets")),
            of(&self.mounts, "mounts"),
        ];
        own.into_iter().flatten().chain(self.hidden.iter().cloned()).collect()
    }
}
