//! The fixes of every fixture are made, the safe ones and then all, until there is nothing left to do: each finding that
//! is fixed is gone, nothing new is found, the syntax holds, and the formatter has nothing to say. What becomes of
//! `bad.go` stands in `bad.fixed.go`; `BLESS=1` writes that.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Failed, Trial};
use netns_lint::facts::Facts;
use netns_lint::fix::plan;
use netns_lint::lang::{LANGUAGES, Language};
use netns_lint::progress::Progress;
use netns_lint::remedy::{Remedy, Safety};
use netns_lint::{Checked, check};
use netns_tests::fixture::{Fixture, fixtures};
use netns_tests::request;

static FACTS: LazyLock<Facts> = LazyLock::new(Facts::embedded);

/// No fixture has more fixes that touch each other.
const ROUNDS: usize = 10;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for &language in LANGUAGES {
        let formatter = Formatter::of(language.extension());
        for fixture in fixtures(language.extension()) {
            let name = format!("{}: safe", fixture.name);
            let (path, text) = (fixture.path.clone(), fixture.text.clone());
            let safe = move || fixed(language, &path, &text, Safety::Safe, formatter).map(drop);
            trials.push(Trial::test(name, safe));
            trials.push(Trial::test(format!("{}: all", fixture.name), move || all(language, &fixture, formatter)));
        }
        if !formatter.is_here() {
            let name = format!("{}: not run, there is none here", formatter.0);
            trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn all(language: &'static dyn Language, fixture: &Fixture, formatter: Formatter) -> Result<(), Failed> {
    let text = fixed(language, &fixture.path, &fixture.text, Safety::Unsafe, formatter)?;
    let expected = fixture.path.with_extension(format!("fixed.{}", language.extension()));
    if fixture.is_fixed() {
        return if text == fixture.text { Ok(()) } else { Err("there is still something to fix".into()) };
    }
    if text == fixture.text {
        return if expected.exists() { Err("nothing is fixed".into()) } else { Ok(()) };
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    if without_wants(&text) == without_wants(&wanted) {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&expected, formatter.formatted(&still_wanted(language, &fixture.path, &text)?)?)?;
    }
    Err(format!("{} is not what the fixes make:\n{text}", expected.display()).into())
}

/// The text after all fixes up to that safety.
fn fixed(
    language: &'static dyn Language,
    path: &Path,
    text: &str,
    up_to: Safety,
    formatter: Formatter,
) -> Result<String, Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(path.file_name().expect("a fixture is a file"));
    fs::write(&path, text)?;
    let request = request(language, path.clone());
    // Comments behind code are aligned with each other, expectations too.
    let was_formatted = formatter.leaves(&without_wants(text))?;
    let mut before = check(&request, &FACTS, &Progress::hidden());
    for _ in 0..ROUNDS {
        let plan = plan(&request, &FACTS, &before, &before.findings, up_to, &Progress::hidden());
        if let Some(dropped) = plan.dropped.first() {
            let line = before.sources.start(dropped.place).line;
            return Err(format!("line {line}: the fix of {} is dropped: {}", dropped.rule, dropped.why).into());
        }
        let Some(changed) = plan.texts.first() else { break };
        fs::write(&path, &changed.new)?;
        let after = check(&request, &FACTS, &Progress::hidden());
        compare(&before, &after, plan.made.iter().map(|it| it.rule))
            .map_err(|it| format!("{}\n{}", it, changed.new))?;
        if was_formatted && !formatter.leaves(&without_wants(&changed.new))? {
            return Err(format!("{} would change this:\n{}", formatter.0, changed.new).into());
        }
        before = after;
    }
    let left = before.findings.iter().filter(|it| it.fix.as_ref().is_some_and(|it| it.safety <= up_to));
    if left.count() > 0 {
        return Err("there is no end of fixes".into());
    }
    Ok(fs::read_to_string(&path)?)
}

/// Whether a text is what is left of another one after fixing a finding of each of these rules.
fn compare(before: &Checked, after: &Checked, made: impl Iterator<Item = &'static str>) -> Result<(), String> {
    if let Some(part) = after.coverage.partly_parsed.first() {
        return Err(format!("line {}: {}", after.sources.start(part.span).line, part.why));
    }
    if let Some(doing) = after.coverage.crashed.first() {
        return Err(format!("{doing} panicked"));
    }
    // What a fix leaves alone is still a finding: there may be as many as before, with fewer steps or calls.
    let mut steps: BTreeMap<(&str, &str), isize> = BTreeMap::new();
    for (checked, sign) in [(before, 1), (after, -1)] {
        for it in &checked.findings {
            let calls = if let Some(Remedy::UseHandle { calls, .. }) = &it.remedy { calls.len() } else { 0 };
            *steps.entry((it.rule, &it.item)).or_default() += sign * (1 + it.labels.len() + calls) as isize;
        }
    }
    if let Some(((rule, item), _)) = steps.iter().find(|it| *it.1 < 0) {
        return Err(format!("{rule} in {item} was not there before"));
    }
    let better = |rule: &&str| steps.iter().any(|it| it.0.0 == *rule && *it.1 > 0);
    made.into_iter().find(|it| !better(it)).map_or(Ok(()), |it| Err(format!("{it} is still there")))
}

/// Expectations are a matter of the other test.
fn without_wants(text: &str) -> String {
    let code = |line: &str| line.split("// want: ").next().unwrap_or(line).trim_end().to_owned() + "\n";
    text.lines().filter(|it| !it.trim_start().starts_with("// want: ")).map(code).collect()
}

/// The expectations as they are afterwards: of what is gone left out, of what a fix leaves alone added.
fn still_wanted(language: &'static dyn Language, name: &Path, text: &str) -> Result<String, Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(name.file_name().expect("a fixture is a file"));
    fs::write(&path, text)?;
    let checked = check(&request(language, path), &FACTS, &Progress::hidden());
    let found = |line| checked.findings.iter().find(|it| checked.sources.start(it.span).line == line);
    let lines: Vec<_> = text.lines().collect();
    let mut kept = String::new();
    for (index, line) in lines.iter().enumerate() {
        let is_alone = |line: &str| line.trim_start().starts_with("// want: ");
        if is_alone(line) {
            kept += &if found(index).is_some() { format!("{line}\n") } else { String::new() };
            continue;
        }
        let (code, want) = line.split_at(line.find("// want: ").unwrap_or(line.len()));
        let below = lines.get(index + 1).is_some_and(|it| is_alone(it));
        kept += &match found(index + 1) {
            Some(it) if want.is_empty() && !below => format!("{code} // want: {} {}\n", it.rule, it.level.name()),
            Some(_) => format!("{line}\n"),
            None => format!("{}\n", code.trim_end()),
        };
    }
    Ok(kept)
}

/// A command that reads a text and writes it as it should look.
#[derive(Clone, Copy)]
struct Formatter(&'static str);

impl Formatter {
    fn of(extension: &str) -> Self {
        Formatter(if extension == "go" { "gofmt" } else { "rustfmt" })
    }

    fn is_here(self) -> bool {
        Command::new(self.0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    }

    fn leaves(self, text: &str) -> Result<bool, Failed> {
        Ok(self.formatted(text)? == text)
    }

    /// The text as it is, if there is no formatter.
    fn formatted(self, text: &str) -> Result<String, Failed> {
        let mut command = Command::new(self.0);
        if self.0 == "rustfmt" {
            command.arg("--edition=2024").arg(format!("--config-path={}", netns_tests::root().display()));
        }
        let Ok(mut running) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
        else {
            return Ok(text.to_owned());
        };
        running.stdin.take().expect("it is piped").write_all(text.as_bytes())?;
        let output = running.wait_with_output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}
