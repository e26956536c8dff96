//! Questions and answers on one netlink socket: an answer is complete, or an error that says what is missing.

use std::{fmt, marker::PhantomData, os::fd::AsFd, time::Duration};

use netlink_packet_core::{NetlinkDeserializable, NetlinkHeader, NetlinkMessage, NetlinkPayload, NetlinkSerializable};
use rustix::{
    io::Errno,
    net::{RecvFlags, SendFlags, connect, netlink::SocketAddrNetlink, recv, send, sockopt},
};

use crate::{
    error::{Cause, Error},
    handle::ScopedHandle,
    sys,
    wire::{INTERRUPTED, frames, kernel},
};

/// How often an interrupted dump is begun anew. Under constant change four in ten dumps of a thousand links are.
pub(crate) const ATTEMPTS: u32 = 16;
/// How long to wait for each part of an answer. The kernel answers while the question is being sent.
const PATIENCE: Duration = Duration::from_secs(5);
/// The kernel fills at most 32 KiB at a time, unless one message alone is larger.
const BUFFER: usize = 64 * 1024;

const REQUEST: u16 = libc::NLM_F_REQUEST as u16;
const ACK: u16 = libc::NLM_F_ACK as u16;
const DUMP: u16 = libc::NLM_F_DUMP as u16;

/// What the kernel asks of whoever changes something.
pub(crate) const TO_CHANGE: &str = "CAP_NET_ADMIN in the user namespace that owns it";

/// A dump that is not complete: what did arrive, and why the rest is missing. Never take `partial` for the whole.
#[derive(Debug)]
pub struct Incomplete<T> {
    /// What was decoded, in the kernel's order. Of an interrupted dump, the last attempt.
    pub partial: Vec<T>,
    /// What is wrong.
    pub error: Error,
}

impl<T> fmt::Display for Incomplete<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T: fmt::Debug> std::error::Error for Incomplete<T> {}

impl<T> From<Incomplete<T>> for Error {
    fn from(incomplete: Incomplete<T>) -> Self {
        incomplete.error
    }
}

/// Questions and answers, one at a time, in the messages `M` of a netlink protocol, such as
/// `RouteNetlinkMessage` of netlink-packet-route or `SockDiagMessage` of netlink-packet-sock-diag.
///
/// For rtnetlink, [`RouteHandle`](crate::RouteHandle) has the questions ready.
pub struct Conversation<M> {
    handle: ScopedHandle,
    sequence: u32,
    buffer: Vec<u8>,
    messages: PhantomData<fn(M) -> M>,
}

impl<M> fmt::Debug for Conversation<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Conversation").field(&self.handle).finish()
    }
}

/// What one answer came to.
struct Answer<T> {
    items: Vec<T>,
    interrupted: bool,
    undecodable: usize,
}

impl<M> Conversation<M>
where
    M: NetlinkSerializable + NetlinkDeserializable<Error: fmt::Debug> + Clone,
{
    /// Speaks over a netlink socket of the protocol that the messages belong to.
    ///
    /// Strict checking (Linux 4.20) and extended acknowledgements (4.12) are switched on where the kernel has them, the
    /// wait for each part of an answer ends after 5 seconds, and the socket takes messages from the kernel only.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`] if it is no netlink socket.
    pub fn over(handle: ScopedHandle) -> Result<Self, Error> {
        prepare(&handle)?;
        let mut made = Self { handle, sequence: 0, buffer: vec![0; BUFFER], messages: PhantomData };
        made.set_timeout(PATIENCE)?;
        Ok(made)
    }

    /// The socket, and with it the proof of where it is.
    pub fn handle(&self) -> &ScopedHandle {
        &self.handle
    }

    /// How long to wait for each part of an answer.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`]: `EINVAL` for zero.
    pub fn set_timeout(&mut self, patience: Duration) -> Result<(), Error> {
        sockopt::set_socket_timeout(&self.handle, sockopt::Timeout::Recv, Some(patience))
            .map_err(|errno| Error::kernel("set the timeout of a socket in", self.handle.name(), errno))
    }

    /// Everything of a kind, begun anew up to 16 times while changes interrupt it. `doing` is for errors, such as
    /// `list the links of`; a message for which `pick` has no answer counts as undecodable.
    ///
    /// # Errors
    ///
    /// [`Incomplete`], with what did arrive: [`Cause::Interrupted`], [`Cause::Undecodable`], [`Cause::Truncated`], or
    /// [`Cause::Kernel`], where `ETIMEDOUT` means that no answer came in time.
    pub fn dump<T>(
        &mut self,
        doing: &'static str,
        question: M,
        pick: impl Fn(M) -> Option<T>,
    ) -> Result<Vec<T>, Incomplete<T>> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let answer = match self.ask(doing, question.clone(), DUMP, &pick) {
                // The buffer has grown.
                Err(cut) if matches!(cut.error.cause(), Cause::Truncated { .. }) && attempts < ATTEMPTS => continue,
                answer => answer?,
            };
            let cause = match answer {
                Answer { undecodable: 1.., .. } => Cause::Undecodable(answer.undecodable),
                Answer { interrupted: true, .. } if attempts == ATTEMPTS => Cause::Interrupted(attempts),
                Answer { interrupted: true, .. } => continue,
                complete => return Ok(complete.items),
            };
            return Err(Incomplete { partial: answer.items, error: Error::new(doing, self.handle.name(), cause) });
        }
    }

    /// One thing, or `None` if the kernel acknowledged and sent nothing. `flags` are added to the question's, such as
    /// `NLM_F_CREATE`.
    ///
    /// # Errors
    ///
    /// [`Cause::Kernel`], with the kernel's own words where it gives any; [`Cause::Undecodable`].
    pub fn one<T>(
        &mut self,
        doing: &'static str,
        question: M,
        flags: u16,
        pick: impl Fn(M) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let answer = self.ask(doing, question, ACK | flags, &pick)?;
        match answer.undecodable {
            0 => Ok(answer.items.into_iter().next()),
            some => Err(Error::new(doing, self.handle.name(), Cause::Undecodable(some))),
        }
    }

    fn ask<T>(
        &mut self,
        doing: &'static str,
        question: M,
        flags: u16,
        pick: &impl Fn(M) -> Option<T>,
    ) -> Result<Answer<T>, Incomplete<T>> {
        let mut answer = Answer { items: Vec::new(), interrupted: false, undecodable: 0 };
        match self.send(question, flags).and_then(|()| self.receive(&mut answer, pick)) {
            Ok(()) => Ok(answer),
            Err(cause) => {
                let error = Error::because(doing, self.handle.name(), cause).needs(TO_CHANGE);
                Err(Incomplete { partial: answer.items, error })
            }
        }
    }

    fn send(&mut self, question: M, flags: u16) -> Result<(), Cause> {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        let mut header = NetlinkHeader::default();
        header.flags = REQUEST | flags;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(question));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        send(&self.handle, &bytes, SendFlags::empty()).map(drop).map_err(kernel)
    }

    /// Reads to the end of the answer. If it must be given up on, the rest is thrown away, because a dump that nobody
    /// reads to its end makes the next one fail with `EBUSY`.
    fn receive<T>(&mut self, answer: &mut Answer<T>, pick: &impl Fn(M) -> Option<T>) -> Result<(), Cause> {
        loop {
            let size = match recv(self.handle.as_fd(), &mut self.buffer[..], RecvFlags::TRUNC) {
                Ok((_, size)) if size > self.buffer.len() => {
                    let cause = Cause::Truncated { received: self.buffer.len(), sent: size };
                    self.drain();
                    // The next question then finds room.
                    self.buffer.resize(size, 0);
                    return Err(cause);
                }
                Ok((size, _)) => size,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Err(kernel(Errno::TIMEDOUT)),
                Err(errno) => return Err(kernel(errno)),
            };
            for frame in frames(&self.buffer[..size]) {
                let frame = match frame {
                    Ok(frame) => frame,
                    Err(cause) => {
                        self.drain();
                        return Err(cause);
                    }
                };
                // The answer to an earlier question, which was given up on.
                if frame.sequence != self.sequence {
                    continue;
                }
                answer.interrupted |= frame.flags & INTERRUPTED != 0;
                if frame.is_last() {
                    return frame.outcome();
                }
                match frame.decode().and_then(pick) {
                    Some(item) => answer.items.push(item),
                    None => answer.undecodable += 1,
                }
            }
        }
    }

    /// A running dump goes on as its reader takes from it, so this reads up to its end.
    fn drain(&self) {
        let mut scrap = [0; 16];
        while recv(&self.handle, &mut scrap[..], RecvFlags::DONTWAIT).is_ok() {}
    }
}

/// What every netlink socket of this crate gets before its first question.
pub(crate) fn prepare(handle: &ScopedHandle) -> Result<(), Error> {
    let failed = |errno| Error::kernel("prepare a netlink socket in", handle.name(), errno);
    // The text of an error, without a copy of the question in front of it (4.12).
    for option in [libc::NETLINK_CAP_ACK, libc::NETLINK_EXT_ACK, libc::NETLINK_GET_STRICT_CHK] {
        match sys::set_netlink_option(handle.as_fd(), option) {
            // An older kernel (strict checking: 4.20) is less exact in its questions, not in its answers.
            Ok(()) | Err(Errno::NOPROTOOPT) => {}
            Err(errno) => return Err(failed(errno)),
        }
    }
    // A connected socket takes nothing from other processes.
    connect(handle, &SocketAddrNetlink::new(0, 0)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use netlink_packet_route::{RouteNetlinkMessage, address::AddressMessage, link::LinkMessage};

    use super::*;
    use crate::{netns::Netns, socket::SocketKind};

    /// In the caller's own namespace nothing has to be allowed.
    fn ambient() -> Conversation<RouteNetlinkMessage> {
        Conversation::over(Netns::ambient().unwrap().open(SocketKind::ROUTE).unwrap()).unwrap()
    }

    fn links(conversation: &mut Conversation<RouteNetlinkMessage>) -> Result<Vec<()>, Incomplete<()>> {
        let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
        conversation.dump("list the links of", question, |_| Some(()))
    }

    #[test]
    fn a_buffer_that_is_too_small_grows_and_the_dump_is_whole() {
        let mut conversation = ambient();
        let whole = links(&mut conversation).unwrap().len();
        conversation.buffer.truncate(64);
        let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
        let cut = conversation.ask("list the links of", question, DUMP, &|_| Some(())).map(|it| it.items).unwrap_err();
        assert!(matches!(cut.error.cause(), Cause::Truncated { received: 64, .. }), "{cut}");
        conversation.buffer.truncate(64);
        assert_eq!(links(&mut conversation).unwrap().len(), whole);
    }

    #[test]
    fn an_undecodable_message_is_counted_and_the_rest_is_handed_over() {
        let mut conversation = ambient();
        let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
        let error = conversation.dump("list the links of", question, |_| None::<()>).unwrap_err();
        assert!(matches!(error.error.cause(), Cause::Undecodable(1..)), "{error}");
        links(&mut conversation).unwrap();
    }

    #[test]
    fn an_error_in_the_last_message_is_an_error() {
        let mut conversation = ambient();
        let mut question = AddressMessage::default();
        question.header.index = 99_999;
        let question = RouteNetlinkMessage::GetAddress(question);
        let error = conversation.dump("list the addresses of", question, |_| Some(())).unwrap_err();
        assert_eq!(error.error.errno(), Some(libc::ENODEV), "{error}");
        links(&mut conversation).unwrap();
    }

    #[test]
    fn an_answer_that_does_not_come_is_waited_for_only_so_long() {
        let mut conversation = ambient();
        conversation.set_timeout(Duration::from_millis(10)).unwrap();
        let mut answer = Answer { items: Vec::<()>::new(), interrupted: false, undecodable: 0 };
        let silent = conversation.receive(&mut answer, &|_| Some(())).unwrap_err();
        assert_eq!(silent, kernel(Errno::TIMEDOUT));
    }
}
