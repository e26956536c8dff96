//! What the clauses of an effect say, where that is one of a few words.

/// What becomes of what a closure gives that ran with the inside of an `Option` or a `Result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inside {
    /// It is the new inside: `map`.
    Replaced,
    /// It is the whole result: `and_then`.
    Chained,
    /// It is dropped, and the result is what there was: `inspect`.
    Kept,
    /// It is the whole result where there was nothing inside: `or_else`.
    Instead,
}

/// What such a call gives where its closure does not run, unless that is its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// `is_ok_and`.
    False,
    /// `is_none_or`.
    True,
    /// Its first argument, or what that gives as a function: `map_or`, `map_or_else`.
    First,
}

/// Where spawned work runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Onto {
    /// A goroutine: never on the locked thread, never in its namespace.
    Goroutine,
    /// The same, and it is over before anything begins that the calls after it start: that finds what it stored.
    Ahead,
    /// The same, of a group: who waits for that finds what it stored, and gets its failure.
    Group,
    /// A task of an async runtime: wherever the scheduler likes.
    Task,
    /// A thread of a pool: born anywhere, kept for others.
    Pool,
    /// This thread, while the pool gets a new one in its place (`block_in_place`).
    InPlace,
    /// A new thread, which inherits the namespace and ends with the closure.
    Thread,
    /// A task that stays on this thread (`spawn_local`).
    Local,
    /// A child process forked from here: it inherits, and has this thread only (`pre_exec`).
    Child,
}

/// Who closes a descriptor that is handed on in another dress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// Who did before.
    #[default]
    Unchanged,
    /// Who did before, at the end of its own life: the result is its number only.
    Lent,
    /// Who did before, if anybody does: the result is its number only.
    Kept,
    /// Nobody: it is a number from now on.
    Nobody,
    /// The result, at the end of its life.
    Result,
}

/// What decides whether an [`Effect::Escape`](super::Effect::Escape) does, or whether a call has to do with namespaces at
/// all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// The address argument is a host name, and the network argument does not
    /// restrict it to one family.
    DualStack { network: usize, address: usize },
    /// The address argument is a host name.
    HostName { address: usize },
    /// The network argument is one of Unix sockets (`unix`, `unixgram`), and the address argument no abstract name: such
    /// a socket is a file, and no namespace has it.
    UnixPath { network: usize, address: usize },
    /// The receiver dials by itself: nothing was put into its `Transport`, which may dial otherwise.
    OwnTransport,
}
