//! Packages and crates, and which of them can see which.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap as HashMap;

use super::later::unit_name;
use super::outline::Name;
use super::{How, Skimmed};

/// Packages and crates, by number; also those that are not in the tree.
#[derive(Default)]
pub(super) struct Units {
    ids: HashMap<String, usize>,
    /// By number, the last word of each.
    called: Vec<Name>,
    /// What a unit can see, itself and through others included, as one bit for each.
    seen: Vec<Vec<u64>>,
}

/// What a file can name.
pub(super) struct Place {
    pub(super) unit: usize,
    /// As the file calls each, and which it is.
    pub(super) imports: Vec<(Name, usize)>,
    /// Whether the qualifier of a function is the name of an import and of nothing else.
    pub(super) qualified_by_unit: bool,
}

impl Place {
    /// The units in which a function or type is looked for, by what stands before its name.
    pub(super) fn meant_by(&self, qualifier: Name) -> impl Iterator<Item = usize> + '_ {
        let by_unit = self.qualified_by_unit;
        let own = (!by_unit || qualifier == Name::NONE) && qualifier != Name::MEMBER;
        let named = if qualifier == Name::NONE { Name::of(".") } else { qualifier };
        // What is more than a word is the name of no import.
        let imports = if qualifier == Name::MEMBER { &[] } else { &*self.imports };
        let imports = imports.iter().filter(move |it| !by_unit || it.0 == named);
        own.then_some(self.unit).into_iter().chain(imports.map(|it| it.1))
    }

    /// Whether what stands before a name can be a value or a type.
    pub(super) fn can_be_value(&self, qualifier: Name) -> bool {
        match qualifier {
            Name::MEMBER => true,
            Name::NONE => false,
            _ => !(self.qualified_by_unit && self.imports.iter().any(|it| it.0 == qualifier)),
        }
    }
}

impl Units {
    /// The units of all files, in the order of the files.
    pub(super) fn of(files: &[Skimmed], how: &How<'_>, manifests: &[(&str, &str)]) -> (Units, Vec<Place>) {
        let mut units = Units::default();
        let implied = implied(files, how, manifests);
        let manifests: Vec<_> =
            manifests.iter().copied().chain(implied.iter().map(|(path, text)| (&**path, &**text))).collect();
        let manifests = &manifests;
        // A file is part of what its neighbours are part of.
        let mut folders = HashMap::default();
        let mut names = HashMap::default();
        let of_files: Vec<usize> = files
            .iter()
            .map(|file| {
                let folder = file.place().rsplit_once('/').map_or("", |it| it.0);
                let unit = *folders
                    .entry((folder, file.language))
                    .or_insert_with(|| units.id(&how.languages[file.language].unit(file.place(), manifests)));
                names.entry(unit).or_insert(file.outline.package);
                unit
            })
            .collect();
        let places = files.iter().zip(of_files).map(|(file, unit)| {
            let language = how.languages[file.language];
            let imports = file.outline.imports.iter().map(|it| {
                let id = units.id(&it.unit);
                let alias = match (it.alias, names.get(&id)) {
                    (Name::NONE, Some(name)) => *name,
                    (Name::NONE, None) => language.default_alias(&it.unit).map_or(Name::NONE, Name::of),
                    (alias, _) => alias,
                };
                (alias, id)
            });
            Place { unit, imports: imports.collect(), qualified_by_unit: language.default_alias("").is_some() }
        });
        let places: Vec<_> = places.collect();
        units.look_around(&places);
        (units, places)
    }

    pub(super) fn id(&mut self, unit: &str) -> usize {
        if let Some(id) = self.ids.get(unit) {
            return *id;
        }
        let next = self.ids.len();
        self.ids.insert(unit.to_owned(), next);
        self.called.push(if unit.is_empty() { Name::NONE } else { unit_name(unit) });
        next
    }

    /// The last word of a unit; `Name::NONE` if it has no name.
    pub(super) fn called(&self, unit: usize) -> Name {
        self.called[unit]
    }

    /// Whether a value of a type of `other` can be met in `unit`.
    pub(super) fn sees(&self, unit: usize, other: usize) -> bool {
        self.seen.get(unit).and_then(|it| it.get(other / 64)).is_some_and(|it| it >> (other % 64) & 1 == 1)
    }

    fn look_around(&mut self, places: &[Place]) {
        let width = self.ids.len().div_ceil(64);
        self.seen = vec![vec![0; width]; self.ids.len()];
        let mut edges = Vec::new();
        for place in places {
            self.seen[place.unit][place.unit / 64] |= 1 << (place.unit % 64);
            for (_, import) in &place.imports {
                self.seen[place.unit][import / 64] |= 1 << (import % 64);
                edges.push((place.unit, *import));
            }
        }
        edges.sort_unstable();
        edges.dedup();
        loop {
            let mut changed = false;
            for (unit, import) in edges.iter().filter(|(unit, import)| unit != import) {
                let through = std::mem::take(&mut self.seen[*import]);
                for (mine, its) in self.seen[*unit].iter_mut().zip(&through) {
                    changed |= *its & !*mine != 0;
                    *mine |= its;
                }
                self.seen[*import] = through;
            }
            if !changed {
                return;
            }
        }
    }
}

/// What the manifests would say of the trees that have none: paths and texts.
fn implied(files: &[Skimmed], how: &How<'_>, manifests: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (index, language) in how.languages.iter().enumerate() {
        let mut packages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for file in files.iter().filter(|it| it.language == index) {
            let folder = file.place().rsplit_once('/').map_or("", |it| it.0);
            packages.entry(folder).or_default().extend(file.outline.imports.iter().map(|it| it.unit.as_str()));
        }
        // A manifest that encloses a folder names it otherwise.
        packages.retain(|folder, _| {
            let unit = language.unit(&format!("{folder}/_"), manifests);
            unit == *folder || format!("/{folder}").contains("/vendor/")
        });
        let packages: Vec<_> = packages.into_iter().collect();
        if let Some((folder, path)) = language.implied_root(&packages) {
            found.push((format!("{folder}/go.mod").trim_start_matches('/').to_owned(), format!("module {path}\n")));
        }
    }
    found
}
