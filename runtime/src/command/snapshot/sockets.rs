//! The sockets of a namespace, by `sock_diag(7)`, which lists them without a look at any process.

use netlink_packet_core::{DecodeError, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable};
use netlink_packet_sock_diag::{
    SockDiagMessage,
    inet::{ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags},
    unix::{self, ShowFlags, UnixRequest, UnixResponse},
};
use serde_json::{Value, json};

use super::{Entry, whole};
use crate::{Cause, Conversation, Error, Incomplete, Netns, ScopedHandle, SocketKind};

const BY_FAMILY: u16 = 20; // SOCK_DIAG_BY_FAMILY
const DOING: &str = "list the sockets of";

/// All but those that this command has open in there itself: `asking`, and the ones it needs for the question.
pub(super) fn all(netns: &Netns, asking: &ScopedHandle, missing: &mut Vec<String>) -> Result<Vec<Entry>, Error> {
    let mut diag = Conversation::<SockDiagMessage>::over(netns.open(SocketKind::SOCK_DIAG)?)?;
    let mut own = vec![inode(asking), inode(diag.handle())];
    let mut entries = Vec::new();
    for (name, family, protocol) in [
        ("tcp", libc::AF_INET, libc::IPPROTO_TCP),
        ("tcp6", libc::AF_INET6, libc::IPPROTO_TCP),
        ("udp", libc::AF_INET, libc::IPPROTO_UDP),
        ("udp6", libc::AF_INET6, libc::IPPROTO_UDP),
        ("raw", libc::AF_INET, libc::IPPROTO_RAW),
        ("raw6", libc::AF_INET6, libc::IPPROTO_RAW),
    ] {
        let question = SockDiagMessage::InetRequest(InetRequest {
            family: family as u8,
            protocol: protocol as u8,
            extensions: ExtensionFlags::empty(),
            states: StateFlags::all(),
            socket_id: if family == libc::AF_INET { SocketId::new_v4() } else { SocketId::new_v6() },
        });
        let listed = diag.dump(DOING, question, |it| match it {
            SockDiagMessage::InetResponse(socket) => Some(inet(name, &socket.header)),
            _ => None,
        });
        entries.extend(supported(name, listed, missing));
    }
    let question = SockDiagMessage::UnixRequest(UnixRequest {
        state_flags: unix::StateFlags::all(),
        inode: 0,
        show_flags: ShowFlags::NAME | ShowFlags::PEER,
        cookie: [0xff; 8],
    });
    let listed = diag.dump(DOING, question, |it| match it {
        SockDiagMessage::UnixResponse(socket) => Some(local(&socket)),
        _ => None,
    });
    entries.extend(supported("unix", listed, missing));

    let mut diag = Conversation::<Raw>::over(netns.open(SocketKind::SOCK_DIAG)?)?;
    for (name, family, entry) in
        [("netlink", libc::AF_NETLINK, netlink as fn(&[u8]) -> Option<Entry>), ("packet", libc::AF_PACKET, packet)]
    {
        let listed = diag.dump(DOING, Raw::everything_of(family), |it| match it {
            Raw::Answer(bytes) => entry(&bytes),
            Raw::Question(_) => None,
        });
        entries.extend(supported(name, listed, missing));
    }
    own.push(inode(diag.handle()));
    entries.retain(|it| !own.contains(&it.text("inode")));
    Ok(entries)
}

/// As an entry has it.
fn inode(handle: &ScopedHandle) -> String {
    rustix::fs::fstat(handle).map_or_else(|_| String::new(), |it| it.st_ino.to_string())
}

/// A kernel without the module for a family says that there is no such file.
fn supported(name: &str, listed: Result<Vec<Entry>, Incomplete<Entry>>, missing: &mut Vec<String>) -> Vec<Entry> {
    match listed {
        Err(it) if matches!(it.error.cause(), Cause::Kernel { errno: libc::ENOENT | libc::EINVAL, .. }) => {
            missing.push(format!("{name} sockets: this kernel does not list them (module {name}_diag)"));
            Vec::new()
        }
        listed => whole(listed, missing),
    }
}

fn entry(kind: &str, state: Value, local: Value, remote: Value, uid: Value, inode: u32) -> Entry {
    Entry(vec![
        ("kind", json!(kind)),
        ("state", state),
        ("local", local),
        ("remote", remote),
        ("uid", uid),
        ("inode", json!(inode)),
    ])
}

fn inet(kind: &str, socket: &InetResponseHeader) -> Entry {
    let id = &socket.socket_id;
    let place = |address: std::net::IpAddr, port: u16| json!(std::net::SocketAddr::new(address, port).to_string());
    // Without a peer, the other end is all zeroes.
    let remote = match id.destination_port {
        0 => Value::Null,
        port => place(id.destination_address, port),
    };
    entry(kind, state(socket.state), place(id.source_address, id.source_port), remote, json!(socket.uid), socket.inode)
}

fn local(socket: &UnixResponse) -> Entry {
    let name = socket.name().map(|it| format!("{it:?}"));
    entry("unix", state(socket.header.state), json!(name), Value::Null, Value::Null, socket.header.inode)
}

/// include/net/tcp_states.h, which all families use.
fn state(state: u8) -> Value {
    const STATES: [&str; 12] = [
        "unknown",
        "established",
        "syn-sent",
        "syn-recv",
        "fin-wait-1",
        "fin-wait-2",
        "time-wait",
        "unconnected",
        "close-wait",
        "last-ack",
        "listening",
        "closing",
    ];
    json!(STATES.get(usize::from(state)).unwrap_or(&"unknown"))
}

/// `struct netlink_diag_msg` of linux/netlink_diag.h.
fn netlink(bytes: &[u8]) -> Option<Entry> {
    let [_, _, protocol, _] = *bytes.first_chunk()?;
    let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    let (port, inode) = (number(4)?, number(16)?);
    let kind = SocketKind::netlink(protocol.into()).to_string();
    let kind = kind.strip_suffix(" socket").unwrap_or(&kind);
    Some(entry(
        kind,
        Value::Null,
        json!(if port == 0 { "the kernel".to_owned() } else { format!("port {port}") }),
        Value::Null,
        Value::Null,
        inode,
    ))
}

/// `struct packet_diag_msg` of linux/packet_diag.h.
fn packet(bytes: &[u8]) -> Option<Entry> {
    let [_, _, low, high] = *bytes.first_chunk()?;
    let inode = u32::from_ne_bytes(bytes.get(4..8)?.try_into().ok()?);
    let protocol = format!("ethertype {:#06x}", u16::from_ne_bytes([low, high]));
    Some(entry("packet", Value::Null, json!(protocol), Value::Null, Value::Null, inode))
}

/// What netlink-packet-sock-diag has no types for: netlink and packet sockets.
#[derive(Debug, Clone)]
enum Raw {
    Question([u8; 20]),
    Answer(Vec<u8>),
}

impl Raw {
    /// `struct netlink_diag_req` and `struct packet_diag_req` are laid out alike: family, protocol, padding, inode, what
    /// to show, cookie.
    fn everything_of(family: i32) -> Self {
        const ALL_PROTOCOLS: u8 = 0xff; // NDIAG_PROTO_ALL
        let mut question = [0; 20];
        question[0] = family as u8;
        // Packet sockets must not be asked for a protocol.
        question[1] = if family == libc::AF_NETLINK { ALL_PROTOCOLS } else { 0 };
        Self::Question(question)
    }
}

impl NetlinkSerializable for Raw {
    fn message_type(&self) -> u16 {
        BY_FAMILY
    }

    fn buffer_len(&self) -> usize {
        match self {
            Self::Question(bytes) => bytes.len(),
            Self::Answer(bytes) => bytes.len(),
        }
    }

    fn serialize(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(match self {
            Self::Question(bytes) => bytes,
            Self::Answer(bytes) => bytes,
        });
    }
}

impl NetlinkDeserializable for Raw {
    type Error = DecodeError;

    fn deserialize(_: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self::Answer(payload.to_owned()))
    }
}
