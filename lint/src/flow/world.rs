//! What does not change while the flow runs: the program, the facts, and what
//! was worked out about them before.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::callee::Endings;
use super::held;
use super::indexes;
use super::learn::Learned;
use super::liveness::Livenesses;
use super::once;
use super::relevance::Relevance;
use super::told::Told;
use crate::facts::{Effect, Fact, Facts, Role};
use crate::ir::{Call, Callee, FunctionId, Operand, Program, Root, Type};
use crate::source::{FileId, Span};
use crate::versions::{Used, Versions};

pub(crate) struct World<'a> {
    pub program: &'a Program,
    pub facts: &'a Facts,
    pub versions: Option<&'a Versions>,
    /// The calls that bind the hidden sockets of a library, outside of tests.
    pins: Vec<(Span, &'a Fact)>,
    pub relevance: Relevance,
    pub(super) told: Told,
    pub liveness: Livenesses<'a>,
    pub(super) endings: Endings,
    /// The files whose functions are looked at for their own sake.
    files: &'a BTreeSet<FileId>,
    /// What places that outlive a call hold, as an earlier round saw it.
    pub learned: Learned,
    /// Package variables and statics that are given a constant once and for all.
    constants: HashMap<&'a str, &'a Operand>,
    /// Package variables that are lists, and the types of what is in them.
    pub(super) elements: HashMap<&'a str, Vec<&'a str>>,
    /// Package variables that are functions which run at most once.
    once: HashMap<&'a str, &'a Operand>,
    /// Package variables that begin with a handle without sockets.
    unopened: HashSet<&'a str>,
    /// Package variables that get other values as the program goes on.
    renewed: HashMap<&'a str, Span>,
    /// Fields that hold one function wherever the program fills them, by what would be the path of a method.
    pub(super) functions_in_fields: HashMap<String, Option<&'a Operand>>,
    by_path: HashMap<&'a str, FunctionId>,
    /// The packages, modules and types of the tree of which a function was read.
    owners: HashSet<&'a str>,
    /// By name, what holds for the methods of all types.
    any_method: HashMap<&'a str, &'a Fact>,
    /// By function with a name: the steps of its text.
    steps: HashMap<FunctionId, usize>,
    implementations: HashMap<&'a str, Vec<&'a str>>,
    /// The types that implement an interface or trait of the tree.
    implementers: HashSet<&'a str>,
    types: HashMap<&'a str, Vec<&'a Type>>,
}

/// What a path stands for.
#[derive(Clone, Copy)]
pub(crate) enum Meaning<'a> {
    Fact(&'a Fact),
    Tree(FunctionId),
}

impl<'a> World<'a> {
    pub(crate) fn new(
        program: &'a Program,
        facts: &'a Facts,
        versions: &'a Versions,
        files: &'a BTreeSet<FileId>,
    ) -> Self {
        let begins = || (held::unopened(program, facts), held::elements(program));
        let held = || rayon::join(|| held::renewed(program), begins);
        let rest = || (Livenesses::of(program), indexes::pins(program, facts));
        let ((liveness, pins), ((renewed, (unopened, elements)), world)) =
            rayon::join(rest, || rayon::join(held, || World::of(program, facts)));
        let owners = || world.by_path.keys().filter_map(|it| Some(split(it)?.0)).collect();
        let (owners, (endings, told)) = rayon::join(owners, || (Endings::of(program), Told::of(&world)));
        World {
            files,
            liveness,
            endings,
            told,
            owners,
            versions: Some(versions),
            pins,
            unopened,
            elements,
            renewed,
            ..world
        }
    }

    /// What calls lead to, without what only a run needs.
    pub(crate) fn of(program: &'a Program, facts: &'a Facts) -> Self {
        const NONE: &BTreeSet<FileId> = &BTreeSet::new();
        let once = once::declared(program, facts);
        let named = || rayon::join(|| indexes::by_path(program), || indexes::steps(program));
        let held = || rayon::join(|| held::constants(program, &once), || held::functions_in_fields(program));
        let ((constants, functions_in_fields), ((by_path, namesakes), steps)) = rayon::join(held, named);
        let mut implementations: HashMap<&str, Vec<&str>> = HashMap::default();
        for (of, by) in &program.implementations {
            let list = implementations.entry(of).or_default();
            if !list.contains(&by.as_str()) {
                list.push(by);
            }
        }
        let mut types: HashMap<&str, Vec<&Type>> = HashMap::default();
        program.types.iter().for_each(|it| types.entry(&it.path).or_default().push(it));
        let mut world = World {
            program,
            facts,
            versions: None,
            pins: Vec::new(),
            relevance: Relevance::default(),
            told: Told::default(),
            liveness: Livenesses::default(),
            endings: Endings::default(),
            files: NONE,
            learned: Learned::default(),
            constants,
            once,
            unopened: HashSet::default(),
            elements: HashMap::default(),
            renewed: HashMap::default(),
            functions_in_fields,
            owners: HashSet::default(),
            by_path,
            any_method: facts.calls().filter_map(|it| Some((it.path.strip_prefix("?.")?, it))).collect(),
            steps,
            implementers: program.implementations.iter().map(|it| it.1.as_str()).collect(),
            implementations,
            types,
        };
        world.relevance = Relevance::new(&world, &namesakes);
        // Of those that are built under other conditions the one is meant that has to do with namespaces.
        for first in world.by_path.values_mut().filter(|it| !world.relevance.reaches_any(**it)) {
            let others = namesakes.get(first).into_iter().flatten();
            *first = others.copied().find(|it| world.relevance.reaches_any(*it)).unwrap_or(*first);
        }
        world
    }

    /// What is known about a path: a fact, a function of the tree, the only
    /// implementation of an interface's method, or what a package variable always holds.
    pub(crate) fn meaning(&self, path: &str) -> Option<Meaning<'a>> {
        let implemented = || {
            let (of, method) = split(path)?;
            self.direct(&join(self.only_implementation(of)?, method))
        };
        let held = || match self.constant(path).or_else(|| self.functions_in_fields.get(path).copied()?)? {
            Operand::Path(path) => self.direct(path),
            Operand::Closure(id) => Some(Meaning::Tree(*id)),
            // What starts goroutines by itself does so whosever method it is.
            Operand::Method { callee, .. } => match &**callee {
                Callee::Path(path) => {
                    let fact = self.facts.call(path).filter(|it| matches!(it.effect, Effect::Escape { .. }));
                    fact.map(Meaning::Fact)
                }
                _ => None,
            },
            _ => None,
        };
        self.direct(path).or_else(implemented).or_else(held)
    }

    /// Whether a package variable begins with a handle that nobody opened.
    pub(crate) fn is_unopened(&self, variable: &str) -> bool {
        self.unopened.contains(variable)
    }

    /// The first of these package variables that gets another value as the program goes on, and the call that gives it that.
    pub(crate) fn renewed(&self, is_meant: impl Fn(&str) -> bool) -> Option<(&'a str, Span)> {
        self.renewed.iter().filter(|it| is_meant(it.0)).map(|(variable, again)| (*variable, *again)).min()
    }

    /// The only type of the tree that implements an interface or trait.
    pub(crate) fn only_implementation(&self, of: &str) -> Option<&'a str> {
        let [only] = self.implementations.get(of)?.as_slice() else { return None };
        Some(only)
    }

    /// A method of a value whose type is known.
    pub(crate) fn method(&self, ty: &str, name: &str) -> Option<Meaning<'a>> {
        self.meaning(&join(ty, name))
    }

    /// Whether it is an interface or trait that types of the tree implement.
    pub(crate) fn is_interface(&self, path: &str) -> bool {
        self.implementations.contains_key(path)
    }

    /// Whether it is a method of such a one.
    pub(crate) fn is_of_interface(&self, path: &str) -> bool {
        split(path).is_some_and(|(of, _)| self.is_interface(of))
    }

    /// Whether it is a type that implements an interface or trait.
    pub(crate) fn is_implementer(&self, ty: &str) -> bool {
        self.implementers.contains(ty) && !self.is_interface(ty)
    }

    /// What a method of an interface or trait may be, with the type whose method it is then.
    pub(crate) fn implementations_of(&self, path: &str) -> impl Iterator<Item = (&'a str, FunctionId)> {
        let (types, name) = match split(path) {
            Some((of, name)) => (self.implementations.get(of).map_or(&[][..], Vec::as_slice), name),
            None => (&[][..], path),
        };
        types.iter().filter_map(move |it| match self.method(it, name) {
            Some(Meaning::Tree(id)) => Some((*it, id)),
            _ => None,
        })
    }

    /// The functions of the tree with this name, whatever they belong to.
    pub(crate) fn methods(&self, name: &str) -> impl Iterator<Item = FunctionId> {
        let ids = (0..self.program.functions.len() as u32).map(FunctionId);
        ids.filter(move |it| split(&self.program.get(*it).path).is_some_and(|it| it.1 == name))
    }

    /// What holds for methods of this name whatever the type is.
    pub(crate) fn any_method(&self, name: &str) -> Option<Meaning<'a>> {
        self.any_method.get(name).copied().map(Meaning::Fact)
    }

    /// What a call leads to, as far as its text says by itself.
    pub(super) fn called(&self, call: &Call) -> Option<Meaning<'a>> {
        match &call.callee {
            Callee::Path(path) => self.meaning(path),
            Callee::Method(name) => self.any_method(name),
            Callee::Value(_) => None,
        }
    }

    /// What the catalogue says of a call, as far as its text says which.
    pub(super) fn fact_of(&self, call: &Call) -> Option<&'a Fact> {
        if let Some(Meaning::Fact(fact)) = self.called(call) { Some(fact) } else { None }
    }

    /// The release that a file is built with of the library that a path belongs to.
    pub(crate) fn version_of(&self, file: FileId, path: &str) -> Option<&'a Used> {
        self.versions?.of(file, path)
    }

    /// Whether a call in this file gives a bare descriptor, which has no owner: Rust.
    pub(crate) fn gives_a_number(&self, file: FileId, fact: &Fact) -> bool {
        match fact.bare.as_deref() {
            Some("always") => true,
            Some(until) => self.version_of(file, &fact.path).is_some_and(|it| it.has(until) == Some(false)),
            None => false,
        }
    }

    /// The call that binds the hidden sockets which a call in this file goes
    /// through, where the release that it is built with does so.
    pub(crate) fn pinned(&self, file: FileId, fact: &Fact) -> Option<(Span, &'a Used)> {
        self.pins.iter().find_map(|(span, pin)| {
            let used = self.version_of(file, &fact.path)?;
            let same_build = self.version_of(span.file, &pin.path) == Some(used);
            let does = pin.since.as_deref().is_none_or(|it| used.has(it) == Some(true))
                && pin.until.as_deref().is_none_or(|it| used.has(it) == Some(false));
            (same_build && does).then_some((*span, used))
        })
    }

    /// Whether a path that leads to nothing is that of a function of the tree which was not worth reading.
    pub(super) fn is_unread(&self, path: &str) -> bool {
        split(path).is_some_and(|it| self.owners.contains(it.0) && !self.is_interface(it.0))
    }

    /// Whether it is a method of a type that the catalogue describes.
    pub(crate) fn is_described(&self, path: &str) -> bool {
        split(path).is_some_and(|(ty, _)| self.facts.ty(ty).is_some())
    }

    /// Whether it is a method of a handle that this tree implements itself.
    pub(crate) fn is_of_a_handle(&self, id: FunctionId) -> bool {
        let ty = split(&self.program.get(id).path).and_then(|(ty, _)| self.facts.ty(ty));
        ty.is_some_and(|it| it.role == Role::Handle)
    }

    /// What a package variable or static always holds.
    pub(crate) fn constant(&self, path: &str) -> Option<&'a Operand> {
        self.constants.get(path).copied()
    }

    /// Whether a package variable is a function that runs at most once.
    pub(crate) fn runs_once(&self, variable: &str) -> bool {
        self.once.contains_key(variable)
    }

    /// How many steps the text of a function has, with its closures.
    pub(crate) fn steps(&self, id: FunctionId) -> usize {
        self.steps.get(&self.program.outermost(id)).copied().unwrap_or(0)
    }

    pub(crate) fn is_reported(&self, id: FunctionId) -> bool {
        self.files.contains(&self.program.get(id).span.file)
    }

    /// The function that acts when a value of the type is dropped.
    pub(crate) fn drop_of(&self, ty: &str) -> Option<FunctionId> {
        self.by_path.get(format!("{ty}::drop").as_str()).copied()
    }

    /// Whether that moves the thread: a guard, rather than something else that has to be tidied up.
    pub(crate) fn moves_when_dropped(&self, ty: &str) -> bool {
        self.drop_of(ty).is_some_and(|it| self.relevance.leaves(it))
    }

    /// A struct of the tree.
    pub(crate) fn structure(&self, path: &str) -> Option<&'a Type> {
        self.types.get(path)?.first().copied()
    }

    /// Whether a value of the type may be handed to another thread, as far as the text says.
    pub(crate) fn may_be_sent(&self, path: &str, depth: u8) -> bool {
        let declared = self.types.get(path).into_iter().flatten();
        depth > 8
            || !declared.into_iter().any(|it| it.stays || it.holds.iter().any(|it| !self.may_be_sent(it, depth + 1)))
    }

    /// What runs on the same thread before a root does: the `init` functions of the package of `main`.
    pub(crate) fn runs_before(&self, root: FunctionId) -> Vec<FunctionId> {
        let function = self.program.get(root);
        if function.root != Some(Root::Main) {
            return Vec::new();
        }
        let package = split(&function.path).map_or("", |it| it.0);
        let ids = (0..self.program.functions.len() as u32).map(FunctionId);
        ids.filter(|id| {
            let other = self.program.get(*id);
            let same = split(&other.path).map_or("", |it| it.0) == package;
            other.root == Some(Root::Init) && same && self.relevance.changes(*id)
        })
        .collect()
    }

    fn direct(&self, path: &str) -> Option<Meaning<'a>> {
        let fact = self.facts.call(path).map(Meaning::Fact);
        fact.or_else(|| self.by_path.get(path).copied().map(Meaning::Tree))
    }
}

/// The type and the method of a method's path.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    // Asked very often, and mostly of paths without colons.
    match memchr::memrchr(b':', path.as_bytes()) {
        None => path.rsplit_once('.'),
        Some(colon) if path[..colon].ends_with(':') => Some((&path[..colon - 1], &path[colon + 1..])),
        Some(_) => path.rsplit_once("::").or_else(|| path.rsplit_once('.')),
    }
}

/// The name at the end of a path.
pub(super) fn last(path: &str) -> &str {
    split(path).map_or(path, |it| it.1)
}

/// The path of a method, as the language of the type spells it.
pub(super) fn join(ty: &str, method: &str) -> String {
    let by = if ty.contains("::") { "::" } else { "." };
    format!("{ty}{by}{method}")
}
