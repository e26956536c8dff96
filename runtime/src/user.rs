//! A user namespace of one's own, in which everything is allowed.

use rustix::{
    io::Errno,
    process::{getgid, getuid},
    thread::UnshareFlags,
};

use crate::{error::Error, sys};

/// Moves this process, which must have one thread, into a user namespace in which it is root.
pub(crate) fn become_root() -> Result<(), Error> {
    let failed = |errno| Error::kernel("make a user namespace", "", errno);
    let (uid, gid) = (getuid().as_raw(), getgid().as_raw());
    sys::unshare(UnshareFlags::NEWUSER)
        .map_err(|errno| failed(errno).needs("a kernel that allows user namespaces to everybody"))?;
    // Without this line the kernel takes no group map from somebody unprivileged.
    for (file, text) in
        [("setgroups", "deny".to_owned()), ("uid_map", format!("0 {uid} 1")), ("gid_map", format!("0 {gid} 1"))]
    {
        std::fs::write(format!("/proc/self/{file}"), text)
            .map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    }
    Ok(())
}
