//! A network namespace, held by a descriptor.

use std::{
    fmt,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
    thread::{LinkNameSpaceType, move_into_link_name_space},
};

use crate::{
    error::{Cause, Error},
    id::{NetnsId, what_it_is},
    sys, thread,
};

/// Where `ip netns` keeps the named namespaces.
pub const NAMED: &str = "/run/netns";

/// What the kernel asks of whoever moves a thread.
pub(crate) const TO_ENTER: &str = "CAP_SYS_ADMIN in the user namespace that owns it, and in the caller's";
pub(crate) const TO_LOOK: &str = "the same user and a dumpable process, or CAP_SYS_PTRACE";

/// A network namespace. It stays alive, and its inode number stays its own, as long as this value does.
///
/// Two values are equal if they are the same namespace, however they were named.
#[derive(Debug)]
pub struct Netns {
    fd: OwnedFd,
    id: NetnsId,
    name: String,
}

/// Opening one.
impl Netns {
    /// The namespace that a file stands for: a bind mount such as `/run/netns/blue`, or a link such as
    /// `/proc/4711/ns/net`.
    ///
    /// # Errors
    ///
    /// [`Cause::NotNetns`] if it is any other file, [`Cause::Kernel`] if it cannot be opened.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        // Not to block on a FIFO, not to take a terminal: the file may be anything.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(fd) => Self::checked(fd, name),
            Err(Errno::NXIO) => Err(Error::new("open", name, Cause::NotNetns("a socket or a device".to_owned()))),
            Err(errno) => Err(Error::kernel("open", name, errno).needs(TO_LOOK)),
        }
    }

    /// A namespace that `ip netns add` made: a name under `/run/netns`.
    ///
    /// # Errors
    ///
    /// As [`Netns::from_path`]; a file that a half-deleted namespace left behind is [`Cause::NotNetns`].
    pub fn from_name(name: &str) -> Result<Self, Error> {
        if name.is_empty() || name.contains('/') || name == "." || name == ".." {
            let what = Cause::NotNetns("a path (a name has no slash)".to_owned());
            return Err(Error::new("open", format!("{name:?}"), what));
        }
        Self::from_path(Path::new(NAMED).join(name))
    }

    /// The namespace of a process, which is that of its main thread.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`]: `ESRCH` for no such process, `EACCES` if it is not the caller's to look at, `ENOENT` if its
    /// main thread has ended while others live (see [`Netns::from_tid`]).
    pub fn from_pid(pid: u32) -> Result<Self, Error> {
        Self::from_task(pid, format!("pid {pid}"))
    }

    /// The namespace of one thread, of this or of another process.
    ///
    /// # Errors
    ///
    /// As [`Netns::from_pid`].
    pub fn from_tid(tid: u32) -> Result<Self, Error> {
        Self::from_task(tid, format!("tid {tid}"))
    }

    // /proc/N answers for threads as well as for processes, although it lists the latter only.
    fn from_task(task: u32, name: String) -> Result<Self, Error> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        match rustix::fs::open(format!("/proc/{task}/ns/net"), flags, Mode::empty()) {
            Ok(fd) => Self::checked(fd, name),
            Err(errno) => {
                let (errno, hint) = why_no_task(task, errno);
                Err(Error::kernel("open the network namespace of", name, errno)
                    .needs(TO_LOOK)
                    .hint_on(&[Errno::NOENT], || hint.to_owned()))
            }
        }
    }

    /// The namespace of the process, or since 6.9 the thread, that a pidfd stands for. Unlike a number, a pidfd cannot
    /// come to mean another process.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`]: `ESRCH` if it has ended, `EPERM` or `EACCES` if it is not the caller's to look at.
    pub fn from_pidfd(pidfd: impl AsFd) -> Result<Self, Error> {
        let pidfd = pidfd.as_fd();
        match sys::pidfd_netns(pidfd) {
            Ok(fd) => Self::checked(fd, "the pidfd's process".to_owned()),
            // Before 6.11 there is no such call, or no such request.
            Err(Errno::NOTTY | Errno::INVAL) => Self::from_pidfd_number(pidfd),
            Err(errno) => Err(Error::kernel("open the network namespace of", "a pidfd", errno).needs(TO_LOOK)),
        }
    }

    fn from_pidfd_number(pidfd: BorrowedFd<'_>) -> Result<Self, Error> {
        let gone = || Error::kernel("open the network namespace of", "a pidfd", Errno::SRCH);
        let number = pidfd_number(pidfd).ok_or_else(gone)?;
        let netns = Self::from_pid(number)?;
        // If it still lives now, the number was its own while the namespace was opened.
        (pidfd_number(pidfd) == Some(number)).then_some(netns).ok_or_else(gone)
    }

    /// A descriptor that is already open on a namespace.
    ///
    /// # Errors
    ///
    /// [`Cause::NotNetns`] if it is anything else; it is closed then.
    pub fn from_fd(fd: OwnedFd) -> Result<Self, Error> {
        let name = format!("descriptor {}", std::os::fd::AsRawFd::as_raw_fd(&fd));
        Self::checked(fd, name)
    }

    /// The namespace that a socket lives in, wherever the caller is (`SIOCGSKNS`, Linux 4.10).
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`]: `EPERM` without `CAP_NET_ADMIN` over that namespace, unless the socket is in the namespace
    /// of the calling thread; `ENOTTY` or `EOPNOTSUPP` if the descriptor is no socket.
    pub fn of_socket(socket: impl AsFd) -> Result<Self, Error> {
        let socket = socket.as_fd();
        match sys::socket_netns(socket) {
            Ok(fd) => Self::checked(fd, "the socket's namespace".to_owned()),
            Err(Errno::PERM) if let Some(ambient) = ambient_of(socket) => Ok(ambient),
            Err(errno) => {
                let privilege = "CAP_NET_ADMIN in the user namespace that owns it";
                Err(Error::kernel("open the network namespace of", "a socket", errno).needs(privilege))
            }
        }
    }

    /// The namespace of the calling thread. It is read from `/proc/thread-self`: `/proc/self` is the main thread's.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`] if /proc is not mounted.
    pub fn ambient() -> Result<Self, Error> {
        let mut ambient = Self::from_path("/proc/thread-self/ns/net")?;
        ambient.name = "the calling thread's namespace".to_owned();
        Ok(ambient)
    }

    /// Makes a new namespace without a name. It has a loopback device, which is down, and ends with the last thing
    /// that holds it: this value, a socket, a thread, a mount.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`]: `EPERM` without `CAP_SYS_ADMIN` in the caller's user namespace, `ENOSPC` when
    /// `user.max_net_namespaces` is met.
    pub fn create() -> Result<Self, Error> {
        let doing = "make a network namespace";
        let made = thread::once("netns-create", || match sys::unshare_netns() {
            Ok(()) => Self::ambient(),
            Err(errno) => Err(Error::kernel(doing, "", errno)
                .needs("CAP_SYS_ADMIN in the caller's user namespace")
                .hint_on(&[Errno::NOSPC], || "user.max_net_namespaces".to_owned())),
        });
        let mut netns = made.map_err(|error| no_thread(doing, "", &error))??;
        netns.name = netns.id.to_string();
        Ok(netns)
    }

    /// A second descriptor of the same namespace.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`]: `EMFILE`.
    pub fn try_clone(&self) -> Result<Self, Error> {
        let fd = rustix::io::fcntl_dupfd_cloexec(&self.fd, 0)
            .map_err(|errno| Error::kernel("duplicate the descriptor of", self, errno))?;
        Ok(Self { fd, id: self.id, name: self.name.clone() })
    }

    fn checked(fd: OwnedFd, name: String) -> Result<Self, Error> {
        let found = what_it_is(fd.as_fd()).map_err(|errno| Error::kernel("look at", &name, errno))?;
        let inode = match found {
            Ok(inode) => inode,
            Err(what) => return Err(Error::new("open", name, Cause::NotNetns(what.to_owned()))),
        };
        // Only the absence of the call means that there is no id; nothing else can go wrong with a live descriptor.
        let kernel = sys::ns_id(fd.as_fd()).ok();
        Ok(Self { fd, id: NetnsId { kernel, inode }, name })
    }
}

/// Using one.
impl Netns {
    /// Which namespace it is.
    pub fn id(&self) -> NetnsId {
        self.id
    }

    /// The user namespace that owns it, as a descriptor: capabilities in there decide what may be done in here.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`]: `EPERM` if the owner is an ancestor of the caller's user namespace, or unrelated to it.
    pub fn owner(&self) -> Result<OwnedFd, Error> {
        sys::ns_owner(self.fd.as_fd()).map_err(|errno| {
            Error::kernel("open the owner of", self, errno).needs("an owner below the caller's user namespace")
        })
    }

    /// Runs `f` in the namespace, on a thread of its own that ends afterwards, and hands back what it returned. The
    /// calling thread never moves, so nothing has to be moved back, whatever `f` does; a panic of `f` goes on in the
    /// caller.
    ///
    /// `f` must not start anything that keeps threads: no async runtime that outlives it, no thread pool, no first use
    /// of a global one. Such threads inherit the namespace and later run other work there. Debug builds look for
    /// threads that appeared in the namespace meanwhile and stay, and panic if there are any: a program whose other
    /// threads start long-lived ones in the same namespace at the same time is the only one to be told in error.
    ///
    /// Files under `/sys` do not follow: they belong to the mount. Of `/proc`, use `/proc/thread-self/net`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let blue = netns_scope::Netns::from_name("blue")?;
    /// let listener = blue.run(|| std::net::TcpListener::bind("127.0.0.1:8080"))??;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`]: `EPERM` without `CAP_SYS_ADMIN` over the namespace (unless the caller is in it), `EAGAIN` if
    /// no thread can be made.
    pub fn run<T: Send>(&self, f: impl FnOnce() -> T + Send) -> Result<T, Error> {
        #[cfg(debug_assertions)]
        let before = thread::left::all();
        let result = thread::once("netns-run", || self.enter().map(|()| f()))
            .map_err(|error| no_thread("run in", self, &error))?;
        #[cfg(debug_assertions)]
        self.assert_nothing_stayed(&before);
        result
    }

    #[cfg(debug_assertions)]
    fn assert_nothing_stayed(&self, before: &std::collections::BTreeSet<i32>) {
        if thread::netns_here().is_ok_and(|here| here == self.id.inode) {
            return;
        }
        let stayed = thread::left::strays(|tid, netns| netns == self.id.inode && !before.contains(&tid));
        assert!(
            stayed.is_empty(),
            "a closure run in {self} left threads there, on which later work would run: {}",
            stayed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        );
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Moves the calling thread in. There is no way back: call it on threads that end.
    pub(crate) fn enter(&self) -> Result<(), Error> {
        match move_into_link_name_space(self.fd.as_fd(), Some(LinkNameSpaceType::Network)) {
            Ok(()) => Ok(()),
            // The kernel asks for the capability even where there is nothing to do.
            Err(Errno::PERM) if thread::netns_here() == Ok(self.id.inode) => Ok(()),
            Err(errno) => Err(Error::kernel("move a thread into", self, errno).needs(TO_ENTER)),
        }
    }
}

pub(crate) fn no_thread(doing: &'static str, netns: impl fmt::Display, error: &std::io::Error) -> Error {
    let errno = Errno::from_io_error(error).unwrap_or(Errno::AGAIN);
    Error::kernel(doing, netns, errno).hint_on(&[Errno::AGAIN], || "no thread could be made".to_owned())
}

impl AsFd for Netns {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<Netns> for OwnedFd {
    fn from(netns: Netns) -> Self {
        netns.fd
    }
}

/// The words it was named with.
impl fmt::Display for Netns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Netns {
    fn eq(&self, other: &Self) -> bool {
        // Both are alive, so neither inode can be anybody else's.
        self.id.inode == other.id.inode
    }
}

impl Eq for Netns {}

/// The ambient namespace, if the socket is in it: no privilege is needed to know that.
fn ambient_of(socket: BorrowedFd<'_>) -> Option<Netns> {
    let cookie = sys::netns_cookie(socket).ok()?;
    Netns::ambient().ok().filter(|it| it.id.kernel == Some(cookie))
}

/// /proc answers ENOENT for several reasons; which was it?
fn why_no_task(task: u32, errno: Errno) -> (Errno, &'static str) {
    if errno != Errno::NOENT {
        return (errno, "");
    }
    if rustix::fs::stat("/proc/self").is_err() {
        return (errno, "/proc is not mounted");
    }
    match rustix::fs::stat(format!("/proc/{task}")) {
        Ok(_) => (errno, "it has ended; other threads of the process may live"),
        Err(_) => (Errno::SRCH, ""),
    }
}

fn pidfd_number(pidfd: BorrowedFd<'_>) -> Option<u32> {
    let number = std::os::fd::AsRawFd::as_raw_fd(&pidfd);
    let info = std::fs::read_to_string(format!("/proc/thread-self/fdinfo/{number}")).ok()?;
    // "Pid: -1" once it has ended.
    info.lines().find_map(|line| line.strip_prefix("Pid:"))?.trim().parse().ok()
}
