//! Every rule runs on every fixture, and finds what its comments ask for: no less, and no more.

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Failed, Trial};
use netns_lint::check;
use netns_lint::facts::Facts;
use netns_lint::lang::{LANGUAGES, Language};
use netns_lint::progress::Progress;
use netns_lint::rules::Rule;
use netns_tests::fixture::{Fixture, Wanted, fixtures};
use netns_tests::request;

static FACTS: LazyLock<Facts> = LazyLock::new(Facts::embedded);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for &language in LANGUAGES {
        for fixture in fixtures(language.extension()) {
            trials.push(Trial::test(fixture.name.clone(), move || compare(language, &fixture)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn compare(language: &'static dyn Language, fixture: &Fixture) -> Result<(), Failed> {
    let mut found = findings(language, fixture)?;
    let mut wrong = String::new();
    // A rule that is still to come cannot find anything.
    for wanted in fixture.wanted().into_iter().filter(|it| Rule::find(&it.rule).is_some()) {
        let same = |it: &Found| {
            let Wanted { line, rule, sure, level } = &it.what;
            (line, rule, sure) == (&wanted.line, &wanted.rule, &wanted.sure)
                && (wanted.level.is_none() || level == &wanted.level)
        };
        match found.iter().position(same) {
            Some(at) => drop(found.remove(at)),
            None => writeln!(wrong, "  missed  {}", shown(&wanted, fixture))?,
        }
    }
    for it in found {
        writeln!(wrong, "  unasked {}\n          {}", shown(&it.what, fixture), it.message)?;
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

struct Found {
    what: Wanted,
    message: String,
}

fn findings(language: &'static dyn Language, fixture: &Fixture) -> Result<Vec<Found>, Failed> {
    // Alone: beside it there is another program, this one.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(fixture.path.file_name().expect("a fixture is a file"));
    fs::write(&path, &fixture.text)?;
    let request = request(language, path);
    let checked = check(&request, &FACTS, &Progress::hidden());
    if let Some(part) = checked.coverage.partly_parsed.first() {
        return Err(format!("line {}: {}", checked.sources.start(part.span).line, part.why).into());
    }
    if let Some(doing) = checked.coverage.crashed.first() {
        return Err(format!("{doing} panicked").into());
    }
    let found = checked.findings.into_iter().map(|it| Found {
        what: Wanted {
            line: checked.sources.start(it.span).line,
            rule: it.rule.to_owned(),
            sure: it.sure,
            level: Some(it.level.name().to_owned()),
        },
        message: it.message,
    });
    Ok(found.collect())
}

/// `31: sure missing-restore error: if err := netns.Set(target); err != nil {`.
fn shown(wanted: &Wanted, fixture: &Fixture) -> String {
    let line = fixture.text.lines().nth(wanted.line - 1).unwrap_or_default();
    let code = line.split("// want").next().unwrap_or(line).trim();
    let certainty = if wanted.sure { "sure" } else { "maybe" };
    let level = wanted.level.as_deref().unwrap_or("at any level");
    format!("{}: {certainty} {}, {level}: {code}", wanted.line, wanted.rule)
}
