//! `netns-lint baseline`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use netns_lint::baseline::Baseline;
use netns_lint::cli::{self, OnBaseline};
use netns_lint::config::Loaded;
use netns_lint::files;
use netns_lint::identity::Identity;
use netns_lint::progress::Progress;

use super::tell::counted;
use super::{all_facts, check, load, print, request, say};

pub(super) fn run(command: &cli::Baseline) -> Result<ExitCode, String> {
    match command {
        cli::Baseline::Show { baseline } => {
            let (baseline, _) = read(baseline)?;
            let lines = baseline.findings().iter().map(|it| {
                let Identity { rule, path, item, statement, .. } = it;
                format!("{path}: {rule} in {item}: {statement}\n")
            });
            print(&lines.collect::<String>())?;
        }
        cli::Baseline::Write(options) => {
            let file = file(options, &load(&options.what, &options.paths)?);
            let found = find(options, files::folder_of(&file))?;
            files::write(&file, Baseline::new(found.clone()).text().as_bytes())?;
            say(format_args!("{} written to {}", counted(found.len(), "finding"), files::shown(&file)));
        }
        cli::Baseline::Prune(options) => {
            let file = file(options, &load(&options.what, &options.paths)?);
            let (baseline, folder) = read(&file)?;
            let stale = baseline.compare(&find(options, &folder)?).stale;
            let kept = baseline.findings().iter().filter(|it| !stale.contains(it)).cloned();
            files::write(&file, Baseline::new(kept.collect()).text().as_bytes())?;
            say(format_args!("{} taken out of {}", counted(stale.len(), "entry"), files::shown(&file)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The baseline, and the folder that its paths are relative to.
pub(super) fn read(file: &Path) -> Result<(Baseline, PathBuf), String> {
    let trouble = |why: String| format!("{}: {why}", files::shown(file));
    let baseline =
        files::read(file).and_then(|it| Baseline::read(&it)).map_err(trouble).map_err(|why| match file.exists() {
            true => why,
            false => format!("{why}; `netns-lint baseline write` makes a baseline"),
        })?;
    let folder = files::whole(files::folder_of(file)).map_err(|it| trouble(files::reason(&it)))?;
    Ok((baseline, folder))
}

/// What a run finds, in the words of a baseline in this folder.
fn find(options: &OnBaseline, folder: &Path) -> Result<Vec<Identity>, String> {
    let loaded = load(&options.what, &options.paths)?;
    let request = request(&options.paths, &options.what, &loaded)?;
    let mut checked = netns_lint::check(&request, &all_facts(&loaded)?, &Progress::on_stderr());
    if checked.coverage.is_incomplete() || !checked.coverage.crashed.is_empty() {
        return Err("not everything could be looked at, see `netns-lint check`; the baseline is left as it was".into());
    }
    check::settle(&mut checked, &loaded, !options.what.no_suppressions, &request.rules);
    checked.findings.retain(|it| it.sure);
    let folder = files::whole(folder).map_err(|it| format!("{}: {}", files::shown(folder), files::reason(&it)))?;
    Ok(Identity::of(&checked.findings, &checked.sources, |it| files::below(&folder, it)))
}

fn file(options: &OnBaseline, loaded: &Loaded) -> PathBuf {
    let configured = loaded.config.baseline.as_ref().map(|it| loaded.folder.join(it));
    options.baseline.clone().or(configured).unwrap_or_else(|| cli::BASELINE.into())
}
