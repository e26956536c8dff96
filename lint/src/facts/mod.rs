//! What a call does to the thread's namespace: facts, kept as data.
//!
//! A fact about a library stands in `catalog/<language>/<library>.toml` with its
//! evidence. A project may add facts of its own in the same words.

mod read;

pub use read::read;

use std::collections::HashMap;

/// Everything that is known about calls that the tree does not define.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    calls: HashMap<String, Fact>,
    types: HashMap<String, TypeFact>,
}

/// What one function or method does.
#[derive(Clone, Debug)]
pub struct Fact {
    /// As [`crate::ir::Callee::Path`] spells it; `?.unwrap` is the method of
    /// that name of any type, used only where the type is not known.
    pub path: String,
    pub effect: Effect,
    /// Whether the call can fail, in which case its effect did not happen: the
    /// last Go result is an `error`, the Rust result a `Result`, or the result
    /// is a status of a C call.
    pub fallible: bool,
    /// What its results are, by the type's full path, for resolving methods on
    /// them: one for each result in Go, one in Rust. `""` where it does not matter.
    pub results: Vec<String>,
    /// A sentence for the report: what surprises people about this call.
    pub note: Option<String>,
    /// The first release that has it, as the library spells it.
    pub since: Option<String>,
    /// The first release that does not have it any more.
    pub until: Option<String>,
    /// Where anybody can check this.
    pub evidence: String,
}

/// What a type is, for values whose origin is out of sight: parameters, fields.
#[derive(Clone, Debug)]
pub struct TypeFact {
    pub path: String,
    pub role: Role,
    pub evidence: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A reference to a namespace.
    Netns,
    /// A socket or something that owns one, bound where it was opened.
    Handle,
    /// Moves the thread back when dropped.
    Guard,
    /// Something that runs tasks on threads of its own.
    Runtime,
}

/// Which of the call's values a fact talks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Receiver,
    Arg(usize),
    /// What the thread is in at that moment.
    Current,
    /// A namespace that this call makes.
    New,
    /// Some namespace that the text does not name.
    Other,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The thread moves. With `flag_arg`, only if that argument is 0, names
    /// `CLONE_NEWNET` or `NEWNET`, or is not a constant.
    Switch {
        to: Subject,
        flag_arg: Option<usize>,
        gives: bool,
    },
    /// The result is a reference to the thread's namespace.
    Capture,
    /// The result is a reference to some namespace: the one that `from` names.
    OpenNetns {
        from: Subject,
    },
    /// The goroutine is tied to its thread.
    Pin,
    Unpin,
    /// The result is a socket, bound for life.
    OpenHandle {
        at: Subject,
        /// Protocol families: `ROUTE`, `XFRM`, …; empty if the arguments name them.
        families: Vec<String>,
        /// From which argument on the families are given by the caller.
        families_from: Option<usize>,
        /// Which result it is.
        result: usize,
    },
    /// A request through the receiver.
    UseHandle {
        families: Vec<String>,
    },
    /// A request through a hidden socket, opened where the thread is.
    UseAmbient {
        families: Vec<String>,
        /// The method of a handle that does the same, by its full path.
        handle_form: Option<String>,
        /// Whether the method takes the same arguments.
        drop_in: bool,
    },
    /// The closure argument runs in a namespace, on a thread that is pinned
    /// meanwhile and is back afterwards.
    RunInside {
        callback: usize,
        at: Subject,
        own_thread: bool,
        unwind_safe: bool,
    },
    /// The closure argument runs here and now.
    Run {
        callback: usize,
    },
    /// The closure argument (or future) runs on another thread or goroutine.
    Spawn {
        callback: Subject,
        onto: Onto,
    },
    /// The call itself starts other threads or goroutines that open sockets.
    /// With `when`, only then.
    Escape {
        when: Option<Condition>,
    },
    /// The subject is given back.
    Close {
        what: Subject,
    },
    /// The thread moves, and moves back when the result is dropped.
    Guard {
        to: Subject,
    },
    /// The thread moves; calling the result moves it back.
    Restorer {
        to: Subject,
        result: usize,
        pins: bool,
    },
    /// The argument is the path of a file that is opened or read.
    View {
        path: usize,
        gives_file: bool,
    },
    /// The result is a text: the format with the other arguments filled in.
    Format {
        format: usize,
    },
    /// The result is a text: the arguments joined with `/`.
    Join,
    /// The result is the process id, which is the main thread's id.
    Pid,
    /// The result is the id of the calling thread.
    Tid,
    /// The result is the subject itself.
    Same {
        of: Subject,
    },
    /// The result is what the subject has inside if it is good; it panics otherwise if `panics`.
    Inner {
        of: Subject,
        panics: bool,
    },
    /// Runs the future to its end on this thread.
    BlockOn {
        future: usize,
    },
    /// The result is a runtime or pool; its threads start here unless `single` (current_thread).
    Runtime {
        single: bool,
    },
    /// A future that never gives up the thread.
    Ready,
    /// The process goes on as two; the child has this thread only.
    Fork,
    /// The process ends or becomes another program.
    Exit,
    /// The goroutine ends, after its deferred calls: `t.Fatal`, `runtime.Goexit`.
    EndTask,
    /// A panic.
    Panic,
    /// The result is the panic in flight, which ends here.
    Recover,
    /// The value will never be dropped.
    Forget {
        what: Subject,
    },
    /// The value is dropped here.
    Drop {
        what: Subject,
    },
    /// Every hidden socket of the library is from now on one that is opened here.
    PinGlobal,
    /// An error or status that is not a success.
    Failure,
    /// Known to have nothing to do with namespaces.
    Nothing,
}

/// Where spawned work runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onto {
    /// A goroutine: never on the locked thread, never in its namespace.
    Goroutine,
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

/// When an [`Effect::Escape`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The address argument is a host name, and the network argument does not
    /// restrict it to one family.
    DualStack { network: usize, address: usize },
    /// The address argument is a host name.
    HostName { address: usize },
}

impl Facts {
    /// The facts that the lint comes with.
    ///
    /// # Panics
    ///
    /// If the catalogue is wrong, which a test rules out.
    pub fn embedded() -> Self {
        let mut facts = Facts::default();
        for (file, text) in CATALOG {
            read(text, &mut facts).unwrap_or_else(|wrong| panic!("{file}: {wrong}"));
        }
        facts
    }

    pub fn call(&self, path: &str) -> Option<&Fact> {
        self.calls.get(path)
    }

    /// The types of the results of a call, as [`Fact::results`]; empty if nothing is known.
    pub fn results(&self, path: &str) -> &[String] {
        self.calls.get(path).map_or(&[], |it| &it.results)
    }

    pub fn role(&self, ty: &str) -> Option<Role> {
        self.types.get(ty).map(|it| it.role)
    }

    pub fn calls(&self) -> impl Iterator<Item = &Fact> {
        self.calls.values()
    }
}

/// File name and text of every catalogue file.
const CATALOG: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_catalogue_file_is_read_and_every_fact_has_evidence() {
        let facts = Facts::embedded();
        assert!(facts.calls().count() > 0);
        for fact in facts.calls() {
            assert!(fact.evidence.len() > 8, "{} has no evidence", fact.path);
        }
    }
}
