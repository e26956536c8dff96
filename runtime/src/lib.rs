//! A netlink handle that is proved to be in the network namespace asked for.
#![cfg(target_os = "linux")]
#![deny(missing_docs)]

mod conversation;
mod error;
mod handle;
mod id;
mod netns;
mod proof;
mod route;
mod socket;
mod sys;
#[cfg(feature = "test")]
pub mod test;
mod thread;

pub use conversation::Incomplete;
pub use error::{Cause, Error};
pub use handle::ScopedHandle;
pub use id::{Inode, NetnsId};
pub use netns::{NAMED, Netns};
pub use proof::{Evidence, Proof};
pub use route::{Peer, RouteHandle};
pub use socket::SocketKind;

/// The messages that [`RouteHandle`] hands out.
pub use netlink_packet_route as packet;
