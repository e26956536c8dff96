//! Small texts and what they are lowered to, worked out by hand.

use crate::facts::{Facts, read};
use crate::lang::{Input, Language, Lowered};
use crate::source::Sources;

/// A library that the texts call: `lib::open` gives a `Result<lib::File>`.
const LIBRARY: &str = r#"
library = "lib"
[[call]]
path = "lib::open"
effect = "nothing"
fallible = true
results = ["lib::File"]
evidence = "made up for tests"
[[type]]
path = "lib::Guard"
role = "guard"
evidence = "made up for tests"
[[type]]
path = "lib::File"
role = "netns"
evidence = "made up for tests"
"#;

/// Reads files, given as path and text.
fn lower(files: &[(&str, &str)]) -> (Sources, Lowered) {
    let mut facts = Facts::default();
    read(LIBRARY, &mut facts).expect("the library of the tests is right");
    let mut sources = Sources::default();
    let (mut sources_of, mut manifests) = (Vec::new(), Vec::new());
    for (path, text) in files {
        let file = sources.add(*path, *text);
        if path.ends_with(".toml") { manifests.push(file) } else { sources_of.push(file) }
    }
    let lowered = super::Rust.lower(&Input {
        sources: &sources,
        facts: &facts,
        files: sources_of,
        manifests,
        left_out: Default::default(),
        demand: None,
        chosen: &Default::default(),
    });
    (sources, lowered)
}

/// All functions as text, one after the other.
fn printed(text: &str) -> String {
    let (_, lowered) = lower(&[("a.rs", text)]);
    assert!(lowered.unread.is_empty(), "{:?}", lowered.unread);
    lowered.program.functions.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// `expected` is indented as it stands in the source of the test.
fn check(text: &str, expected: &str) {
    let found = printed(text);
    let lines = expected.lines().map(str::trim).filter(|it| !it.is_empty());
    let found_lines = found.lines().map(str::trim).filter(|it| !it.is_empty());
    assert!(lines.clone().eq(found_lines), "\n{text}\nis\n{found}\nnot\n{}", lines.collect::<Vec<_>>().join("\n"));
}

mod drops;
mod expansion;
mod flow;
mod names;
mod reading;
mod roots;
