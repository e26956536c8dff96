//! What went wrong, in one line: what was being done, to what, and what the kernel said.

use std::{borrow::Cow, fmt, io};

use rustix::io::Errno;

/// An error of this crate. It prints as one line, for example
/// `move a thread into /run/netns/blue: operation not permitted (needs CAP_SYS_ADMIN in the user namespace that owns it)`.
///
/// [`std::error::Error::source`] is `None`: the line already says what the kernel said, and a printed chain would say
/// it twice. Ask [`Error::cause`] or [`Error::errno`] for the reason as data.
#[derive(Debug)]
pub struct Error {
    doing: Cow<'static, str>,
    netns: String,
    cause: Cause,
}

/// Why it went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// A system call failed.
    Kernel {
        /// The `errno` of the call, as in `errno(3)`.
        errno: i32,
        /// What would help, such as the capability that is missing or the limit that was met.
        hint: Option<String>,
    },
    /// The file is no network namespace; the text says what it is, such as `a plain file`.
    NotNetns(String),
    /// No evidence that the socket is where it should be; the text lists what was tried, and why it did not answer.
    Unproved(String),
    /// Changes interrupted each of this many attempts at a dump (`NLM_F_DUMP_INTR`).
    Interrupted(u32),
    /// At least this many messages of the answer could not be decoded.
    Undecodable(usize),
    /// The answer was larger than the buffer; sizes in bytes.
    Truncated {
        /// The size of the buffer.
        received: usize,
        /// The size of the message.
        sent: usize,
    },
    /// The socket *is* in another namespace; the text says in which.
    Elsewhere(String),
}

impl Error {
    pub(crate) fn new(doing: impl Into<Cow<'static, str>>, netns: impl fmt::Display, cause: Cause) -> Self {
        Self { doing: doing.into(), netns: netns.to_string(), cause }
    }

    /// The call failed; well-known reasons get their hint here.
    pub(crate) fn kernel(doing: impl Into<Cow<'static, str>>, netns: impl fmt::Display, errno: Errno) -> Self {
        let hint = match errno {
            Errno::MFILE => Some(descriptor_limit()),
            Errno::NFILE => Some("fs.file-max".to_owned()),
            _ => None,
        };
        Self::new(doing, netns, Cause::Kernel { errno: errno.raw_os_error(), hint })
    }

    /// The standard library's word for the same.
    #[cfg(feature = "tokio")]
    pub(crate) fn io(doing: impl Into<Cow<'static, str>>, netns: impl fmt::Display, error: &io::Error) -> Self {
        Self::kernel(doing, netns, Errno::from_io_error(error).unwrap_or(Errno::IO))
    }

    /// As [`Error::new`], with the well-known hints where the kernel explained nothing.
    pub(crate) fn because(doing: impl Into<Cow<'static, str>>, netns: impl fmt::Display, cause: Cause) -> Self {
        match cause {
            Cause::Kernel { errno, hint: None } => Self::kernel(doing, netns, Errno::from_raw_os_error(errno)),
            cause => Self::new(doing, netns, cause),
        }
    }

    /// Says what would have been needed, if the kernel refused for lack of permission.
    pub(crate) fn needs(self, privilege: &str) -> Self {
        self.hint_on(&[Errno::PERM, Errno::ACCESS], || format!("needs {privilege}"))
    }

    /// Adds a hint, if the kernel gave one of these answers.
    pub(crate) fn hint_on(mut self, answers: &[Errno], text: impl FnOnce() -> String) -> Self {
        if let Cause::Kernel { errno, hint } = &mut self.cause
            && answers.iter().any(|it| it.raw_os_error() == *errno)
        {
            *hint = Some(text());
        }
        self
    }

    /// What was being done, such as `open`.
    pub fn doing(&self) -> &str {
        &self.doing
    }

    /// To which namespace, in the words it was named with; empty if there was none yet.
    pub fn netns(&self) -> &str {
        &self.netns
    }

    /// The reason, as data.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The `errno` of the system call that failed, if one did.
    pub fn errno(&self) -> Option<i32> {
        match self.cause {
            Cause::Kernel { errno, .. } => Some(errno),
            _ => None,
        }
    }
}

fn descriptor_limit() -> String {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    match limit.current {
        Some(descriptors) => format!("RLIMIT_NOFILE is {descriptors}"),
        None => "RLIMIT_NOFILE".to_owned(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.doing)?;
        if !self.netns.is_empty() {
            write!(f, " {}", self.netns)?;
        }
        write!(f, ": {}", self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel { errno, hint } => {
                f.write_str(&said(*errno))?;
                hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
            }
            Self::NotNetns(what) => write!(f, "not a network namespace but {what}"),
            Self::Unproved(tried) => write!(f, "nothing proves where the socket is ({tried})"),
            Self::Interrupted(attempts) => {
                write!(f, "changes interrupted all of {attempts} attempts; the list is partial")
            }
            Self::Undecodable(count) => write!(f, "{count} messages could not be decoded; the list is partial"),
            Self::Truncated { received, sent } => {
                write!(f, "an answer of {sent} bytes was cut to {received}")
            }
            Self::Elsewhere(found) => write!(f, "the socket is elsewhere, in {found}"),
        }
    }
}

/// The kernel's words for an `errno`, as part of a sentence.
pub(crate) fn said(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    match text.split_at_checked(1) {
        // "Invalid argument" goes on in small letters, "RPC…" does not.
        Some((first, rest)) if !rest.starts_with(|c: char| c.is_uppercase()) => first.to_lowercase() + rest,
        _ => text.to_owned(),
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = error.errno().map_or(io::ErrorKind::Other, |errno| io::Error::from_raw_os_error(errno).kind());
        io::Error::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line() {
        let error = Error::kernel("move a thread into", "/run/netns/blue", Errno::PERM).needs("CAP_SYS_ADMIN");
        assert_eq!(
            error.to_string(),
            "move a thread into /run/netns/blue: operation not permitted (needs CAP_SYS_ADMIN)"
        );
        assert_eq!(error.errno(), Some(libc::EPERM));
    }

    #[test]
    fn a_missing_privilege_is_named_only_where_one_is_missing() {
        let error = Error::kernel("open", "/run/netns/blue", Errno::NOENT).needs("CAP_SYS_ADMIN");
        assert_eq!(error.to_string(), "open /run/netns/blue: no such file or directory");
    }
}
