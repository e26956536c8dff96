//! The same verified socket under rtnetlink and tokio, with dumps that are complete or say so.

mod complete;

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_util::StreamExt;
use netlink_packet_core::{ErrorMessage, NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::{
    RouteNetlinkMessage, address::AddressMessage, link::LinkMessage, neighbour::NeighbourMessage, route::RouteMessage,
    rule::RuleMessage,
};
use rtnetlink::{
    Handle, MulticastGroup,
    proto::sys::{AsyncSocket, SocketAddr},
};

pub use self::complete::CompleteSocket;
use crate::{
    conversation::{ATTEMPTS, Incomplete, TO_CHANGE},
    error::{Cause, Error},
    handle::ScopedHandle,
    netns::Netns,
    proof::Proof,
    question::{self, Question},
    socket::SocketKind,
    wire,
};

/// The connection of rtnetlink over a verified socket: a future that somebody must poll.
pub type Connection = rtnetlink::proto::Connection<RouteNetlinkMessage, CompleteSocket>;

/// The messages that answer no question: those of groups that the socket joined.
pub type Messages = futures_channel::mpsc::UnboundedReceiver<(NetlinkMessage<RouteNetlinkMessage>, SocketAddr)>;

/// What `rtnetlink::new_connection` hands out, over a verified socket and with dumps that are complete or fail; for
/// those who spawn the connection themselves. Drop the messages before the last handle: the other way round, the
/// connection never ends.
///
/// # Errors
///
/// [`Cause::Kernel`] if it is no netlink socket, or the runtime cannot take another descriptor.
///
/// # Panics
///
/// Outside a tokio runtime whose I/O is enabled.
pub fn connect(handle: ScopedHandle) -> Result<(Connection, Handle, Messages), Error> {
    Ok(rtnetlink::from_socket(CompleteSocket::over(handle)?))
}

/// An rtnetlink [`Handle`] on a verified socket, with the connection that serves it.
///
/// Both end with this value: its descriptor is closed when it is dropped, and clones of the `Handle` answer errors from
/// then on. Lists asked for here are begun anew while changes interrupt them; those asked for through the `Handle` are
/// not, but are never silently short either: an interrupted one ends in `EINTR`, one with a message that rtnetlink
/// cannot decode in `EBADMSG`, one whose answer was cut in `EMSGSIZE`, and an error at the end is that error.
///
/// There is no timeout: wrap a call in `tokio::time::timeout`, which leaves the handle usable.
#[derive(Debug)]
pub struct AsyncRouteHandle {
    // Before the handle: the connection waits for both to go, in this order.
    messages: Messages,
    handle: Handle,
    connection: Shared,
    task: tokio::task::JoinHandle<()>,
    proof: Proof,
    name: String,
}

impl AsyncRouteHandle {
    /// Opens a verified rtnetlink socket in the namespace, on a thread that ends, and spawns its connection. It keeps
    /// the calling thread for some 50 µs.
    ///
    /// # Errors
    ///
    /// As [`Netns::open`] and [`connect`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose I/O is enabled.
    pub fn open(netns: &Netns) -> Result<Self, Error> {
        Self::over(netns.open(SocketKind::ROUTE)?)
    }

    /// Opens one in the namespace that the calling thread is in now, as
    /// [`RouteHandle::ambient`](crate::RouteHandle::ambient) does.
    ///
    /// # Errors
    ///
    /// As [`Netns::ambient`] and [`AsyncRouteHandle::open`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose I/O is enabled.
    pub fn ambient() -> Result<Self, Error> {
        Self::open(&Netns::ambient()?)
    }

    /// Speaks rtnetlink over a socket that was opened as [`SocketKind::ROUTE`].
    ///
    /// # Errors
    ///
    /// As [`connect`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose I/O is enabled.
    pub fn over(handle: ScopedHandle) -> Result<Self, Error> {
        let (proof, name) = (*handle.proof(), handle.name().to_owned());
        let (connection, handle, messages) = connect(handle)?;
        let connection = Shared(Arc::new(Mutex::new(Some(connection))));
        let task = tokio::spawn(connection.clone());
        Ok(Self { messages, handle, connection, task, proof, name })
    }

    /// rtnetlink's own handle, for everything that has no function here.
    pub fn rtnetlink(&self) -> &Handle {
        &self.handle
    }

    /// The messages of the groups that the socket joined.
    pub fn messages(&mut self) -> &mut Messages {
        &mut self.messages
    }

    /// Joins a multicast group, whose messages then come out of [`AsyncRouteHandle::messages`].
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`], as `NETLINK_ADD_MEMBERSHIP` of `netlink(7)` says.
    pub fn subscribe(&mut self, group: MulticastGroup) -> Result<(), Error> {
        self.with_socket("join a multicast group in", |socket| {
            socket
                .socket_mut()
                .add_membership(group as u32)
                .map_err(|error| Error::io("join a multicast group in", &self.name, &error))
        })
    }

    /// What showed, at the time of opening, where the socket is.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Asks the kernel again where the socket is, as [`ScopedHandle::verify`].
    ///
    /// # Errors
    ///
    /// As [`ScopedHandle::verify`], and [`Cause::Kernel`] with `ENOTCONN` if the connection has ended.
    pub fn verify(&self) -> Result<Proof, Error> {
        self.with_socket("verify a socket in", |socket| self.proof.again(socket.as_fd(), &self.name))?;
        Ok(self.proof)
    }

    /// The namespace itself.
    ///
    /// # Errors
    ///
    /// As [`Netns::of_socket`], and [`Cause::Kernel`] with `ENOTCONN` if the connection has ended.
    pub fn netns(&self) -> Result<Netns, Error> {
        self.with_socket("open", |socket| Netns::of_socket(socket.as_fd())).map(|it| it.named(&self.name))
    }

    /// A second handle, on a verified socket and a connection of its own: two dumps at a time on one socket answer
    /// `EBUSY`, and clones of the rtnetlink `Handle` share the socket.
    ///
    /// # Errors
    ///
    /// As [`AsyncRouteHandle::netns`] and [`AsyncRouteHandle::open`].
    pub fn try_clone(&self) -> Result<Self, Error> {
        Self::open(&self.netns()?)
    }

    fn with_socket<T>(
        &self,
        doing: &'static str,
        use_it: impl FnOnce(&mut CompleteSocket) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self.connection.lock().as_mut() {
            Some(connection) => use_it(connection.socket_mut()),
            None => Err(Error::kernel(doing, &self.name, rustix::io::Errno::NOTCONN)),
        }
    }
}

/// Reading, as [`RouteHandle`](crate::RouteHandle) does.
///
/// # Errors
///
/// Lists fail as [`Incomplete`], with what did arrive.
impl AsyncRouteHandle {
    /// Every link.
    pub async fn links(&mut self) -> Result<Vec<LinkMessage>, Incomplete<LinkMessage>> {
        self.dump(question::links()).await
    }

    /// Every address of every link, IPv4 and IPv6.
    pub async fn addresses(&mut self) -> Result<Vec<AddressMessage>, Incomplete<AddressMessage>> {
        self.dump(question::addresses()).await
    }

    /// Every route of every table, IPv4 and IPv6.
    pub async fn routes(&mut self) -> Result<Vec<RouteMessage>, Incomplete<RouteMessage>> {
        self.dump(question::routes()).await
    }

    /// Every entry of the neighbour tables (ARP and neighbour discovery).
    pub async fn neighbours(&mut self) -> Result<Vec<NeighbourMessage>, Incomplete<NeighbourMessage>> {
        self.dump(question::neighbours()).await
    }

    /// Every rule of the routing policy, IPv4 and IPv6.
    pub async fn rules(&mut self) -> Result<Vec<RuleMessage>, Incomplete<RuleMessage>> {
        self.dump(question::rules()).await
    }

    async fn dump<T>(&mut self, question: Question<T>) -> Result<Vec<T>, Incomplete<T>> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let mut items = Vec::new();
            let cause = match self.ask(&question, &mut items).await {
                Ok(()) => return Ok(items),
                Err(Cause::Interrupted(_)) if attempts < ATTEMPTS => continue,
                Err(Cause::Interrupted(_)) => Cause::Interrupted(attempts),
                Err(cause) => cause,
            };
            let error = Error::because(question.doing, &self.name, cause).needs(TO_CHANGE);
            return Err(Incomplete { partial: items, error });
        }
    }

    async fn ask<T>(&mut self, question: &Question<T>, items: &mut Vec<T>) -> Result<(), Cause> {
        let mut message = NetlinkMessage::from(question.message.clone());
        message.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        let ended = |_| wire::kernel(rustix::io::Errno::NOTCONN);
        let mut answer = self.handle.request(message).map_err(ended)?;
        while let Some(message) = answer.next().await {
            match message.payload {
                NetlinkPayload::InnerMessage(inner) => items.extend((question.pick)(inner)),
                NetlinkPayload::Error(error) => outcome(message.header.flags, &error)?,
                _ => return Err(Cause::Undecodable(1)),
            }
        }
        // A connection that ended drops what it owed.
        self.connection.lock().as_ref().map(drop).ok_or_else(|| wire::kernel(rustix::io::Errno::NOTCONN))
    }
}

fn outcome(flags: u16, error: &ErrorMessage) -> Result<(), Cause> {
    let Some(code) = error.code else { return Ok(()) };
    Err(match -code.get() {
        complete::INTERRUPTED => Cause::Interrupted(1),
        complete::UNDECODABLE => Cause::Undecodable(1),
        errno => Cause::Kernel { errno, hint: wire::explanation_after_code(&error.header, flags) },
    })
}

/// The connection, which its task polls and its owner asks and closes.
#[derive(Clone)]
struct Shared(Arc<Mutex<Option<Connection>>>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.lock().is_some() { "open" } else { "ended" })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Shared {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut connection = self.lock();
        let polled = connection.as_mut().map_or(Poll::Ready(()), |it| Pin::new(it).poll(context));
        if polled.is_ready() {
            *connection = None;
        }
        polled
    }
}

impl Drop for AsyncRouteHandle {
    fn drop(&mut self) {
        self.connection.lock().take();
        self.task.abort();
    }
}
