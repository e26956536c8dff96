//! What a call does to the thread's namespace: facts, kept as data.
//!
//! A fact about a library stands in `catalog/<language>/<library>.toml` with its
//! evidence. A project may add facts of its own in the same words.

mod clause;
mod effect;
mod read;
mod subject;
#[cfg(test)]
mod tests;

pub use clause::{Condition, Inside, Onto, Otherwise, Owner};
pub use effect::Effect;
pub use read::{read, read_one};
pub use subject::Subject;

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

/// Everything that is known about calls that the tree does not define.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    calls: HashMap<String, Fact>,
    types: HashMap<String, TypeFact>,
    /// The names, of more than one word, of methods that ask through a handle.
    requests: HashSet<String>,
    /// What has functions: the modules and types of Rust.
    owners: HashSet<String>,
    /// The types of package variables.
    variables: HashMap<String, String>,
    /// The types that have a method which closes a value.
    closable: HashSet<String>,
    words: BTreeSet<String>,
    /// The paths of what a project added.
    own: Vec<String>,
}

/// What one function or method does.
#[derive(Clone, Debug)]
pub struct Fact {
    /// As [`crate::ir::Callee::Path`] spells it; `?.unwrap` is the method of
    /// that name of any type, used only where the type is not known.
    pub path: String,
    pub effect: Effect,
    /// Whether the call can fail, in which case its effect did not happen: the
    /// last Go result is an `error`, the Rust result a `Result`, or the result
    /// is a status of a C call.
    pub fallible: bool,
    /// What its results are, by the type's full path, for resolving methods on
    /// them: one for each result in Go, one in Rust or, if that is a tuple, one
    /// for each element. Pointers, references, `Result` and `Option` are left
    /// out; `[]T` is a list of `T`; `""` where it does not matter.
    pub results: Vec<String>,
    pub objects: Objects,
    /// What names the namespace that the call makes: by its name below `/run/netns`, or by its path.
    pub named: Option<Subject>,
    /// What a closure argument is called with, from its first parameter on;
    /// [`Subject::Current`] is where the thread was before the call.
    pub callback_gets: Vec<Subject>,
    /// When it has nothing to do with namespaces.
    pub unless: Option<Condition>,
    /// Whether it runs a closure, or gives a function that does, only the first time.
    pub once: bool,
    /// A sentence for the report: what surprises people about this call.
    pub note: Option<String>,
    /// The first release of which this is true, as the library spells it.
    pub since: Option<String>,
    /// The first release of which it is not true any more.
    pub until: Option<String>,
    /// The first release in which it does not give a bare descriptor any more, or `always`: Rust.
    pub bare: Option<String>,
    /// Where anybody can check this.
    pub evidence: String,
}

/// Links, their indexes, addresses and the like mean something in one
/// namespace only: which ones a call hands out and takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The results that belong to the namespace which was asked.
    pub given: Vec<usize>,
    /// The channels among the arguments from which such things come as long as the socket is open.
    pub sent: Vec<usize>,
    /// The receiver and arguments that have to be of the namespace which is asked,
    /// or that may hold something of it (the `LinkIndex` of a route).
    pub taken: Vec<Subject>,
    /// The namespace into which the taken object moves.
    pub moved_to: Option<Subject>,
    /// Whether the taken object does not exist yet: it is made in the namespace
    /// that its field `Namespace` names, if it names one.
    pub made: bool,
}

/// What a type is, for values whose origin is out of sight: parameters, fields.
#[derive(Clone, Debug)]
pub struct TypeFact {
    pub path: String,
    pub role: Role,
    /// The first release in which the garbage collector closes a forgotten one.
    pub collected_since: Option<String>,
    /// The types of its fields, for resolving methods on them.
    pub fields: HashMap<String, String>,
    /// Its fields that hold what `main` comes to and ends with.
    pub commands: Vec<String>,
    pub evidence: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A reference to a namespace.
    Netns,
    /// A socket or something that owns one, bound where it was opened.
    Handle,
    /// Moves the thread back when dropped.
    Guard,
    /// Something that runs tasks on threads of its own.
    Runtime,
    /// Starts work that is waited for as a whole. What is declared is ready for use.
    Group,
    /// Has what a program does that is called with certain arguments.
    Command,
    /// The number of a machine: nobody looks it up.
    Address,
}

impl Fact {
    /// Whether a failure stands in a last result beside the others, rather than
    /// instead of them: Go's way.
    pub fn gives_errors_last(&self) -> bool {
        !self.path.contains("::") && !self.path.starts_with("?.")
    }

    /// The crate, or what the module can at most be: `github.com/vishvananda/netlink` of what its packages have.
    pub fn library(&self) -> &str {
        if let Some((library, _)) = self.path.split_once("::") {
            return library;
        }
        let third = self.path.match_indices('/').nth(1).map_or(0, |it| it.0 + 1);
        let end = self.path[third..].find(['/', '.']).map_or(self.path.len(), |it| third + it);
        &self.path[..end]
    }
}

impl Facts {
    /// The facts that the lint comes with.
    ///
    /// # Panics
    ///
    /// If the catalogue is wrong, which a test rules out.
    pub fn embedded() -> Self {
        let mut facts = Facts::default();
        for (file, text) in CATALOG {
            read::read_built(text, &mut facts).unwrap_or_else(|wrong| panic!("{file}: {wrong}"));
        }
        facts
    }

    pub fn call(&self, path: &str) -> Option<&Fact> {
        self.calls.get(path)
    }

    /// The types of the results of a call, as [`Fact::results`]; empty if nothing is known.
    pub fn results(&self, path: &str) -> &[String] {
        self.calls.get(path).map_or(&[], |it| &it.results)
    }

    /// Whether a library has something by this path.
    pub fn knows(&self, path: &str) -> bool {
        self.calls.contains_key(path) || self.types.contains_key(path) || self.owners.contains(path)
    }

    /// Whether a handle of some library has a method of this name that asks: an interface of the tree with one may stand
    /// for such a handle.
    pub fn is_request(&self, name: &str) -> bool {
        self.requests.contains(name)
    }

    pub fn role(&self, ty: &str) -> Option<Role> {
        self.types.get(ty).map(|it| it.role)
    }

    pub fn ty(&self, path: &str) -> Option<&TypeFact> {
        self.types.get(path)
    }

    /// The type of a package variable.
    pub fn variable(&self, path: &str) -> Option<&str> {
        self.variables.get(path).map(String::as_str)
    }

    /// The type of a field of a type that is described.
    pub fn field(&self, ty: &str, name: &str) -> Option<&str> {
        self.types.get(ty)?.fields.get(name).map(String::as_str)
    }

    /// The types that are embedded in one that is described.
    pub fn embedded_in(&self, ty: &str) -> impl Iterator<Item = &str> {
        let fields = self.types.get(ty).into_iter().flat_map(|it| &it.fields);
        fields.filter(|(name, ty)| ty.rsplit('.').next() == Some(name)).map(|(_, ty)| ty.as_str())
    }

    /// The paths of the calls that a project described itself, in the order in which it did.
    pub fn own(&self) -> &[String] {
        &self.own
    }

    /// Whether a value of the type has to be closed, or can be.
    pub fn can_be_closed(&self, ty: &str) -> bool {
        self.closable.contains(ty)
    }

    pub fn calls(&self) -> impl Iterator<Item = &Fact> {
        self.calls.values()
    }

    /// What a text must hold (one of them is enough, as it stands there) to make
    /// a call with [`Effect::is_root`] or to open a file that shows a namespace:
    /// import paths in Go, names and crate names in Rust. A file without any
    /// can still matter as a part of a way between two that have some.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

/// File name and content, as JSON, of every catalogue file.
const CATALOG: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
