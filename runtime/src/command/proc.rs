//! Processes, threads, descriptors and mounts, as /proc shows them.
//!
//! What ends while it is being looked at is not there. What may not be looked at is counted, never left out in silence.

use std::{ffi::CStr, os::fd::OwnedFd};

use rustix::{
    fs::{AtFlags, Dir, Mode, OFlags, StatxFlags, openat, readlinkat_raw, statat, statx},
    io::Errno,
    process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open},
};

use crate::sys;

/// Where a process or thread is looked at: `/proc/PID`.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    folder: OwnedFd,
}

/// A thread, and the inode numbers of its namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) tid: u32,
    pub(crate) netns: u64,
    pub(crate) mounts: u64,
}

/// What a descriptor is open on, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file of nsfs: any kind of namespace.
    Namespace {
        inode: u64,
    },
    Socket {
        inode: u64,
    },
}

/// A descriptor of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// A thread that has the table of descriptors that this one is in; mostly the main thread.
    pub(crate) tid: u32,
    pub(crate) number: i32,
    pub(crate) target: Target,
}

/// A file system of nsfs, mounted somewhere: a namespace with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) inode: u64,
    /// As the mount namespace has it.
    pub(crate) path: String,
}

/// Why something could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blind {
    /// It has ended.
    Gone,
    /// It exists, and is not the caller's to look at.
    Refused,
}

impl From<Errno> for Blind {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::SRCH => Self::Gone,
            _ => Self::Refused,
        }
    }
}

/// The processes that /proc lists, in its order, and why one could not be opened.
pub(crate) fn processes() -> Result<impl Iterator<Item = (u32, Result<Process, Blind>)>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc = rustix::fs::open("/proc", flags, Mode::empty())?;
    let numbers = numbers(&proc, c".")?;
    Ok(numbers.into_iter().map(move |pid| {
        let folder = openat(&proc, pid.to_string(), flags, Mode::empty());
        (pid, folder.map(|folder| Process { pid, folder }).map_err(Blind::from))
    }))
}

impl Process {
    pub(crate) fn open(pid: u32) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(format!("/proc/{pid}"), flags, Mode::empty());
        folder.map(|folder| Self { pid, folder }).map_err(|errno| match errno {
            Errno::NOENT => Errno::SRCH,
            errno => errno,
        })
    }

    /// The name of one of its threads, which for the main thread is that of the process.
    pub(crate) fn name(&self, tid: u32) -> String {
        let name = std::fs::read_to_string(format!("/proc/{}/task/{tid}/comm", self.pid)).unwrap_or_default();
        name.trim_end().to_owned()
    }

    /// Its threads. One that has ended, or is about to, is left out; so is the main thread if it ended before others.
    pub(crate) fn tasks(&self) -> Result<Vec<Task>, Blind> {
        let mut tasks = Vec::new();
        let mut path = String::new();
        for tid in numbers(&self.folder, c"task")? {
            let mut namespace = |kind| {
                use std::fmt::Write;
                path.clear();
                write!(path, "task/{tid}/ns/{kind}").expect("memory is there");
                self.link_inode(&path).map_err(|blind| self.still(tid, blind))
            };
            match (namespace("net"), namespace("mnt")) {
                (Ok(netns), Ok(mounts)) => tasks.push(Task { tid, netns, mounts }),
                (Err(Blind::Refused), _) | (_, Err(Blind::Refused)) => return Err(Blind::Refused),
                _ => {}
            }
        }
        Ok(tasks)
    }

    /// Of a thread that has just ended the kernel says that it is refused, too (`proc_ns_readlink` in
    /// fs/proc/namespaces.c: `EACCES` where there is no task).
    fn still(&self, tid: u32, blind: Blind) -> Blind {
        let there = statat(&self.folder, format!("task/{tid}"), AtFlags::empty());
        there.err().map_or(blind, Blind::from)
    }

    /// The number in a link such as `net:[4026531833]`.
    fn link_inode(&self, path: &str) -> Result<u64, Blind> {
        let mut room = [0; 64];
        let length = readlinkat_raw(&self.folder, path, &mut room[..])?;
        number_in_brackets(&room[..length]).ok_or(Blind::Gone)
    }

    /// One thread for each table of descriptors: threads mostly share one, but need not. The number is that of the
    /// threads that could not be compared.
    pub(crate) fn tables(&self, tasks: &[Task]) -> (Vec<u32>, usize) {
        let mut tables: Vec<u32> = Vec::new();
        let mut uncompared = 0;
        for task in tasks {
            let known = tables.iter().rev().map(|it| sys::same_descriptors(*it, task.tid)).find(|it| *it != Ok(false));
            match known {
                None => tables.push(task.tid),
                Some(Ok(_) | Err(Errno::SRCH)) => {}
                Some(Err(_)) => uncompared += 1,
            }
        }
        (tables, uncompared)
    }

    /// The namespaces and sockets that a thread has open.
    pub(crate) fn descriptors(&self, tid: u32) -> Result<Vec<Descriptor>, Blind> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = openat(&self.folder, format!("task/{tid}/fd"), flags, Mode::empty())
            .map_err(|errno| self.still(tid, errno.into()))?;
        let mut found = Vec::new();
        let mut room = [0; 256];
        for number in numbers(&folder, c".")? {
            let path = number.to_string();
            let Ok(length) = readlinkat_raw(&folder, &path, &mut room[..]) else { continue };
            let link = &room[..length];
            let target = match link.split(|it| *it == b':').next() {
                Some(b"socket") => number_in_brackets(link).map(|inode| Target::Socket { inode }),
                Some(b"net") => number_in_brackets(link).map(|inode| Target::Namespace { inode }),
                // A namespace that was opened by a path shows the path.
                _ if link.starts_with(b"/") => nsfs_inode(&folder, &path).map(|inode| Target::Namespace { inode }),
                _ => None,
            };
            found.extend(target.map(|target| Descriptor { tid, number: number as i32, target }));
        }
        Ok(found)
    }

    /// The namespaces that are mounted where a thread sees them.
    pub(crate) fn mounts(&self, tid: u32) -> Result<Vec<Mount>, Blind> {
        let text = std::fs::read(format!("/proc/{}/task/{tid}/mountinfo", self.pid));
        let text = text.map_err(|error| match Errno::from_io_error(&error) {
            // It is on its way out, and has let go of its namespaces (`mounts_open_common` in fs/proc_namespace.c).
            Some(Errno::INVAL) => Blind::Gone,
            errno => self.still(tid, errno.map_or(Blind::Refused, Blind::from)),
        })?;
        Ok(String::from_utf8_lossy(&text).lines().filter_map(parse_mount).collect())
    }

    /// Whether it is a thread of the kernel: those hold nothing, and live in the initial namespaces.
    pub(crate) fn is_kernel(&self) -> bool {
        const PF_KTHREAD: u64 = 0x0020_0000; // include/linux/sched.h
        // Only what has no program file can be one, and that costs less to know.
        if readlinkat_raw(&self.folder, "exe", &mut [0; 1][..]) == Ok(1) {
            return false;
        }
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // The name, in parentheses, may have spaces; the flags are the seventh word behind it.
        let flags = stat.rsplit(')').next().and_then(|it| it.split_whitespace().nth(6)?.parse::<u64>().ok());
        flags.is_some_and(|it| it & PF_KTHREAD != 0)
    }
}

/// A descriptor of another process, duplicated (`pidfd_getfd`, Linux 5.6); needs the right to trace it.
pub(crate) struct Reach {
    pidfd: OwnedFd,
}

impl Reach {
    /// `tid` is a thread of the process with the table of descriptors that is meant.
    pub(crate) fn into(pid: u32, tid: u32) -> Result<Self, Errno> {
        const PIDFD_THREAD: u32 = libc::O_EXCL as u32; // Linux 6.9
        let flags = if pid == tid { PidfdFlags::empty() } else { PidfdFlags::from_bits_retain(PIDFD_THREAD) };
        let tid = i32::try_from(tid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
        pidfd_open(tid, flags).map(|pidfd| Self { pidfd })
    }

    pub(crate) fn duplicate(&self, descriptor: i32) -> Result<OwnedFd, Errno> {
        pidfd_getfd(&self.pidfd, descriptor, PidfdGetfdFlags::empty())
    }
}

/// What of the host /proc does not show at all, in words.
pub(crate) fn hidden_by_proc() -> Vec<String> {
    // include/linux/proc_ns.h: PROC_PID_INIT_INO
    const INITIAL: u64 = 0xEFFF_FFFC;
    let mut hidden = Vec::new();
    let here = std::fs::read_link("/proc/self/ns/pid").ok();
    let here = here.and_then(|it| number_in_brackets(it.as_os_str().as_encoded_bytes()));
    if here.is_some_and(|it| it != INITIAL) {
        hidden.push("processes outside this pid namespace".to_owned());
    }
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let proc = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/proc"));
    let hidepid = proc.and_then(|it| it.split([' ', ',']).find_map(|it| it.strip_prefix("hidepid=")));
    if hidepid.is_some_and(|it| !matches!(it, "0" | "off")) {
        hidden.push("processes of other users (/proc is mounted with hidepid)".to_owned());
    }
    hidden
}

fn numbers(folder: &OwnedFd, path: &CStr) -> Result<Vec<u32>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut entries = Dir::new(openat(folder, path, flags, Mode::empty())?)?;
    // Not to the first error only: a list that ends there would be a short one.
    entries.try_fold(Vec::new(), |mut found, entry| {
        found.extend(entry?.file_name().to_str().ok().and_then(|it| it.parse::<u32>().ok()));
        Ok(found)
    })
}

/// The inode of a file of nsfs; `None` for any other. A file system that hangs is not asked.
fn nsfs_inode(folder: &OwnedFd, path: &str) -> Option<u64> {
    let found = statx(folder, path, AtFlags::STATX_DONT_SYNC, StatxFlags::INO).ok()?;
    let device = rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor);
    (device == nsfs_device()).then_some(found.stx_ino)
}

/// The device of every namespace file.
pub(crate) fn nsfs_device() -> u64 {
    static DEVICE: std::sync::LazyLock<u64> =
        std::sync::LazyLock::new(|| rustix::fs::stat("/proc/self/ns/net").map_or(0, |it| it.st_dev));
    *DEVICE
}

fn number_in_brackets(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    text.split_once('[')?.1.strip_suffix(']')?.parse().ok()
}

/// A line of `/proc/PID/mountinfo`: id, parent, device, root, mount point, options, optional fields, "-", type, …
fn parse_mount(line: &str) -> Option<Mount> {
    let (mount, kind) = line.split_once(" - ")?;
    let mut words = mount.split(' ').skip(3);
    let (root, path) = (words.next()?, words.next()?);
    let inode = number_in_brackets(root.strip_prefix("net:")?.as_bytes())?;
    kind.starts_with("nsfs ").then(|| Mount { inode, path: unescaped(path) })
}

/// Blanks, tabs, newlines and backslashes are written as three octal digits.
fn unescaped(text: &str) -> String {
    let mut pieces = text.split('\\');
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_at_checked(3).and_then(|(code, rest)| Some((u8::from_str_radix(code, 8).ok()?, rest))) {
            Some((byte, rest)) => {
                whole.push(byte.into());
                whole.push_str(rest);
            }
            None => {
                whole.push('\\');
                whole.push_str(piece);
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_of_a_network_namespace_is_one_line() {
        let mount = |line| parse_mount(line).map(|it| (it.inode, it.path));
        let cases = [
            (
                r"80 24 0:4 net:[4026532459] /run/netns/a\040b rw shared:7 - nsfs nsfs rw",
                Some((4_026_532_459, "/run/netns/a b")),
            ),
            ("80 24 0:4 mnt:[4026532460] /run/snapd/ns/x rw - nsfs nsfs rw", None),
            ("24 1 0:5 / /proc rw,nosuid - proc proc rw,hidepid=2", None),
            ("80 24 0:4 net:[12] /odd rw - tmpfs tmpfs rw", None),
        ];
        for (line, expected) in cases {
            assert_eq!(mount(line), expected.map(|(inode, path)| (inode, path.to_owned())), "{line}");
        }
    }

    #[test]
    fn this_process_is_there() {
        let this = Process::open(std::process::id()).unwrap();
        let file = std::fs::File::open("/proc/self/ns/net").unwrap();
        let inode = rustix::fs::fstat(&file).unwrap().st_ino;
        let tasks = this.tasks().unwrap();
        assert!(tasks.iter().any(|it| it.tid == this.pid && it.netns == inode));
        assert_eq!(this.tables(&tasks).0, [tasks[0].tid]);
        let number = std::os::fd::AsRawFd::as_raw_fd(&file);
        let expected = Descriptor { tid: this.pid, number, target: Target::Namespace { inode } };
        assert!(this.descriptors(this.pid).unwrap().contains(&expected));
        assert!(!this.is_kernel());
    }

    /// The kernel itself is asked for what is a race in use: the link of a thread, held open beyond the thread's end.
    #[test]
    fn a_thread_that_ends_is_gone_and_not_refused() {
        let this = Process::open(std::process::id()).unwrap();
        let of_thread = || {
            let tid = rustix::thread::gettid().as_raw_nonzero().get();
            let flags = OFlags::PATH | OFlags::NOFOLLOW;
            (tid as u32, openat(&this.folder, format!("task/{tid}/ns/net"), flags, Mode::empty()).unwrap())
        };
        let (tid, link) = std::thread::scope(|scope| scope.spawn(of_thread).join().unwrap());
        let refused = loop {
            match readlinkat_raw(&link, "", &mut [0; 64][..]) {
                Ok(_) => std::thread::yield_now(), // the join returns a little before its end
                Err(errno) => break Blind::from(errno),
            }
        };
        assert_eq!((refused, this.still(tid, refused)), (Blind::Refused, Blind::Gone));
        assert_eq!(this.still(this.pid, Blind::Refused), Blind::Refused);
    }
}
