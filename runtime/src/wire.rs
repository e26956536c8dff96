//! What netlink messages say about themselves: their frame, their end, their error, their interruption.

use std::fmt;

use netlink_packet_core::{NetlinkBuffer, NetlinkDeserializable, NetlinkHeader, NlasIterator};
use rustix::io::Errno;

use crate::error::Cause;

pub(crate) const ERROR: u16 = libc::NLMSG_ERROR as u16;
pub(crate) const DONE: u16 = libc::NLMSG_DONE as u16;
pub(crate) const INTERRUPTED: u16 = 0x10; // NLM_F_DUMP_INTR
/// The size of a message's header, in bytes.
pub(crate) const HEADER: usize = 16;

const CAPPED: u16 = 0x100; // NLM_F_CAPPED
const EXPLAINED: u16 = 0x200; // NLM_F_ACK_TLVS
const TEXT: u16 = 1; // NLMSGERR_ATTR_MSG

/// One message of a datagram.
pub(crate) struct Frame<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    #[cfg(feature = "tokio")]
    pub(crate) port: u32,
}

/// The frames of a datagram. An `Err` is the last item: without a length there is no way to what follows.
pub(crate) fn frames(mut datagram: &[u8]) -> impl Iterator<Item = Result<Frame<'_>, Cause>> {
    std::iter::from_fn(move || {
        let rest = std::mem::take(&mut datagram);
        if rest.is_empty() {
            return None;
        }
        let Ok(message) = NetlinkBuffer::new_checked(&rest) else {
            return Some(Err(Cause::Undecodable(1)));
        };
        let length = message.length() as usize;
        datagram = &rest[length.next_multiple_of(4).min(rest.len())..];
        Some(Ok(Frame {
            bytes: &rest[..length],
            kind: message.message_type(),
            flags: message.flags(),
            sequence: message.sequence_number(),
            #[cfg(feature = "tokio")]
            port: message.port_number(),
        }))
    })
}

impl Frame<'_> {
    pub(crate) fn decode<M: NetlinkDeserializable<Error: fmt::Debug>>(&self) -> Option<M> {
        let mut header = NetlinkHeader::default();
        header.length = self.bytes.len() as u32;
        header.message_type = self.kind;
        header.flags = self.flags;
        M::deserialize(&header, &self.bytes[HEADER..]).ok()
    }

    /// Whether nothing follows in this answer.
    pub(crate) fn is_last(&self) -> bool {
        // The last message of a dump carries an error too.
        matches!(self.kind, DONE | ERROR)
    }

    /// What the last message says: an acknowledgement, the end of a dump, or an error.
    pub(crate) fn outcome(&self) -> Result<(), Cause> {
        let payload = &self.bytes[HEADER..];
        match payload.split_first_chunk() {
            Some(([0, 0, 0, 0], _)) => Ok(()),
            Some((code, rest)) => {
                let hint = explanation(rest, self.kind, self.flags);
                Err(Cause::Kernel { errno: -i32::from_ne_bytes(*code), hint })
            }
            // Kernels before 4.19 end some dumps without a code.
            None if self.kind == DONE => Ok(()),
            None => Err(Cause::Undecodable(1)),
        }
    }
}

/// The kernel's own words about an error (`NLMSGERR_ATTR_MSG`, Linux 4.12), from what follows the code.
fn explanation(after_code: &[u8], kind: u16, flags: u16) -> Option<String> {
    if flags & EXPLAINED == 0 {
        return None;
    }
    // Behind the code, an error repeats the question: its header, and unless capped the rest of it.
    let question = match kind {
        DONE => 0,
        _ if flags & CAPPED != 0 => HEADER,
        _ => u32::from_ne_bytes(*after_code.first_chunk()?) as usize,
    };
    let attributes = after_code.get(question.next_multiple_of(4)..)?;
    let text = NlasIterator::new(attributes).flatten().find(|it| it.kind() == TEXT)?;
    Some(String::from_utf8_lossy(text.value()).trim_end_matches('\0').to_owned())
}

/// The same where `NETLINK_CAP_ACK` is on, so that only the end of a dump comes without the flag.
#[cfg(feature = "tokio")]
pub(crate) fn explanation_after_code(after_code: &[u8], flags: u16) -> Option<String> {
    explanation(after_code, if flags & CAPPED == 0 { DONE } else { ERROR }, flags)
}

pub(crate) fn kernel(errno: Errno) -> Cause {
    Cause::Kernel { errno: errno.raw_os_error(), hint: None }
}
