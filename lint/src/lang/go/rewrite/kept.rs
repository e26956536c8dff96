//! What is worked out once for a file, however many findings it has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::super::items::{self, Item};
use super::system;
use crate::lang::Rewriting;
use crate::source::FileId;

#[derive(Default)]
pub struct Kept(Mutex<HashMap<FileId, Arc<OfFile>>>);

#[derive(Default)]
pub(super) struct OfFile {
    items: OnceLock<Vec<Item>>,
    is_for_others: OnceLock<bool>,
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
}
