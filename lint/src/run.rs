//! What the user's words mean: runs, reports, and decides how to exit.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use netns_lint::cli::{Check, FailOn};
use netns_lint::coverage::Partly;
use netns_lint::facts::Facts;
use netns_lint::files::{self, Trouble};
use netns_lint::finding::Level;
use netns_lint::progress::Progress;
use netns_lint::report::Look;
use netns_lint::source::Sources;
use netns_lint::{Checked, Request};

/// Runs `netns-lint check`.
///
/// # Errors
///
/// What kept the run from giving a report.
pub(crate) fn check(options: &Check) -> Result<ExitCode, String> {
    let request = Request {
        paths: options.paths.clone(),
        languages: options.what.languages(),
        rules: options.what.rules(),
        tests: !options.what.no_tests,
        include_vendored: options.what.include_vendored,
        exclude: options.what.exclude.clone(),
        prefilter: !options.what.no_prefilter,
    };
    let progress = if options.report.quiet { Progress::hidden() } else { Progress::on_stderr() };
    let mut checked = netns_lint::check(&request, &Facts::embedded(), &progress);
    let times = progress.times();
    drop(progress);
    if !options.report.maybe {
        checked.findings.retain(|it| it.sure);
    }
    write_report(options, &checked)?;
    tell(options, &checked);
    for (what, time) in times.iter().filter(|_| options.report.verbose > 1) {
        say(format_args!("{what}: {} ms", time.as_millis()));
    }
    Ok(exit_code(&checked, options.report.fail_on))
}

/// Writes a line to stderr; if that is closed, nobody is left to be told.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "netns-lint: {line}");
}

fn exit_code(checked: &Checked, fail_on: FailOn) -> ExitCode {
    let fails = checked.findings.iter().any(|it| it.sure && fail_on.includes(it.level));
    ExitCode::from(match &checked.coverage {
        it if !it.crashed.is_empty() => 2,
        it if it.is_incomplete() => 3,
        _ => u8::from(fails),
    })
}

fn write_report(options: &Check, checked: &Checked) -> Result<(), String> {
    let report = &options.report;
    let colored = |otherwise: bool| match report.color {
        clap::ColorChoice::Always => true,
        clap::ColorChoice::Never => false,
        clap::ColorChoice::Auto => otherwise,
    };
    match &report.output_file {
        Some(path) => write_file(path, &report.format.render(checked, Look { colored: colored(false) })),
        None => {
            let terminal = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
            let text = report.format.render(checked, Look { colored: colored(terminal) });
            let mut out = io::stdout().lock();
            match out.write_all(&text).and_then(|()| out.flush()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(format!("write the report: {}", files::reason(&error)))
                }
                _ => Ok(()),
            }
        }
    }
}

fn write_file(path: &Path, text: &[u8]) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("write {}: {}", path.display(), files::reason(&error)))
}

/// What was looked at and what could not be, on stderr.
fn tell(options: &Check, checked: &Checked) {
    let Checked { sources, findings, coverage } = checked;
    let (quiet, verbose) = (options.report.quiet, options.report.verbose);
    for Trouble { path, why } in &coverage.unreadable {
        say(format_args!("{path}: {why}"));
    }
    coverage.partly_parsed.iter().for_each(|it| say_partly(it, sources));
    if coverage.files == 0 && coverage.unreadable.is_empty() {
        let languages: Vec<_> = options.what.languages().iter().map(|it| format!(".{}", it.extension())).collect();
        say(format_args!("no file to look at: none of the paths has any that ends in {}", languages.join(" or ")));
    }
    for what in &coverage.crashed {
        say(format_args!("{what} ended in an internal error; the findings are not complete"));
    }
    if quiet {
        return;
    }
    for Trouble { path, why } in &coverage.passed_over {
        say(format_args!("passed over {path}: {why}"));
    }
    if verbose > 0 {
        coverage.background_partly_parsed.iter().for_each(|it| say_partly(it, sources));
        let rules: Vec<_> = options.what.rules().iter().map(|it| it.name).collect();
        say(format_args!("rules: {}", rules.join(", ")));
        say(format_args!("{} files known but not reported on, {} files parsed", coverage.background, coverage.parsed));
    }
    let partly = match coverage.partly_parsed.len() {
        0 => String::new(),
        count => format!(", {} not understood", counted(count, "stretch")),
    };
    let regions = match coverage.regions {
        0 => "no namespace region found".into(),
        count => counted(count, "namespace region"),
    };
    let count = |level| findings.iter().filter(|it| it.sure && it.level == level).count();
    let maybe = match findings.iter().filter(|it| !it.sure).count() {
        0 => String::new(),
        count => format!(", {count} maybe"),
    };
    say(format_args!(
        "{}, {}{maybe}; looked at {}{partly}: {regions}, {} resolved, {} not",
        counted(count(Level::Error), "error"),
        counted(count(Level::Warning), "warning"),
        counted(coverage.files, "file"),
        counted(coverage.resolved, "call"),
        coverage.unknown,
    ));
}

fn say_partly(part: &Partly, sources: &Sources) {
    let at = sources.start(part.span);
    let path = &sources.get(part.span.file).path;
    say(format_args!("{path}:{}:{}: partly parsed: {}", at.line, at.column, part.why));
}

fn counted(count: usize, what: &str) -> String {
    let ending = match count {
        1 => "",
        _ if what.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{count} {what}{ending}")
}
