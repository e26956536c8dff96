//! What a program does, in the only words the rules know.
//!
//! The representation is a control-flow graph of calls and of the values they
//! hand to each other. It has no expressions and no scopes: a front end has
//! already turned `?`, drops, `if err != nil`, loops and macros into steps and
//! edges where they act. What is left is order.
//!
//! Types are gone too, except as names: a front end resolves a call to the
//! full path of its function where it can, and says that it cannot where it
//! cannot. It never guesses.

mod block;
mod builder;
mod function;
mod operand;
mod print;
mod program;
mod prune;
mod step;

pub use block::{Block, BlockId, End, Exit, Test};
pub use builder::{Builder, Loop};
pub use function::{Affinity, Function, FunctionId, Kind, Place, Root, Storage, Variable};
pub use operand::{BEGIN, END, Literal, Operand};
pub use program::{Program, Type};
pub use step::{Action, Call, Callee, Origin, Step, Target};
