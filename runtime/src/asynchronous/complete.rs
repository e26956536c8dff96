//! A socket for rtnetlink that turns a dump which is not complete into one that fails.
//!
//! netlink-proto 0.14 hands the messages of a dump to whoever asked, and ends the answer at `NLMSG_DONE`. It does not
//! say that a message carried `NLM_F_DUMP_INTR`, that the end carried an error, that a message could not be decoded, or
//! that the datagram was cut. It does forward `NLMSG_ERROR`. So the bytes are looked at between the kernel and
//! netlink-proto, and the end of an answer that is not complete becomes an error.

use std::{
    collections::HashMap,
    fmt, io,
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use netlink_packet_route::RouteNetlinkMessage;
use rtnetlink::{
    proto::sys::{AsyncSocket, SocketAddr},
    sys::Socket,
};
use tokio::io::unix::AsyncFd;

use crate::{conversation, error::Error, handle::ScopedHandle, sys, wire, wire::frames};

pub(super) const INTERRUPTED: i32 = libc::EINTR;
pub(super) const UNDECODABLE: i32 = libc::EBADMSG;
const CUT: i32 = libc::EMSGSIZE;

const MULTIPART: u16 = libc::NLM_F_MULTI as u16;
/// The kernel fills at most 32 KiB at a time, unless one message alone is larger.
const BUFFER: usize = 64 * 1024;

/// A verified rtnetlink socket as netlink-proto takes it. Dumps through it are complete or end in an error.
pub struct CompleteSocket {
    socket: AsyncFd<Socket>,
    port: u32,
    state: Mutex<State>,
}

struct State {
    buffer: Vec<u8>,
    /// What is wrong with answers whose end has not come yet: an errno by sequence number.
    faults: HashMap<u32, i32>,
    /// A datagram was cut, so any answer may lack something.
    cut: bool,
}

impl fmt::Debug for CompleteSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CompleteSocket").field(&self.socket.as_raw_fd()).finish()
    }
}

impl CompleteSocket {
    pub(super) fn over(handle: ScopedHandle) -> Result<Self, Error> {
        let doing = "prepare a netlink socket in";
        conversation::prepare(&handle)?;
        let name = handle.name().to_owned();
        let failed = |error: io::Error| Error::io(doing, &name, &error);
        let socket = sys::register(handle.into_fd()).map_err(failed)?;
        let mut address = SocketAddr::new(0, 0);
        socket.get_ref().get_address(&mut address).map_err(failed)?;
        let state = State { buffer: vec![0; BUFFER], faults: HashMap::new(), cut: false };
        Ok(Self { socket, port: address.port_number(), state: Mutex::new(state) })
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn receive(&self) -> io::Result<(Vec<u8>, SocketAddr)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut room = &mut state.buffer[..];
        let (size, address) = self.socket.get_ref().recv_from(&mut room, libc::MSG_TRUNC)?;
        let held = state.buffer.len();
        if size > held {
            state.cut = true;
            state.buffer.resize(size, 0);
        }
        let mut datagram = state.buffer[..size.min(held)].to_vec();
        state.correct(&mut datagram, self.port);
        Ok((datagram, address))
    }
}

impl State {
    /// Makes errors of what would otherwise pass for a complete answer.
    fn correct(&mut self, datagram: &mut [u8], port: u32) {
        let mut at = 0;
        let mut edits = Vec::new();
        for frame in frames(datagram).map_while(Result::ok) {
            let start = at;
            at += frame.bytes.len().next_multiple_of(4);
            // The messages of groups answer no question.
            if frame.port != port {
                continue;
            }
            if frame.flags & wire::INTERRUPTED != 0 {
                self.faults.entry(frame.sequence).or_insert(INTERRUPTED);
            }
            if !frame.is_last() {
                if frame.decode::<RouteNetlinkMessage>().is_none() {
                    // The only answer there is: the question would wait for ever.
                    if frame.flags & MULTIPART == 0 {
                        edits.push((start, UNDECODABLE));
                    } else {
                        self.faults.insert(frame.sequence, UNDECODABLE);
                    }
                }
                continue;
            }
            let fault = self.faults.remove(&frame.sequence).or(std::mem::take(&mut self.cut).then_some(CUT));
            match (frame.kind, frame.outcome(), fault) {
                (wire::DONE, Err(crate::Cause::Kernel { errno, .. }), _) => edits.push((start, errno)),
                (wire::DONE, _, Some(errno)) => edits.push((start, errno)),
                _ => {}
            }
        }
        for (start, errno) in edits {
            make_error(&mut datagram[start..], errno);
        }
    }
}

/// Rewrites the message at the start. What follows the code, such as the kernel's words, stays.
fn make_error(message: &mut [u8], errno: i32) {
    message[4..6].copy_from_slice(&wire::ERROR.to_ne_bytes());
    // Kernels before 4.19 end some dumps without a code: then the type alone must do, which netlink-proto cannot read
    // as the end of a complete answer.
    if let Some(code) = message.get_mut(wire::HEADER..wire::HEADER + 4) {
        code.copy_from_slice(&(-errno).to_ne_bytes());
    }
}

impl AsyncSocket for CompleteSocket {
    fn socket_ref(&self) -> &Socket {
        self.socket.get_ref()
    }

    fn socket_mut(&mut self) -> &mut Socket {
        self.socket.get_mut()
    }

    /// There is no verified socket without a namespace.
    fn new(_protocol: isize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn poll_send(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.socket.poll_write_ready(context))?;
            if let Ok(sent) = ready.try_io(|socket| socket.get_ref().send(bytes, 0)) {
                return Poll::Ready(sent);
            }
        }
    }

    fn poll_send_to(&self, context: &mut Context<'_>, bytes: &[u8], to: &SocketAddr) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.socket.poll_write_ready(context))?;
            if let Ok(sent) = ready.try_io(|socket| socket.get_ref().send_to(bytes, to, 0)) {
                return Poll::Ready(sent);
            }
        }
    }

    fn poll_recv<B: bytes::BufMut>(&self, context: &mut Context<'_>, buffer: &mut B) -> Poll<io::Result<()>> {
        self.poll_recv_from(context, buffer).map_ok(drop)
    }

    fn poll_recv_from<B: bytes::BufMut>(
        &self,
        context: &mut Context<'_>,
        buffer: &mut B,
    ) -> Poll<io::Result<SocketAddr>> {
        let (datagram, address) = ready!(self.poll_recv_from_full(context))?;
        buffer.put_slice(&datagram);
        Poll::Ready(Ok(address))
    }

    fn poll_recv_from_full(&self, context: &mut Context<'_>) -> Poll<io::Result<(Vec<u8>, SocketAddr)>> {
        loop {
            let mut ready = ready!(self.socket.poll_read_ready(context))?;
            if let Ok(received) = ready.try_io(|_| self.receive()) {
                return Poll::Ready(received);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: u32 = 7;
    const NEW_LINK: u16 = libc::RTM_NEWLINK;
    const MULTI: u16 = MULTIPART;
    const INTR: u16 = wire::INTERRUPTED;

    fn message(kind: u16, flags: u16, port: u32, payload: &[u8]) -> Vec<u8> {
        let length = (wire::HEADER + payload.len()) as u32;
        let header = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &flags.to_ne_bytes()];
        [&header.concat()[..], &1u32.to_ne_bytes(), &port.to_ne_bytes(), payload].concat()
    }

    /// What netlink-proto gets to see of each message: its type, and the code that stands first in it.
    fn seen(messages: &[Vec<u8>]) -> Vec<(u16, i32)> {
        let mut state = State { buffer: Vec::new(), faults: HashMap::new(), cut: false };
        let mut datagram = messages.concat();
        state.correct(&mut datagram, PORT);
        assert!(state.faults.is_empty() || messages.last().is_some_and(|it| it[4..6] == NEW_LINK.to_ne_bytes()));
        let code = |bytes: &[u8]| bytes.get(16..20).map_or(0, |it| i32::from_ne_bytes(it.try_into().unwrap()));
        frames(&datagram).map(|it| it.map(|it| (it.kind, code(it.bytes))).unwrap()).collect()
    }

    #[test]
    fn only_what_is_complete_ends_as_done() {
        let link = |flags, port| message(NEW_LINK, flags, port, &[0; 16]);
        let broken = |flags, port| message(NEW_LINK, flags, port, &[0; 8]);
        let done = |flags, code: i32| message(wire::DONE, flags, PORT, &code.to_ne_bytes());
        let cases = [
            (vec![link(MULTI, PORT), done(MULTI, 0)], (wire::DONE, 0)),
            (vec![link(MULTI | INTR, PORT), done(MULTI, 0)], (wire::ERROR, -INTERRUPTED)),
            (vec![link(MULTI, PORT), done(MULTI | INTR, 0)], (wire::ERROR, -INTERRUPTED)),
            (vec![link(MULTI, PORT), done(MULTI, -libc::ENODEV)], (wire::ERROR, -libc::ENODEV)),
            (vec![broken(MULTI, PORT), link(MULTI, PORT), done(MULTI, 0)], (wire::ERROR, -UNDECODABLE)),
            (vec![broken(0, PORT)], (wire::ERROR, -UNDECODABLE)),
            // Somebody else's message is nobody's answer.
            (vec![broken(0, PORT + 1)], (NEW_LINK, 0)),
        ];
        for (messages, last) in cases {
            assert_eq!(seen(&messages).last(), Some(&last), "{messages:?}");
        }
    }
}
