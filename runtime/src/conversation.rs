//! Questions and answers on one netlink socket: an answer is complete, or an error that says what is missing.

use std::{os::fd::AsFd, time::Duration};

use netlink_packet_core::{
    NetlinkBuffer, NetlinkDeserializable, NetlinkHeader, NetlinkMessage, NetlinkPayload, NlasIterator,
};
use netlink_packet_route::RouteNetlinkMessage;
use rustix::{
    io::Errno,
    net::{RecvFlags, SendFlags, recv, send, sockopt},
};

use crate::{
    error::{Cause, Error},
    handle::ScopedHandle,
    sys,
};

/// How often an interrupted dump is begun anew. Under constant change four in ten dumps of a thousand links are.
pub(crate) const ATTEMPTS: u32 = 16;
/// How long to wait for each part of an answer. The kernel answers while the question is being sent.
const PATIENCE: Duration = Duration::from_secs(5);
/// The kernel fills at most 32 KiB at a time.
const BUFFER: usize = 64 * 1024;

const REQUEST: u16 = libc::NLM_F_REQUEST as u16;
pub(crate) const ACK: u16 = libc::NLM_F_ACK as u16;
const DUMP: u16 = libc::NLM_F_DUMP as u16;
const INTERRUPTED: u16 = 0x10; // NLM_F_DUMP_INTR
const CAPPED: u16 = 0x100; // NLM_F_CAPPED
const EXPLAINED: u16 = 0x200; // NLM_F_ACK_TLVS
const MESSAGE: u16 = 1; // NLMSGERR_ATTR_MSG
const ERROR: u16 = libc::NLMSG_ERROR as u16;
const DONE: u16 = libc::NLMSG_DONE as u16;
const HEADER: usize = 16;

/// A dump that is not complete: what did arrive, and why the rest is missing. Never take `partial` for the whole.
#[derive(Debug)]
pub struct Incomplete<T> {
    /// What was decoded, in the kernel's order. Of an interrupted dump, the last attempt.
    pub partial: Vec<T>,
    /// What is wrong.
    pub error: Error,
}

impl<T> std::fmt::Display for Incomplete<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl<T: std::fmt::Debug> std::error::Error for Incomplete<T> {}

impl<T> From<Incomplete<T>> for Error {
    fn from(incomplete: Incomplete<T>) -> Self {
        incomplete.error
    }
}

#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) handle: ScopedHandle,
    sequence: u32,
    buffer: Vec<u8>,
}

/// What one answer came to.
struct Answer<T> {
    items: Vec<T>,
    interrupted: bool,
    undecodable: usize,
}

impl Conversation {
    pub(crate) fn new(handle: ScopedHandle) -> Result<Self, Error> {
        let failed = |errno| Error::kernel("prepare a netlink socket in", handle.name(), errno);
        // The text of an error, without a copy of the question in front of it (4.12).
        for option in [libc::NETLINK_CAP_ACK, libc::NETLINK_EXT_ACK, libc::NETLINK_GET_STRICT_CHK] {
            match sys::set_netlink_option(handle.as_fd(), option) {
                // An older kernel (strict checking: 4.20) is less exact in its questions, not in its answers.
                Ok(()) | Err(Errno::NOPROTOOPT) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
        sockopt::set_socket_timeout(&handle, sockopt::Timeout::Recv, Some(PATIENCE)).map_err(failed)?;
        Ok(Self { handle, sequence: 0, buffer: vec![0; BUFFER] })
    }

    /// Everything of a kind, begun anew while changes interrupt it.
    pub(crate) fn dump<T>(
        &mut self,
        doing: &'static str,
        question: RouteNetlinkMessage,
        pick: impl Fn(RouteNetlinkMessage) -> Option<T>,
    ) -> Result<Vec<T>, Incomplete<T>> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let answer = self.ask(doing, question.clone(), DUMP, &pick)?;
            let cause = match answer {
                Answer { undecodable: 1.., .. } => Cause::Undecodable(answer.undecodable),
                Answer { interrupted: true, .. } if attempts == ATTEMPTS => Cause::Interrupted(attempts),
                Answer { interrupted: true, .. } => continue,
                complete => return Ok(complete.items),
            };
            return Err(Incomplete { partial: answer.items, error: Error::new(doing, self.handle.name(), cause) });
        }
    }

    /// One thing, or `None` if the kernel acknowledged and sent nothing.
    pub(crate) fn one<T>(
        &mut self,
        doing: &'static str,
        question: RouteNetlinkMessage,
        flags: u16,
        pick: impl Fn(RouteNetlinkMessage) -> Option<T>,
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
        question: RouteNetlinkMessage,
        flags: u16,
        pick: &impl Fn(RouteNetlinkMessage) -> Option<T>,
    ) -> Result<Answer<T>, Incomplete<T>> {
        let mut answer = Answer { items: Vec::new(), interrupted: false, undecodable: 0 };
        match self.send(question, flags).and_then(|()| self.receive(&mut answer, pick)) {
            Ok(()) => Ok(answer),
            Err(cause) => {
                let error = Error::because(doing, self.handle.name(), cause)
                    .needs("CAP_NET_ADMIN in the user namespace that owns it");
                Err(Incomplete { partial: answer.items, error })
            }
        }
    }

    fn send(&mut self, question: RouteNetlinkMessage, flags: u16) -> Result<(), Cause> {
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

    /// Reads to the end of the answer, also past what cannot be decoded, so that nothing is left for the next one.
    fn receive<T>(
        &mut self,
        answer: &mut Answer<T>,
        pick: &impl Fn(RouteNetlinkMessage) -> Option<T>,
    ) -> Result<(), Cause> {
        loop {
            let size = match recv(self.handle.as_fd(), &mut self.buffer[..], RecvFlags::TRUNC) {
                Ok((_, size)) if size > self.buffer.len() => {
                    let cause = Cause::Truncated { received: self.buffer.len(), sent: size };
                    // The next question then finds room.
                    self.buffer.resize(size, 0);
                    return Err(cause);
                }
                Ok((size, _)) => size,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Err(kernel(Errno::TIMEDOUT)),
                Err(errno) => return Err(kernel(errno)),
            };
            let mut rest = &self.buffer[..size];
            while !rest.is_empty() {
                let Ok(message) = NetlinkBuffer::new_checked(&rest) else {
                    // Without a length there is no way to the next message.
                    return Err(Cause::Undecodable(1));
                };
                let length = message.length() as usize;
                let (bytes, payload, flags) = (&rest[..length], &rest[HEADER..length], message.flags());
                // The answer to an earlier question, which was given up on.
                if message.sequence_number() == self.sequence {
                    answer.interrupted |= flags & INTERRUPTED != 0;
                    match message.message_type() {
                        // The last message of a dump carries an error too.
                        DONE | ERROR => return outcome(payload, message.message_type(), flags),
                        _ => match decode(bytes).and_then(pick) {
                            Some(item) => answer.items.push(item),
                            None => answer.undecodable += 1,
                        },
                    }
                }
                rest = &rest[length.next_multiple_of(4).min(rest.len())..];
            }
        }
    }
}

fn kernel(errno: Errno) -> Cause {
    Cause::Kernel { errno: errno.raw_os_error(), hint: None }
}

fn decode(bytes: &[u8]) -> Option<RouteNetlinkMessage> {
    let message = NetlinkBuffer::new_checked(&bytes).ok()?;
    let mut header = NetlinkHeader::default();
    header.length = message.length();
    header.message_type = message.message_type();
    <RouteNetlinkMessage as NetlinkDeserializable>::deserialize(&header, message.payload()).ok()
}

/// What an acknowledgement or the end of a dump says.
fn outcome(payload: &[u8], kind: u16, flags: u16) -> Result<(), Cause> {
    let code = match payload.split_first_chunk() {
        Some((code, _)) => i32::from_ne_bytes(*code),
        // Kernels before 4.19 end some dumps without a code.
        None if kind == DONE => 0,
        None => return Err(Cause::Undecodable(1)),
    };
    if code == 0 {
        return Ok(());
    }
    Err(Cause::Kernel { errno: -code, hint: explanation(payload, kind, flags) })
}

/// The kernel's own words about an error (`NLMSGERR_ATTR_MSG`, Linux 4.12).
fn explanation(payload: &[u8], kind: u16, flags: u16) -> Option<String> {
    if flags & EXPLAINED == 0 {
        return None;
    }
    // Behind the code, an error repeats the question: its header, and unless capped the rest of it.
    let question = match kind {
        DONE => 0,
        _ if flags & CAPPED != 0 => HEADER,
        _ => u32::from_ne_bytes(*payload.get(4..)?.first_chunk()?) as usize,
    };
    let attributes = payload.get(4 + question.next_multiple_of(4)..)?;
    let text = NlasIterator::new(attributes).flatten().find(|it| it.kind() == MESSAGE)?;
    Some(String::from_utf8_lossy(text.value()).trim_end_matches('\0').to_owned())
}
