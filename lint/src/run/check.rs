//! `netns-lint check`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ColorChoice;
use netns_lint::baseline::Baseline;
use netns_lint::change::Change;
use netns_lint::cli::{Check, Known};
use netns_lint::config::{FailOn, Loaded};
use netns_lint::coverage::Coverage;
use netns_lint::files;
use netns_lint::finding::Finding;
use netns_lint::git::{self, Since};
use netns_lint::identity::Identity;
use netns_lint::progress::Progress;
use netns_lint::report::Look;
use netns_lint::suppress;
use netns_lint::{Checked, Request};

use super::{all_facts, allow, fix, load, print, print_bytes, request, say, tell};

/// How a run that cannot know everything exits.
pub(super) const INCOMPLETE: u8 = 3;

pub(super) fn check(options: &Check) -> Result<ExitCode, String> {
    // Asked before the long work, since it may be wrong.
    options.report.outputs()?;
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
    let narrowing = Narrowing { options, loaded: &loaded, change, baseline };

    let progress = if options.report.quiet { Progress::hidden() } else { Progress::on_stderr() };
    let mut checked = netns_lint::check(&request, &facts, &progress);
    let times = progress.times();
    let everything = options.fixing.up_to().map(|_| checked.findings.clone());
    narrowing.narrow(&mut checked, &request);
    if let Some(reason) = &options.known.add_allow {
        return allow::add(&checked, reason).map(|()| ExitCode::SUCCESS);
    }
    let mut fixed = fix::Outcome::default();
    if let (Some(up_to), Some(everything)) = (options.fixing.up_to(), everything) {
        let wanted = std::mem::replace(&mut checked.findings, everything);
        let plan = netns_lint::fix::plan(&request, &facts, &checked, &wanted, up_to, &progress);
        drop(progress);
        checked.findings = wanted;
        if options.fixing.diff {
            return fix::show(options, &checked, &plan);
        }
        fixed = fix::make(options, &checked, &plan);
        if let Some(mut after) = plan.after.filter(|_| fixed.changed > 0) {
            // What was not written is found again.
            if !fixed.complete {
                after = netns_lint::check(&request, &facts, &Progress::hidden());
            }
            narrowing.changed()?.narrow(&mut after, &request);
            checked = after;
        }
    } else {
        drop(progress);
    }
    if options.fixing.fix_only {
        checked.findings.clear();
    } else {
        write_reports(options, &checked)?;
    }
    tell::tell(options, &checked);
    if !options.report.quiet {
        tell::idle(options, &request, &loaded, &checked);
    }
    for (what, time) in times.iter().filter(|_| options.report.verbose > 1) {
        say(format_args!("{what}: {} ms", time.as_millis()));
    }
    let fail_on = options.report.fail_on.or(loaded.config.fail_on).unwrap_or(FailOn::Warning);
    let fails = options.fixing.exit_non_zero_on_fix && fixed.changed > 0;
    let found = worst(exit_code(&checked, fail_on), u8::from(fails));
    Ok(ExitCode::from(worst(fixed.exit_code, found)))
}

/// What of all that is found is to be shown.
struct Narrowing<'a> {
    options: &'a Check,
    loaded: &'a Loaded,
    change: Option<(Change, Option<PathBuf>)>,
    baseline: Option<(Baseline, PathBuf)>,
}

impl Narrowing<'_> {
    fn narrow(&self, checked: &mut Checked, request: &Request) {
        let Narrowing { options, loaded, .. } = self;
        settle(checked, loaded, !options.what.no_suppressions, &request.rules);
        if !options.report.maybe {
            checked.findings.retain(|it| it.sure);
        }
        if let Some((change, root)) = &self.change {
            let Checked { findings, sources, .. } = checked;
            findings.retain(|it| is_new(it, sources, change, root.as_deref()));
        }
        if let Some((baseline, folder)) = &self.baseline {
            let identities = Identity::of(&checked.findings, &checked.sources, |it| files::below(folder, it));
            let compared = baseline.compare(&identities);
            let mut known = compared.known.into_iter();
            checked.findings.retain(|_| !known.next().unwrap_or(false));
            // With a part of the tree or of the findings in sight, nothing can be said to be gone.
            if self.change.is_none() && request.unsaved.is_none() && options.what.select.is_empty() {
                tell::stale(&compared.stale, options.report.quiet);
            }
        }
    }

    /// The same after files were written: lines moved.
    fn changed(mut self) -> Result<Self, String> {
        if self.change.is_some() && self.options.known.new_from_patch.is_none() {
            self.change = change(&self.options.known).map_err(|it| match it {
                Trouble::Unknown(why) | Trouble::Wrong(why) => why,
            })?;
        }
        Ok(self)
    }
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

pub(super) fn exit_code(checked: &Checked, fail_on: FailOn) -> u8 {
    let fails = checked.findings.iter().any(|it| it.sure && fail_on.includes(it.level));
    worst(coverage_code(&checked.coverage), u8::from(fails))
}

pub(super) fn coverage_code(coverage: &Coverage) -> u8 {
    match coverage {
        it if !it.crashed.is_empty() => 2,
        it if it.is_incomplete() => INCOMPLETE,
        _ => 0,
    }
}

/// Of two exit codes the one that says more: trouble, then what could not be looked at, then findings.
pub(super) fn worst(a: u8, b: u8) -> u8 {
    let weight = |code: &u8| [0, 1, INCOMPLETE, 2].iter().position(|it| it == code);
    if weight(&a) > weight(&b) { a } else { b }
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
    for output in options.report.outputs()? {
        let colored = colored(options, output.file.is_none());
        let linked = output.file.is_none() && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
        let text = output.format.render(checked, &Look { colored, linked, root: root.clone() });
        match &output.file {
            Some(file) => files::write(file, &text)?,
            None => print_bytes(&text)?,
        }
    }
    Ok(())
}

/// Whether to use colours, on the standard output or elsewhere.
pub(super) fn colored(options: &Check, on_stdout: bool) -> bool {
    match options.report.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => on_stdout && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    }
}
