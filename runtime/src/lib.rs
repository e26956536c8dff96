//! A netlink handle that is proved to be in the network namespace asked for.
#![cfg(target_os = "linux")]
#![deny(missing_docs, unsafe_code)]

#[cfg(feature = "tokio")]
pub mod asynchronous;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod command;
mod conversation;
mod error;
mod handle;
mod id;
mod netns;
mod proof;
mod question;
mod route;
mod socket;
#[expect(unsafe_code, reason = "the one room for it")]
mod sys;
#[cfg(feature = "test")]
pub mod test;
mod thread;
#[cfg(any(feature = "cli", feature = "test"))]
mod user;
mod wire;

pub use conversation::{Conversation, Incomplete};
pub use error::{Cause, Error};
pub use handle::ScopedHandle;
pub use id::{Inode, NetnsId, socket_cookie};
pub use netns::{NAMED, Netns};
pub use proof::{Evidence, Proof};
pub use route::{Peer, RouteHandle};
pub use socket::SocketKind;

/// The messages that [`RouteHandle`] hands out.
pub use netlink_packet_route as packet;
