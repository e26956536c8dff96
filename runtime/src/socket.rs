//! What kind of socket to open.

use std::{ffi::c_int, fmt, num::NonZeroU32, os::fd::OwnedFd};

use rustix::{
    io::Errno,
    net::{AddressFamily, Protocol, SocketFlags, SocketType, socket_with},
};

/// The three numbers of `socket(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketKind {
    domain: c_int,
    kind: c_int,
    protocol: c_int,
}

impl SocketKind {
    /// Links, addresses, routes, neighbours, rules: `NETLINK_ROUTE`.
    pub const ROUTE: Self = Self::netlink(libc::NETLINK_ROUTE);
    /// Generic netlink families, such as ethtool, WireGuard, devlink: `NETLINK_GENERIC`.
    pub const GENERIC: Self = Self::netlink(libc::NETLINK_GENERIC);
    /// nftables and connection tracking: `NETLINK_NETFILTER`.
    pub const NETFILTER: Self = Self::netlink(libc::NETLINK_NETFILTER);
    /// IPsec: `NETLINK_XFRM`.
    pub const XFRM: Self = Self::netlink(libc::NETLINK_XFRM);
    /// The list of sockets: `NETLINK_SOCK_DIAG`.
    pub const SOCK_DIAG: Self = Self::netlink(libc::NETLINK_SOCK_DIAG);

    /// A netlink socket of a protocol of `netlink(7)`.
    pub const fn netlink(protocol: c_int) -> Self {
        Self::new(libc::AF_NETLINK, libc::SOCK_RAW, protocol)
    }

    /// Any socket: the arguments of `socket(2)`, such as `AF_INET`, `SOCK_DGRAM`, 0. Close-on-exec is always set.
    pub const fn new(domain: c_int, kind: c_int, protocol: c_int) -> Self {
        Self { domain, kind, protocol }
    }

    /// Whether it speaks netlink.
    pub const fn is_netlink(self) -> bool {
        self.domain == libc::AF_NETLINK
    }

    /// Opens one where the calling thread is.
    pub(crate) fn open(self) -> Result<OwnedFd, Errno> {
        let domain = u16::try_from(self.domain).map_err(|_| Errno::AFNOSUPPORT)?;
        let kind = u32::try_from(self.kind).map_err(|_| Errno::INVAL)?;
        let protocol = u32::try_from(self.protocol).map_err(|_| Errno::PROTONOSUPPORT)?;
        socket_with(
            AddressFamily::from_raw(domain),
            SocketType::from_raw(kind),
            SocketFlags::CLOEXEC,
            NonZeroU32::new(protocol).map(Protocol::from_raw),
        )
    }
}

/// As `ss` and `netlink(7)` name it.
impl fmt::Display for SocketKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match (self.domain, self.kind, self.protocol) {
            (libc::AF_NETLINK, _, libc::NETLINK_ROUTE) => "rtnetlink socket",
            (libc::AF_NETLINK, _, libc::NETLINK_GENERIC) => "generic netlink socket",
            (libc::AF_NETLINK, _, libc::NETLINK_NETFILTER) => "netfilter netlink socket",
            (libc::AF_NETLINK, _, libc::NETLINK_XFRM) => "xfrm netlink socket",
            (libc::AF_NETLINK, _, libc::NETLINK_SOCK_DIAG) => "sock_diag netlink socket",
            (libc::AF_NETLINK, _, libc::NETLINK_KOBJECT_UEVENT) => "uevent netlink socket",
            (libc::AF_NETLINK, _, protocol) => return write!(f, "netlink socket of protocol {protocol}"),
            (libc::AF_UNIX, _, _) => "unix socket",
            (libc::AF_PACKET, _, _) => "packet socket",
            (libc::AF_VSOCK, _, _) => "vsock socket",
            (libc::AF_INET | libc::AF_INET6, libc::SOCK_STREAM, 0 | libc::IPPROTO_TCP) => "tcp socket",
            (libc::AF_INET | libc::AF_INET6, libc::SOCK_DGRAM, 0 | libc::IPPROTO_UDP) => "udp socket",
            (domain, kind, protocol) => return write!(f, "socket ({domain}, {kind}, {protocol})"),
        };
        f.write_str(name)
    }
}
