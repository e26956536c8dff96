//! Bodies that are read only if something leads there.
//!
//! By names alone nearly everything leads to nearly everything: one `Close` may
//! be any. What was read already says more: which function a call leads to, and
//! of which types values are made.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::outline::{Name, Outline};
use crate::source::FileId;

/// A declaration, by its file and where it begins.
pub type At = (FileId, u32);

/// Declarations by what they declare.
#[derive(Default)]
pub struct Later {
    all: HashSet<At>,
    /// Functions and variables, by the last word of their unit and their name. What a crate
    /// is called depends on the binary, so these have none.
    plain: HashMap<(Name, Name), Vec<At>>,
    /// By type: with their names.
    methods: HashMap<Name, Vec<(Name, At)>>,
}

impl Later {
    pub(super) fn add(&mut self, file: FileId, unit: Name, outline: &Outline, item: usize) {
        let at = (file, outline.items[item].start);
        self.all.insert(at);
        for symbol in outline.defines(item) {
            match symbol.owner {
                Name::NONE => self.plain.entry((unit, symbol.name)).or_default().push(at),
                owner => self.methods.entry(owner).or_default().push((symbol.name, at)),
            }
        }
    }

    pub fn contains(&self, at: At) -> bool {
        self.all.contains(&at)
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What may declare the function or variable, by the last words of its path.
    pub fn declaring(&self, path: &str) -> impl Iterator<Item = At> + use<'_> {
        if let Some((rest, name)) = path.rsplit_once("::") {
            let owner = rest.rsplit_once("::").map_or(rest, |it| it.1);
            return self.named(owner, Name::NONE, Name::of(name));
        }
        let words = &path[path.rfind('/').map_or(0, |it| it + 1)..];
        let (rest, name) = words.rsplit_once('.').unwrap_or(("", words));
        let owner = rest.rsplit_once('.').map_or(rest, |it| it.1);
        self.named(owner, unit_name(rest), Name::of(name))
    }

    fn named(&self, owner: &str, unit: Name, name: Name) -> impl Iterator<Item = At> + use<'_> {
        let methods = self.methods_of(owner).filter(move |it| it.0 == name).map(|it| it.1);
        methods.chain(self.plain.get(&(unit, name)).into_iter().flatten().copied())
    }

    /// The methods of a type, by the last word of its path.
    pub fn methods_of(&self, ty: &str) -> impl Iterator<Item = (Name, At)> + use<'_> {
        self.methods.get(&Name::of(ty)).into_iter().flatten().copied()
    }
}

/// How a package is told apart: by the last word of its path, tests of a package included.
pub(super) fn unit_name(unit: &str) -> Name {
    let word = unit.rsplit('/').next().unwrap_or(unit);
    Name::of(word.strip_suffix("_test").unwrap_or(word))
}
