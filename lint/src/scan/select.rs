//! Which files can matter.
//!
//! A finding needs a thread that moves, or a namespace or handle that is opened:
//! an *entry*. Whatever leads to an entry matters, and whatever can be called
//! from there and asks a namespace anything. An item leads to another if it
//! mentions it: by package and name, or by the name of a method whose type can
//! be met there. Whole packages of such items then give the front ends the
//! types that they need.

use rayon::prelude::*;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::calls::Index;
use super::mentions::Mentions;
use super::outline::{Item, Kept, Mention, Name, Symbol};
use super::units::{Place, Units};
use super::{How, Skimmed, facts};
use crate::source::AT_ONCE;

/// What a front end has to read of a file: all but the bodies of these items.
#[derive(Default)]
pub(super) struct Wanted {
    /// The items whose bodies it can leave out, by index.
    pub(super) left_out: Vec<usize>,
    /// The items whose bodies are worth reading only if something that was read
    /// leads there, by index.
    pub(super) later: Vec<usize>,
    /// The last word of the package or crate.
    pub(super) unit: Name,
}

/// For each file, whether a front end has to read it, and what of it.
pub(super) fn select(files: &[Skimmed], how: &How<'_>, manifests: &[(&str, &str)]) -> Vec<Option<Wanted>> {
    let (known, inside, closers) = (facts::known(how.facts), facts::inside(how.facts), facts::closers(how.facts));
    let asked = [&known, &inside, &closers].into_iter().flatten().map(|it| it.name);
    let asked: Vec<_> = asked.chain([facts::STARTS, facts::SUITES.1]).map(Name::of).collect();
    let ((mut units, places), mentions) = rayon::join(
        || Units::of(files, how, manifests),
        || if how.prefilter { Mentions::of(files, &asked) } else { Mentions::default() },
    );
    // What the catalogue describes says itself nothing new.
    let described: HashSet<_> = facts::libraries(how.facts).into_iter().map(|it| units.id(it)).collect();
    let new: Vec<_> = (0..files.len()).map(|it| files[it].reported || !described.contains(&places[it].unit)).collect();
    if !how.prefilter {
        return new.into_iter().map(|it| it.then(Wanted::default)).collect();
    }
    let suites = units.id(facts::SUITES.0);
    let (mut entries, mut movers, mut all) = (Symbols::default(), Symbols::default(), Symbols::default());
    for known in known {
        let unit = units.id(known.unit);
        let symbol = Symbol { owner: known.owner.map_or(Name::NONE, Name::of), name: Name::of(known.name) };
        if known.is_entry {
            entries.add(unit, symbol);
        }
        if known.moves {
            movers.add(unit, symbol);
        }
        all.add(unit, symbol);
    }
    let mut of = |calls: Vec<facts::Known<'_>>| {
        let mut symbols = Symbols::default();
        for known in calls {
            let owner = known.owner.map_or(Name::NONE, Name::of);
            symbols.add(units.id(known.unit), Symbol { owner, name: Name::of(known.name) });
        }
        symbols
    };
    let (inside, closers) = (of(inside), of(closers));
    // A library's own handle may ask past itself.
    let handles = facts::handles(how.facts).into_iter().map(|(unit, ty)| (units.id(unit), Name::of(ty))).collect();
    let called_back = facts::called_back(how.facts).map(Name::of).collect();
    let tree = Tree { files, places, units, new, mentions, called_back };
    let openers = entries.clone();
    tree.add_places_of(&openers, &mut entries);
    let calls = [all.clone(), inside.clone()];
    let to = || {
        rayon::join(
            || tree.leading_to(entries, |it| &it.entries, how.calls),
            || tree.leading_to(all, |it| &it.hits, usize::MAX),
        )
    };
    // Where the thread is at home, whatever matters leads to an entry by itself. What is opened is closed by somebody,
    // and it may be anybody who is handed it.
    let from = || {
        rayon::join(
            || tree.leading_to(movers, |it| &it.entries, how.carried),
            || tree.leading_to(openers, |it| &it.entries, how.given),
        )
    };
    let ((mut to_entries, to_any), (away, mut from)) = rayon::join(to, from);
    mark(&mut to_entries, &tree.methods_of(&handles, &to_any));
    // Who closes by hand what has an owner is wrong by himself.
    tree.lead_to(closers, Vec::new(), 0, &mut to_entries);
    // What locks the thread of `main` before `main` begins.
    mark(&mut to_entries, &tree.before_main(&to_any));
    mark(&mut from, &away);
    let mut wanted = tree.called_from(from, &to_any);
    mark(&mut wanted, &to_entries);
    let mut first = to_entries;
    let packages: HashSet<_> =
        (0..files.len()).filter(|it| wanted[*it].contains(&true)).map(|it| tree.places[it].unit).collect();
    // What a region may call and only there matters, beside what matters anywhere, as far as it is read anyhow.
    let mut to_inside = to_any;
    tree.lead_to(inside, Vec::new(), usize::MAX, &mut to_inside);
    // So does what starts a function that it is handed.
    for (_, file, item) in tree.mentions_of(Name::of(facts::STARTS)) {
        to_inside[file][item] = true;
    }
    for (file, items) in to_inside.iter_mut().enumerate() {
        items.iter_mut().for_each(|it| *it &= packages.contains(&tree.places[file].unit));
    }
    let wanted = tree.called_from(wanted, &to_inside);
    tree.mark_keepers(&calls, &packages, &mut first);
    for (mention, file, item) in tree.mentions_of(Name::of(facts::SUITES.1)) {
        let place = &tree.places[file];
        first[file][item] |= packages.contains(&place.unit) && place.meant_by(mention.qualifier).any(|it| it == suites);
    }
    let selected = files.par_iter().enumerate().with_max_len(AT_ONCE);
    let selected = selected.map(|(file, it)| of_file(&tree, &packages, file, it, &first[file], &wanted[file]));
    selected.collect()
}

/// What of a file has to be read: `first` are the items that lead to an entry, `wanted` those that may be called.
fn of_file(
    tree: &Tree<'_>,
    packages: &HashSet<usize>,
    file: usize,
    skimmed: &Skimmed,
    first: &[bool],
    wanted: &[bool],
) -> Option<Wanted> {
    // Only a front end can say what is wrong with a file.
    let broken = skimmed.reported && !skimmed.outline.balanced;
    if broken {
        return Some(Wanted::default());
    }
    if !tree.new[file] || !packages.contains(&tree.places[file].unit) {
        return None;
    }
    // Here and without a manifest, a package has no name but its own.
    let unit = match tree.units.called(tree.places[file].unit) {
        _ if !tree.places[file].qualified_by_unit => Name::NONE,
        Name::NONE => skimmed.outline.package,
        called => called,
    };
    let mut of_file = Wanted { unit, ..Wanted::default() };
    for (index, item) in skimmed.outline.items.iter().enumerate() {
        if first[index] || is_value(skimmed, item) {
            continue;
        }
        if wanted[index] || is_short(item) || tree.is_called_back(skimmed, index) {
            of_file.later.push(index);
        } else {
            of_file.left_out.push(index);
        }
    }
    Some(of_file)
}

/// Whether an item is a small table or constant: cheap to read, and a system call
/// may stand in it by its number.
fn is_value(skimmed: &Skimmed, item: &Item) -> bool {
    const LONG: usize = 1024;
    let text = skimmed.text.as_ref().and_then(|it| it.get(item.start as usize..item.end as usize));
    text.is_some_and(|it| it.len() < LONG && ["var ", "const ", "static "].iter().any(|word| it.starts_with(word)))
}

/// Whether an item is no longer than what only says what something is: a getter, a helper that
/// puts a path together.
fn is_short(item: &Item) -> bool {
    const SHORT: u32 = 256;
    item.end - item.start < SHORT
}

/// For each file, for each of its items.
pub(super) type Marks = Vec<Vec<bool>>;

fn mark(marks: &mut Marks, more: &Marks) {
    marks.iter_mut().flatten().zip(more.iter().flatten()).for_each(|(mark, more)| *mark |= more);
}

pub(super) struct Tree<'a> {
    pub(super) files: &'a [Skimmed],
    pub(super) places: Vec<Place>,
    pub(super) units: Units,
    /// Whether a file says anything that the catalogue does not.
    new: Vec<bool>,
    mentions: Mentions,
    /// The methods that libraries call.
    called_back: HashSet<Name>,
}

impl<'a> Tree<'a> {
    /// The items that lead to a symbol, or to an item in which a word was found,
    /// in at most so many calls.
    fn leading_to(&self, symbols: Symbols, hits: impl Fn(&'a Skimmed) -> &'a Vec<usize>, calls: usize) -> Marks {
        let mut marks: Marks = self.files.iter().map(|it| vec![false; it.outline.items.len()]).collect();
        let mut reached = Vec::new();
        for (file, skimmed) in self.files.iter().enumerate().filter(|(file, _)| self.new[*file]) {
            reached.extend(hits(skimmed).iter().map(|index| (file, *index)));
        }
        self.lead_to(symbols, reached, calls, &mut marks);
        marks
    }

    /// Marks the items that lead to a symbol or to one of these items, in at most so many calls.
    fn lead_to(&self, symbols: Symbols, mut reached: Vec<(usize, usize)>, calls: usize, marks: &mut Marks) {
        let mut fresh = symbols;
        for call in 0.. {
            for (file, index) in &reached {
                marks[*file][*index] = true;
                for symbol in self.files[*file].outline.defines(*index) {
                    fresh.add(self.places[*file].unit, *symbol);
                }
            }
            if fresh.is_empty() || call > calls {
                break;
            }
            reached = self.mentioning(&fresh, marks);
            fresh = Symbols::default();
        }
    }

    /// The items of `among` that are methods of one of these types.
    fn methods_of(&self, types: &HashSet<(usize, Name)>, among: &Marks) -> Marks {
        let of_file = |(file, items): (usize, &Vec<bool>)| {
            let unit = self.places[file].unit;
            let outline = &self.files[file].outline;
            let is_one = |item: usize| outline.defines(item).iter().any(|it| types.contains(&(unit, it.owner)));
            items.iter().enumerate().map(|(item, marked)| *marked && is_one(item)).collect()
        };
        among.iter().enumerate().map(of_file).collect()
    }

    /// Marks who puts one of these calls somewhere without calling it: whoever finds it there says nothing of him.
    fn mark_keepers(&self, calls: &[Symbols], packages: &HashSet<usize>, marks: &mut Marks) {
        for (file, kept) in self.kept().filter(|it| packages.contains(&self.places[it.0].unit)) {
            if let Some(mark) = marks[file].get_mut(kept.item as usize) {
                *mark = *mark || calls.iter().any(|it| self.is_one(kept.what, file, it));
            }
        }
    }

    /// Adds the fields and variables into which one of these calls is put: who calls it there mentions only that.
    fn add_places_of(&self, calls: &Symbols, symbols: &mut Symbols) {
        for (file, kept) in self.kept().filter(|it| self.is_one(it.1.what, it.0, calls)) {
            symbols.add(self.places[file].unit, Symbol { owner: Name::MEMBER, name: kept.place });
        }
    }

    /// What is put somewhere without being called, by its file.
    fn kept(&self) -> impl Iterator<Item = (usize, &'a Kept)> + '_ {
        let files = self.files.iter().enumerate().filter(|it| self.new[it.0]);
        files.flat_map(|(file, skimmed)| skimmed.outline.kept.iter().map(move |it| (file, it)))
    }

    fn is_one(&self, what: Mention, file: usize, symbols: &Symbols) -> bool {
        symbols.named(what.name).has(what.qualifier, &self.places[file], &self.units)
    }

    /// Whether an item is a method that libraries call: nobody else mentions it.
    fn is_called_back(&self, skimmed: &Skimmed, item: usize) -> bool {
        let mut methods = skimmed.outline.defines(item).iter().filter(|it| it.owner != Name::NONE);
        methods.any(|it| self.called_back.contains(&it.name))
    }

    /// The `init` functions of programs, and what they call, of `among`.
    fn before_main(&self, among: &Marks) -> Marks {
        let init = Symbol { owner: Name::NONE, name: Name::of("init") };
        let of_file = |(file, items): (usize, &Vec<bool>)| {
            let outline = &self.files[file].outline;
            let is_one = |item: usize| outline.package == Name::of("main") && outline.defines(item).contains(&init);
            items.iter().enumerate().map(|(item, marked)| *marked && is_one(item)).collect()
        };
        self.called_from(among.iter().enumerate().map(of_file).collect(), among)
    }

    /// The marked items, and those of `among` that can be reached from them.
    fn called_from(&self, mut marks: Marks, among: &Marks) -> Marks {
        let mut from: Vec<(usize, usize)> = Vec::new();
        for (file, items) in marks.iter().enumerate() {
            from.extend(items.iter().enumerate().filter(|it| *it.1).map(|(index, _)| (file, index)));
        }
        let index = Index::of(self, among);
        let mut asked = HashSet::default();
        while !from.is_empty() {
            let met =
                from.par_iter().with_min_len(64).flat_map_iter(|(file, item)| index.called_by(self, *file, *item));
            let met: Vec<_> = met.collect();
            from.clear();
            for called in met.into_iter().filter(|it| asked.insert(*it)) {
                index.visit(self, called, &mut |file, item| {
                    if !std::mem::replace(&mut marks[file][item], true) {
                        from.push((file, item));
                    }
                });
            }
        }
        marks
    }

    /// Who mentions a name, of those that say anything new: the file and the item, by their numbers.
    fn mentions_of(&self, name: Name) -> impl Iterator<Item = (Mention, usize, usize)> + '_ {
        self.mentions.of_name(name).filter(|it| self.new[it.1])
    }

    /// The items without a mark that mention one of the symbols.
    fn mentioning(&self, symbols: &Symbols, marks: &Marks) -> Vec<(usize, usize)> {
        let names: Vec<_> = symbols.names.iter().copied().collect();
        let found = names.into_par_iter().flat_map_iter(|name| {
            let mut named = symbols.named(name);
            self.mentions_of(name).filter_map(move |(mention, file, item)| {
                let has = !marks[file][item] && named.has(mention.qualifier, &self.places[file], &self.units);
                has.then_some((file, item))
            })
        });
        let mut found: Vec<_> = found.collect();
        found.par_sort_unstable();
        found.dedup();
        found
    }
}

/// Functions, types and methods that an item may mention.
#[derive(Clone, Default)]
struct Symbols {
    names: HashSet<Name>,
    /// By name: the units.
    plain: HashMap<Name, HashSet<usize>>,
    /// By name: the unit and the type.
    methods: HashMap<Name, Vec<(usize, Name)>>,
}

/// Those of one name, of which very many mentions are asked.
struct Named<'a> {
    plain: Option<&'a HashSet<usize>>,
    methods: &'a [(usize, Name)],
    /// Whether one of the methods is in sight, by the unit and what stands before the name.
    in_sight: HashMap<(usize, Name), bool>,
}

impl Symbols {
    fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn add(&mut self, unit: usize, symbol: Symbol) {
        let Symbol { owner, name } = symbol;
        if [Name::of("_"), Name::of("init")].contains(&name) {
            return;
        }
        self.names.insert(name);
        if owner == Name::NONE {
            self.plain.entry(name).or_default().insert(unit);
        } else {
            self.methods.entry(name).or_default().push((unit, owner));
        }
        // A value that acts when it is dropped acts wherever it is had.
        if name == Name::of("drop") && owner != Name::NONE {
            self.add(unit, Symbol { owner: Name::NONE, name: owner });
        }
    }

    fn named(&self, name: Name) -> Named<'_> {
        let methods = self.methods.get(&name).map_or(&[][..], Vec::as_slice);
        Named { plain: self.plain.get(&name), methods, in_sight: HashMap::default() }
    }
}

impl Named<'_> {
    /// Whether a file that mentions the name behind this qualifier may mean one of them.
    fn has(&mut self, qualifier: Name, place: &Place, units: &Units) -> bool {
        if self.plain.is_some_and(|plain| place.meant_by(qualifier).any(|it| plain.contains(&it))) {
            return true;
        }
        if self.methods.is_empty() || !place.can_be_value(qualifier) {
            return false;
        }
        // `Type::method` says which; a method of a value may be of any type in sight.
        let qualifier = if place.qualified_by_unit { Name::MEMBER } else { qualifier };
        let methods = self.methods;
        *self.in_sight.entry((place.unit, qualifier)).or_insert_with(|| {
            let any = [Name::MEMBER, Name::of("Self")].contains(&qualifier);
            methods.iter().any(|it| (any || it.1 == qualifier) && units.sees(place.unit, it.0))
        })
    }
}
