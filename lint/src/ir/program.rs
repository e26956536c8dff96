//! Everything that was read.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rayon::prelude::*;

use super::function::{Function, FunctionId};
use super::step::{Action, Callee};
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
    /// Those of its fields that do not end with it: a reference, a `ManuallyDrop`.
    pub outlived_by: Vec<String>,
    /// Whether it may not leave its thread, whatever else it holds.
    pub stays: bool,
    /// The types of what it holds, as far as they have names.
    pub holds: Vec<String>,
}

impl Program {
    /// Every path that a call or a function value names, or a function has;
    /// of a method whose type is not known, `?.name`.
    pub fn paths(&self) -> BTreeSet<Cow<'_, str>> {
        let mut paths = BTreeSet::new();
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

    /// The innermost function, closures among them, in whose text a place is.
    pub fn innermost(&self, place: Span) -> Option<FunctionId> {
        let around = self.functions.iter().enumerate().filter(|it| it.1.span.contains(place));
        let innermost = around.min_by_key(|it| it.1.span.end - it.1.span.start);
        innermost.map(|it| FunctionId(it.0 as u32))
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
        self.append_all(vec![functions]);
    }

    /// The same, of several texts whose ids each count from 0.
    pub fn append_all(&mut self, mut texts: Vec<Vec<Function>>) {
        let begin = |next: &mut usize, it: &Vec<Function>| {
            *next += it.len();
            Some((*next - it.len()) as u32)
        };
        let offsets: Vec<_> = texts.iter().scan(self.functions.len(), begin).collect();
        texts.par_iter_mut().zip(offsets).with_min_len(64).filter(|it| it.1 > 0).for_each(|(functions, offset)| {
            functions.iter_mut().for_each(|it| it.shift(offset));
        });
        self.functions.reserve(texts.iter().map(Vec::len).sum());
        self.functions.extend(texts.into_iter().flatten());
    }
}
