//! What a place can hold, as far as namespaces go.

use std::rc::Rc;

use crate::ir::{Callee, FunctionId};
use crate::source::Span;

/// One run of a function: its variables are [`Cell`]s of this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame(pub u32);

/// One struct, tuple or list, by where it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

/// A network namespace, by name only: what matters is whether two are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Netns {
    /// The one that the thread began in.
    Home,
    /// The one that this symbol stands for.
    At(Rc<str>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    Unknown,
    /// Something that came from outside, the same each time it is read.
    Symbol(Rc<str>),
    /// A reference to a namespace.
    Netns(Reference),
    /// A socket, bound for life.
    Handle { bound: Netns, at: Span },
    Closure { function: FunctionId, frame: Frame },
    /// An `async` body that was not awaited yet.
    Future { function: FunctionId, frame: Frame, args: Rc<[Value]> },
    /// A named function or a constant.
    Path(Rc<str>),
    Bound { receiver: Rc<Value>, callee: BoundCallee },
    Object(ObjectId),
    Text(Rc<str>),
    Int(i64),
    Bool(bool),
    Nil,
    Good(Rc<Value>),
    Bad,
    /// Moves the thread back when dropped.
    Guard { back: Netns },
    /// Moves the thread back when called.
    Restorer { back: Netns, pins: bool },
    /// An async runtime; `single` if it has no threads of its own.
    Runtime { single: bool, owned_thread: bool },
    /// A future of a library that never suspends.
    Ready,
}

/// A descriptor, path or object that stands for a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub netns: Netns,
    /// Where it was taken.
    pub at: Span,
    /// Whether it was taken as "the current one" while the goroutine could still move.
    pub unpinned: bool,
    /// Whether it is the main thread's, taken for the current one.
    pub of_main_thread: bool,
}

/// A [`Callee`] with an order, so that states can be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoundCallee {
    Path(String),
    Method(String),
}

impl Value {
    /// What the value is if the text looks inside `Ok`, `Some` or a pointer.
    pub fn inner(&self) -> &Value {
        match self {
            Value::Good(inner) => inner.inner(),
            other => other,
        }
    }
}

impl From<&Callee> for BoundCallee {
    fn from(callee: &Callee) -> Self {
        match callee {
            Callee::Path(path) => BoundCallee::Path(path.clone()),
            Callee::Method(name) => BoundCallee::Method(name.clone()),
            Callee::Value(_) => BoundCallee::Method(String::new()),
        }
    }
}
