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

mod builder;
mod print;
mod prune;

pub use builder::{Builder, Loop};

use crate::source::Span;

/// Every function that was read, of all files, packages, crates and languages.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub functions: Vec<Function>,
    /// Interface or trait path and the path of a type of the tree that implements it.
    pub implementations: Vec<(String, String)>,
    pub types: Vec<Type>,
}

/// A struct of the tree, as far as the language gives it a meaning at the end of its life.
#[derive(Clone, Debug)]
pub struct Type {
    pub path: String,
    /// What a report points at.
    pub span: Span,
    /// In the order in which they end.
    pub fields: Vec<String>,
    /// Whether it may not leave its thread, whatever else it holds.
    pub stays: bool,
    /// The types of what it holds, as far as they have names.
    pub holds: Vec<String>,
}

/// An index into [`Program::functions`].
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
    },
}

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
    /// `.await`: runs the future, and may give up the thread.
    Await { future: Operand, result: Option<Place> },
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
    /// alive and leaves with [`Exit::Unwind`]. `None`: it leaves at once (after
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

/// A value, as far as the analysis follows values.
///
/// `&x`, `*x`, conversions and type assertions are `x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    Unknown,
    Place(Place),
    /// The place, which gives its value away: a later [`Action::Drop`] of it does
    /// nothing. Rust, for a variable used by value (also of a `Copy` type: the
    /// value can still be read).
    Move(Place),
    /// `base.name`, with the same names as [`Target::Field`]. With [`Operand::Move`]
    /// as the base, the base is gone: its parts are somebody else's.
    Field(Box<Operand>, String),
    /// A function literal, with the variables that it shares.
    Closure(FunctionId),
    /// An `async` block.
    Async(FunctionId),
    /// A function used as a value, a constant, a unit struct, by its full path.
    Path(String),
    /// A method used as a value: `h.Close`.
    Method {
        receiver: Box<Operand>,
        callee: Box<Callee>,
    },
    Text(String),
    Int(i64),
    Bool(bool),
    Nil,
    /// `A + b` on texts.
    Concat(Vec<Operand>),
    /// `A | B` on flags.
    Flags(Vec<Operand>),
    /// A struct literal or tuple struct; a tuple has no type and fields `0`, `1`, …
    Struct {
        ty: Option<String>,
        fields: Vec<(String, Operand)>,
    },
    /// A slice, array or map literal.
    List(Vec<Operand>),
    /// `Ok(x)`, `Some(x)`.
    Good(Box<Operand>),
    /// `Err(x)`, `None`, and in Go an error that cannot be nil (`errors.New`, `fmt.Errorf`).
    Bad,
}

impl Origin {
    pub fn span(self) -> Span {
        let (Origin::Written(span) | Origin::Implied(span) | Origin::Expanded(span)) = self;
        span
    }
}

impl Program {
    /// Every path that a call or a function value names, or a function has;
    /// of a method whose type is not known, `?.name`.
    pub fn paths(&self) -> std::collections::BTreeSet<std::borrow::Cow<'_, str>> {
        use std::borrow::Cow;
        let mut paths = std::collections::BTreeSet::new();
        for function in &self.functions {
            paths.insert(Cow::Borrowed(function.path.as_str()));
            for step in function.blocks.iter().flat_map(|it| &it.steps) {
                if let Action::Call(call) | Action::Defer(call) | Action::Spawn(call) = &step.action {
                    let _ = match &call.callee {
                        Callee::Path(path) => paths.insert(Cow::Borrowed(path)),
                        Callee::Method(name) => paths.insert(Cow::Owned(format!("?.{name}"))),
                        Callee::Value(_) => false,
                    };
                }
                step.action.operands(&mut |operand| {
                    operand.paths(&mut |path| {
                        paths.insert(Cow::Owned(path.to_owned()));
                    });
                });
            }
        }
        paths
    }

    pub fn get(&self, id: FunctionId) -> &Function {
        &self.functions[id.0 as usize]
    }

    /// The function with a name in whose text this one stands: often itself.
    pub fn outermost(&self, mut id: FunctionId) -> FunctionId {
        while let Some(parent) = self.get(id).parent.filter(|_| self.get(id).is_nested()) {
            id = parent;
        }
        id
    }

    /// The same, of a function itself.
    pub fn text_around<'a>(&'a self, function: &'a Function) -> &'a Function {
        match function.parent.filter(|_| function.is_nested()) {
            Some(parent) => self.get(self.outermost(parent)),
            None => function,
        }
    }

    /// Adds functions whose ids (of closures and parents) count from 0.
    pub fn append(&mut self, functions: Vec<Function>) {
        let offset = self.functions.len() as u32;
        self.functions.extend(functions.into_iter().map(|mut function| {
            function.shift(offset);
            function
        }));
    }
}

impl Function {
    pub fn variable(&self, place: Place) -> &Variable {
        &self.variables[place.0 as usize]
    }

    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }

    /// Whether the function uses the variables of another one.
    pub fn is_nested(&self) -> bool {
        matches!(self.kind, Kind::Closure | Kind::AsyncBlock)
    }

    /// Whether calling it runs nothing yet.
    pub fn is_async(&self) -> bool {
        matches!(self.kind, Kind::Async | Kind::AsyncBlock)
    }

    fn shift(&mut self, offset: u32) {
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

impl Action {
    /// The operands that stand directly in the action.
    pub fn operands(&self, visit: &mut dyn FnMut(&Operand)) {
        // A clone is cheap beside what visiting is used for, and keeps one list of the fields.
        self.clone().operands_mut(&mut |operand| visit(operand));
    }

    fn operands_mut(&mut self, visit: &mut dyn FnMut(&mut Operand)) {
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

impl Test {
    /// Whether both ask the same about the same.
    pub fn asks_like(&self, other: &Test) -> bool {
        match (self, other) {
            (Test::Opaque { key: a, .. }, Test::Opaque { key: b, .. }) => a == b,
            _ => self == other,
        }
    }

    fn operands_mut(&mut self, visit: &mut dyn FnMut(&mut Operand)) {
        match self {
            Test::Nil(it) | Test::Good(it) | Test::Zero(it) | Test::Valid(it) | Test::True(it) => visit(it),
            Test::Equal(a, b) => {
                visit(a);
                visit(b);
            }
            Test::Opaque { .. } => (),
        }
    }
}

impl Operand {
    /// Whether it is the same each time: a literal, a constant of a library, or a list of such.
    pub fn is_constant(&self) -> bool {
        match self {
            Operand::Text(_) | Operand::Int(_) | Operand::Bool(_) | Operand::Path(_) => true,
            Operand::Flags(items) | Operand::Concat(items) | Operand::List(items) => {
                items.iter().all(Operand::is_constant)
            }
            _ => false,
        }
    }

    /// The functions that the operand holds, at any depth.
    pub fn functions(&self, visit: &mut dyn FnMut(FunctionId)) {
        self.clone().each(&mut |operand| {
            if let Operand::Closure(id) | Operand::Async(id) = operand {
                visit(*id);
            }
        });
    }

    /// The paths that the operand names, at any depth.
    pub fn paths(&self, visit: &mut dyn FnMut(&str)) {
        self.clone().each(&mut |operand| {
            if let Operand::Path(path) = operand {
                visit(path);
            } else if let Operand::Method { callee, .. } = operand
                && let Callee::Path(path) = &**callee
            {
                visit(path);
            }
        });
    }

    fn shift(&mut self, offset: u32) {
        self.each(&mut |operand| {
            if let Operand::Closure(id) | Operand::Async(id) = operand {
                id.0 += offset;
            }
        });
    }

    fn each(&mut self, visit: &mut dyn FnMut(&mut Operand)) {
        visit(self);
        match self {
            Operand::Field(base, _) | Operand::Good(base) => base.each(visit),
            Operand::Method { receiver, callee } => {
                receiver.each(visit);
                if let Callee::Value(value) = &mut **callee {
                    value.each(visit);
                }
            }
            Operand::Concat(items) | Operand::Flags(items) | Operand::List(items) => {
                items.iter_mut().for_each(|it| it.each(visit));
            }
            Operand::Struct { fields, .. } => fields.iter_mut().for_each(|(_, it)| it.each(visit)),
            Operand::Unknown
            | Operand::Place(_)
            | Operand::Move(_)
            | Operand::Closure(_)
            | Operand::Async(_)
            | Operand::Path(_)
            | Operand::Text(_)
            | Operand::Int(_)
            | Operand::Bool(_)
            | Operand::Nil
            | Operand::Bad => (),
        }
    }
}
