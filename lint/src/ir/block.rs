//! Steps in a row, and where control goes after them.

use super::function::Place;
use super::operand::Operand;
use super::step::Step;
use crate::source::Span;

#[derive(Clone, Debug, Default)]
pub struct Block {
    pub steps: Vec<Step>,
    pub end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

/// Where control goes after the last step of a block.
#[derive(Clone, Debug, Default)]
pub enum End {
    Goto(BlockId),
    Branch {
        test: Test,
        yes: BlockId,
        no: BlockId,
    },
    /// Any of these: `select`, `switch`, `match`, a loop over a range.
    Choice(Vec<BlockId>),
    /// Control leaves the function.
    Leave(Exit, Span),
    /// Nothing comes after: `loop {}`, a call that never returns. Also what a
    /// block under construction has.
    #[default]
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// `return`, or the closing brace.
    Return,
    /// `?`, and a failed `let else` or the like that the text itself calls a failure.
    Failure,
    /// A panic goes on to the caller.
    Unwind,
}

/// What a branch asks. Negation swaps its ends; `&&` and `||` are two branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `x == nil`: an error that says success, a pointer that is absent.
    Nil(Operand),
    /// A `Result` is `Ok`, an `Option` is `Some`.
    Good(Operand),
    /// A status of a C call says success: `ret == 0`, not `ret < 0`, not `ret == -1`.
    Zero(Operand),
    /// A number is one of something, or a status: `fd >= 0`, not `fd == -1`.
    Valid(Operand),
    True(Operand),
    Equal(Operand, Operand),
    /// Something else. Two tests of one function with the same key agree as
    /// long as nothing that they mention was assigned in between.
    Opaque {
        key: String,
        mentions: Vec<Place>,
        /// What is asked, if a value is: a call of a function that may say, or a list of errors, whether it holds any.
        value: Operand,
    },
}

impl Test {
    /// Whether both ask the same about the same.
    pub fn asks_like(&self, other: &Test) -> bool {
        match (self, other) {
            (Test::Opaque { key: a, .. }, Test::Opaque { key: b, .. }) => a == b,
            _ => self == other,
        }
    }

    pub(super) fn operands_mut(&mut self, visit: &mut dyn FnMut(&mut Operand)) {
        match self {
            Test::Nil(it) | Test::Good(it) | Test::Zero(it) | Test::Valid(it) | Test::True(it) => visit(it),
            Test::Equal(a, b) => {
                visit(a);
                visit(b);
            }
            Test::Opaque { value, .. } => visit(value),
        }
    }
}
