//! How it is known in which namespace a socket is.

use std::{
    fmt,
    num::NonZeroU64,
    os::fd::{AsFd, BorrowedFd},
};

use rustix::io::Errno;

use crate::{
    error::{Cause, Error, said},
    id::{Inode, NetnsId},
    netns::Netns,
    sys, thread,
};

/// What showed that the socket is in the namespace, strongest and cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// The socket's cookie (`SO_NETNS_COOKIE`, Linux 5.14) is the namespace's id (`NS_GET_ID`, Linux 6.18). Needs no
    /// privilege.
    Cookie,
    /// The namespace that the kernel hands out for the socket (`SIOCGSKNS`, Linux 4.10) has the inode of the one asked
    /// for, while both are open. Needs `CAP_NET_ADMIN` over it.
    SocketNetns,
    /// The thread that opened the socket was in the namespace before and after. Needs /proc.
    Thread,
}

/// The evidence that a socket is in a namespace, and which namespace that is.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    evidence: Evidence,
    netns: NetnsId,
    cookie: Option<NonZeroU64>,
    socket: Inode,
}

impl Proof {
    /// What showed it.
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Where the socket is.
    pub fn netns(&self) -> NetnsId {
        self.netns
    }

    /// Looks for evidence, the strongest first. `before` is where the opening thread was before it opened the socket;
    /// `only` restricts the search to one kind.
    pub(crate) fn find(
        socket: BorrowedFd<'_>,
        netns: &Netns,
        before: Option<Inode>,
        only: Option<Evidence>,
    ) -> Result<Self, Error> {
        let mut tried = Vec::new();
        for evidence in [Evidence::Cookie, Evidence::SocketNetns, Evidence::Thread] {
            if only.is_some_and(|it| it != evidence) {
                continue;
            }
            match evidence.ask(socket, netns, before) {
                Ok(None) => return Self::new(evidence, socket, netns),
                Ok(Some(elsewhere)) => {
                    return Err(Error::new("open a socket in", netns, Cause::Elsewhere(elsewhere)));
                }
                Err(silent) => tried.push(format!("{evidence}: {silent}")),
            }
        }
        Err(Error::new("open a socket in", netns, Cause::Unproved(tried.join("; "))))
    }

    fn new(evidence: Evidence, socket: BorrowedFd<'_>, netns: &Netns) -> Result<Self, Error> {
        let cookie = match evidence {
            Evidence::Cookie => netns.id().kernel(),
            _ => sys::netns_cookie(socket).ok(),
        };
        let file = rustix::fs::fstat(socket).map_err(|errno| Error::kernel("look at a socket in", netns, errno))?;
        Ok(Self { evidence, netns: netns.id(), cookie, socket: Inode::of(&file) })
    }

    /// Asks the kernel again. The cookie never changes while a socket lives, so where there is one, that it is still
    /// the one of the day of the proof is enough, whatever showed it then.
    pub(crate) fn again(&self, socket: BorrowedFd<'_>, name: &str) -> Result<(), Error> {
        let failed = |errno| Error::kernel("verify a socket in", name, errno);
        let found = if let Some(expected) = self.cookie {
            let cookie = sys::netns_cookie(socket).map_err(failed)?;
            (cookie != expected).then(|| format!("namespace {cookie}"))
        } else if self.evidence == Evidence::SocketNetns {
            let inode = socket_netns_inode(socket).map_err(failed)?;
            (inode != self.netns.inode()).then(|| inode.to_string())
        } else {
            let file = rustix::fs::fstat(socket).map_err(failed)?;
            (Inode::of(&file) != self.socket).then(|| "a place unknown: it is another socket".to_owned())
        };
        match found {
            None => Ok(()),
            Some(found) => Err(Error::new("verify a socket in", name, Cause::Elsewhere(found))),
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in {}, shown by {}", self.netns, self.evidence)
    }
}

impl Evidence {
    /// `Ok(None)`: it is there. `Ok(Some(place))`: it is in that other place. `Err`: no answer, and why.
    fn ask(self, socket: BorrowedFd<'_>, netns: &Netns, before: Option<Inode>) -> Result<Option<String>, String> {
        let silent = |errno: Errno| said(errno.raw_os_error());
        match self {
            Self::Cookie => {
                let id = netns.id().kernel().ok_or("the namespace has no id before Linux 6.18")?;
                let cookie = sys::netns_cookie(socket).map_err(silent)?;
                Ok((cookie != id).then(|| format!("namespace {cookie}")))
            }
            Self::SocketNetns => {
                let inode = socket_netns_inode(socket).map_err(silent)?;
                Ok((inode != netns.id().inode()).then(|| inode.to_string()))
            }
            Self::Thread => {
                let before = before.ok_or("/proc was not read before")?;
                let after = thread::netns_here().map_err(silent)?;
                let stray = [before, after].into_iter().find(|it| *it != netns.id().inode());
                Ok(stray.map(|it| it.to_string()))
            }
        }
    }
}

fn socket_netns_inode(socket: BorrowedFd<'_>) -> Result<Inode, Errno> {
    // The answer is open while its inode is read, so the number cannot be somebody else's.
    let netns = sys::socket_netns(socket)?;
    rustix::fs::fstat(netns.as_fd()).map(|it| Inode::of(&it))
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cookie => "the socket's cookie and the namespace's id",
            Self::SocketNetns => "the namespace that the kernel hands out for the socket",
            Self::Thread => "the place of the thread before and after it opened the socket",
        })
    }
}
