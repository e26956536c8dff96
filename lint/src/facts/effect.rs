//! What a call can do, in the words of the catalogue.
//!
//! The variant in kebab-case is the value of `effect`, the fields are the keys
//! beside it. A field with a default may be left out.

use super::{Condition, Inside, Onto, Otherwise, Owner, Subject};

#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// The thread moves.
    Switch {
        to: Subject,
        /// It moves only if this argument is 0, names `CLONE_NEWNET`, `NEWNET` or
        /// `Network`, or is not a constant.
        flag_arg: Option<usize>,
        /// The (first) result is a reference to the namespace that the thread is in then.
        #[serde(default)]
        gives: bool,
    },
    /// The system call whose number the argument is, with the arguments behind it.
    Syscall {
        number: usize,
    },
    /// The result is a reference to the thread's namespace.
    Capture {
        /// The goroutine is locked meanwhile, and no longer.
        #[serde(default)]
        locks: bool,
    },
    /// The result is a reference to some namespace: the one that `from` names.
    OpenNetns {
        #[serde(default = "other")]
        from: Subject,
    },
    /// The result stands for no namespace: a handle that is opened at it is bound
    /// where the thread is.
    NoNetns,
    /// The goroutine is tied to its thread.
    Pin,
    Unpin,
    /// The result is a socket, bound for life.
    OpenHandle {
        /// An argument that is `nil`, 0 or empty means [`Subject::Current`].
        #[serde(default = "current")]
        at: Subject,
        /// The field of the `at` argument that names the namespace; one that is
        /// left out means [`Subject::Current`] too.
        at_field: Option<String>,
        /// The namespace that the thread is put into afterwards, wherever it came from.
        back: Option<Subject>,
        /// It only looks like a socket, unless `at` names a namespace: each request
        /// opens one of its own, where the thread is then.
        #[serde(default)]
        lazy: bool,
        /// Protocol families: `ROUTE`, `XFRM`, … With `families_from`, those that
        /// it has if the caller names none. Empty if nobody knows.
        #[serde(default)]
        families: Vec<String>,
        /// From which argument on the families are given by the caller.
        families_from: Option<usize>,
        /// Which result it is; one more than the last if the library keeps it.
        #[serde(default)]
        result: usize,
    },
    /// A request through the receiver.
    UseHandle {
        #[serde(default)]
        families: Vec<String>,
        /// What an argument of one of these types asks for is done by the thread, where it is.
        #[serde(default)]
        by_thread: Vec<String>,
    },
    /// `ioctl`: a request through the socket in the first argument, if the argument that says which one names one about
    /// devices: `SIOCGIFINDEX` and its kin.
    Ioctl {
        request: usize,
    },
    /// A request through a hidden socket, opened where the thread is.
    UseAmbient {
        #[serde(default)]
        families: Vec<String>,
        /// The method of a handle that does the same, by its full path.
        handle_form: Option<String>,
        /// Whether the method takes the same arguments. False without a `handle_form`.
        #[serde(default = "yes")]
        drop_in: bool,
        /// The field of the receiver that may hold sockets, through which it goes then.
        sockets_in: Option<String>,
    },
    /// A socket or process that takes over the namespace of the thread at this
    /// moment: right where the thread is meant to be, wrong on any other.
    Inherit,
    /// The closure argument runs in a namespace, on a thread that is pinned
    /// meanwhile and is back afterwards.
    RunInside {
        callback: usize,
        at: Subject,
        #[serde(default)]
        own_thread: bool,
        #[serde(default = "yes")]
        unwind_safe: bool,
    },
    /// The closure argument runs here and now.
    Run {
        callback: usize,
        /// The argument that names a file or directory which the call reads itself.
        reads: Option<usize>,
        /// The closure gets what is inside of the receiver, if that is good, and only then runs.
        inside: Option<Inside>,
        /// What it gives where that does not run, if it is not the receiver as it is.
        otherwise: Option<Otherwise>,
        /// It only says what is to run later: what that stores is not there for what follows the call.
        #[serde(default)]
        registers: bool,
        /// What it gives is kept in the receiver, and the closure runs only if nothing is there yet: `get_or_init`.
        #[serde(default)]
        keeps: bool,
    },
    /// The closure argument runs when the result is dropped, and gets the argument `value`.
    WhenDropped {
        value: usize,
        callback: usize,
    },
    /// The closure argument runs on this thread when the task is over: `t.Cleanup`.
    AtEnd {
        callback: usize,
    },
    /// The closure argument is what a process does that is started for it: it ends with it, as with `main`.
    Program {
        callback: usize,
    },
    /// The closure argument (or future) runs on another thread or goroutine.
    Spawn {
        callback: Subject,
        onto: Onto,
        /// The method that it runs where the callback is no function: `ServeHTTP`.
        method: Option<String>,
        /// It opens a socket first, which takes over the namespace of the thread, as with `inherit`.
        #[serde(default)]
        opens: bool,
    },
    /// The result is the two ends of a channel: a field `0` and a field `1`.
    Channel,
    /// The argument goes into the channel whose end the receiver is.
    Send {
        what: usize,
    },
    /// What was sent over the channel whose end the receiver is stands inside of the result.
    Receive {
        /// It has to be awaited.
        #[serde(default)]
        future: bool,
    },
    /// A list of what the receiver goes through: of pieces of work, each of them.
    Gather,
    /// Waits for the work that the subject stands for. What the closure gave is inside of the result,
    /// which says itself only whether it panicked.
    Wait {
        #[serde(default = "receiver")]
        what: Subject,
    },
    /// The call itself starts other threads or goroutines that open sockets.
    /// With `when`, only then.
    Escape {
        when: Option<Condition>,
        /// The argument that names a file which it reads, and which may show another namespace on any thread.
        reads: Option<usize>,
        /// It gives a future, and the socket is opened when somebody waits for that.
        #[serde(default)]
        future: bool,
    },
    /// The subject is given back.
    Close {
        #[serde(default = "receiver")]
        what: Subject,
        /// It takes the bare number, which says nothing of an owner.
        #[serde(default)]
        by_number: bool,
    },
    /// Whether the subject is still open.
    IsOpen {
        #[serde(default = "receiver")]
        of: Subject,
    },
    /// The thread moves, and moves back when the result is dropped.
    Guard {
        to: Subject,
    },
    /// The thread moves; calling the result moves it back.
    Restorer {
        to: Subject,
        #[serde(default)]
        result: usize,
        #[serde(default)]
        pins: bool,
        /// False if the result only unlocks, and leaves the thread where it is.
        #[serde(default = "yes")]
        moves_back: bool,
    },
    /// The argument, or the receiver, is the path of a file that is opened or read.
    View {
        #[serde(rename = "arg")]
        path: Subject,
        #[serde(default)]
        gives_file: bool,
    },
    /// The call reads this file: `/proc/net/tcp`.
    Reads {
        file: String,
    },
    /// A file system of the type that the argument names is mounted; what sysfs shows is fixed then. So is what a file
    /// stands for that is mounted elsewhere: `source` is its path.
    Mount {
        source: usize,
        #[serde(rename = "type")]
        kind: Option<usize>,
    },
    /// Works out what it is given, and for some of that asks in the namespace of the thread what it is about.
    LookUp,
    /// The result is a text: the format with the other arguments filled in.
    Format {
        #[serde(rename = "arg", default)]
        format: usize,
    },
    /// The result is a text: the receiver and the arguments joined with `/`.
    Join,
    /// The result is the process id, which is the main thread's id.
    Pid,
    /// The result is the id of the calling thread.
    Tid,
    /// The result is the subject itself.
    Same {
        #[serde(default = "receiver")]
        of: Subject,
        #[serde(default)]
        owner: Owner,
    },
    /// The result is what the subject says, as something else: it cannot fail for what stands in the text.
    Parse {
        #[serde(default = "receiver")]
        of: Subject,
    },
    /// The result is what the subject has inside if it is good; it panics otherwise if `panics`.
    Inner {
        #[serde(default = "receiver")]
        of: Subject,
        #[serde(default)]
        panics: bool,
    },
    /// Runs the future to its end on this thread, which drives a runtime meanwhile.
    BlockOn {
        future: usize,
        #[serde(default = "receiver")]
        on: Subject,
        /// The thread runs no other task meanwhile, whoever started it.
        #[serde(default)]
        only: bool,
    },
    /// The result is a runtime or pool; its threads start here unless `single` (current_thread).
    Runtime {
        #[serde(default)]
        single: bool,
    },
    /// A future that never gives up the thread.
    Ready {
        /// The socket that it opens takes over the namespace of the thread, as with `inherit`.
        #[serde(default)]
        opens: bool,
    },
    /// The process goes on as two; the child has this thread only.
    Fork {
        /// The variant that the child gets; it is 0 if there is none.
        child: Option<String>,
        /// The variant that the parent gets.
        parent: Option<String>,
    },
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
        #[serde(default = "receiver")]
        what: Subject,
    },
    /// The value is dropped here.
    Drop {
        #[serde(default = "receiver")]
        what: Subject,
    },
    /// Every hidden socket of the library is from now on one that is opened here.
    PinGlobal,
    /// An error or status that is not a success.
    Failure,
    /// An error if one of the arguments is one, none if none of them is.
    FailureOfAny,
    /// Asks which one of several its argument is: an error by its identity, a value by its type.
    Which {
        of: Subject,
    },
    /// Whether two references are to one namespace.
    SameNetns {
        #[serde(default = "receiver")]
        of: Subject,
        other: Subject,
    },
    /// It writes out what it is given, or compares it, and keeps none of it.
    Print,
    /// Known to have nothing to do with namespaces.
    Nothing,
}

impl Effect {
    /// Whether a file matters to the analysis because it makes such a call:
    /// the call moves or ties a thread, takes or opens a namespace or a socket,
    /// or asks one.
    pub fn is_root(&self) -> bool {
        matches!(
            self,
            Effect::Switch { .. }
                | Effect::Syscall { .. }
                | Effect::Capture { .. }
                | Effect::OpenNetns { .. }
                | Effect::Pin
                | Effect::Unpin
                | Effect::OpenHandle { .. }
                | Effect::UseHandle { .. }
                | Effect::UseAmbient { .. }
                | Effect::RunInside { .. }
                | Effect::Guard { .. }
                | Effect::Restorer { .. }
                | Effect::PinGlobal
        )
    }
}

impl Effect {
    /// Whether the call is right or wrong by where the thread is, without being a root.
    pub fn depends_on_thread(&self) -> bool {
        matches!(
            self,
            Effect::Escape { .. }
                | Effect::Inherit
                | Effect::Spawn { .. }
                | Effect::Reads { .. }
                | Effect::Mount { .. }
                | Effect::LookUp
                | Effect::Runtime { .. }
                | Effect::BlockOn { .. }
                | Effect::View { .. }
                | Effect::Run { reads: Some(_), .. }
        )
    }
}

fn receiver() -> Subject {
    Subject::Receiver
}

fn current() -> Subject {
    Subject::Current
}

fn other() -> Subject {
    Subject::Other
}

fn yes() -> bool {
    true
}
