//! What a place can hold, as far as namespaces go.

use std::ops::Deref;
use std::rc::Rc;

use super::kinds::Kinds;
use super::netns::{Exact, Netns};
use super::state::Site;
use crate::ir::{Callee, FunctionId};
use crate::source::Span;

/// One run of a function: its variables are cells of this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame(pub u32);

/// One struct, tuple or list, by where it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    Unknown,
    /// Nobody knows which, but it is of one of these types.
    OneOf(Kinds),
    /// Something that came from outside, the same each time it is read.
    Symbol(Symbol),
    /// A link, an index, an address: something that means a thing in one namespace only.
    Thing(Thing),
    /// A reference to a namespace.
    Netns(Reference),
    /// A socket, bound for life.
    Handle(Handle),
    Closure {
        function: FunctionId,
        frame: Frame,
    },
    /// An `async` body that was not awaited yet.
    Future {
        function: FunctionId,
        frame: Option<Frame>,
        args: Rc<[Value]>,
        /// In which namespace it was made.
        made_in: Netns,
        made_at: Span,
    },
    /// A named function or a constant.
    Path(Rc<str>),
    /// A method of this value.
    Bound {
        receiver: Rc<Value>,
        callee: BoundCallee,
    },
    Object(ObjectId),
    Text(Text),
    Int(i64),
    Bool(bool),
    Nil,
    /// `Ok(x)`, `Some(x)`.
    Good(Rc<Value>),
    /// An error that is one, a status that says failure, something that is not nil.
    Bad,
    /// Moves the thread back when dropped.
    Guard {
        back: Netns,
        /// The fact that says so.
        made_by: Rc<str>,
    },
    /// Moves the thread back when called.
    Restorer {
        back: Netns,
        unpins: bool,
        made_by: Rc<str>,
    },
    /// An async runtime or pool.
    Runtime {
        /// It has no threads of its own.
        single: bool,
        /// Where its threads were born, if that is not where the thread began.
        born: Option<Netns>,
    },
    /// A future of a library, of which nothing happens before somebody waits for it.
    Ready {
        /// The fact that says so, if it opens a socket then.
        opens: Option<Rc<str>>,
        /// Whether it may give up the thread.
        waits: bool,
        made_in: Netns,
        made_at: Span,
    },
    Work(Work),
}

/// Work on a thread or task of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Work {
    pub started: Span,
    /// Whether it moves its thread, and what it gives may be a failure.
    pub may_fail: bool,
    /// What it gives to who waits for it.
    pub given: Rc<Value>,
}

/// Something from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    /// What it is, for people, up to a `#`.
    pub text: Rc<str>,
    /// The types that it can be of, if that is known better than by an interface or trait.
    pub kinds: Option<Kinds>,
}

/// One opening of a descriptor: the call, in this run of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opening {
    pub frame: Frame,
    pub span: Span,
}

/// A descriptor, path or object that stands for a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub netns: Netns,
    /// Where it was taken.
    pub at: Opening,
    pub ty: Option<Rc<str>>,
    /// Whether it stands for "the current one", rather than for one that something names.
    pub captured: bool,
    /// Whether the goroutine is still on the thread that it was taken from as the current one.
    pub hold: Hold,
    /// Whether it is the main thread's, taken for the current one.
    pub of_main_thread: bool,
    /// Where the thread was then, if it was away.
    pub inside: Option<Rc<Inside>>,
    /// It is the number of a descriptor that has an owner, and does not keep that open.
    pub number: bool,
}

/// Where something was taken by a thread that was away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inside {
    pub netns: Netns,
    /// The calls that led to it, outermost first; it comes last.
    pub steps: Vec<Site>,
}

/// How a goroutine was tied to its thread when it took the current namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// It was, or nobody has to be.
    Tied,
    /// It was, and was unlocked since.
    Ended,
    /// It was not.
    Never,
}

/// What a request gave that means something in one namespace only, or a part of that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thing {
    /// What it is, for people, up to a `#`: as the text of a symbol.
    pub symbol: Rc<str>,
    pub of: Netns,
    /// Where it was asked for.
    pub at: Opening,
}

/// A text, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text {
    pub text: Rc<str>,
    /// The namespace of a device whose name is part of it.
    pub of: Option<Netns>,
    pub exact: Exact,
}

/// A socket or something that owns one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    pub bound: Netns,
    /// Where it was opened.
    pub at: Opening,
    pub ty: Option<Rc<str>>,
    /// The protocol families that it has a socket for; empty if not known.
    pub families: Rc<[String]>,
    /// Whether it is kept in a place that outlives calls.
    pub lasting: bool,
    /// It has no socket of its own: each request opens one, where the thread is then.
    pub lazy: bool,
    /// The text names its namespace where it is opened.
    pub explicit: bool,
}

/// A [`Callee`] with an order, so that states can be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoundCallee {
    Path(String),
    Method(String),
}

impl Work {
    /// The ways on for who waits: what its function gives, or that it panicked.
    pub(super) fn gives(&self) -> [Value; 2] {
        [Value::Good(self.given.clone()), Value::Bad]
    }
}

impl Value {
    /// What the value is if the text looks inside `Ok`, `Some` or a pointer.
    pub fn inner(&self) -> &Value {
        match self {
            Value::Good(inner) => inner.inner(),
            other => other,
        }
    }

    /// The same, out of a list of which it stands for every element.
    pub fn one_of_many(self) -> Value {
        match self {
            Value::Thing(it) if !it.symbol.contains("[]") => {
                Value::Thing(Thing { symbol: format!("{}.[]", it.symbol).into(), ..it })
            }
            other => other,
        }
    }

    /// The same, kept in a place that outlives calls.
    pub fn lasting(self) -> Value {
        match self {
            Value::Handle(it) => Value::Handle(Handle { lasting: true, ..it }),
            Value::Good(inner) => Value::Good(Rc::new((*inner).clone().lasting())),
            other => other,
        }
    }

    /// The same, once the goroutine may be on another thread.
    pub fn let_go(self) -> Value {
        match self {
            Value::Netns(it) => Value::Netns(Reference { hold: Hold::Ended, ..it }),
            Value::Good(inner) => Value::Good(Rc::new((*inner).clone().let_go())),
            other => other,
        }
    }

    /// The number of it, or what owns the number.
    pub(super) fn numbered(self, number: bool) -> Value {
        match self {
            Value::Netns(it) => Value::Netns(Reference { number, ..it }),
            Value::Good(inner) => Value::Good(Rc::new((*inner).clone().numbered(number))),
            other => other,
        }
    }

    /// The descriptors that the value holds.
    pub fn openings(&self, visit: &mut dyn FnMut(Opening)) {
        match self {
            Value::Netns(it) => visit(it.at),
            Value::Handle(it) => visit(it.at),
            Value::Thing(it) => visit(it.at),
            Value::Good(inner) | Value::Bound { receiver: inner, .. } => inner.openings(visit),
            Value::Future { args, .. } => args.iter().for_each(|it| it.openings(visit)),
            _ => (),
        }
    }

    /// Whether it can hold a descriptor or an object.
    pub(crate) fn leads_on(&self) -> bool {
        !matches!(
            self.inner(),
            Value::Unknown
                | Value::OneOf(_)
                | Value::Symbol(_)
                | Value::Path(_)
                | Value::Text(_)
                | Value::Int(_)
                | Value::Bool(_)
                | Value::Nil
                | Value::Bad
        )
    }

    /// Whether it can be called.
    pub fn is_function(&self) -> bool {
        matches!(self, Value::Closure { .. } | Value::Path(_) | Value::Bound { .. } | Value::Future { .. })
    }

    pub fn is_nil(&self) -> Option<bool> {
        match self {
            Value::Nil => Some(true),
            Value::Unknown | Value::OneOf(_) | Value::Symbol(_) | Value::Thing(_) | Value::Path(_) => None,
            _ => Some(false),
        }
    }

    pub fn is_good(&self) -> Option<bool> {
        match self {
            Value::Good(_) | Value::Netns(_) | Value::Handle(_) | Value::Guard { .. } | Value::Object(_) => Some(true),
            Value::Bad | Value::Nil => Some(false),
            _ => None,
        }
    }

    pub fn is_zero(&self) -> Option<bool> {
        match self {
            Value::Good(_) | Value::Int(0) | Value::Nil => Some(true),
            Value::Bad | Value::Int(_) => Some(false),
            _ => None,
        }
    }

    /// Whether it is no number that says failure, such as that of no descriptor.
    pub fn is_valid(&self) -> Option<bool> {
        match self.inner() {
            Value::Int(number) => Some(*number >= 0),
            _ => self.is_zero(),
        }
    }

    /// The type of the value, where the value itself knows it.
    pub fn ty(&self) -> Option<&Rc<str>> {
        match self.inner() {
            Value::Netns(it) => it.ty.as_ref(),
            Value::Handle(it) => it.ty.as_ref(),
            // A struct without fields is its type.
            Value::Path(path) => Some(path),
            other => match other.kinds().unwrap_or_default() {
                [only] => Some(only),
                _ => None,
            },
        }
    }

    /// The types that it can be of, where several paths or the text of a function say so.
    pub fn kinds(&self) -> Option<&[Rc<str>]> {
        match self.inner() {
            Value::OneOf(kinds) => Some(kinds),
            Value::Symbol(it) => it.kinds.as_deref(),
            _ => None,
        }
    }
}

impl Symbol {
    /// What a call of this name gives as its nth result, the same each time.
    pub(crate) fn given_by(name: &str, call: Span, nth: usize) -> Self {
        format!("{name}()#{}.{}.{nth}", call.file.0, call.start).into()
    }
}

impl Deref for Symbol {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<T: Into<Rc<str>>> From<T> for Symbol {
    fn from(text: T) -> Self {
        Symbol { text: text.into(), kinds: None }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text { text: text.into(), of: None, exact: Exact::default() }
    }
}

impl BoundCallee {
    /// The name of the method.
    pub fn name(&self) -> &str {
        match self {
            BoundCallee::Path(path) => super::world::last(path),
            BoundCallee::Method(name) => name,
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
