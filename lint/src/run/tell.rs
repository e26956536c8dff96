//! What was looked at and what could not be, on stderr.

use std::collections::BTreeMap;
use std::path::Path;

use netns_lint::cli::Check;
use netns_lint::config::{self, Loaded};
use netns_lint::coverage::Partly;
use netns_lint::files::{self, Idle, Trouble};
use netns_lint::finding::Level;
use netns_lint::identity::Identity;
use netns_lint::report::Format;
use netns_lint::source::Sources;
use netns_lint::{Checked, Request};

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
        say(format_args!(
            "no file to look at: none of the paths has any that ends in {}, but for what is ignored, vendored or generated",
            languages.join(" or ")
        ));
    }
    for what in &coverage.crashed {
        say(format_args!("{what} ended in an internal error; the findings are not complete"));
    }
    if options.report.statistics {
        let mut counts = BTreeMap::new();
        findings.iter().for_each(|it| *counts.entry(it.rule).or_insert(0) += 1);
        counts.iter().for_each(|(rule, count)| say(format_args!("{count:6} {rule}")));
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
        let background = counted(coverage.background, "file");
        say(format_args!("{background} known but not reported on, {} parsed", counted(coverage.parsed, "file")));
        if coverage.cut_short > 0 {
            say(format_args!("{} functions have too many paths to follow all of them", coverage.cut_short));
        }
    }
    if !options.fixing.fix_only {
        summary(checked);
        let text =
            options.report.outputs().is_ok_and(|it| it.iter().any(|it| it.format == Format::Text && it.file.is_none()));
        if let Some(finding) = findings.first().filter(|_| text) {
            say(format_args!("`netns-lint rule {}` says more about it", finding.rule));
        }
    }
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

/// Patterns that have no effect, if this run saw all that they are about.
pub(super) fn idle(options: &Check, request: &Request, loaded: &Loaded, checked: &Checked) {
    let coverage = &checked.coverage;
    for Idle { pattern, .. } in coverage.idle.iter().filter(|it| it.from.is_none()) {
        say(format_args!("--exclude {pattern}: it leaves out nothing"));
    }
    let whole = |path: &Path| files::whole(path).ok();
    let seen: Vec<_> = request.paths.iter().filter_map(|it| whole(it)).collect();
    let all = |file: &Path| whole(files::folder_of(file)).is_some_and(|it| seen.iter().any(|top| it.starts_with(top)));
    if !options.what.lang.is_empty() || !loaded.file.as_deref().is_some_and(all) {
        return;
    }
    for path in &coverage.unmet {
        let said_in = |it: &&std::path::PathBuf| files::read(it).is_ok_and(|text| text.contains(path.as_str()));
        let files: Vec<_> =
            loaded.file.iter().cloned().chain(loaded.config.facts.iter().map(|it| loaded.folder.join(it))).collect();
        let place = files.iter().find(said_in).map_or_else(String::new, |it| config::place(it, path) + ": ");
        say(format_args!("{place}the fact about `{path}` matches no call that is looked at"));
    }
    for Idle { from, pattern } in &coverage.idle {
        if let Some(file) = from {
            let place = config::place(file, pattern);
            say(format_args!("{place}: the pattern `{pattern}` leaves out nothing"));
        }
    }
    for pattern in loaded.idle(&coverage.reported) {
        let place = config::place(&pattern.file, pattern.text());
        say(format_args!("{place}: the pattern `{}` matches no file that is looked at", pattern.text()));
    }
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
    let calls = match (coverage.resolved, coverage.unknown) {
        (0, 0) => String::new(),
        (resolved, unknown) => format!(", {} resolved, {unknown} unknown", counted(resolved, "call")),
    };
    say(format_args!(
        "{}, {}{maybe}; looked at {}{partly}: {regions}{calls}",
        counted(count(Level::Error), "error"),
        counted(count(Level::Warning), "warning"),
        counted(coverage.files, "file"),
    ));
    if coverage.is_incomplete() {
        say(format_args!("not everything could be looked at, as said above: the exit code is 3"));
    }
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
