//! What an item may call, by the names that it mentions.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::outline::{Mention, Name};
use super::select::{Marks, Tree};

/// Where symbols are defined.
pub(super) struct Index {
    plain: HashMap<(usize, Name), Vec<(usize, usize)>>,
    /// The names of those: most words are none of them.
    names: HashSet<Name>,
    methods: HashMap<Name, Vec<(usize, usize)>>,
}

/// What an item calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Called {
    /// A function of this unit.
    Plain(usize, Name),
    /// A method of a type that this unit sees.
    Method(usize, Name),
}

impl Index {
    pub(super) fn of(tree: &Tree<'_>, among: &Marks) -> Index {
        let defined = |methods: bool| {
            let marked = among
                .iter()
                .enumerate()
                .flat_map(|(file, items)| (0..items.len()).filter(|it| items[*it]).map(move |item| (file, item)));
            marked.flat_map(move |(file, item)| {
                let symbols = tree.files[file].outline.defines(item).iter();
                symbols.filter(move |it| (it.owner != Name::NONE) == methods).map(move |it| (it.name, (file, item)))
            })
        };
        let (plain, methods) = rayon::join(
            || {
                let mut plain: HashMap<_, Vec<_>> = HashMap::default();
                for (name, at) in defined(false) {
                    plain.entry((tree.places[at.0].unit, name)).or_default().push(at);
                }
                plain
            },
            || {
                let mut methods: HashMap<_, Vec<_>> = HashMap::default();
                defined(true).for_each(|(name, at)| methods.entry(name).or_default().push(at));
                methods
            },
        );
        let names = plain.keys().map(|it| it.1).collect();
        Index { plain, names, methods }
    }

    /// What of it an item may call.
    pub(super) fn called_by<'i>(
        &'i self,
        tree: &'i Tree<'_>,
        file: usize,
        item: usize,
    ) -> impl Iterator<Item = Called> + 'i {
        let place = &tree.places[file];
        tree.files[file].outline.mentions(item).iter().flat_map(move |Mention { qualifier, name }| {
            let units = self.names.contains(name).then(|| place.meant_by(*qualifier)).into_iter().flatten();
            let plain = units.filter(|unit| self.plain.contains_key(&(*unit, *name)));
            let method = self.methods.contains_key(name) && place.can_be_value(*qualifier);
            plain.map(|unit| Called::Plain(unit, *name)).chain(method.then_some(Called::Method(place.unit, *name)))
        })
    }

    /// Where what is called is defined.
    pub(super) fn visit(&self, tree: &Tree<'_>, called: Called, see: &mut dyn FnMut(usize, usize)) {
        let (items, from) = match called {
            Called::Plain(unit, name) => (self.plain.get(&(unit, name)), None),
            Called::Method(unit, name) => (self.methods.get(&name), Some(unit)),
        };
        for (file, item) in items.into_iter().flatten() {
            if from.is_none_or(|it| tree.units.sees(it, tree.places[*file].unit)) {
                see(*file, *item);
            }
        }
    }
}
