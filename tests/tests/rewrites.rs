//! The lint says the same of two programs that mean the same: every fixture is rewritten in many ways, and has the same
//! findings then, but for what stands in `rewrite/known.tsv`. A rewritten program that differs is kept.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, LazyLock, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use netns_lint::check;
use netns_lint::facts::Facts;
use netns_lint::lang::{LANGUAGES, Language};
use netns_lint::progress::Progress;
use netns_tests::fixture::{Fixture, fixtures};
use netns_tests::request;
use netns_tests::rewrite::known::{Difference, known};
use netns_tests::rewrite::{Rewriting, go, rust};

static FACTS: LazyLock<Facts> = LazyLock::new(Facts::embedded);

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for &language in LANGUAGES {
        let rewritings = if language.extension() == "go" { go::rewritings() } else { Some(rust::rewritings()) };
        let Some(rewritings) = rewritings else {
            let name = format!("{}: not run, there is none here", language.name());
            trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
            continue;
        };
        let names: Vec<_> = rewritings.iter().map(|it| it.name.clone()).collect();
        let name = format!("{}: the list names no other rewriting", language.name());
        trials.push(Trial::test(name, move || match known_of(language).find(|it| !names.contains(&it.rewriting)) {
            Some(other) => Err(other.to_string().into()),
            None => Ok(()),
        }));
        let programs: Arc<[Program]> = Program::all(language).into();
        for rewriting in rewritings {
            let programs = Arc::clone(&programs);
            let name = format!("{}: {}", language.name(), rewriting.name);
            trials.push(Trial::test(name, move || compare(language, &rewriting, &programs)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A fixture, and what is found in it.
struct Program {
    language: &'static dyn Language,
    fixture: Fixture,
    found: OnceLock<Vec<Found>>,
}

struct Found {
    rule: &'static str,
    item: String,
    /// `sure error`, `maybe warning`, and so on.
    how: String,
    line: usize,
    code: String,
}

impl Program {
    fn all(language: &'static dyn Language) -> Vec<Program> {
        let written = fixtures(language.extension()).into_iter().filter(|it| !it.is_fixed());
        written.map(|fixture| Program { language, fixture, found: OnceLock::new() }).collect()
    }

    /// What the lint finds in a text that stands for this program, alone in a folder.
    fn findings(&self, text: &str) -> Vec<Found> {
        let folder = tempfile::tempdir().expect("a folder for a program");
        let path = folder.path().join(self.fixture.path.file_name().expect("a fixture is a file"));
        fs::write(&path, text).expect("it can be written there");
        let checked = check(&request(self.language, path), &FACTS, &Progress::hidden());
        let found = checked.findings.iter().map(|it| {
            let source = checked.sources.get(it.span.file);
            let line = source.line_of(it.span.start as usize);
            Found {
                rule: it.rule,
                // The body of a function may be in a helper of that name.
                item: it.item.replace("_inner", ""),
                how: format!("{} {}", if it.sure { "sure" } else { "maybe" }, it.level.name()),
                line: line + 1,
                code: source.text[source.line(line).unwrap_or_default()].trim().to_owned(),
            }
        });
        found.collect()
    }

    /// What is found otherwise when this text stands for the program, and where.
    fn differences(&self, rewriting: &str, text: &str) -> Vec<(Difference, String)> {
        let mut comes = self.findings(text);
        let mut goes: Vec<_> = self.found.get_or_init(|| self.findings(&self.fixture.text)).iter().collect();
        // Most rewritings leave the lines as they are: of several that are alike, the one on that line is meant.
        for is_same in [Found::is_on_line_of, Found::is_like] {
            goes.retain(|was| taken(&mut comes, |it| is_same(it, was)).is_none());
        }
        let mut differences = Vec::new();
        for was in goes {
            let is = taken(&mut comes, |it| it.is_there(was));
            differences.push(self.difference(rewriting, was, &was.how, is.as_ref().map_or("none", |it| &it.how)));
        }
        differences.extend(comes.iter().map(|is| self.difference(rewriting, is, "none", &is.how)));
        differences
    }

    fn difference(&self, rewriting: &str, found: &Found, before: &str, after: &str) -> (Difference, String) {
        let difference = Difference {
            rewriting: rewriting.to_owned(),
            fixture: self.fixture.name.clone(),
            rule: found.rule.to_owned(),
            item: found.item.clone(),
            before: before.to_owned(),
            after: after.to_owned(),
        };
        (difference, format!("{}: {}", found.line, found.code))
    }
}

impl Found {
    fn is_there(&self, other: &Found) -> bool {
        (self.rule, &self.item) == (other.rule, &other.item)
    }

    fn is_like(&self, other: &Found) -> bool {
        self.is_there(other) && self.how == other.how
    }

    fn is_on_line_of(&self, other: &Found) -> bool {
        self.is_like(other) && self.line == other.line
    }
}

/// The first that is so, out of the list.
fn taken<T>(list: &mut Vec<T>, is: impl FnMut(&T) -> bool) -> Option<T> {
    list.iter().position(is).map(|at| list.remove(at))
}

fn compare(language: &'static dyn Language, rewriting: &Rewriting, programs: &[Program]) -> Result<(), Failed> {
    let name = &rewriting.name;
    let mut known: Vec<_> = known_of(language).filter(|it| it.rewriting == *name).collect();
    let mut touches = false;
    let mut wrong = String::new();
    for program in programs {
        let rewritten = (rewriting.rewrite)(&program.fixture);
        let Some((text, places)) = rewritten.map_err(|why| format!("{}: {why}", program.fixture.name))? else {
            continue;
        };
        touches = true;
        let mut unknown = program.differences(name, &text);
        unknown.retain(|(it, _)| taken(&mut known, |other| other == it).is_none());
        if !unknown.is_empty() {
            writeln!(wrong, "{}, rewritten in {places} places:", keep(name, &program.fixture, &text)?.display())?;
        }
        for (difference, place) in unknown {
            writeln!(wrong, "  {difference}\n    {place}")?;
        }
    }
    for it in known {
        writeln!(wrong, "is gone: take it out of the list\n  {it}")?;
    }
    if !touches {
        wrong += "touches nothing";
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

fn known_of(language: &'static dyn Language) -> impl Iterator<Item = Difference> {
    known().into_iter().filter(|it| it.fixture.ends_with(language.extension()))
}

/// Where a rewritten program can be read afterwards.
fn keep(rewriting: &str, fixture: &Fixture, text: &str) -> io::Result<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rewritten").join(rewriting).join(&fixture.name);
    fs::create_dir_all(path.parent().expect("it is in a folder"))?;
    fs::write(&path, text)?;
    Ok(path)
}
