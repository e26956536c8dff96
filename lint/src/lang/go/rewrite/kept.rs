//! What is worked out once for a file, however many findings it has.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::super::items::{self, Item};
use super::align::{self, Line};
use super::system;
use crate::lang::Rewriting;
use crate::source::{FileId, Source};

#[derive(Default)]
pub struct Kept(Mutex<HashMap<FileId, Arc<OfFile>>>);

#[derive(Default)]
pub(super) struct OfFile {
    items: OnceLock<Vec<Item>>,
    is_for_others: OnceLock<bool>,
    commented: OnceLock<Vec<Vec<Line>>>,
    words: OnceLock<HashSet<String>>,
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

    /// Whether a word stands anywhere in the code.
    pub(super) fn has_word(&self, text: &str, word: &str) -> bool {
        let words = || items::tokens(text.as_bytes()).filter_map(|it| Some(text.get(it)?.to_owned())).collect();
        self.words.get_or_init(words).contains(word)
    }
}
