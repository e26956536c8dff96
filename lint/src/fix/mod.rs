//! Which fixes are made together, and what they make of the texts. Nothing here touches the disk.
//!
//! The new texts are checked like any other before anybody may write them: the finding of every fix is gone, nothing
//! new is found, no syntax is broken, and there is nothing left for the same fix to do. A fix of which that is not true
//! is dropped, and the rest is checked again.

pub mod diff;
mod suggest;
mod text;
mod verify;

pub(crate) use suggest::{Suggesting, suggest};

use crate::facts::Facts;
use crate::finding::Finding;
use crate::progress::Progress;
use crate::remedy::Safety;
use crate::source::{FileId, Span};
use crate::{Checked, Edited, Request, check_edited};
use text::Edits;

/// What can be made better, and what a run finds afterwards.
pub struct Plan {
    pub made: Vec<Made>,
    /// Fixes that do not do what they promise here.
    pub dropped: Vec<Dropped>,
    /// Fixes that touch what another one changes: a second run makes them.
    pub deferred: usize,
    pub texts: Vec<Changed>,
    /// What is found in the new texts; `None` if there are none.
    pub after: Option<Checked>,
}

/// One fix that is made.
pub struct Made {
    pub rule: &'static str,
    pub place: Span,
    pub safety: Safety,
    pub title: String,
    /// The files that it changes.
    pub files: Vec<FileId>,
}

pub struct Dropped {
    pub rule: &'static str,
    pub place: Span,
    pub why: String,
}

/// A text as it was read and as it becomes.
pub struct Changed {
    pub file: FileId,
    pub path: String,
    pub new: String,
}

/// Chooses among the fixes of `wanted`, up to that safety, those that can be made
/// together. `before` has everything that was found, wanted or not.
pub fn plan(
    request: &Request,
    facts: &Facts,
    before: &Checked,
    wanted: &[Finding],
    up_to: Safety,
    progress: &Progress,
) -> Plan {
    let mut candidates: Vec<&Finding> =
        wanted.iter().filter(|it| it.fix.as_ref().is_some_and(|fix| fix.safety <= up_to)).collect();
    let mut plan = Plan { made: Vec::new(), dropped: Vec::new(), deferred: 0, texts: Vec::new(), after: None };
    loop {
        let (chosen, edits, deferred) = choose(&candidates);
        plan.deferred = deferred;
        if chosen.is_empty() {
            return plan;
        }
        let texts: Vec<_> = edits.files().map(|file| changed(file, &edits, before)).collect();
        let edited: Edited = texts.iter().map(|it| (it.path.clone(), it.new.clone())).collect();
        let after = check_edited(request, facts, progress, &edited);
        let verified = verify::Verified { before, after: &after, edits: &edits, up_to };
        let wrong = verified.wrong(&chosen);
        if wrong.is_empty() {
            plan.made = chosen.into_iter().map(made).collect();
            plan.texts = texts;
            plan.after = Some(after);
            return plan;
        }
        for (index, why) in &wrong {
            let finding = chosen[*index];
            plan.dropped.push(Dropped { rule: finding.rule, place: finding.span, why: why.clone() });
        }
        let wrong: Vec<_> = wrong.iter().map(|(index, _)| std::ptr::from_ref(chosen[*index])).collect();
        candidates.retain(|it| !wrong.contains(&std::ptr::from_ref(*it)));
    }
}

/// The first of those that touch, their edits, and how many have to wait.
fn choose<'a>(candidates: &[&'a Finding]) -> (Vec<&'a Finding>, Edits, usize) {
    let (mut chosen, mut edits, mut blocks, mut deferred) = (Vec::new(), Edits::default(), Vec::new(), 0);
    for finding in candidates {
        let Some(fix) = &finding.fix else { continue };
        let shares = |block: Span| blocks.iter().any(|it: &Span| it.contains(block) || block.contains(*it));
        // A function that several regions call is changed for the first of them.
        let does_the_same = |block: Span| {
            blocks.contains(&block)
                && fix.edits.iter().filter(|it| block.contains(it.span)).all(|it| edits.contains(it))
        };
        if fix.blocks.iter().any(|it| shares(*it) && !does_the_same(*it)) || !edits.add(&fix.edits) {
            deferred += 1;
            continue;
        }
        blocks.extend(&fix.blocks);
        chosen.push(*finding);
    }
    (chosen, edits, deferred)
}

fn changed(file: FileId, edits: &Edits, before: &Checked) -> Changed {
    let source = before.sources.get(file);
    Changed { file, path: source.path.clone(), new: edits.applied(file, &source.text) }
}

fn made(finding: &Finding) -> Made {
    let fix = finding.fix.as_ref();
    Made {
        rule: finding.rule,
        place: finding.span,
        safety: fix.map_or(Safety::Unsafe, |it| it.safety),
        title: fix.map_or_else(String::new, |it| it.title.clone()),
        files: fix.iter().flat_map(|it| &it.edits).map(|it| it.span.file).collect(),
    }
}
