//! One walk over /proc that finds every network namespace and what holds it.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU64,
    os::fd::AsFd,
};

use rustix::{io::Errno, net::sockopt};

use super::{
    inventory::{Holder, Inventory, Namespace, Unseen},
    proc::{self, Blind, Descriptor, Mount, Process, Reach, Target, Task},
};
use crate::{Cause, Error, Inode, NAMED, Netns, SocketKind, socket_cookie};

/// # Errors
///
/// Only if /proc cannot be read.
pub(crate) fn everything() -> Result<Inventory, Error> {
    let mut scan = Scan::begin()?;
    let processes = proc::processes().map_err(|errno| Error::kernel("read", "/proc", errno))?;
    for (pid, process) in processes.filter(|it| it.0 != std::process::id()) {
        match process {
            Ok(process) => scan.look_at(&process),
            Err(Blind::Gone) => {}
            Err(Blind::Refused) => scan.unseen.processes.push(pid),
        }
    }
    scan.unseen.hidden = proc::hidden_by_proc();
    Ok(scan.end())
}

#[derive(Default)]
struct Scan {
    namespaces: Vec<Namespace>,
    unseen: Unseen,
    by_inode: HashMap<u64, usize>,
    by_id: HashMap<NonZeroU64, usize>,
    mount_namespaces: HashSet<u64>,
    /// Many processes may hold one socket.
    sockets: HashMap<u64, Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    kind: SocketKind,
    place: Option<usize>,
}

impl Scan {
    /// The caller's own mounts first: they have the names that people use.
    fn begin() -> Result<Self, Error> {
        let this = std::process::id();
        let process = Process::open(this).map_err(|errno| Error::kernel("read", format!("/proc/{this}"), errno))?;
        let mut scan = Self::default();
        scan.look_at(&process);
        Ok(scan)
    }

    fn end(mut self) -> Inventory {
        self.namespaces.sort_by_key(|it| it.inode.map_or(u64::MAX, |it| it.number));
        for namespace in &mut self.namespaces {
            namespace.holders.sort_by_key(Holder::order);
            let this = |it: &Holder| matches!(it, Holder::Process { pid, .. } if *pid == std::process::id());
            namespace.here = namespace.holders.iter().any(this);
            // That this command is there matters only where nothing else is.
            if namespace.holders.len() > 1 {
                namespace.holders.retain(|it| !this(it));
            }
        }
        Inventory { namespaces: self.namespaces, unseen: self.unseen }
    }

    fn look_at(&mut self, process: &Process) {
        let tasks = match process.tasks() {
            Ok(tasks) => tasks,
            Err(Blind::Gone) => return,
            Err(Blind::Refused) if process.is_kernel() => return,
            Err(Blind::Refused) => return self.unseen.processes.push(process.pid),
        };
        self.look_at_tasks(process, &tasks);
        for task in &tasks {
            if self.mount_namespaces.insert(task.mounts) {
                self.look_at_mounts(process, task);
            }
        }
        // What this command has open is its own doing.
        if process.pid != std::process::id() {
            self.look_at_descriptors(process, &tasks);
        }
    }

    fn look_at_tasks(&mut self, process: &Process, tasks: &[Task]) {
        let Some(home) = home(process.pid, tasks) else { return };
        let place = self.place(home, || Netns::from_path(task_netns(process.pid, representative(home, tasks))));
        let holders = &mut self.namespaces[place].holders;
        if process.is_kernel() {
            match holders
                .iter_mut()
                .find_map(|it| if let Holder::Kernel { threads } = it { Some(threads) } else { None })
            {
                Some(threads) => *threads += 1,
                None => holders.push(Holder::Kernel { threads: 1 }),
            }
            return;
        }
        let threads = tasks.iter().filter(|it| it.netns == home).count() - 1;
        holders.push(Holder::Process { pid: process.pid, name: process.name(process.pid), threads });
        for task in tasks.iter().filter(|it| it.netns != home) {
            let place = self.place(task.netns, || Netns::from_path(task_netns(process.pid, task.tid)));
            let name = process.name(task.tid);
            self.namespaces[place].holders.push(Holder::Thread { pid: process.pid, tid: task.tid, name });
        }
    }

    fn look_at_mounts(&mut self, process: &Process, task: &Task) {
        let mounts = match process.mounts(task.tid) {
            Ok(mounts) => mounts,
            Err(Blind::Gone) => return,
            Err(Blind::Refused) => return self.unseen.mounts.push(process.pid),
        };
        let ours = process.pid == std::process::id();
        for Mount { inode, path } in mounts {
            let root = if ours { String::new() } else { format!("/proc/{}/task/{}/root", process.pid, task.tid) };
            let place = self.place(inode, || Netns::from_path(format!("{root}{path}")));
            let holder = match path.strip_prefix(NAMED).and_then(|it| it.strip_prefix('/')) {
                Some(name) if ours => Holder::Name { name: name.to_owned() },
                _ => Holder::Mount { path, mounts: task.mounts, process: (!ours).then_some(process.pid) },
            };
            let holders = &mut self.namespaces[place].holders;
            // A mount may be there twice, one over the other.
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
    }

    fn look_at_descriptors(&mut self, process: &Process, tasks: &[Task]) {
        let (tables, uncompared) = process.tables(tasks);
        let mut refused = uncompared > 0;
        let mut dark = 0;
        let name = process.name(process.pid);
        for tid in tables {
            let found = match process.descriptors(tid) {
                Ok(found) => found,
                Err(blind) => {
                    refused |= blind == Blind::Refused;
                    continue;
                }
            };
            let reach = Reach::into(process.pid, tid);
            for descriptor in found {
                let (place, holder) = match descriptor.target {
                    Target::Namespace { inode } => {
                        let path = format!("/proc/{}/task/{tid}/fd/{}", process.pid, descriptor.number);
                        let Some(place) = self.place_of_descriptor(inode, &path) else { continue };
                        let (pid, number, name) = (process.pid, descriptor.number, name.clone());
                        (place, Holder::Descriptor { pid, number, name })
                    }
                    Target::Socket { inode } => {
                        let Some(seen) = self.socket(inode, reach.as_ref(), descriptor) else { continue };
                        let Some(place) = seen.place else {
                            dark += 1;
                            continue;
                        };
                        let (pid, number, name) = (process.pid, descriptor.number, name.clone());
                        (place, Holder::Socket { pid, number, name, kind: seen.kind })
                    }
                };
                self.namespaces[place].holders.push(holder);
            }
        }
        if refused {
            self.unseen.descriptors.push(process.pid);
        }
        if dark > 0 {
            self.unseen.sockets.push((process.pid, dark));
        }
    }

    /// `None` if the socket was closed in the meantime, or the thread that had it has ended.
    fn socket(&mut self, inode: u64, reach: Result<&Reach, &Errno>, descriptor: Descriptor) -> Option<Seen> {
        if let Some(seen) = self.sockets.get(&inode) {
            return Some(*seen);
        }
        let unknown = Seen { kind: SocketKind::new(0, 0, 0), place: None };
        let seen = match reach.map_err(|it| *it).and_then(|it| it.duplicate(descriptor.number)) {
            Ok(socket) => Seen { kind: kind_of(&socket).unwrap_or(unknown.kind), place: self.place_of_socket(&socket) },
            Err(Errno::BADF | Errno::SRCH) => return None,
            _ => unknown,
        };
        self.sockets.insert(inode, seen);
        Some(seen)
    }

    fn place_of_socket(&mut self, socket: impl AsFd) -> Option<usize> {
        let cookie = socket_cookie(&socket).ok();
        if let Some(place) = cookie.and_then(|it| self.by_id.get(&it)) {
            return Some(*place);
        }
        let netns = Netns::of_socket(&socket).ok();
        let place = match (netns, cookie) {
            (Some(netns), _) => self.place(netns.id().inode().number, || Ok(netns)),
            // It is there, and more cannot be known without privileges.
            (None, Some(id)) => {
                self.add(Namespace { id: Some(id), inode: None, holders: Vec::new(), here: false, netns: None })
            }
            (None, None) => return None,
        };
        self.by_id.extend(cookie.map(|it| (it, place)));
        // Before Linux 6.18 only a socket knows the id of its namespace.
        let known = &mut self.namespaces[place].id;
        *known = known.or(cookie);
        Some(place)
    }

    /// A descriptor of nsfs may be of any kind of namespace; its link says so only if no path does.
    fn place_of_descriptor(&mut self, inode: u64, path: &str) -> Option<usize> {
        if let Some(place) = self.by_inode.get(&inode) {
            return Some(*place);
        }
        match Netns::from_path(path) {
            Err(error) if matches!(error.cause(), Cause::NotNetns(_)) => None,
            opened => Some(self.place(inode, || opened)),
        }
    }

    /// The namespace with an inode, which `open` opens if it is a new one.
    fn place(&mut self, inode: u64, open: impl FnOnce() -> Result<Netns, Error>) -> usize {
        if let Some(place) = self.by_inode.get(&inode) {
            return *place;
        }
        // If it vanishes in between, or is not the caller's to open, it is listed all the same.
        let netns = open().ok().filter(|it| it.id().inode().number == inode);
        let id = netns.as_ref().and_then(|it| it.id().kernel());
        // A socket may have shown it before.
        let place = match id.and_then(|it| self.by_id.get(&it)) {
            Some(place) => *place,
            None => self.add(Namespace { id, inode: None, holders: Vec::new(), here: false, netns: None }),
        };
        let inode = Inode { device: proc::nsfs_device(), number: inode };
        self.by_inode.insert(inode.number, place);
        self.namespaces[place].inode = Some(inode);
        self.namespaces[place].netns = netns;
        place
    }

    fn add(&mut self, namespace: Namespace) -> usize {
        let place = self.namespaces.len();
        self.by_id.extend(namespace.id.map(|it| (it, place)));
        self.namespaces.push(namespace);
        place
    }
}

/// The namespace that a process counts as being in: that of its main thread, or if that has ended, of most of the others.
pub(crate) fn home(pid: u32, tasks: &[Task]) -> Option<u64> {
    if let Some(main) = tasks.iter().find(|it| it.tid == pid) {
        return Some(main.netns);
    }
    let count = |netns| tasks.iter().filter(|it| it.netns == netns).count();
    tasks.iter().map(|it| it.netns).max_by_key(|it| count(*it))
}

fn representative(netns: u64, tasks: &[Task]) -> u32 {
    tasks.iter().find(|it| it.netns == netns).map_or(0, |it| it.tid)
}

pub(crate) fn task_netns(pid: u32, tid: u32) -> String {
    format!("/proc/{pid}/task/{tid}/ns/net")
}

fn kind_of(socket: impl AsFd) -> Option<SocketKind> {
    let domain = sockopt::socket_domain(&socket).ok()?.as_raw();
    let kind = sockopt::socket_type(&socket).ok()?.as_raw();
    let protocol = sockopt::socket_protocol(&socket).ok()?.map_or(0, |it| it.as_raw().get());
    Some(SocketKind::new(domain.into(), kind as i32, protocol as i32))
}
