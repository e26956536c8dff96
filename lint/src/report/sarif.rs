//! SARIF 2.1.0, with what code scanning hosts read of it.

use serde_json::{Value, json};

use super::{Look, level_name, line_hash, uri};
use crate::Checked;
use crate::explain;
use crate::files::Trouble;
use crate::finding::Finding;
use crate::identity::Identity;
use crate::remedy::{Fix, Safety};
use crate::source::{Source, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(checked: &Checked, look: &Look) -> String {
    let pages = explain::pages();
    let rules: Vec<Value> = pages.iter().map(rule).collect();
    let identities = Identity::of(&checked.findings, &checked.sources, |it| look.path(it));
    let mut hashes = std::collections::HashMap::new();
    let results = checked.findings.iter().zip(&identities).map(|(finding, identity)| {
        let source = checked.sources.get(finding.span.file);
        let hashes = hashes.entry(finding.span.file).or_insert_with(|| line_hash::line_hashes(&source.text));
        let mut result = result(finding, checked, look);
        result["ruleIndex"] = json!(pages.iter().position(|it| it.name == finding.rule));
        result["partialFingerprints"] = json!({
            "primaryLocationLineHash": hashes.get(source.line_of(finding.span.start as usize)),
            "netnsLint/v1": identity.fingerprint(),
        });
        result
    });
    let report = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "automationDetails": { "id": "netns-lint/" },
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "the root of the repository" } } },
            // An upload is refused if the run is said to have failed; the exit code says it.
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications(checked, look) }],
            "results": results.collect::<Vec<_>>(),
        }],
    });
    serde_json::to_string_pretty(&report).expect("texts and numbers only") + "\n"
}

fn rule(page: &explain::Page) -> Value {
    json!({
        "id": page.name,
        "name": page.name,
        "shortDescription": { "text": limited(page.summary) },
        "fullDescription": { "text": limited(page.summary) },
        "help": { "text": page.body(), "markdown": page.body() },
        "defaultConfiguration": { "level": "warning" },
        "properties": {
            "tags": ["correctness", "network-namespace"],
            "precision": "high",
            "problem.severity": "warning",
        },
    })
}

fn result(finding: &Finding, checked: &Checked, look: &Look) -> Value {
    let source = checked.sources.get(finding.span.file);
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level_name(finding, "error", "warning", "note"),
        "message": { "text": format!("{}\n{}", finding.message, finding.help).trim_end() },
        "locations": [{
            "physicalLocation": physical(finding.span, source, look),
            "logicalLocations": [{ "fullyQualifiedName": finding.item, "kind": "function" }],
        }],
    });
    if finding.item.is_empty() {
        result["locations"][0].as_object_mut().expect("made above").remove("logicalLocations");
    }
    let steps = (1..).zip(&finding.labels).map(|(order, step)| {
        json!({
            "executionOrder": order,
            "importance": if step.span == finding.span || order == 1 { "essential" } else { "important" },
            "location": {
                "physicalLocation": physical(step.span, checked.sources.get(step.span.file), look),
                "message": { "text": step.message },
            },
        })
    });
    let steps: Vec<_> = steps.collect();
    if !steps.is_empty() {
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": steps }] }]);
    }
    if let Some(it) = &finding.fix {
        result["properties"] = json!({ "fix": { "applicability": it.safety.name(), "title": it.title } });
        // What reads this may apply all that is here without asking.
        if it.safety == Safety::Safe {
            result["fixes"] = json!([fix(it, checked, look)]);
        }
    }
    result
}

fn fix(fix: &Fix, checked: &Checked, look: &Look) -> Value {
    let changes = fix.edits.chunk_by(|a, b| a.span.file == b.span.file).map(|edits| {
        let source = checked.sources.get(edits[0].span.file);
        let replacements = edits.iter().map(|it| {
            let (start_line, start_column) = position(it.span.start, source);
            let (end_line, end_column) = position(it.span.end, source);
            json!({
                "deletedRegion": {
                    "startLine": start_line,
                    "startColumn": start_column,
                    "endLine": end_line,
                    "endColumn": end_column,
                },
                "insertedContent": { "text": it.text },
            })
        });
        json!({
            "artifactLocation": { "uri": uri(&look.path(&source.path)), "uriBaseId": "%SRCROOT%" },
            "replacements": replacements.collect::<Vec<_>>(),
        })
    });
    json!({
        "description": { "text": fix.title },
        "artifactChanges": changes.collect::<Vec<_>>(),
        "properties": { "applicability": fix.safety.name() },
    })
}

/// A line and a column in units of UTF-16, both from 1.
fn position(byte: u32, source: &Source) -> (usize, usize) {
    let line = source.line_of(byte as usize);
    let start = source.line(line).unwrap_or_default().start;
    let before = source.text.get(start..byte as usize).unwrap_or_default();
    (line + 1, before.encode_utf16().count() + 1)
}

/// The region ends on its first line: an alert is shown in a pull request only
/// if all of its lines are part of it.
fn physical(span: Span, source: &Source, look: &Look) -> Value {
    let line = source.line_of(span.start as usize);
    let range = source.line(line).unwrap_or_default();
    let text = source.text[range.clone()].trim_end_matches(['\n', '\r']);
    let column = |byte: u32| {
        let within = (byte as usize).saturating_sub(range.start).min(text.len());
        text.get(..within).unwrap_or(text).encode_utf16().count() + 1
    };
    json!({
        "artifactLocation": { "uri": uri(&look.path(&source.path)), "uriBaseId": "%SRCROOT%" },
        "region": {
            "startLine": line + 1,
            "startColumn": column(span.start),
            "endLine": line + 1,
            "endColumn": column(span.end),
        },
    })
}

fn notifications(checked: &Checked, look: &Look) -> Vec<Value> {
    let coverage = &checked.coverage;
    let note = |text: &str, location: Value| json!({ "level": "warning", "message": { "text": text }, "locations": [{ "physicalLocation": location }] });
    let unread = coverage.unreadable.iter().map(|Trouble { path, why }| {
        note(why, json!({ "artifactLocation": { "uri": uri(&look.path(path)), "uriBaseId": "%SRCROOT%" } }))
    });
    let partly = coverage.partly_parsed.iter().map(|it| {
        let source = checked.sources.get(it.span.file);
        note(&format!("partly parsed: {}", it.why), physical(it.span, source, look))
    });
    unread.chain(partly).collect()
}

/// Hosts take a description of at most 1024 characters.
fn limited(text: &str) -> String {
    text.chars().take(1024).collect()
}
