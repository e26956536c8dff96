//! What the lint is known to say otherwise about rewritten programs: the lines of `rewrite/known.tsv`.

use std::fmt;
use std::fs;

/// A finding that is another one, or there or not, when a program is rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub rewriting: String,
    pub fixture: String,
    pub rule: String,
    /// The function that it is in.
    pub item: String,
    /// `sure error`, `maybe warning`, and so on, or `none`.
    pub before: String,
    pub after: String,
}

/// All that are known; one that happens twice stands there twice.
///
/// # Panics
///
/// If the list cannot be read, or a line has other columns than its first one names.
pub fn known() -> Vec<Difference> {
    let path = crate::root().join("tests/rewrite/known.tsv");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    text.lines().skip(1).map(read).collect()
}

fn read(line: &str) -> Difference {
    let columns: Vec<_> = line.split('\t').map(str::to_owned).collect();
    let [rewriting, fixture, rule, item, before, after, reason] =
        <[String; 7]>::try_from(columns).unwrap_or_else(|_| panic!("seven columns, not: {line}"));
    assert!(!reason.is_empty(), "there is no reason: {line}");
    Difference { rewriting, fixture, rule, item, before, after }
}

/// As in the list, without the reason.
impl fmt::Display for Difference {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { rewriting, fixture, rule, item, before, after } = self;
        write!(to, "{rewriting}\t{fixture}\t{rule}\t{item}\t{before}\t{after}")
    }
}
