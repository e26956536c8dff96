//! What a file could matter for, without parsing it.

mod calls;
mod facts;
mod later;
mod mentions;
pub mod outline;
mod select;
mod units;

use std::ops::Range;
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use rustc_hash::FxHashSet as HashSet;

use crate::coverage::Coverage;
use crate::facts::Facts;
use crate::files::{self, Listed, Listing, Trouble};
use crate::lang::Language;
use crate::source::{self, FileId, Source, Sources};
use later::PutOff;
pub use later::{At, Later};
use outline::{Mention, Name, Outline};
use select::Wanted;

/// The texts of a run: those that can matter, and the manifests.
#[derive(Default)]
pub struct Scanned {
    pub sources: Sources,
    pub selected: Vec<Selected>,
    pub manifests: Vec<FileId>,
    /// As [`crate::lang::Input::left_out`].
    pub left_out: HashSet<(FileId, u32)>,
    /// The declarations whose bodies are worth reading if something leads there.
    pub later: Later,
    /// The reported files that may have suppressions in them.
    pub annotated: Vec<FileId>,
    pub coverage: Coverage,
}

/// A text that is worth parsing.
#[derive(Clone, Copy)]
pub struct Selected {
    pub id: FileId,
    /// Whether findings in it are shown.
    pub reported: bool,
}

/// One file that was read.
struct Skimmed {
    file: Listed,
    reported: bool,
    /// Whether it may have suppressions in it.
    annotated: bool,
    shown: String,
    /// As [`Sources::place`], where that is not as it is shown.
    place: Option<String>,
    /// An index into the languages.
    language: usize,
    /// Kept only where a word was found; most files are never needed again.
    text: Option<String>,
    outline: Outline,
    /// The items in which a word was found, by index, in order.
    hits: Vec<usize>,
    /// Those of them in which the word is the path of a namespace.
    entries: Vec<usize>,
}

impl Skimmed {
    fn place(&self) -> &str {
        self.place.as_deref().unwrap_or(&self.shown)
    }
}

/// How to scan.
pub struct How<'a> {
    pub languages: &'a [&'static dyn Language],
    pub facts: &'a Facts,
    /// Whether to leave out what cannot matter.
    pub prefilter: bool,
    /// How many calls away from a switch or an opening a function matters.
    pub calls: usize,
    /// How many calls back a thread that was moved comes.
    pub carried: usize,
    /// How many calls away from an opening what it gives is asked.
    pub given: usize,
    pub include_generated: bool,
}

/// Reads every file once, and keeps those that can matter.
pub fn scan(listing: Listing, how: &How<'_>) -> Scanned {
    // What the outlines took is free for all others only when the threads that asked for it end.
    let pool = ThreadPoolBuilder::new().num_threads(rayon::current_num_threads()).build();
    match pool {
        Ok(pool) => pool.install(|| scan_here(listing, how)),
        Err(_) => scan_here(listing, how),
    }
}

fn scan_here(listing: Listing, how: &How<'_>) -> Scanned {
    let Listing { files, manifests, trouble, passed_over, idle } = listing;
    let reported = files.iter().filter(|it| it.reported).map(|it| it.path.clone()).collect();
    let coverage = Coverage { unreadable: trouble, passed_over, idle, reported, ..Coverage::default() };
    let mut scanned = Scanned { coverage, ..Scanned::default() };
    // What is above the working directory has an absolute path, and nothing else would be below it.
    let ends = files.first().into_iter().chain(files.last()).map(|it| &it.path);
    let absolute: Vec<_> = manifests.iter().chain(ends).map(|it| files::shown(it).starts_with('/')).collect();
    let mixed = absolute.contains(&true) && absolute.contains(&false);
    if mixed {
        scanned.sources.mix();
    }
    for manifest in manifests {
        if let Ok(text) = files::read(&manifest) {
            scanned.manifests.push(scanned.sources.add(files::shown(&manifest), text));
        }
    }
    let words = Words::new(how.facts.words());
    let marks = Words::new(MARKS);
    let read: Vec<_> =
        files.into_par_iter().with_max_len(source::AT_ONCE).map(|file| skim(file, how, &words, &marks)).collect();
    let mut skimmed = Vec::new();
    for read in read {
        match read {
            Ok(mut file) => {
                file.place = mixed.then(|| source::absolute(&file.shown));
                scanned.coverage.files += usize::from(file.reported);
                scanned.coverage.background += usize::from(!file.reported);
                skimmed.push(file);
            }
            Err((file, why)) => note_unread(&file, why, &mut scanned.coverage),
        }
    }
    let wanted = {
        let sources = &scanned.sources;
        let paths: Vec<_> = scanned.manifests.iter().map(|it| sources.place(*it)).collect();
        let texts = scanned.manifests.iter().map(|it| &*sources.get(*it).text);
        let manifests: Vec<_> = paths.iter().map(|it| &**it).zip(texts).collect();
        select::select(&skimmed, how, &manifests)
    };
    let kept: Vec<_> = skimmed
        .into_par_iter()
        .zip(wanted)
        .with_max_len(source::AT_ONCE)
        .filter_map(|(file, wanted)| keep(file, wanted))
        .collect();
    let mut read = Vec::with_capacity(kept.len());
    for (file, wanted, source) in kept {
        match source {
            Ok(source) => {
                let id = scanned.sources.push(source);
                scanned.annotated.extend(file.annotated.then_some(id));
                scanned.selected.push(Selected { id, reported: file.reported });
                read.push((id, file.outline, wanted));
            }
            Err(why) => note_unread(&file.file, why, &mut scanned.coverage),
        }
    }
    let movers = types_that_move(&read);
    let by_file = read.par_iter_mut().with_max_len(source::AT_ONCE);
    let (put_off, left_out): (Vec<_>, Vec<_>) = by_file.map(|it| put_off(it, &movers)).unzip();
    let later = || Later::of(&put_off.iter().flatten().collect::<Vec<_>>());
    (scanned.later, scanned.left_out) = rayon::join(later, || left_out.into_iter().flatten().collect());
    scanned.coverage.parsed = scanned.selected.len();
    scanned
}

/// The items of a file that are put off, and where those begin that are left out.
fn put_off<'a>(
    (file, outline, wanted): &'a mut (FileId, Outline, Wanted),
    movers: &HashSet<Name>,
) -> (Vec<PutOff<'a>>, Vec<At>) {
    let made = |item: usize| outline.mentions(item).iter().filter(|it| makes(it, movers)).map(|it| it.name);
    // Whoever fills the fields of a type that moves the thread says where.
    wanted.later.extend(wanted.left_out.extract_if(.., |it| made(*it).next().is_some()));
    let at = |item: &usize| (*file, outline.items[*item].start);
    let put_off = wanted.later.iter().map(|it| PutOff {
        at: at(it),
        unit: wanted.unit,
        outline,
        item: *it,
        made: made(*it).collect(),
    });
    (put_off.collect(), wanted.left_out.iter().map(at).collect())
}

/// The types of whose methods one is read at once: it moves the thread, or leads to what does.
fn types_that_move(read: &[(FileId, Outline, Wanted)]) -> HashSet<Name> {
    let mut types = HashSet::default();
    for (_, outline, wanted) in read {
        let mut at_once = vec![true; outline.items.len()];
        wanted.left_out.iter().chain(&wanted.later).for_each(|it| at_once[*it] = false);
        let items = (0..at_once.len()).filter(|it| at_once[*it]);
        types.extend(items.flat_map(|it| outline.defines(it)).map(|it| it.owner));
    }
    types.remove(&Name::NONE);
    types
}

/// Whether an item of which that is mentioned may make a value of one of these types.
fn makes(mention: &Mention, types: &HashSet<Name>) -> bool {
    mention.qualifier == Name::NONE && types.contains(&mention.name)
}

fn skim(mut file: Listed, how: &How<'_>, words: &Words, marks: &Words) -> Result<Skimmed, (Listed, String)> {
    let unsaved = file.text.is_some();
    let text = match file.text.take().map_or_else(|| files::read(&file.path), Ok) {
        Ok(text) => text,
        Err(why) => return Err((file, why)),
    };
    let extension = file.path.extension().unwrap_or_default();
    let language = how.languages.iter().position(|it| extension == it.extension()).unwrap_or(0);
    let outline = if how.prefilter { how.languages[language].outline(&text) } else { Outline::default() };
    let (mut hits, mut entries, mut found) = (Vec::new(), Vec::new(), false);
    for place in words.places_in(&text).filter(|_| how.prefilter) {
        found = true;
        if let Some(item) = outline.item_at(place.start) {
            hits.push(item);
            if &text[place] == NAMESPACE_FILE {
                entries.push(item);
            }
        }
    }
    hits.dedup();
    entries.dedup();
    let reported = file.reported && (how.include_generated || file.named || !files::is_generated(&text));
    let annotated = reported && marks.places_in(&text).next().is_some();
    Ok(Skimmed {
        reported,
        annotated,
        shown: files::shown(&file.path),
        place: None,
        file,
        language,
        text: (found || annotated || unsaved).then_some(text),
        outline,
        hits,
        entries,
    })
}

/// The text of a file that a front end has to see, read again where it was not kept.
fn keep(mut file: Skimmed, wanted: Option<Wanted>) -> Option<(Skimmed, Wanted, Result<Source, String>)> {
    // What a suppression acts on may be outside of the build, which only a front end can tell.
    let wanted = wanted.or_else(|| file.annotated.then(Wanted::default))?;
    let text = file.text.take().map_or_else(|| files::read(&file.file.path), Ok);
    let source = text.map(|it| Source::new(std::mem::take(&mut file.shown), it));
    Some((file, wanted, source))
}

fn note_unread(file: &Listed, why: String, coverage: &mut Coverage) {
    if !file.reported {
        return;
    }
    if !file.named && files::is_generated(&files::head(&file.path)) {
        coverage.passed_over.push(Trouble::new(&file.path, format!("generated, and {why}")));
    } else {
        coverage.unreadable.push(Trouble::new(Path::new(&file.path), why));
    }
}

/// Part of the path of every file that is a namespace: opening one needs no call of the catalogue.
const NAMESPACE_FILE: &str = "/ns/net";

/// What a suppression has to hold one of.
const MARKS: [&str; 3] = ["netns:", "netnslint", "lint:ignore netns-"];

/// Many words, searched all at once.
struct Words(AhoCorasick);

impl Words {
    fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        // Only the leftmost kinds are searched with vector instructions, ten times faster, and
        // only a full table is fast where the words are too many for these.
        let builder = &mut AhoCorasick::builder();
        let searcher = builder.match_kind(MatchKind::LeftmostFirst).kind(Some(AhoCorasickKind::DFA)).build(words);
        Words(searcher.expect("a few hundred short words"))
    }

    /// Where each begins, in bytes, in the order of the text.
    fn places_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.0.find_iter(text).map(|it| it.range())
    }
}
