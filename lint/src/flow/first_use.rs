//! Variables of the whole program that get their value where they are first used: `LazyLock`, `lazy_static!`.

use std::collections::BTreeSet;

use super::held::looks_first;
use super::point::Point;
use super::value::Handle;
use super::world::World;
use crate::ir::{Affinity, Function, FunctionId, Kind, Operand, Storage, Variable};

impl World<'_> {
    /// The variable for which a closure makes the value. What each thread has for itself is another matter.
    pub(crate) fn first_made_by(&self, id: FunctionId) -> Option<&str> {
        let function = self.program.get(id).parent.map(|it| self.program.get(it))?;
        let of_threads = |it: &Variable| it.ty.as_deref() == Some("std::thread::LocalKey");
        let is_global = |it: &&Variable| matches!(&it.storage, Storage::Global(path) if *path == function.path);
        let variable = function.variables.iter().filter(|_| function.kind == Kind::Initialiser).find(is_global)?;
        (!of_threads(variable)).then_some(&*function.path)
    }

    /// Whether something uses the variable where no thread was moved, for all that its callers say.
    fn is_used_at_home(&self, variable: &str) -> bool {
        let uses = |it: &Function| {
            it.variables.iter().any(|it| matches!(&it.storage, Storage::Global(path) if path == variable))
        };
        let ids = (0..self.program.functions.len() as u32).map(FunctionId);
        let mut work: Vec<_> =
            ids.filter(|it| self.program.get(*it).kind != Kind::Initialiser && uses(self.program.get(*it))).collect();
        let mut seen: BTreeSet<_> = work.iter().copied().collect();
        while let Some(id) = work.pop() {
            let outermost = self.program.outermost(id);
            let relevance = &self.relevance;
            if if outermost == id { relevance.may_move(id) } else { relevance.moves(outermost) } {
                continue;
            }
            let mut callers = relevance.callers_of(outermost).peekable();
            if callers.peek().is_none() {
                return true;
            }
            work.extend(callers.filter(|it| seen.insert(*it)));
        }
        false
    }
}

impl Point<'_> {
    /// Whether a handle is opened only where nobody did so before: by what runs once, or by who looks first.
    pub fn is_opened_by_the_first(&self, handle: &Handle) -> bool {
        let Some(id) = self.program.innermost(handle.at.span) else { return false };
        let opener = self.program.get(id);
        let mut calls = opener.parent.iter().flat_map(|it| self.program.get(*it).calls());
        let runs_once =
            calls.any(|it| it.args.contains(&Operand::Closure(id)) && self.world.fact_of(it).is_some_and(|it| it.once));
        looks_first(opener) || runs_once
    }

    /// Whether a handle that is kept globally is opened by whoever uses it first, and only threads that were moved do.
    pub fn is_first_used_away(&self, handle: &Handle) -> bool {
        let opened = handle.at.span;
        let holds =
            |it: &&Function| it.span.file == opened.file && it.span.start <= opened.start && opened.end <= it.span.end;
        let mut around = self.program.functions.iter().filter(holds);
        let Some(made) = around.clone().find(|it| it.kind == Kind::Initialiser) else { return false };
        // Those of Go run before everything else, but for what a closure in them does: `sync.OnceValue`.
        let at_start = made.affinity == Affinity::UntilPinned && !around.any(|it| it.is_nested());
        !at_start && !made.gives_value_to().any(|it| self.world.is_used_at_home(it))
    }
}

impl Function {
    /// The variables of the whole program that an initialiser fills: in Rust it has the name of its only one.
    fn gives_value_to(&self) -> impl Iterator<Item = &str> {
        let globals = self.variables.iter().filter_map(|it| match &it.storage {
            Storage::Global(path) => Some(&**path),
            _ => None,
        });
        let named = globals.clone().any(|it| it == self.path);
        globals.filter(move |it| !named || *it == self.path)
    }
}
