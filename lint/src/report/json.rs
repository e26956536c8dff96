//! For programs: one object. Its keys do not change their meaning within a version; new ones may come.

use serde::Serialize;

use crate::Checked;
use crate::finding::Finding;
use crate::remedy;
use crate::source::{Sources, Span};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    tool: Tool,
    findings: Vec<Shown<'a>>,
    coverage: Looked<'a>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Shown<'a> {
    rule: &'a str,
    level: &'a str,
    sure: bool,
    message: &'a str,
    help: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    item: &'a str,
    labels: Vec<Step<'a>>,
    /// What to do by hand, where no fix can do it.
    by_hand: Option<&'a str>,
    fix: Option<Fix<'a>>,
}

/// Edits that go together, made against the files as they were read.
#[derive(Serialize)]
struct Fix<'a> {
    safety: &'a str,
    title: &'a str,
    edits: Vec<Edit<'a>>,
}

/// The bytes from `start` to `end` (exclusive, from 0) become `text`.
#[derive(Serialize)]
struct Edit<'a> {
    path: &'a str,
    start: u32,
    end: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    step: usize,
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Looked<'a> {
    files: usize,
    partly_parsed: Vec<&'a str>,
    unreadable: Vec<&'a str>,
    regions: usize,
    calls: Calls,
}

#[derive(Serialize)]
struct Calls {
    resolved: usize,
    unknown: usize,
}

pub(super) fn render(checked: &Checked) -> String {
    let Checked { sources, findings, coverage, .. } = checked;
    let mut partly_parsed: Vec<_> = coverage.partly_parsed.iter().map(|it| &*sources.get(it.span.file).path).collect();
    partly_parsed.dedup();
    let report = Report {
        version: 1,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        findings: findings.iter().map(|it| shown(it, sources)).collect(),
        coverage: Looked {
            files: coverage.files,
            partly_parsed,
            unreadable: coverage.unreadable.iter().map(|it| &*it.path).collect(),
            regions: coverage.regions,
            calls: Calls { resolved: coverage.resolved, unknown: coverage.unknown },
        },
    };
    serde_json::to_string_pretty(&report).expect("texts and numbers only") + "\n"
}

/// One finding a line, as it stands in the report.
pub(super) fn render_lines(checked: &Checked) -> String {
    let lines = checked.findings.iter().map(|it| serde_json::to_string(&shown(it, &checked.sources)));
    lines.map(|it| it.expect("texts and numbers only") + "\n").collect()
}

fn shown<'a>(finding: &'a Finding, sources: &'a Sources) -> Shown<'a> {
    let labels = (1..).zip(&finding.labels);
    Shown {
        rule: finding.rule,
        level: finding.level.name(),
        sure: finding.sure,
        message: &finding.message,
        help: &finding.help,
        place: place(finding.span, sources),
        item: &finding.item,
        labels: labels.map(|(step, it)| Step { step, place: place(it.span, sources), message: &it.message }).collect(),
        by_hand: finding.by_hand.as_deref(),
        fix: finding.fix.as_ref().map(|it| fix(it, sources)),
    }
}

fn fix<'a>(fix: &'a remedy::Fix, sources: &'a Sources) -> Fix<'a> {
    let edits = fix.edits.iter().map(|it| Edit {
        path: &sources.get(it.span.file).path,
        start: it.span.start,
        end: it.span.end,
        text: &it.text,
    });
    Fix { safety: fix.safety.name(), title: &fix.title, edits: edits.collect() }
}

fn place(span: Span, sources: &Sources) -> Place<'_> {
    let (start, end) = (sources.start(span), sources.end(span));
    Place {
        path: &sources.get(span.file).path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
