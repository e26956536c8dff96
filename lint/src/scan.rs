//! What a file could matter for, without parsing it.

use std::collections::HashSet;
use std::path::Path;

use aho_corasick::{AhoCorasick, MatchKind};
use rayon::prelude::*;

use crate::coverage::Coverage;
use crate::facts::Facts;
use crate::files::{self, Listed, Listing, Trouble};
use crate::lang::Language;
use crate::source::{FileId, Sources};

/// The texts of a run: those that can matter, and the manifests.
#[derive(Default)]
pub struct Scanned {
    pub sources: Sources,
    pub selected: Vec<Selected>,
    pub manifests: Vec<FileId>,
    pub coverage: Coverage,
}

/// A text that is worth parsing.
#[derive(Clone, Copy)]
pub struct Selected {
    pub id: FileId,
    /// Whether findings in it are shown.
    pub reported: bool,
}

struct Text {
    file: Listed,
    reported: bool,
    text: String,
    hit: bool,
}

/// Reads every file once, and keeps those that can matter.
pub fn scan(
    listing: Listing,
    _languages: &[&'static dyn Language],
    facts: &Facts,
    prefilter: bool,
    include_generated: bool,
) -> Scanned {
    let Listing { files, manifests, trouble, passed_over } = listing;
    let mut scanned = Scanned {
        coverage: Coverage { unreadable: trouble, passed_over, ..Coverage::default() },
        ..Scanned::default()
    };
    let words = Words::new(facts);
    let read = |file: Listed| match files::read(&file.path) {
        Ok(text) => {
            let reported = file.reported && (include_generated || file.named || !files::is_generated(&text));
            let hit = words.any_in(&text);
            Ok(Text { reported, hit, text, file })
        }
        Err(why) => Err((file, why)),
    };
    let texts: Vec<_> = files.into_par_iter().map(read).collect();
    let mut kept = Vec::new();
    for text in texts {
        match text {
            Ok(text) => {
                scanned.coverage.files += usize::from(text.reported);
                scanned.coverage.background += usize::from(!text.reported);
                kept.push(text);
            }
            Err((file, why)) if file.reported => {
                let generated = files::is_generated(&files::head(&file.path)) && !file.named;
                let list = if generated { &mut scanned.coverage.passed_over } else { &mut scanned.coverage.unreadable };
                list.push(Trouble::new(&file.path, if generated { format!("generated, and {why}") } else { why }));
            }
            Err(_) => {}
        }
    }
    let folders: HashSet<_> =
        kept.iter().filter(|it| it.hit).filter_map(|it| it.file.path.parent().map(Path::to_path_buf)).collect();
    for text in kept {
        let matters = text.hit || text.file.path.parent().is_some_and(|it| folders.contains(it));
        if matters || !prefilter {
            let id = scanned.sources.add(files::shown(&text.file.path), text.text);
            scanned.selected.push(Selected { id, reported: text.reported });
        }
    }
    scanned.coverage.parsed = scanned.selected.len();
    for manifest in manifests {
        if let Ok(text) = files::read(&manifest) {
            scanned.manifests.push(scanned.sources.add(files::shown(&manifest), text));
        }
    }
    scanned
}

/// The words of the catalogue, searched all at once.
struct Words(AhoCorasick);

impl Words {
    fn new(facts: &Facts) -> Self {
        // Only the leftmost kinds are searched with vector instructions, ten times faster.
        let searcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(facts.words());
        Words(searcher.expect("a few hundred short words"))
    }

    fn any_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}
