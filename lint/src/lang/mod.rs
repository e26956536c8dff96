//! The languages. Everything that knows a syntax is below this room, and only
//! what is below knows that there is more than one.

mod chosen;
pub mod go;
mod path;
pub mod rust;

pub use chosen::Chosen;

use std::ops::Range;

use rustc_hash::FxHashSet as HashSet;

use crate::facts::Facts;
use crate::ir::Program;
use crate::remedy::{Fix, Remedy};
use crate::scan::At;
use crate::scan::outline::Outline;
use crate::source::{FileId, Sources, Span};
use crate::versions::Versions;

/// A front end: from the texts of one language to the representation.
pub trait Language: Sync {
    /// As `--lang` spells it.
    fn name(&self) -> &'static str;

    /// Which files are its sources, without the dot.
    fn extension(&self) -> &'static str;

    /// What a file declares and mentions, without parsing it.
    fn outline(&self, text: &str) -> Outline;

    /// Where the comments of a file are, with their marks.
    fn comments(&self, text: &str) -> Vec<Range<usize>>;

    /// Where each bracket of a file is, in its order, and which one; those in literals and comments are none.
    fn brackets(&self, text: &str) -> Vec<(usize, u8)>;

    /// The package or crate that a file is part of, as imports name it. The
    /// manifests are paths and texts.
    fn unit(&self, path: &str, manifests: &[(&str, &str)]) -> String;

    /// The folder that imports name otherwise, and how, where no manifest says so: from the packages of the
    /// tree, by their folders, and the packages that each of them imports.
    fn implied_root(&self, _packages: &[(&str, Vec<&str>)]) -> Option<(String, String)> {
        None
    }

    /// The name of a package that is not in the tree, where a qualifier is
    /// always the name of a package; `None` where it may be a type or a module.
    fn default_alias<'a>(&self, _unit: &'a str) -> Option<&'a str> {
        None
    }

    /// Reads the files as one program: first what they declare, over all of
    /// them, then their bodies. Never fails: what cannot be read is named in
    /// the result, and the rest goes on.
    fn lower(&self, input: &Input<'_>) -> Lowered;

    /// The edits that do what a remedy says, made against the texts as read.
    ///
    /// # Errors
    ///
    /// Why there are none, and what to write by hand instead: a note for people.
    fn rewrite(&self, input: &Rewriting<'_>, remedy: &Remedy) -> Result<Fix, String>;
}

/// What a rewrite may look at.
pub struct Rewriting<'a> {
    pub sources: &'a Sources,
    pub facts: &'a Facts,
    /// As in [`Input`].
    pub manifests: &'a [FileId],
    /// What the manifests say.
    pub versions: &'a Versions,
    /// What else there is to do in the tree.
    pub remedies: &'a [Remedy],
    /// Whether a file may be changed at all.
    pub changeable: &'a (dyn Fn(FileId) -> bool + Sync),
    /// What Go keeps from one remedy to the next.
    pub go: &'a go::Kept,
}

/// What a front end reads.
pub struct Input<'a> {
    pub sources: &'a Sources,
    /// What calls of libraries give ([`Facts::results`]), for the types of variables.
    pub facts: &'a Facts,
    /// The files of this language.
    pub files: Vec<FileId>,
    /// `go.mod`, `go.work`, `Cargo.toml`, … as far as they were found.
    pub manifests: Vec<FileId>,
    /// Where the declarations begin whose bodies lead to nothing that matters:
    /// a front end may leave these bodies out.
    pub left_out: HashSet<(FileId, u32)>,
    /// Who says which bodies are read only where something leads to them, if any are.
    pub demand: Option<&'a dyn Demand>,
    pub chosen: &'a Chosen,
}

/// Bodies that are read late, or never. A front end that reads them at once does no harm.
pub trait Demand: Sync {
    /// Whether the body of this declaration is not among the first to be read.
    fn is_put_off(&self, at: At) -> bool;

    /// The bodies that what was read so far leads to and that were not read yet.
    /// Asked until there are none.
    fn more(&self, program: &Program) -> HashSet<At>;
}

#[derive(Default)]
pub struct Lowered {
    pub program: Program,
    /// What could not be read, at most one entry an item: the rest of its file was.
    pub unread: Vec<Unread>,
    /// What is not part of the build, and so was not read.
    pub absent: Vec<Span>,
}

/// A stretch of text that the front end could not read.
#[derive(Clone, Debug)]
pub struct Unread {
    pub span: Span,
    /// `syntax error`, `nested deeper than 512 brackets`.
    pub why: String,
}

pub const LANGUAGES: &[&dyn Language] = &[&go::Go, &rust::Rust];
