//! `--no-prefilter` finds the same: every fixture alone, and all of a language as one tree, in which most of what is
//! read has nothing to do with the rest.

use std::fs;
use std::process::ExitCode;
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Failed, Trial};
use netns_lint::facts::Facts;
use netns_lint::lang::{LANGUAGES, Language};
use netns_lint::progress::Progress;
use netns_lint::{Request, check};
use netns_tests::fixture::{Fixture, fixtures};
use netns_tests::request;

static FACTS: LazyLock<Facts> = LazyLock::new(Facts::embedded);

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for &language in LANGUAGES {
        for fixture in fixtures(language.extension()) {
            trials.push(Trial::test(fixture.name.clone(), move || compare(language, &[fixture])));
        }
        let all = move || compare(language, &fixtures(language.extension()));
        trials.push(Trial::test(format!("all of {}", language.name()), all));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn compare(language: &'static dyn Language, fixtures: &[Fixture]) -> Result<(), Failed> {
    let tree = tempfile::tempdir()?;
    for (number, fixture) in fixtures.iter().enumerate() {
        // Each is a program of its own.
        let folder = tree.path().join(format!("program{number}"));
        fs::create_dir(&folder)?;
        fs::write(folder.join(fixture.path.file_name().expect("a fixture is a file")), &fixture.text)?;
    }
    let request = request(language, tree.path().into());
    let with = findings(&request);
    let without = findings(&Request { prefilter: false, ..request });
    let only = |these: &[String], those: &[String], which: &str| -> String {
        these.iter().filter(|it| !those.contains(it)).map(|it| format!("  only {which}: {it}\n")).collect()
    };
    let wrong = only(&with, &without, "with the prefilter") + &only(&without, &with, "without it");
    if with == without { Ok(()) } else { Err(wrong.into()) }
}

/// In their order, with all that they say, but for those that a fixture calls a gap: reading more may close it.
fn findings(request: &Request) -> Vec<String> {
    let checked = check(request, &FACTS, &Progress::hidden());
    let shown = checked.findings.iter().filter_map(|it| {
        let at = checked.sources.start(it.span);
        let source = checked.sources.get(it.span.file);
        if source.text.lines().nth(at.line - 1).is_some_and(|it| it.contains("// gap:")) {
            return None;
        }
        let path = &source.path;
        let certainty = if it.sure { it.level.name() } else { "maybe" };
        Some(format!("{path}:{}:{}: {certainty} {}: {}", at.line, at.column, it.rule, it.message))
    });
    shown.collect()
}
