//! Whether edits do what they promise: asked of a run over the new texts.

use std::collections::BTreeMap;

use super::text::Edits;
use crate::Checked;
use crate::finding::Finding;
use crate::remedy::{Remedy, Safety};
use crate::source::{FileId, Span};

pub(super) struct Verified<'a> {
    pub(super) before: &'a Checked,
    pub(super) after: &'a Checked,
    pub(super) edits: &'a Edits,
    pub(super) up_to: Safety,
}

/// A rule, the path of a file and a byte of its new text.
type Place<'a> = (&'a str, &'a str, u32);

impl Verified<'_> {
    /// Which of the findings have a fix that must not be made, by index, and why.
    pub(super) fn wrong(&self, fixed: &[&Finding]) -> Vec<(usize, String)> {
        let mut wrong: BTreeMap<usize, String> = BTreeMap::new();
        for (index, finding) in fixed.iter().enumerate() {
            if let Some(why) = self.remains(finding) {
                wrong.insert(index, why);
            }
        }
        if wrong.is_empty() {
            for (place, why) in self.new_trouble(fixed) {
                for index in self.culprits(fixed, place) {
                    wrong.entry(index).or_insert_with(|| why.clone());
                }
            }
        }
        wrong.into_iter().collect()
    }

    /// Why the fix of a finding does not do away with it.
    fn remains(&self, finding: &Finding) -> Option<String> {
        let fix = finding.fix.as_ref()?;
        let places: Vec<Place<'_>> = self.places(finding).collect();
        let left: Vec<&Finding> =
            self.after.findings.iter().filter(|it| places.contains(&self.place_after(it.rule, it.span))).collect();
        if left.iter().any(|it| it.fix.as_ref().is_some_and(|it| it.safety <= self.up_to)) {
            return Some("applied again it would change something else".into());
        }
        let is_less = |it: &&Finding| !fix.left_alone.is_empty() && is_less(it, finding);
        left.iter().any(|it| !is_less(it)).then(|| "the finding would still be there".into())
    }

    /// What is in the new texts only: where, and what.
    fn new_trouble(&self, fixed: &[&Finding]) -> Vec<(Span, String)> {
        let mut known: BTreeMap<Place<'_>, (crate::finding::Level, bool)> = BTreeMap::new();
        for finding in &self.before.findings {
            for place in self.places(finding) {
                let most = known.entry(place).or_insert((finding.level, finding.sure));
                *most = (most.0.max(finding.level), most.1 | finding.sure);
            }
        }
        let mut trouble = Vec::new();
        for finding in &self.after.findings {
            let is_known = known.get(&self.place_after(finding.rule, finding.span));
            let is_worse = !is_known.is_some_and(|it| finding.level <= it.0 && (it.1 || !finding.sure));
            // Where not every path could be followed, other ones may be now.
            let is_far = || {
                let mut spans = finding.labels.iter().map(|it| it.span).chain([finding.span]);
                !spans.any(|span| fixed.iter().any(|it| self.is_around(it, span)))
            };
            if is_worse && !(self.before.coverage.cut_short > 0 && is_far()) {
                trouble.push((finding.span, self.found(finding)));
            }
        }
        let unread = |checked: &Checked| {
            let mut count: BTreeMap<String, usize> = BTreeMap::new();
            for it in &checked.coverage.partly_parsed {
                *count.entry(checked.sources.get(it.span.file).path.clone()).or_default() += 1;
            }
            count
        };
        let (before, after) = (unread(self.before), unread(self.after));
        for it in &self.after.coverage.partly_parsed {
            let path = &self.after.sources.get(it.span.file).path;
            if after.get(path) > before.get(path) {
                trouble.push((it.span, format!("it would not be understood any more: {}", it.why)));
            }
        }
        if self.after.coverage.crashed.len() > self.before.coverage.crashed.len() {
            let file = self.edits.files().next().unwrap_or(FileId(0));
            trouble.push((Span::new(file, 0, 0), "it could not be checked".into()));
        }
        trouble
    }

    fn found(&self, new: &Finding) -> String {
        let at = self.after.sources.start(new.span);
        let path = &self.after.sources.get(new.span.file).path;
        format!("there would be a new finding, {} at {path}:{}:{}: {}", new.rule, at.line, at.column, new.message)
    }

    /// The fixes that a trouble comes from: those around it, else those of its file, else all.
    fn culprits(&self, fixed: &[&Finding], trouble: Span) -> Vec<usize> {
        let path = &self.after.sources.get(trouble.file).path;
        let in_file =
            |finding: &Finding| finding.fix.iter().flat_map(|it| &it.edits).any(|it| self.path(it.span.file) == path);
        let all = 0..fixed.len();
        let near: Vec<_> = all.clone().filter(|it| self.is_around(fixed[*it], trouble)).collect();
        if !near.is_empty() {
            return near;
        }
        let near: Vec<_> = all.clone().filter(|it| in_file(fixed[*it])).collect();
        if near.is_empty() { all.collect() } else { near }
    }

    /// Whether a fix changes the text around a place in the new texts.
    fn is_around(&self, finding: &Finding, place: Span) -> bool {
        let Some(fix) = &finding.fix else { return false };
        let path = &self.after.sources.get(place.file).path;
        let here: Vec<_> = fix.edits.iter().filter(|it| self.path(it.span.file) == path).collect();
        let blocks: Vec<_> = fix.blocks.iter().filter(|it| self.path(it.file) == path).collect();
        if blocks.is_empty() {
            let first = here.iter().map(|it| self.edits.moved(it.span.file, it.span.start)).min();
            let last = here.iter().map(|it| self.edits.moved(it.span.file, it.span.end)).max();
            return first.zip(last).is_some_and(|(first, last)| first <= place.end && place.start <= last);
        }
        let moved = |it: &&Span| self.edits.moved(it.file, it.start)..self.edits.moved(it.file, it.end);
        blocks.iter().any(|it| moved(it).contains(&place.start))
    }

    /// Where a finding and its steps are in the new texts.
    fn places<'a>(&'a self, finding: &'a Finding) -> impl Iterator<Item = Place<'a>> {
        let spans = finding.labels.iter().map(|it| it.span).chain([finding.span]);
        spans.map(|it| (finding.rule, self.path(it.file), self.edits.moved(it.file, it.start)))
    }

    fn place_after<'a>(&'a self, rule: &'a str, span: Span) -> Place<'a> {
        (rule, &self.after.sources.get(span.file).path, span.start)
    }

    fn path(&self, file: FileId) -> &str {
        &self.before.sources.get(file).path
    }
}

/// Whether less is wrong than before: steps, or calls of one step.
fn is_less(now: &Finding, before: &Finding) -> bool {
    let calls = |it: &Finding| match &it.remedy {
        Some(Remedy::UseHandle { calls, .. }) => calls.len(),
        _ => 0,
    };
    let steps = now.labels.len().cmp(&before.labels.len());
    steps.is_lt() || steps.is_eq() && calls(now) < calls(before)
}
