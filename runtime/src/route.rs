//! Links, addresses, routes, neighbours and rules of a namespace, and the few changes that repairs need.

use std::{
    net::IpAddr,
    os::fd::{AsFd, AsRawFd},
};

use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage as Message,
    address::{AddressAttribute, AddressMessage},
    link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage},
    neighbour::NeighbourMessage,
    nsid::{NsidAttribute, NsidMessage},
    route::RouteMessage,
    rule::RuleMessage,
};
use rustix::io::Errno;

use crate::{
    conversation::{Conversation, Incomplete},
    error::Error,
    handle::ScopedHandle,
    netns::Netns,
    question::{self, Question},
    socket::SocketKind,
};

const NEW: u16 = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;

/// A blocking rtnetlink handle on a verified socket. Reads are complete or say so. It takes one question at a time,
/// which the `&mut self` of its functions makes sure of; open another one for another thread.
///
/// Interface indexes mean something only in the namespace they came from.
#[derive(Debug)]
pub struct RouteHandle(Conversation<Message>);

/// Opening one.
impl RouteHandle {
    /// Opens a verified rtnetlink socket in the namespace, prepared as [`Conversation::over`] says.
    ///
    /// # Errors
    ///
    /// As [`Netns::open`].
    pub fn open(netns: &Netns) -> Result<Self, Error> {
        Self::over(netns.open(SocketKind::ROUTE)?)
    }

    /// Opens one in the namespace that the calling thread is in now. Wherever the thread goes later, the answers come
    /// from there.
    ///
    /// # Errors
    ///
    /// As [`Netns::ambient`] and [`Netns::open`]; no privilege is needed.
    pub fn ambient() -> Result<Self, Error> {
        Self::open(&Netns::ambient()?)
    }

    /// Speaks rtnetlink over a socket that was opened as [`SocketKind::ROUTE`].
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`](crate::Cause::Kernel) if it is no netlink socket.
    pub fn over(handle: ScopedHandle) -> Result<Self, Error> {
        Conversation::over(handle).map(Self)
    }

    /// The socket, and with it the proof of where it is.
    pub fn handle(&self) -> &ScopedHandle {
        self.0.handle()
    }

    /// A second handle, on a verified socket of its own in the same namespace.
    ///
    /// # Errors
    ///
    /// As [`ScopedHandle::try_clone`].
    pub fn try_clone(&self) -> Result<Self, Error> {
        Self::over(self.handle().try_clone()?)
    }

    /// For what has no function here: questions in the messages of netlink-packet-route.
    pub fn conversation(&mut self) -> &mut Conversation<Message> {
        &mut self.0
    }
}

/// Reading. A dump that changes interrupted is begun anew up to 16 times. Lists are in the kernel's order.
///
/// # Errors
///
/// Lists fail as [`Incomplete`], with what did arrive: [`Cause::Interrupted`](crate::Cause::Interrupted),
/// [`Cause::Undecodable`](crate::Cause::Undecodable), [`Cause::Truncated`](crate::Cause::Truncated), or
/// [`Cause::Kernel`](crate::Cause::Kernel), where `ETIMEDOUT` means that no answer came in time.
impl RouteHandle {
    /// Every link.
    pub fn links(&mut self) -> Result<Vec<LinkMessage>, Incomplete<LinkMessage>> {
        self.dump(question::links())
    }

    /// Every address of every link, IPv4 and IPv6.
    pub fn addresses(&mut self) -> Result<Vec<AddressMessage>, Incomplete<AddressMessage>> {
        self.dump(question::addresses())
    }

    /// Every route of every table, IPv4 and IPv6.
    pub fn routes(&mut self) -> Result<Vec<RouteMessage>, Incomplete<RouteMessage>> {
        self.dump(question::routes())
    }

    /// Every entry of the neighbour tables (ARP and neighbour discovery).
    pub fn neighbours(&mut self) -> Result<Vec<NeighbourMessage>, Incomplete<NeighbourMessage>> {
        self.dump(question::neighbours())
    }

    /// Every rule of the routing policy, IPv4 and IPv6.
    pub fn rules(&mut self) -> Result<Vec<RuleMessage>, Incomplete<RuleMessage>> {
        self.dump(question::rules())
    }

    fn dump<T>(&mut self, Question { doing, message, pick }: Question<T>) -> Result<Vec<T>, Incomplete<T>> {
        self.0.dump(doing, message, pick)
    }

    /// The link with an index; `None` if there is none.
    pub fn link(&mut self, index: u32) -> Result<Option<LinkMessage>, Error> {
        self.one_link(numbered(index))
    }

    /// The link with a name; `None` if there is none.
    pub fn link_named(&mut self, name: &str) -> Result<Option<LinkMessage>, Error> {
        self.one_link(attributed(vec![LinkAttribute::IfName(name.to_owned())]))
    }

    /// The index of the link with a name, as `if_nametoindex(3)` gives it; an error of `ENODEV` if there is none.
    pub fn link_index(&mut self, name: &str) -> Result<u32, Error> {
        let found = self.link_named(name)?.map(|it| it.header.index);
        found.ok_or_else(|| Error::kernel(format!("look up the link {name} in"), self.handle().name(), Errno::NODEV))
    }

    fn one_link(&mut self, question: LinkMessage) -> Result<Option<LinkMessage>, Error> {
        let found = self.0.one("look up a link in", Message::GetLink(question), 0, |it| match it {
            Message::NewLink(link) => Some(link),
            _ => None,
        });
        match found {
            Err(error) if error.errno() == Some(libc::ENODEV) => Ok(None),
            found => found,
        }
    }

    /// The number by which this namespace knows another (`RTM_GETNSID`); `None` if it has none for it.
    pub fn nsid_of(&mut self, other: &Netns) -> Result<Option<i32>, Error> {
        let mut question = NsidMessage::default();
        question.attributes = vec![NsidAttribute::Fd(other.as_fd().as_raw_fd() as u32)];
        let answer = self.0.one("look up a namespace in", Message::GetNsId(question), 0, |it| match it {
            Message::NewNsId(answer) => Some(answer),
            _ => None,
        })?;
        let ids = answer.into_iter().flat_map(|it| it.attributes);
        Ok(ids.into_iter().find_map(|it| match it {
            NsidAttribute::Id(id) if id >= 0 => Some(id),
            _ => None,
        }))
    }
}

/// Changing. All need `CAP_NET_ADMIN` in the user namespace that owns the namespace.
///
/// # Errors
///
/// [`Cause::Kernel`](crate::Cause::Kernel), with the kernel's own words where it gives any.
impl RouteHandle {
    /// Makes a pair of virtual Ethernet links, the peer here or in another namespace.
    pub fn create_veth(&mut self, name: &str, peer: &str, peer_netns: Option<&Netns>) -> Result<(), Error> {
        let mut other = attributed(vec![LinkAttribute::IfName(peer.to_owned())]);
        other.attributes.extend(peer_netns.map(in_netns));
        let question = attributed(vec![
            LinkAttribute::IfName(name.to_owned()),
            LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::Veth),
                LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(other))),
            ]),
        ]);
        self.change("make a veth pair in", Message::NewLink(question), NEW)
    }

    /// Deletes a link; a veth takes its peer with it.
    pub fn delete_link(&mut self, index: u32) -> Result<(), Error> {
        self.change("delete a link of", Message::DelLink(numbered(index)), 0)
    }

    /// Sets a link up.
    pub fn set_up(&mut self, index: u32) -> Result<(), Error> {
        self.set_flags(index, LinkFlags::Up)
    }

    /// Sets a link down.
    pub fn set_down(&mut self, index: u32) -> Result<(), Error> {
        self.set_flags(index, LinkFlags::empty())
    }

    fn set_flags(&mut self, index: u32, flags: LinkFlags) -> Result<(), Error> {
        let mut question = numbered(index);
        question.header.flags = flags;
        question.header.change_mask = LinkFlags::Up;
        self.change("set a link up or down in", Message::SetLink(question), 0)
    }

    /// Moves a link to another namespace. Its addresses and routes are lost, and its index may change.
    pub fn move_link(&mut self, index: u32, to: &Netns) -> Result<(), Error> {
        let mut question = numbered(index);
        question.attributes = vec![in_netns(to)];
        self.change("move a link out of", Message::SetLink(question), 0)
    }

    /// Adds an address to a link, with the length of its network's prefix in bits.
    pub fn add_address(&mut self, index: u32, address: IpAddr, prefix: u8) -> Result<(), Error> {
        let mut question = AddressMessage::default();
        question.header.index = index;
        question.header.prefix_len = prefix;
        question.header.family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
        question.attributes = vec![AddressAttribute::Local(address), AddressAttribute::Address(address)];
        self.change("add an address in", Message::NewAddress(question), NEW)
    }

    fn change(&mut self, doing: &'static str, question: Message, flags: u16) -> Result<(), Error> {
        self.0.one(doing, question, flags, |_| None::<()>).map(drop)
    }
}

/// The other end of a veth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its index, in its own namespace.
    pub index: u32,
    /// The number by which the link's namespace knows the peer's; `None` if it is the same one.
    pub nsid: Option<i32>,
}

impl Peer {
    /// The peer of a veth; `None` for any other link.
    pub fn of(link: &LinkMessage) -> Option<Self> {
        let veth = |it: &LinkAttribute| matches!(it, LinkAttribute::LinkInfo(info) if info.contains(&LinkInfo::Kind(InfoKind::Veth)));
        let index = link.attributes.iter().find_map(|it| match it {
            LinkAttribute::Link(index) => Some(*index),
            _ => None,
        })?;
        let nsid = link.attributes.iter().find_map(|it| match it {
            LinkAttribute::LinkNetNsId(nsid) => Some(*nsid),
            _ => None,
        });
        link.attributes.iter().any(veth).then_some(Self { index, nsid })
    }
}

fn numbered(index: u32) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link
}

fn attributed(attributes: Vec<LinkAttribute>) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.attributes = attributes;
    link
}

/// The kernel reads the descriptor while the question is being sent, so a borrow is enough.
fn in_netns(netns: &Netns) -> LinkAttribute {
    LinkAttribute::NetNsFd(netns.as_fd().as_raw_fd())
}
