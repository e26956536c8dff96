//! What is worked out once for a file, however many findings it has.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::super::items::{self, Item};
use super::align::{self, Line};
use super::{system, unneeded};
use crate::lang::Rewriting;
use crate::source::{FileId, Source, Span};

#[derive(Default)]
pub struct Kept(Mutex<HashMap<FileId, Arc<OfFile>>>);

#[derive(Default)]
pub(super) struct OfFile {
    items: OnceLock<Vec<Item>>,
    is_for_others: OnceLock<bool>,
    commented: OnceLock<Vec<Vec<Line>>>,
    words: OnceLock<HashSet<String>>,
    uses: OnceLock<HashMap<String, usize>>,
    sent: OnceLock<HashMap<String, BTreeSet<Span>>>,
}

pub(super) fn of_file(input: &Rewriting<'_>, file: FileId) -> Arc<OfFile> {
    let mut files = input.go.0.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(files.entry(file).or_default())
}

impl OfFile {
    pub(super) fn items(&self, text: &str) -> &[Item] {
        self.items.get_or_init(|| items::split(text))
    }

    /// Whether the file is built for other systems than Linux too.
    pub(super) fn is_for_others(&self, input: &Rewriting<'_>, file: FileId) -> bool {
        *self.is_for_others.get_or_init(|| system::has_others(input, file))
    }

    /// The lines with a comment behind their code, those together whose comments are aligned with each other.
    pub(super) fn commented(&self, source: &Source) -> &[Vec<Line>] {
        self.commented.get_or_init(|| align::commented(source))
    }

    /// How often the code names something of a package.
    pub(super) fn uses(&self, text: &str, package: &str) -> usize {
        let uses = self.uses.get_or_init(|| {
            let uses = unneeded::uses(text);
            uses.into_iter().map(|(package, count)| (package.to_owned(), count)).collect()
        });
        uses.get(package).copied().unwrap_or(0)
    }

    /// The names of all calls in the file that a handle can make and that name something of a package.
    pub(super) fn sent(&self, input: &Rewriting<'_>, file: FileId, package: &str) -> Option<&BTreeSet<Span>> {
        self.sent.get_or_init(|| unneeded::sent(input, file)).get(package)
    }

    /// Whether a word stands anywhere in the code.
    pub(super) fn has_word(&self, text: &str, word: &str) -> bool {
        let words = || items::tokens(text.as_bytes()).filter_map(|it| Some(text.get(it)?.to_owned())).collect();
        self.words.get_or_init(words).contains(word)
    }
}
