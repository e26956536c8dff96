//! reviewdog's diagnostic format: columns there are bytes of UTF-8, from 1.

use serde_json::{Value, json};

use super::{Look, level_name};
use crate::Checked;
use crate::finding::Finding;
use crate::remedy::Safety;
use crate::source::Span;

pub(super) fn render(checked: &Checked, look: &Look) -> String {
    let location = |span: Span| {
        let source = checked.sources.get(span.file);
        let place = |byte: u32| {
            let line = source.line_of(byte as usize);
            let start = source.line(line).unwrap_or_default().start;
            json!({ "line": line + 1, "column": byte as usize - start + 1 })
        };
        json!({ "path": look.path(&source.path), "range": { "start": place(span.start), "end": place(span.end) } })
    };
    let diagnostics: Vec<Value> = checked
        .findings
        .iter()
        .map(|it| {
            let steps =
                it.labels.iter().map(|step| json!({ "message": step.message, "location": location(step.span) }));
            // Edits that go together cannot be said there: each suggestion is made by itself.
            let fix = it.fix.iter().filter(|it| it.safety == Safety::Safe && it.edits.len() == 1);
            let suggestions = fix.flat_map(|it| &it.edits).filter(|edit| edit.span.file == it.span.file);
            let suggestions =
                suggestions.map(|edit| json!({ "range": location(edit.span)["range"], "text": edit.text }));
            json!({
                "message": told(it),
                "location": location(it.span),
                "severity": level_name(it, "ERROR", "WARNING", "INFO"),
                "code": { "value": it.rule },
                "relatedLocations": steps.collect::<Vec<_>>(),
                "suggestions": suggestions.collect::<Vec<_>>(),
            })
        })
        .collect();
    let report = json!({ "source": { "name": env!("CARGO_PKG_NAME") }, "diagnostics": diagnostics });
    serde_json::to_string_pretty(&report).expect("texts and numbers only") + "\n"
}

fn told(finding: &Finding) -> String {
    let fix = finding.fix.as_ref().map(|it| format!("\nfix ({}): {}", it.safety.name(), it.title));
    format!("{}\nhelp: {}{}", finding.message, finding.help, fix.unwrap_or_default())
}
