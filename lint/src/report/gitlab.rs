//! GitLab's code quality report.

use serde_json::{Value, json};

use super::{Look, level_name, told};
use crate::Checked;
use crate::identity::Identity;

pub(super) fn render(checked: &Checked, look: &Look) -> String {
    let identities = Identity::of(&checked.findings, &checked.sources, |it| look.path(it));
    let entries: Vec<Value> = checked
        .findings
        .iter()
        .zip(identities)
        .map(|(finding, identity)| {
            let (start, end) = (checked.sources.start(finding.span), checked.sources.end(finding.span));
            json!({
                "description": told(finding, checked),
                "check_name": finding.rule,
                "fingerprint": identity.fingerprint(),
                "severity": level_name(finding, "major", "minor", "info"),
                "location": { "path": identity.path, "positions": {
                    "begin": { "line": start.line, "column": start.column },
                    "end": { "line": end.line, "column": end.column },
                } },
            })
        })
        .collect();
    serde_json::to_string_pretty(&entries).expect("texts and numbers only") + "\n"
}
