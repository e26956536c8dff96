//! The edits of every finding that has a remedy.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use super::text;
use crate::facts::Facts;
use crate::files;
use crate::finding::Finding;
use crate::lang::{Language, Rewriting};
use crate::remedy::{Fix, Safety};
use crate::source::{FileId, Sources};
use crate::versions::Versions;

/// What the edits may look at, and where they may be.
pub(crate) struct Suggesting<'a> {
    pub(crate) languages: &'a [&'static dyn Language],
    pub(crate) sources: &'a Sources,
    pub(crate) facts: &'a Facts,
    pub(crate) manifests: &'a [FileId],
    pub(crate) versions: &'a Versions,
    /// The files of the paths that were asked for.
    pub(crate) reported: &'a BTreeSet<FileId>,
}

/// Fills in [`Finding::fix`], or [`Finding::by_hand`].
pub(crate) fn suggest(findings: &mut [Finding], with: &Suggesting<'_>) {
    let Suggesting { sources, facts, manifests, versions, .. } = *with;
    let remedies: Vec<_> = findings.iter().filter_map(|it| it.remedy.clone()).collect();
    let changeable = |file| unchangeable(file, with).is_none();
    let input = Rewriting {
        sources,
        facts,
        manifests,
        versions,
        remedies: &remedies,
        changeable: &changeable,
        go: &Default::default(),
    };
    findings.par_iter_mut().for_each(|finding| {
        let Some(remedy) = &finding.remedy else { return };
        let path = &sources.get(finding.span.file).path;
        let Some(language) = with.languages.iter().find(|it| path.ends_with(&format!(".{}", it.extension()))) else {
            return;
        };
        // A mistake of ours costs the fix, not the finding.
        let rewrite = || language.rewrite(&input, remedy);
        let rewritten = catch_unwind(AssertUnwindSafe(rewrite))
            .unwrap_or_else(|_| Err("the fix ended in an internal error of netns-lint".into()));
        match rewritten.and_then(|fix| fitted(fix, finding, with)) {
            Ok(fix) => {
                finding.by_hand = (!fix.left_alone.is_empty()).then(|| fix.left_alone.join("; "));
                finding.fix = Some(fix);
            }
            Err(why) => finding.by_hand = (!why.is_empty()).then_some(why),
        }
    });
}

/// The fix as it may be applied, if it may be.
fn fitted(mut fix: Fix, finding: &Finding, with: &Suggesting<'_>) -> Result<Fix, String> {
    for edit in &mut fix.edits {
        if let Some(why) = unchangeable(edit.span.file, with) {
            return Err(why);
        }
        let source = with.sources.get(edit.span.file);
        edit.text = text::with_line_ends_of(&source.text, std::mem::take(&mut edit.text));
    }
    // What is only perhaps wrong is nothing to change without a person looking.
    if !finding.sure {
        fix.safety = Safety::Unsafe;
    }
    Ok(fix)
}

/// Why a file must not be changed, if so.
fn unchangeable(file: FileId, with: &Suggesting<'_>) -> Option<String> {
    let source = with.sources.get(file);
    if !with.reported.contains(&file) {
        return Some(format!("{} would have to be changed, which is not among the given paths", source.path));
    }
    let is_made = files::is_generated(&source.text) || files::is_vendored(below_manifest(&source.path, with));
    is_made.then(|| "generated and vendored files are not changed".into())
}

/// A path from the outermost module or crate around it on; what is above says nothing about the file.
fn below_manifest<'a>(path: &'a str, with: &Suggesting<'_>) -> &'a str {
    let manifests = with.manifests.iter().map(|it| &*with.sources.get(*it).path);
    let folders = manifests.map(|it| it.rsplit_once('/').map_or("", |it| it.0));
    let below = folders.filter_map(|folder| match path.strip_prefix(folder) {
        Some(rest) if folder.is_empty() || rest.starts_with('/') => Some(rest),
        _ => None,
    });
    let stray = if path.starts_with('/') { path.rsplit_once('/').map_or("", |it| it.1) } else { path };
    below.max_by_key(|it| it.len()).unwrap_or(stray)
}
