//! Every unsafe call of the crate: the few system calls that no kept crate wraps.
//!
//! Each function is one call, named after it, and is safe to use with any descriptor.

use std::{
    ffi::c_int,
    num::NonZeroU64,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
};

use rustix::{
    io::{Errno, Result},
    ioctl::{Getter, Opcode, ioctl, opcode},
    thread::UnshareFlags,
};

/// `NS_GET_ID` (linux/nsfs.h, 6.18): the number that the kernel never gives to another namespace.
/// Network namespaces answer it since 6.18, where it equals the cookie of the namespace's sockets.
const NS_GET_ID: Opcode = opcode::read::<u64>(0xb7, 13);

/// The kernel's 64-bit id of a namespace; `ENOTTY` before 6.18.
pub(crate) fn ns_id(netns: BorrowedFd<'_>) -> Result<NonZeroU64> {
    // SAFETY: the kernel writes one u64 for this opcode, or fails.
    let id = unsafe { ioctl(netns, Getter::<NS_GET_ID, u64>::new()) }?;
    // Zero is the kernel's word for "none", never an id.
    NonZeroU64::new(id).ok_or(Errno::NOTTY)
}

/// The `CLONE_NEW…` flag that says of which kind a namespace is (4.11).
pub(crate) fn ns_type(namespace: BorrowedFd<'_>) -> Result<c_int> {
    // SAFETY: NS_GET_NSTYPE takes no argument and answers with its return value.
    checked(unsafe { libc::ioctl(namespace.as_raw_fd(), libc::NS_GET_NSTYPE as _) })
}

/// The user namespace that owns a namespace (4.9); `EPERM` if it is outside the caller's own.
pub(crate) fn ns_owner(namespace: BorrowedFd<'_>) -> Result<OwnedFd> {
    // SAFETY: NS_GET_USERNS takes no argument and answers with a new descriptor.
    opened(unsafe { libc::ioctl(namespace.as_raw_fd(), libc::NS_GET_USERNS as _) })
}

/// The user that made a user namespace (4.11).
#[cfg(feature = "cli")]
pub(crate) fn ns_owner_uid(user_namespace: BorrowedFd<'_>) -> Result<u32> {
    let mut uid = 0u32;
    // SAFETY: NS_GET_OWNER_UID writes one uid_t.
    checked(unsafe { libc::ioctl(user_namespace.as_raw_fd(), libc::NS_GET_OWNER_UID as _, &raw mut uid) })?;
    Ok(uid)
}

/// Whether two threads have one table of descriptors (3.5, `CONFIG_KCMP`); `EPERM` without the right to trace both.
#[cfg(feature = "cli")]
pub(crate) fn same_descriptors(one: u32, other: u32) -> Result<bool> {
    const KCMP_FILES: libc::c_int = 2; // linux/kcmp.h
    // SAFETY: takes numbers only.
    let answer = unsafe { libc::syscall(libc::SYS_kcmp, one as libc::pid_t, other as libc::pid_t, KCMP_FILES, 0, 0) };
    checked(answer as c_int).map(|it| it == 0)
}

/// The cookie of the namespace that a socket lives in (5.14, no privilege); `ENOPROTOOPT` before.
pub(crate) fn netns_cookie(socket: BorrowedFd<'_>) -> Result<NonZeroU64> {
    let mut cookie = 0u64;
    let mut size = size_of::<u64>() as libc::socklen_t;
    // SAFETY: pointer and size describe `cookie`, which outlives the call.
    checked(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NETNS_COOKIE,
            (&raw mut cookie).cast(),
            &mut size,
        )
    })?;
    NonZeroU64::new(cookie).ok_or(Errno::NOPROTOOPT)
}

/// The namespace that a socket lives in (`SIOCGSKNS`, 4.10); needs `CAP_NET_ADMIN` over that namespace.
pub(crate) fn socket_netns(socket: BorrowedFd<'_>) -> Result<OwnedFd> {
    // SAFETY: SIOCGSKNS takes no argument and answers with a new descriptor, close-on-exec.
    opened(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGSKNS as _) })
}

/// The network namespace of the process or thread that a pidfd stands for (6.11); `ENOTTY` or `EINVAL` before.
pub(crate) fn pidfd_netns(pidfd: BorrowedFd<'_>) -> Result<OwnedFd> {
    // SAFETY: the argument must be zero; the answer is a new descriptor, close-on-exec.
    opened(unsafe { libc::ioctl(pidfd.as_raw_fd(), libc::PIDFD_GET_NET_NAMESPACE as _, 0) })
}

/// A socket as netlink-sys has it, which takes no `OwnedFd`, known to the runtime of the caller.
#[cfg(feature = "tokio")]
pub(crate) fn register(socket: OwnedFd) -> std::io::Result<tokio::io::unix::AsyncFd<rtnetlink::sys::Socket>> {
    use std::os::fd::IntoRawFd;
    // SAFETY: the descriptor is open, and ownership goes over.
    let socket = unsafe { rtnetlink::sys::Socket::from_raw_fd(socket.into_raw_fd()) };
    socket.set_non_blocking(true)?;
    // SAFETY: the socket names the same descriptor all its life, and closes it at the end of it only.
    Ok(unsafe { tokio::io::unix::AsyncFd::register(socket) }?)
}

/// Switches an option of `netlink(7)` on.
pub(crate) fn set_netlink_option(socket: BorrowedFd<'_>, option: c_int) -> Result<()> {
    let on: c_int = 1;
    let size = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: pointer and size describe `on`, which outlives the call.
    checked(unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_NETLINK, option, (&raw const on).cast(), size) })
        .map(drop)
}

/// Moves the calling thread, and no other, into a new network namespace.
pub(crate) fn unshare_netns() -> Result<()> {
    unshare(UnshareFlags::NEWNET)
}

/// Moves the calling thread into new namespaces; a user namespace only as long as it is the only thread.
pub(crate) fn unshare(namespaces: UnshareFlags) -> Result<()> {
    assert!(!namespaces.contains(UnshareFlags::FILES), "descriptors stay shared between threads");
    // SAFETY: only CLONE_FILES makes this call unsafe, and that was just refused.
    unsafe { rustix::thread::unshare_unsafe(namespaces) }
}

fn checked(answer: c_int) -> Result<c_int> {
    match answer {
        -1 => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)),
        answer => Ok(answer),
    }
}

fn opened(answer: c_int) -> Result<OwnedFd> {
    // SAFETY: the callers pass the answer of calls that return a new descriptor, which nobody else owns.
    checked(answer).map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}
