//! The test kit: network tests without root, and assertions about where sockets and threads are. A namespace for the time
//! of a test is [`Netns::create`]: it has no name, and ends with what holds it.
//!
//! A test binary that calls [`isolate`] first needs no root, and nothing it does reaches the host. That must happen
//! before the first thread is made, so set `harness = false` and have a `main` of your own, for example with the crate
//! libtest-mimic; the tests of this crate are made so.

use std::os::fd::AsFd;

use rustix::thread::UnshareFlags;

use crate::{error::Error, netns::Netns, proof::Proof, sys, thread, user};

/// Moves this process into a user, a network and a mount namespace of its own, in which it has every capability.
///
/// # Errors
///
/// [`Cause::Kernel`](crate::Cause::Kernel): `EPERM` or `ENOSPC` where unprivileged user namespaces are forbidden,
/// `EINVAL` if the process already has a second thread. A test should then say that it did not run.
pub fn isolate() -> Result<(), Error> {
    become_root()?;
    sys::unshare(UnshareFlags::NEWNET | UnshareFlags::NEWNS)
        .map_err(|errno| Error::kernel("make namespaces for the tests", "", errno))
}

/// Moves this process into a user namespace of its own and leaves it in its network namespace, which it then has no
/// capability over.
///
/// # Errors
///
/// As [`isolate`].
pub fn become_root() -> Result<(), Error> {
    user::become_root()
}

/// Panics unless the socket is in the namespace, or if neither the cookie nor `SIOCGSKNS` can tell.
#[track_caller]
pub fn assert_in(socket: impl AsFd, netns: &Netns) {
    if let Err(error) = Proof::find(socket.as_fd(), netns, None, None) {
        panic!("{error}");
    }
}

/// Panics if a thread of this process is in another network namespace than the calling thread, and stays there. Half a
/// second is given to threads that are about to end; threads of this crate that are still at work do not count.
#[track_caller]
pub fn assert_no_thread_left_behind() {
    let here = thread::netns_here().expect("/proc is needed to see where threads are");
    let strays = thread::left::strays(|_, netns| netns != here);
    let names: Vec<_> = strays.iter().map(ToString::to_string).collect();
    assert!(strays.is_empty(), "threads left in another namespace than {here}: {}", names.join(", "));
}
