//! A socket that is proved to be in the namespace asked for.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;

use crate::{
    error::Error,
    id::NetnsId,
    netns::{Netns, no_thread},
    proof::{Evidence, Proof},
    socket::SocketKind,
    thread,
};

/// A socket that is proved to be in the namespace asked for, and stays there for life.
///
/// There is no other way to make one than to have it opened in the namespace, by a thread that ends afterwards, and to
/// have asked the kernel where it is. It is one descriptor, close-on-exec, and keeps the namespace alive until it is
/// dropped, also after the name of the namespace was deleted.
#[derive(Debug)]
pub struct ScopedHandle {
    socket: OwnedFd,
    kind: SocketKind,
    name: String,
    proof: Proof,
}

/// Opening sockets in a namespace.
impl Netns {
    /// Opens a socket in the namespace and proves that it is there. The calling thread does not move.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), netns_scope::Error> {
    /// use netns_scope::{Netns, SocketKind};
    ///
    /// let handle = Netns::from_name("blue")?.open(SocketKind::ROUTE)?;
    /// println!("{}", handle.proof()); // in namespace 4130 (net:[4026532459]), shown by …
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`](crate::Cause::Kernel): `EPERM` without `CAP_SYS_ADMIN` over the namespace (unless the caller
    /// is in it), `EMFILE`, `EAGAIN` if no thread can be made, and whatever `socket(2)` says.
    /// [`Cause::Unproved`](crate::Cause::Unproved) if no [`Evidence`] is to be had here.
    pub fn open(&self, kind: SocketKind) -> Result<ScopedHandle, Error> {
        self.open_on_a_thread(kind, None)
    }

    /// As [`Netns::open`], content with one kind of evidence only.
    ///
    /// # Errors
    ///
    /// As [`Netns::open`].
    pub fn open_proved_by(&self, kind: SocketKind, evidence: Evidence) -> Result<ScopedHandle, Error> {
        self.open_on_a_thread(kind, Some(evidence))
    }

    /// Opens a socket in the namespace without asking where it is, for places where nothing can answer. The type says
    /// so: it is a bare descriptor.
    ///
    /// # Errors
    ///
    /// As [`Netns::open`], without the proof.
    pub fn open_unproved(&self, kind: SocketKind) -> Result<OwnedFd, Error> {
        let opened = thread::once("netns-open", || {
            self.enter()?;
            kind.open().map_err(|errno| no_socket(kind, self, errno))
        });
        opened.map_err(|error| no_thread("open a socket in", self, &error))?
    }

    /// Opens a socket in each of many namespaces, through one thread: some 13 µs each instead of 40. The results are
    /// in the order of the namespaces; one failure does not end the others.
    ///
    /// Each handle is one descriptor, so drop the namespaces afterwards if descriptors are short.
    pub fn open_many<'a>(
        netns: impl IntoIterator<Item = &'a Netns>,
        kind: SocketKind,
    ) -> Vec<Result<ScopedHandle, Error>> {
        let netns: Vec<&Netns> = netns.into_iter().collect();
        let opened = thread::once("netns-open", || netns.iter().map(|it| it.open_here(kind, None)).collect::<Vec<_>>());
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => netns.iter().map(|it| Err(no_thread("open a socket in", it, &error))).collect(),
        };
        // Without the capability a thread may be in the caller's own namespace but cannot come back to it: a fresh
        // thread starts there.
        let refused = |error: &Error| error.errno() == Some(Errno::PERM.raw_os_error());
        let again = |(opened, netns): (Result<ScopedHandle, Error>, &Netns)| match opened {
            Err(error) if refused(&error) => netns.open(kind),
            done => done,
        };
        opened.into_iter().zip(netns).map(again).collect()
    }

    fn open_on_a_thread(&self, kind: SocketKind, only: Option<Evidence>) -> Result<ScopedHandle, Error> {
        thread::once("netns-open", || self.open_here(kind, only))
            .map_err(|error| no_thread("open a socket in", self, &error))?
    }

    /// Moves the calling thread for good.
    fn open_here(&self, kind: SocketKind, only: Option<Evidence>) -> Result<ScopedHandle, Error> {
        self.enter()?;
        // Reading /proc costs more than the rest of the proof, so it is left out where the cookie will answer.
        let needed = only == Some(Evidence::Thread) || self.id().kernel().is_none();
        let before = if needed { thread::netns_here().ok() } else { None };
        let socket = kind.open().map_err(|errno| no_socket(kind, self, errno))?;
        let proof = Proof::find(socket.as_fd(), self, before, only)?;
        Ok(ScopedHandle { socket, kind, name: self.to_string(), proof })
    }
}

fn no_socket(kind: SocketKind, netns: &Netns, errno: Errno) -> Error {
    Error::kernel(format!("open a {kind} in"), netns, errno)
}

impl ScopedHandle {
    /// What showed, at the time of opening, where the socket is.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Which namespace the socket is in.
    pub fn id(&self) -> NetnsId {
        self.proof.netns()
    }

    /// What kind of socket it is.
    pub fn kind(&self) -> SocketKind {
        self.kind
    }

    /// The namespace, in the words it was named with when the socket was opened.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks the kernel again where the socket is: one system call, under 2 µs, no privilege (Linux 5.14). It matters
    /// where descriptors are moved about by other code: a `dup2` over this one is noticed.
    ///
    /// Before Linux 5.14 the proof by [`Evidence::Thread`] cannot be asked for again; then the call checks that it is
    /// still the same socket.
    ///
    /// # Errors
    ///
    /// [`Cause::Elsewhere`](crate::Cause::Elsewhere) if the socket is not the one that was opened there.
    pub fn verify(&self) -> Result<Proof, Error> {
        self.proof.again(self.socket.as_fd(), &self.name)?;
        Ok(self.proof)
    }

    /// The namespace itself, for which the handle keeps no descriptor of its own.
    ///
    /// # Errors
    ///
    /// As [`Netns::of_socket`].
    pub fn netns(&self) -> Result<Netns, Error> {
        Netns::of_socket(&self.socket).map(|it| it.named(&self.name))
    }

    /// Another socket of the same kind in the same namespace, opened and proved anew. It shares no queue with this
    /// one: two dumps at a time on one socket answer `EBUSY`. It is no `Clone`, because it can fail.
    ///
    /// # Errors
    ///
    /// As [`ScopedHandle::netns`] and [`Netns::open`].
    pub fn try_clone(&self) -> Result<Self, Error> {
        self.netns()?.open(self.kind)
    }

    /// The bare socket, without the promise.
    pub fn into_fd(self) -> OwnedFd {
        self.socket
    }
}

impl AsFd for ScopedHandle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
