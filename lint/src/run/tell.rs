//! What was looked at and what could not be, on stderr.

use std::collections::BTreeMap;

use netns_lint::Checked;
use netns_lint::cli::Check;
use netns_lint::coverage::Partly;
use netns_lint::files::Trouble;
use netns_lint::finding::Level;
use netns_lint::identity::Identity;
use netns_lint::source::Sources;

use super::say;

/// What went wrong, in any case; what was seen, unless nobody wants to know.
pub(super) fn tell(options: &Check, checked: &Checked) {
    let Checked { sources, findings, coverage, .. } = checked;
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
    if options.report.quiet {
        return;
    }
    for Trouble { path, why } in &coverage.passed_over {
        say(format_args!("passed over {path}: {why}"));
    }
    if options.report.verbose > 0 {
        coverage.background_partly_parsed.iter().for_each(|it| say_partly(it, sources));
        let rules: Vec<_> = options.what.rules().iter().map(|it| it.name).collect();
        say(format_args!("rules: {}", rules.join(", ")));
        say(format_args!("{} files known but not reported on, {} files parsed", coverage.background, coverage.parsed));
        if coverage.cut_short > 0 {
            say(format_args!("{} functions have too many paths to follow all of them", coverage.cut_short));
        }
    }
    if options.report.statistics {
        let mut counts = BTreeMap::new();
        findings.iter().for_each(|it| *counts.entry(it.rule).or_insert(0) += 1);
        counts.iter().for_each(|(rule, count)| say(format_args!("{count:6} {rule}")));
    }
    summary(checked);
}

/// Known findings that are no more.
pub(super) fn stale(stale: &[Identity], quiet: bool) {
    if stale.is_empty() || quiet {
        return;
    }
    for Identity { rule, path, item, statement, .. } in stale {
        say(format_args!("the baseline knows {rule} in {item} of {path}, which is not found any more: {statement}"));
    }
    say(format_args!("`netns-lint baseline prune` takes {} out of the baseline", counted(stale.len(), "entry")));
}

fn summary(checked: &Checked) {
    let Checked { findings, coverage, .. } = checked;
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

pub(super) fn counted(count: usize, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ if what.ends_with("ch") => format!("{count} {what}es"),
        _ => format!("{count} {what}s"),
    }
}
