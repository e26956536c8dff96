//! Which namespace a descriptor stands for, and what it is if it stands for none.

use std::{
    fmt,
    num::NonZeroU64,
    os::fd::{AsFd, BorrowedFd},
};

use rustix::{fs::FileType, io::Errno};

use crate::{error::Error, sys};

/// Which namespace it is: the kernel's id where there is one, and the inode.
///
/// It has no `==`: inode numbers are reused at once (six namespaces made one after another had the same one), so equal
/// inodes mean the same namespace only while both are held open. Ask [`NetnsId::is_same`].
#[derive(Debug, Clone, Copy)]
pub struct NetnsId {
    pub(crate) kernel: Option<NonZeroU64>,
    pub(crate) inode: Inode,
}

impl NetnsId {
    /// The 64-bit id that no other namespace will ever have (Linux 6.18); `None` on older kernels. Ids are not ordered
    /// by age, and the initial namespace's is not 1. It equals the `SO_NETNS_COOKIE` of the namespace's sockets.
    pub fn kernel(&self) -> Option<NonZeroU64> {
        self.kernel
    }

    /// The inode, which is the namespace's own only while something holds it.
    pub fn inode(&self) -> Inode {
        self.inode
    }

    /// Whether both are the same namespace; `None` if that cannot be known: the inodes are equal, the kernel gives no
    /// ids, and the number may have been reused in between.
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        match (self.kernel, other.kernel) {
            (Some(mine), Some(theirs)) => Some(mine == theirs),
            // A namespace never changes its inode.
            _ if self.inode != other.inode => Some(false),
            _ => None,
        }
    }
}

impl fmt::Display for NetnsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kernel {
            Some(id) => write!(f, "namespace {id} ({})", self.inode),
            None => write!(f, "namespace {}", self.inode),
        }
    }
}

/// Device and number of a namespace's inode. Equal inodes mean the same namespace only while both are held open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inode {
    /// The device number of the nsfs file system.
    pub device: u64,
    /// The inode number, as in `net:[4026531833]`.
    pub number: u64,
}

impl Inode {
    // The casts are needed where the C library has other widths.
    #[allow(clippy::unnecessary_cast)]
    pub(crate) fn of(stat: &rustix::fs::Stat) -> Self {
        Self { device: stat.st_dev as u64, number: stat.st_ino as u64 }
    }
}

impl fmt::Display for Inode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "net:[{}]", self.number)
    }
}

/// The id of the namespace that a socket lives in (`SO_NETNS_COOKIE`, Linux 5.14); needs no privilege. Since Linux 6.18
/// it is what [`NetnsId::kernel`] says of the namespace.
///
/// # Errors
///
/// [`Cause::Kernel`](crate::Cause::Kernel): `ENOPROTOOPT` on older kernels, `ENOTSOCK` if it is no socket.
pub fn socket_cookie(socket: impl AsFd) -> Result<NonZeroU64, Error> {
    sys::netns_cookie(socket.as_fd()).map_err(|errno| Error::kernel("ask for the cookie of", "a socket", errno))
}

/// The inode of a network namespace, or what the file is instead.
pub(crate) fn what_it_is(fd: BorrowedFd<'_>) -> Result<Result<Inode, &'static str>, Errno> {
    let stat = rustix::fs::fstat(fd)?;
    if rustix::fs::fstatfs(fd)?.f_type as u64 != libc::NSFS_MAGIC as u64 {
        return Ok(Err(kind_of_file(FileType::from_raw_mode(stat.st_mode))));
    }
    match sys::ns_type(fd)? {
        libc::CLONE_NEWNET => Ok(Ok(Inode::of(&stat))),
        other => Ok(Err(kind_of_namespace(other))),
    }
}

fn kind_of_file(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a plain file",
        FileType::Directory => "a directory",
        FileType::Socket => "a socket",
        FileType::Fifo => "a pipe",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Symlink => "a symbolic link",
        FileType::Unknown => "a descriptor of another kind",
    }
}

fn kind_of_namespace(flag: i32) -> &'static str {
    match flag {
        libc::CLONE_NEWUSER => "a user namespace",
        libc::CLONE_NEWNS => "a mount namespace",
        libc::CLONE_NEWPID => "a pid namespace",
        libc::CLONE_NEWUTS => "a uts namespace",
        libc::CLONE_NEWIPC => "an ipc namespace",
        libc::CLONE_NEWCGROUP => "a cgroup namespace",
        _ => "a namespace of another kind",
    }
}
