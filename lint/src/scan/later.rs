//! Bodies that are read only if something leads there.
//!
//! By names alone nearly everything leads to nearly everything: one `Close` may
//! be any. What was read already says more: which function a call leads to, and
//! of which types values are made.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::outline::{Name, Outline, Symbol};
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
    /// By type: with their names and the last words of their units.
    methods: HashMap<Name, Vec<Method>>,
    /// By type: who may make a value of it, with the last words of their units.
    makers: HashMap<Name, Vec<(Name, At)>>,
    /// By field or variable: who puts something there without calling it, with the last words of their units.
    keepers: HashMap<Name, Vec<(Name, At)>>,
}

/// How many put something into fields of one name, wherever these are.
const KEEPERS: usize = 8;

#[derive(Clone, Copy)]
struct Method {
    unit: Name,
    name: Name,
    at: At,
}

/// An item that is put off.
pub(super) struct PutOff<'a> {
    pub(super) at: At,
    /// The last word of its package.
    pub(super) unit: Name,
    /// Of its file.
    pub(super) outline: &'a Outline,
    /// Its number in that.
    pub(super) item: usize,
    /// The types of which it may make values.
    pub(super) made: Vec<Name>,
}

impl PutOff<'_> {
    /// The fields and variables that it fills.
    fn fills(&self) -> impl Iterator<Item = Name> + '_ {
        let PutOff { outline, item, .. } = self;
        let kept = outline.kept.partition_point(|it| (it.item as usize) < *item);
        let kept = outline.kept[kept..].iter().take_while(|it| it.item as usize == *item).map(|it| it.place);
        let filled = outline.filled.partition_point(|it| (it.0 as usize) < *item);
        let filled = outline.filled[filled..].iter().take_while(|it| it.0 as usize == *item).map(|it| it.1);
        kept.chain(filled)
    }
}

impl Later {
    pub(super) fn of(items: &[&PutOff<'_>]) -> Later {
        let all = || items.iter().map(|it| it.at).collect();
        let makers = || {
            let mut makers: HashMap<_, Vec<_>> = HashMap::default();
            for item in items {
                item.made.iter().for_each(|it| makers.entry(*it).or_default().push((item.unit, item.at)));
            }
            makers
        };
        let keepers = || {
            let mut keepers: HashMap<_, Vec<_>> = HashMap::default();
            for item in items {
                for place in item.fills() {
                    let keepers = keepers.entry(place).or_default();
                    if keepers.last() != Some(&(item.unit, item.at)) {
                        keepers.push((item.unit, item.at));
                    }
                }
            }
            keepers
        };
        let declared = || {
            let (mut plain, mut methods) = (HashMap::<_, Vec<_>>::default(), HashMap::<_, Vec<_>>::default());
            for item in items {
                let PutOff { at, unit, .. } = **item;
                for Symbol { owner, name } in item.outline.defines(item.item) {
                    match *owner {
                        Name::NONE => plain.entry((unit, *name)).or_default().push(at),
                        owner => methods.entry(owner).or_default().push(Method { unit, name: *name, at }),
                    }
                }
            }
            (plain, methods)
        };
        let ((all, keepers), (makers, (plain, methods))) =
            rayon::join(|| rayon::join(all, keepers), || rayon::join(makers, declared));
        Later { all, plain, methods, makers, keepers }
    }

    pub fn contains(&self, at: At) -> bool {
        self.all.contains(&at)
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What may declare the function or variable, by the last words of its path.
    pub fn declaring(&self, path: &str) -> impl Iterator<Item = At> + use<'_> {
        let (before, name) = last_words(path);
        let (unit, name) = (unit_before(path, before), Name::of(name));
        let methods = self.methods_of(before).filter(move |it| it.0 == name).map(|it| it.1);
        methods.chain(self.plain.get(&(unit, name)).into_iter().flatten().copied())
    }

    /// Who may fill a field of this type: of very many only those of its own package.
    pub fn filling(&self, ty: &str, field: &str) -> impl Iterator<Item = At> + use<'_> {
        let unit = unit_before(ty, last_words(ty).0);
        let keepers = self.keepers.get(&Name::of(field)).map(Vec::as_slice).unwrap_or_default();
        keepers.iter().filter(move |it| keepers.len() <= KEEPERS || it.0 == unit).map(|it| it.1)
    }

    /// Who may make a value of this type: a function of its package that mentions it, or of the type itself.
    pub fn making(&self, ty: &str) -> impl Iterator<Item = At> + use<'_> {
        let (before, name) = last_words(ty);
        let unit = unit_before(ty, before);
        let makers = self.makers.get(&Name::of(name)).into_iter().flatten().filter(move |it| it.0 == unit);
        makers.map(|it| it.1).chain(self.methods_of(ty).map(|it| it.1))
    }

    /// The methods of a type, by the last words of its path.
    pub fn methods_of(&self, ty: &str) -> impl Iterator<Item = (Name, At)> + use<'_> {
        let (before, ty_name) = last_words(ty);
        let unit = unit_before(ty, before);
        let methods = self.methods.get(&Name::of(ty_name)).into_iter().flatten();
        let methods = methods.filter(move |it| it.unit == unit || [it.unit, unit].contains(&Name::NONE));
        methods.map(|it| (it.name, it.at))
    }
}

/// The last word of a path, after what stands before it; of a package, only its own name is of interest.
fn last_words(path: &str) -> (&str, &str) {
    path.rsplit_once("::").unwrap_or_else(|| {
        let words = &path[path.rfind('/').map_or(0, |it| it + 1)..];
        words.rsplit_once('.').unwrap_or(("", words))
    })
}

/// The package that stands before the last word of a path; none in Rust, or where nothing stands.
fn unit_before(path: &str, before: &str) -> Name {
    if path.contains("::") || before.is_empty() { Name::NONE } else { unit_name(before) }
}

/// How a package is told apart: by the last word of its path, tests of a package included.
pub(super) fn unit_name(unit: &str) -> Name {
    let word = unit.rsplit('/').next().unwrap_or(unit);
    Name::of(word.strip_suffix("_test").unwrap_or(word))
}
