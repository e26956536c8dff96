//! A function, its variables, and when it runs.

use super::block::{Block, BlockId, End};
use super::step::{Action, Call, Step};
use crate::source::Span;

/// An index into [`Program::functions`](super::Program::functions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// A function, a method, a closure, an async block or a package-level initialiser.
#[derive(Clone, Debug)]
pub struct Function {
    /// The full path as its language spells it: `example.org/pkg.Type.Method`
    /// in Go (no star, no parentheses), `krate::module::Type::method` in Rust.
    /// A closure has its parent's path and `{closure}`.
    pub path: String,
    /// For people: `GetIfacePeers`, `(*NSSwitch).SwitchTo`, `Guard::drop`.
    pub name: String,
    /// The whole item.
    pub span: Span,
    pub kind: Kind,
    pub affinity: Affinity,
    /// May be called from outside the tree: an exported Go name outside of
    /// `package main` and `internal/`, a `pub` Rust item of a library.
    pub exported: bool,
    /// `_test.go`, `#[test]`, `#[cfg(test)]`, `tests/`.
    pub test: bool,
    /// Of a program that shows how a library is used: `examples/`. Rust.
    pub example: bool,
    /// Why nobody in the tree has to call it, if so.
    pub root: Option<Root>,
    /// The function whose text holds this closure.
    pub parent: Option<FunctionId>,
    /// The receiver first, if there is one. `_` and patterns get a place too.
    pub params: Vec<Place>,
    /// Where the results stand when control leaves; a Go function with named
    /// results gives those, any other function has places of its own for them.
    pub results: Vec<Place>,
    /// An index of this is a [`Place`].
    pub variables: Vec<Variable>,
    /// The first one is where the function begins.
    pub blocks: Vec<Block>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function or method with a name.
    Named,
    /// A function literal. It shares the variables of its parent.
    Closure,
    /// An `async fn`: calling it runs nothing, awaiting its result does.
    Async,
    /// An `async fn` that builds a runtime of its own and waits on that, which is no root: `#[tokio::main]` on what is
    /// not `main`. Calling it runs all of it.
    BlockOn { multi_thread: bool },
    /// An `async` block or closure body: the same, and it shares its parent's variables.
    AsyncBlock,
    /// A package-level `var x = …`, a `static`: runs once, before everything else.
    Initialiser,
}

/// When the function may wake up on another OS thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affinity {
    /// At any step, unless the thread is pinned: a goroutine.
    UntilPinned,
    /// Only where it awaits: a Rust `async` body. A Rust `fn` never awaits.
    UntilSuspended,
}

/// A function that something outside the tree starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    Main,
    /// What `main` comes to and ends with, through a library that reads the command line.
    Command,
    Init,
    /// A test, benchmark or example that a harness runs.
    Test,
    /// `#[tokio::main]`, `#[tokio::test]`, `#[actix_web::main]`: the body is the
    /// root future of `block_on`. `shared` if the runtime has other threads
    /// (`multi_thread`).
    BlockOn {
        multi_thread: bool,
    },
}

/// A variable of one function; an index into [`Function::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub u32);

#[derive(Clone, Debug)]
pub struct Variable {
    /// As written; `""` for a temporary.
    pub name: String,
    pub storage: Storage,
    /// The full path of its type without pointers and references, if known.
    pub ty: Option<String>,
    /// A macro is given it, or names it in a text: it may be shown to people there, which is no step.
    pub shown: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    Local,
    /// This variable of the parent function, seen from inside a closure.
    Captured(Place),
    /// A package-level variable or a `static`, by its full path.
    Global(String),
}

impl Function {
    pub fn variable(&self, place: Place) -> &Variable {
        &self.variables[place.0 as usize]
    }

    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }

    /// The only step that gives a variable a value.
    pub fn only_writer(&self, place: Place) -> Option<&Step> {
        let steps = self.blocks.iter().flat_map(|it| &it.steps);
        let mut writers = steps.filter(|it| it.action.written().any(|it| it == place));
        writers.next().filter(|_| writers.next().is_none())
    }

    /// What it calls by itself, now or when control leaves.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.blocks.iter().flat_map(|it| &it.steps).filter_map(|it| match &it.action {
            Action::Call(call) | Action::Defer(call) => Some(call),
            _ => None,
        })
    }

    /// The call that stands there, be it now or when control leaves.
    pub fn call_at(&self, span: Span) -> Option<&Call> {
        let mut steps = self.blocks.iter().flat_map(|it| &it.steps);
        steps.find_map(|it| match &it.action {
            Action::Call(call) | Action::Defer(call) if it.origin.span() == span => Some(call),
            _ => None,
        })
    }

    /// Where that call stands: its block, and its number there.
    pub fn place_of_call(&self, span: Span) -> Option<(BlockId, usize)> {
        let is_one = |it: &Step| it.origin.span() == span && matches!(it.action, Action::Call(_));
        let mut blocks = self.blocks.iter().enumerate();
        blocks.find_map(|(id, it)| Some((BlockId(id as u32), it.steps.iter().position(is_one)?)))
    }

    /// Whether its last result is an `error` of Go.
    pub fn gives_error(&self) -> bool {
        self.results.last().is_some_and(|it| self.variable(*it).ty.as_deref() == Some("error"))
    }

    /// Whether the function uses the variables of another one.
    pub fn is_nested(&self) -> bool {
        matches!(self.kind, Kind::Closure | Kind::AsyncBlock)
    }

    /// Whether calling it runs nothing yet.
    pub fn is_async(&self) -> bool {
        matches!(self.kind, Kind::Async | Kind::AsyncBlock)
    }

    pub(super) fn shift(&mut self, offset: u32) {
        if let Some(parent) = &mut self.parent {
            parent.0 += offset;
        }
        for block in &mut self.blocks {
            for step in &mut block.steps {
                step.action.operands_mut(&mut |operand| operand.shift(offset));
            }
            if let End::Branch { test, .. } = &mut block.end {
                test.operands_mut(&mut |operand| operand.shift(offset));
            }
        }
    }
}
