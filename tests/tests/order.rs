//! What is sure does not depend on where it stands: every fixture is taken apart at its top-level items, put together in
//! other orders and over several files, and has to give the same.

use std::fs;
use std::process::ExitCode;
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Failed, Trial};
use netns_lint::check;
use netns_lint::facts::Facts;
use netns_lint::lang::{LANGUAGES, Language};
use netns_lint::progress::Progress;
use netns_tests::fixture::{Fixture, fixtures};
use netns_tests::request;

static FACTS: LazyLock<Facts> = LazyLock::new(Facts::embedded);

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for &language in LANGUAGES {
        for fixture in fixtures(language.extension()) {
            trials.push(Trial::test(fixture.name.clone(), move || shuffle(language, &fixture)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn shuffle(language: &'static dyn Language, fixture: &Fixture) -> Result<(), Failed> {
    let Parts { head, items } = Parts::of(&fixture.text);
    let one = |items: &[&str]| vec![format!("{head}\n{}", items.join("\n"))];
    let is = sure(language, &one(&items))?;
    for seed in [0, 1, 2] {
        let mut other = items.clone();
        match seed {
            0 => other.reverse(),
            seed => mix(&mut other, seed),
        }
        compare(&is, &sure(language, &one(&other))?, "in another order")?;
        // The files of a Go package know each other; those of a Rust crate would have to name each other.
        if language.extension() == "go" {
            let half = other.len() / 2;
            let files = [one(&other[..half]), one(&other[half..])].concat();
            compare(&is, &sure(language, &files)?, "over two files")?;
            let files: Vec<_> = other.iter().flat_map(|it| one(&[it])).collect();
            compare(&is, &sure(language, &files)?, "each item in a file of its own")?;
        }
    }
    Ok(())
}

/// A formatted source.
struct Parts<'a> {
    /// What has to come first: the package, the imports, and macros, which have to be defined before they are used.
    head: String,
    items: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Parts<'a> {
        let mut parts = Parts { head: String::new(), items: Vec::new() };
        for part in pieces(text) {
            let first = part.lines().find(|it| !it.starts_with("//"));
            let heads = ["package ", "import ", "use ", "pub use ", "#![", "extern ", "macro_rules!", "#[macro"];
            if parts.items.is_empty() && first.is_none_or(|it| heads.iter().any(|head| it.starts_with(head)))
                || first.is_some_and(|it| it.starts_with("macro_rules!"))
            {
                parts.head += part;
                parts.head.push('\n');
            } else {
                parts.items.push(part);
            }
        }
        parts
    }
}

/// Cut at each empty line between two lines that are not indented.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices("\n\n") {
        let before = text[start..at].rsplit('\n').next().unwrap_or_default();
        let after = &text[at + 2..];
        if !before.starts_with([' ', '\t']) && !after.starts_with([' ', '\t', '\n']) {
            pieces.push(&text[start..at + 1]);
            start = at + 2;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// A permutation, the same for the same seed.
fn mix(items: &mut [&str], seed: u64) {
    let mut state = seed;
    for end in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(end, (state >> 33) as usize % (end + 1));
    }
}

/// The findings that are sure, by what they say and the code that they point at.
fn sure(language: &'static dyn Language, files: &[String]) -> Result<Vec<String>, Failed> {
    let folder = tempfile::tempdir()?;
    for (number, text) in files.iter().enumerate() {
        // Files are read in the order of their names.
        let name = format!("{:03}.{}", (number * 7 + 3) % 1000, language.extension());
        fs::write(folder.path().join(name), text)?;
    }
    let request = request(language, folder.path().into());
    let checked = check(&request, &FACTS, &Progress::hidden());
    let sources = &checked.sources;
    let mut found: Vec<_> = checked
        .findings
        .iter()
        .filter(|it| it.sure)
        .map(|it| {
            let source = sources.get(it.span.file);
            let line = source.line(source.line_of(it.span.start as usize)).unwrap_or_default();
            format!("{} {} in {}: {}", it.level.name(), it.rule, it.item, source.text[line].trim())
        })
        .collect();
    found.sort();
    Ok(found)
}

fn compare(is: &[String], other: &[String], how: &str) -> Result<(), Failed> {
    let gone = is.iter().filter(|it| !other.contains(it)).map(|it| format!("  gone {it}\n"));
    let new = other.iter().filter(|it| !is.contains(it)).map(|it| format!("  new  {it}\n"));
    let wrong: String = gone.chain(new).collect();
    if wrong.is_empty() && is.len() == other.len() { Ok(()) } else { Err(format!("{how}:\n{wrong}").into()) }
}
