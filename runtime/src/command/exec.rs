//! `exec`: another program, in a namespace.

use std::{os::unix::process::CommandExt, process::Command};

use rustix::{
    mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount},
    thread::UnshareFlags,
};

use super::{Failure, cli};
use crate::{Error, Netns, sys, thread};

/// Becomes the program; comes back only if that could not be done.
pub(crate) fn run(arguments: &cli::Exec) -> Result<std::convert::Infallible, Failure> {
    let netns = arguments.netns.open()?;
    // This process has one thread, which ends as something else: the one place where nothing has to be moved back.
    netns.enter()?;
    check(&netns)?;
    if arguments.sysfs {
        mount_sysfs(&netns)?;
    }
    let (program, rest) = arguments.command.split_first().expect("clap asks for one");
    let error = Command::new(program).args(rest).exec();
    Err(format!("run {} in {netns}: {}", program.display(), crate::error::said(error.raw_os_error().unwrap_or(0)))
        .into())
}

fn check(netns: &Netns) -> Result<(), Error> {
    let here =
        thread::netns_here().map_err(|errno| Error::kernel("look where this is after moving into", netns, errno))?;
    if here == netns.id().inode() {
        return Ok(());
    }
    Err(Error::new("move into", netns, crate::Cause::Elsewhere(here.to_string())))
}

/// A mount of sysfs shows the network devices of the namespace that it was made in.
fn mount_sysfs(netns: &Netns) -> Result<(), Error> {
    let failed = |errno| Error::kernel("mount /sys for", netns, errno).needs("CAP_SYS_ADMIN");
    sys::unshare(UnshareFlags::NEWNS).map_err(failed)?;
    // Nothing of this may come back to the host.
    mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC).map_err(failed)?;
    // The old one may be needed underneath, as `ip netns exec` has it, or may not be there at all.
    let _ = unmount("/sys", UnmountFlags::DETACH);
    mount("netns-scope", "/sys", "sysfs", MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC, None)
        .map_err(failed)
}
