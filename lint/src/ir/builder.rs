//! Builds a function block by block; used by every front end.
//!
//! The builder knows scopes: what is registered with [`Builder::on_exit`] (a
//! drop) acts, last first, on every way out of its scope, and a label finds
//! the blocks that `break` and `continue` mean. Deferred calls are not among
//! them: Go registers those at run time, so they are steps.

use super::prune::prune;
use super::{
    Action, Affinity, Block, BlockId, End, Exit, Function, Kind, Operand, Origin, Place, Step, Storage, Target, Test,
    Variable,
};
use crate::source::Span;

pub struct Builder {
    pub function: Function,
    current: BlockId,
    /// What acts on the way out, innermost scope last.
    cleanups: Vec<(Action, Span)>,
    /// With how many cleanups were registered outside of each.
    loops: Vec<(Loop, usize)>,
    /// The blocks of [`Builder::unwind`], by what acts in them.
    unwinding: Vec<(Vec<Action>, BlockId)>,
}

/// Something that `break` or `continue` can name.
pub struct Loop {
    pub label: Option<String>,
    /// Where `continue` goes; `None` for a labelled block or a Go `switch` or
    /// `select`, which `continue` passes by.
    pub again: Option<BlockId>,
    pub after: BlockId,
    /// Whether a `break` without a label means it: not so for a labelled block.
    pub unnamed: bool,
    /// Where the value of `break value` goes.
    pub result: Option<Place>,
}

impl Builder {
    pub fn new(path: impl Into<String>, name: impl Into<String>, span: Span, kind: Kind, affinity: Affinity) -> Self {
        let function = Function {
            path: path.into(),
            name: name.into(),
            span,
            kind,
            affinity,
            exported: false,
            test: false,
            example: false,
            root: None,
            parent: None,
            params: Vec::new(),
            results: Vec::new(),
            variables: Vec::new(),
            blocks: vec![Block::default()],
        };
        Builder { function, current: BlockId(0), cleanups: Vec::new(), loops: Vec::new(), unwinding: Vec::new() }
    }

    pub fn variable(&mut self, name: &str, storage: Storage, ty: Option<String>) -> Place {
        self.function.variables.push(Variable { name: name.into(), storage, ty, shown: false });
        Place(self.function.variables.len() as u32 - 1)
    }

    pub fn local(&mut self, name: &str, ty: Option<String>) -> Place {
        self.variable(name, Storage::Local, ty)
    }

    pub fn temporary(&mut self) -> Place {
        self.local("", None)
    }

    pub fn step(&mut self, action: Action, origin: Origin) {
        self.function.blocks[self.current.0 as usize].steps.push(Step { action, origin });
    }

    pub fn assign(&mut self, to: Place, value: Operand, origin: Origin) {
        self.step(Action::Assign { to: Target::Place(to), value }, origin);
    }

    // Scopes.

    /// Registers what acts, last first, when control leaves the current scope.
    pub fn on_exit(&mut self, action: Action, span: Span) {
        self.cleanups.push((action, span));
    }

    /// A mark for [`Builder::end_scope`].
    pub fn scope(&self) -> usize {
        self.cleanups.len()
    }

    /// Runs and forgets the cleanups registered since `scope`.
    pub fn end_scope(&mut self, scope: usize, span: Span) {
        self.clean_up(scope, span);
        self.cleanups.truncate(scope);
    }

    /// Runs the cleanups registered since `scope` on this way out of it, and
    /// keeps them for the others.
    pub fn clean_up(&mut self, scope: usize, span: Span) {
        let acting: Vec<_> = self.cleanups[scope..].iter().rev().map(|(action, _)| action.clone()).collect();
        for action in acting {
            self.step(action, Origin::Implied(span));
        }
    }

    // Blocks.

    /// A block that nothing leads to yet and that leads nowhere.
    pub fn block(&mut self) -> BlockId {
        self.function.blocks.push(Block::default());
        BlockId(self.function.blocks.len() as u32 - 1)
    }

    pub fn here(&self) -> BlockId {
        self.current
    }

    /// Goes on writing in `block`.
    pub fn go_on_in(&mut self, block: BlockId) {
        self.current = block;
    }

    /// Ends the current block. What is written next, without another
    /// [`Builder::go_on_in`], can never run.
    pub fn end(&mut self, end: End) {
        self.function.blocks[self.current.0 as usize].end = end;
        self.current = self.block();
    }

    pub fn goto(&mut self, block: BlockId) {
        self.end(End::Goto(block));
    }

    /// Ends the current block with a test and returns the blocks for yes and no;
    /// go on in one of them.
    pub fn branch(&mut self, test: Test) -> (BlockId, BlockId) {
        let (yes, no) = (self.block(), self.block());
        self.end(End::Branch { test, yes, no });
        (yes, no)
    }

    /// Ends the current block with `count` ways on.
    pub fn choice(&mut self, count: usize) -> Vec<BlockId> {
        let ways: Vec<_> = (0..count).map(|_| self.block()).collect();
        self.end(End::Choice(ways.clone()));
        ways
    }

    // Leaving.

    /// Control leaves the function here, after all cleanups.
    pub fn leave(&mut self, exit: Exit, span: Span) {
        self.clean_up(0, span);
        self.end(End::Leave(exit, span));
    }

    /// Where a call made here goes on if it panics; `None` if nothing is alive
    /// that could act.
    pub fn unwind(&mut self, span: Span) -> Option<BlockId> {
        if self.cleanups.is_empty() {
            return None;
        }
        let acting: Vec<_> = self.cleanups.iter().map(|(action, _)| action.clone()).collect();
        if let Some((_, block)) = self.unwinding.iter().find(|(it, _)| *it == acting) {
            return Some(*block);
        }
        let (here, block) = (self.current, self.block());
        self.go_on_in(block);
        self.clean_up(0, span);
        self.function.blocks[self.current.0 as usize].end = End::Leave(Exit::Unwind, span);
        self.go_on_in(here);
        self.unwinding.push((acting, block));
        Some(block)
    }

    // Loops and labels.

    /// Enters something that `break` leaves and `continue` may repeat.
    pub fn enter_loop(&mut self, entered: Loop) {
        let scope = self.scope();
        self.loops.push((entered, scope));
    }

    pub fn leave_loop(&mut self) {
        self.loops.pop();
    }

    /// The place for the value of `break value`, if the loop has one.
    pub fn loop_result(&self, label: Option<&str>) -> Option<Place> {
        self.target(label, false)?.0.result
    }

    pub fn break_from(&mut self, label: Option<&str>, span: Span) {
        self.jump(label, false, span);
    }

    pub fn continue_with(&mut self, label: Option<&str>, span: Span) {
        self.jump(label, true, span);
    }

    /// Ends the function; control falls out at its end. The blocks that are
    /// left are those that control can reach, in the order of the text.
    pub fn finish(mut self, span: Span) -> Function {
        self.leave(Exit::Return, span);
        prune(&mut self.function);
        self.function
    }

    fn jump(&mut self, label: Option<&str>, again: bool, span: Span) {
        let found = self
            .target(label, again)
            .map(|(it, scope)| (*scope, if again { it.again.unwrap_or(it.after) } else { it.after }));
        match found {
            Some((scope, block)) => {
                self.clean_up(scope, span);
                self.goto(block);
            }
            // A label that does not exist: the file does not compile, so any end is as good.
            None => self.end(End::Stop),
        }
    }

    fn target(&self, label: Option<&str>, again: bool) -> Option<&(Loop, usize)> {
        self.loops.iter().rev().find(|(it, _)| match label {
            Some(label) => it.label.as_deref() == Some(label),
            None => it.unnamed && (!again || it.again.is_some()),
        })
    }
}
