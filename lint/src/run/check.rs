//! `netns-lint check`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ColorChoice;
use netns_lint::Checked;
use netns_lint::baseline::Baseline;
use netns_lint::change::Change;
use netns_lint::cli::{Check, Known};
use netns_lint::config::{FailOn, Loaded};
use netns_lint::files;
use netns_lint::finding::Finding;
use netns_lint::git::{self, Since};
use netns_lint::identity::Identity;
use netns_lint::progress::Progress;
use netns_lint::report::Look;
use netns_lint::suppress;

use super::{all_facts, allow, load, print, print_bytes, request, say, tell};

/// How a run that cannot know everything exits.
const INCOMPLETE: u8 = 3;

pub(super) fn check(options: &Check) -> Result<ExitCode, String> {
    let loaded = load(&options.what, &options.paths)?;
    let request = request(&options.paths, &options.what, &loaded)?;
    if options.report.show_files {
        let files = netns_lint::list(&request);
        print(&files.iter().map(|it| format!("{it}\n")).collect::<String>())?;
        return Ok(ExitCode::from(if files.is_empty() { INCOMPLETE } else { 0 }));
    }
    let facts = all_facts(&loaded)?;
    // Asked before the long work, since it may fail.
    let change = match change(&options.known) {
        Ok(change) => change,
        Err(Trouble::Unknown(why)) => {
            say(format_args!("error: {why}"));
            return Ok(ExitCode::from(INCOMPLETE));
        }
        Err(Trouble::Wrong(why)) => return Err(why),
    };
    let baseline = baseline(&options.known, &loaded)?;

    let progress = if options.report.quiet { Progress::hidden() } else { Progress::on_stderr() };
    let mut checked = netns_lint::check(&request, &facts, &progress);
    let times = progress.times();
    drop(progress);

    settle(&mut checked, &loaded, !options.what.no_suppressions, &request.rules);
    if !options.report.maybe {
        checked.findings.retain(|it| it.sure);
    }
    if let Some((change, root)) = &change {
        let Checked { findings, sources, .. } = &mut checked;
        findings.retain(|it| is_new(it, sources, change, root.as_deref()));
    }
    if let Some(reason) = &options.known.add_allow {
        return allow::add(&checked, reason).map(|()| ExitCode::SUCCESS);
    }
    if let Some((baseline, folder)) = &baseline {
        let identities = Identity::of(&checked.findings, &checked.sources, |it| files::below(folder, it));
        let compared = baseline.compare(&identities);
        let mut known = compared.known.into_iter();
        checked.findings.retain(|_| !known.next().unwrap_or(false));
        // With a part of the tree or of the findings in sight, nothing can be said to be gone.
        if change.is_none() && request.unsaved.is_none() && options.what.select.is_empty() {
            tell::stale(&compared.stale, options.report.quiet);
        }
    }
    write_reports(options, &checked)?;
    tell::tell(options, &checked);
    if !options.report.quiet {
        tell::idle(options, &request, &loaded, &checked);
    }
    for (what, time) in times.iter().filter(|_| options.report.verbose > 1) {
        say(format_args!("{what}: {} ms", time.as_millis()));
    }
    let fail_on = options.report.fail_on.or(loaded.config.fail_on).unwrap_or(FailOn::Warning);
    Ok(exit_code(&checked, fail_on))
}

/// Levels as the configuration has them, and what the code allows taken out.
pub(super) fn settle(checked: &mut Checked, loaded: &Loaded, suppressions: bool, ran: &[&netns_lint::rules::Rule]) {
    let Checked { findings, annotated, sources, .. } = checked;
    if suppressions {
        suppress::apply(findings, annotated, sources, ran);
    }
    findings.retain_mut(|it| {
        let level = loaded.level(it.rule, &sources.get(it.span.file).path, it.level);
        it.level = level.unwrap_or(it.level);
        level.is_some()
    });
    findings.sort_by_cached_key(|it| (sources.get(it.span.file).path.clone(), it.span, it.rule));
}

fn exit_code(checked: &Checked, fail_on: FailOn) -> ExitCode {
    let fails = checked.findings.iter().any(|it| it.sure && fail_on.includes(it.level));
    ExitCode::from(match &checked.coverage {
        it if !it.crashed.is_empty() => 2,
        it if it.is_incomplete() => INCOMPLETE,
        _ => u8::from(fails),
    })
}

enum Trouble {
    /// The user said something that cannot be.
    Wrong(String),
    /// The history is not all there.
    Unknown(String),
}

/// The change that findings must have a step in, and what its paths are relative to.
fn change(known: &Known) -> Result<Option<(Change, Option<PathBuf>)>, Trouble> {
    let since = match known {
        Known { new_from_merge_base: Some(name), .. } => Since::MergeBase(name),
        Known { new_from_rev: Some(name), .. } => Since::Commit(name),
        Known { new_from_patch: Some(file), .. } => {
            let text = if file == Path::new("-") {
                io::read_to_string(io::stdin()).map_err(|it| it.to_string())
            } else {
                files::read(file)
            };
            let change = text.and_then(|it| Change::read(&it));
            let change = change.map_err(|why| Trouble::Wrong(format!("{}: {why}", files::shown(file))))?;
            return Ok(Some((change, git::root(Path::new(".")))));
        }
        _ => return Ok(None),
    };
    let (change, root) = git::change(since, Path::new(".")).map_err(Trouble::Unknown)?;
    Ok(Some((change, files::whole(&root).ok())))
}

fn is_new(finding: &Finding, sources: &netns_lint::source::Sources, change: &Change, root: Option<&Path>) -> bool {
    let mut lines: Vec<_> = finding.labels.iter().map(|it| it.span).chain([finding.span]).collect();
    lines.sort_by_key(|it| it.file);
    lines.chunk_by(|a, b| a.file == b.file).any(|steps| {
        let shown = &sources.get(steps[0].file).path;
        let path = root.map_or_else(|| shown.clone(), |root| files::below(root, shown));
        let lines: Vec<_> = steps.iter().map(|it| sources.start(*it).line).collect();
        change.touches(&path, &lines)
    })
}

/// The baseline, and what its paths are relative to.
fn baseline(known: &Known, loaded: &Loaded) -> Result<Option<(Baseline, PathBuf)>, String> {
    let configured = loaded.config.baseline.as_ref().map(|it| loaded.folder.join(it));
    let Some(file) = known.baseline.clone().or(configured).filter(|_| !known.no_baseline) else { return Ok(None) };
    super::baseline::read(&file).map(Some)
}

fn write_reports(options: &Check, checked: &Checked) -> Result<(), String> {
    let root = git::root(Path::new("."));
    let colored = |terminal: bool| match options.report.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal,
    };
    for output in options.report.outputs() {
        let terminal =
            output.file.is_none() && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        let linked = output.file.is_none() && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
        let text = output.format.render(checked, &Look { colored: colored(terminal), linked, root: root.clone() });
        match &output.file {
            Some(file) => files::write(file, &text)?,
            None => print_bytes(&text)?,
        }
    }
    Ok(())
}
