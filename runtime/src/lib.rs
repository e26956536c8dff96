//! A netlink handle that is proved to be in the network namespace asked for.
//!
//! ```no_run
//! # fn main() -> Result<(), netns_scope::Error> {
//! use netns_scope::{Netns, RouteHandle};
//!
//! let blue = Netns::from_name("blue")?; // or from_path, from_pid, from_tid, from_pidfd, from_fd, of_socket
//! let mut route = RouteHandle::open(&blue)?; // the calling thread stays where it is
//! println!("{}", route.handle().proof());
//! for link in route.links()? { // all of them, or an error that carries those that did arrive
//!     println!("{}", link.header.index);
//! }
//! # Ok(()) }
//! ```
//!
//! Three ideas carry it. *The thread that switches never comes back*: a namespace is entered only on a thread that ends
//! afterwards, so there is no switch back to forget or to fail, no guard to hold across an `.await`, and no pool whose
//! threads inherit the wrong namespace. *The type is the proof*: a [`ScopedHandle`] exists only after the kernel was asked
//! where the socket is, and carries which [`Evidence`] answered. *The reader is complete or says so*: see [`Incomplete`].
//!
//! | | Linux | needs |
//! |---|---|---|
//! | open a socket elsewhere | 3.8 | `CAP_SYS_ADMIN` over the namespace and in the caller's user namespace |
//! | proof by [`Evidence::Cookie`] | 6.18 | nothing |
//! | proof by [`Evidence::SocketNetns`] | 4.10 | `CAP_NET_ADMIN` over the namespace |
//! | proof by [`Evidence::Thread`] | 3.17 | /proc |
//! | [`ScopedHandle::verify`] in one call | 5.14 | nothing |
//! | an id that is never used again, [`NetnsId::kernel`] | 6.18 | nothing |
//!
//! Features: `tokio`, the same socket under rtnetlink (module `asynchronous`); `test`, a kit for
//! tests without root; `cli`, on by default, the command `netns-scope`, which a program that wants the library alone
//! leaves out with `default-features = false`.
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
