//! What a program does, one thing at a time.

use super::block::BlockId;
use super::function::Place;
use super::operand::Operand;
use crate::source::Span;

#[derive(Clone, Debug)]
pub struct Step {
    pub action: Action,
    pub origin: Origin,
}

/// How true a step is to the text under its span.
///
/// A report may point at any of them; a fix may touch `Written` text only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The text says this.
    Written(Span),
    /// It happens here, but is written elsewhere or nowhere: a drop at a scope's end.
    Implied(Span),
    /// A macro wrote it; the span is in the macro's call.
    Expanded(Span),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `to = value`; a `let`, `:=`, a struct literal that gets a name.
    Assign { to: Target, value: Operand },
    /// A call that runs here, on this thread, as far as the text says.
    Call(Call),
    /// A call that runs when control leaves, last first; its callee, receiver
    /// and arguments are evaluated here. Go's `defer`.
    Defer(Call),
    /// A call that runs on another goroutine. Go's `go`.
    Spawn(Call),
    /// `.await`: runs the future, and may give up the thread. A panic in it goes on like one in a call.
    Await { future: Operand, result: Option<Place>, unwind: Option<BlockId> },
    /// The value in the place ends its life, unless it was moved away. Rust.
    Drop(Place),
}

/// What is assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Place(Place),
    /// `base.name`; elements of slices, maps and tuples are the field `[]`
    /// (a tuple's are `0`, `1`, …), what a channel carries is the field `<-`,
    /// what an `Ok` or a `Some` holds is the field `?` ([`Operand::Good`]).
    Field(Operand, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub callee: Callee,
    /// What a method is called on.
    pub receiver: Option<Operand>,
    pub args: Vec<Operand>,
    /// Where the results go; `None` where the text drops one (`_`, a statement).
    /// Go has one for each result of the function as far as the text shows,
    /// Rust has one.
    pub results: Vec<Option<Place>>,
    /// The callee as written, `netlink.LinkList` of `netlink.LinkList()`; the
    /// step's own span is the whole call. Empty where nothing is written.
    pub name: Span,
    /// Where control goes on if the call panics: a block that drops what is
    /// alive and leaves with [`Exit::Unwind`](super::Exit::Unwind). `None`: it leaves at once (after
    /// the deferred calls, in Go). The front end does not have to know which
    /// calls panic: it gives the block for every call, and the flow asks.
    pub unwind: Option<BlockId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function or method by its full path; a method of an interface or
    /// trait by the path of that, if nothing better is known. Go's builtins are
    /// `builtin.panic`, `builtin.recover`, …; Rust's macros that are calls are
    /// `std::panic!`, ….
    Path(String),
    /// A method of a value whose type the front end does not know, and every
    /// method of an `Option` or `Result`. The flow may still know the value, and
    /// the catalogue's `?.unwrap` stands for the method of any type.
    Method(String),
    /// A function value.
    Value(Operand),
}

impl Origin {
    pub fn span(self) -> Span {
        let (Origin::Written(span) | Origin::Implied(span) | Origin::Expanded(span)) = self;
        span
    }
}

impl Action {
    /// The operands that stand directly in the action.
    pub fn operands(&self, visit: &mut dyn FnMut(&Operand)) {
        // A clone is cheap beside what visiting is used for, and keeps one list of the fields.
        self.clone().operands_mut(&mut |operand| visit(operand));
    }

    /// The places that get another value.
    pub fn written(&self) -> impl Iterator<Item = Place> {
        let (one, results) = match self {
            Action::Assign { to: Target::Place(to), .. } => (Some(*to), &[][..]),
            Action::Await { result, .. } => (*result, &[][..]),
            Action::Call(call) => (None, call.results.as_slice()),
            _ => (None, &[][..]),
        };
        one.into_iter().chain(results.iter().flatten().copied())
    }

    pub(super) fn operands_mut(&mut self, visit: &mut dyn FnMut(&mut Operand)) {
        match self {
            Action::Assign { to, value } => {
                if let Target::Field(base, _) = to {
                    visit(base);
                }
                visit(value);
            }
            Action::Call(call) | Action::Defer(call) | Action::Spawn(call) => {
                if let Callee::Value(value) = &mut call.callee {
                    visit(value);
                }
                call.receiver.iter_mut().chain(&mut call.args).for_each(visit);
            }
            Action::Await { future, .. } => visit(future),
            Action::Drop(_) => (),
        }
    }
}
