//! A netlink handle that is proved to be in the network namespace asked for.
#![cfg(target_os = "linux")]
#![deny(missing_docs)]

mod error;
mod handle;
mod id;
mod netns;
mod proof;
mod socket;
mod sys;
mod thread;

pub use error::{Cause, Error};
pub use handle::ScopedHandle;
pub use id::{Inode, NetnsId};
pub use netns::{NAMED, Netns};
pub use proof::{Evidence, Proof};
pub use socket::SocketKind;
