//! reviewdog's diagnostic format: columns there are bytes of UTF-8, from 1.

use serde_json::{Value, json};

use super::{Look, level_name};
use crate::Checked;
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
            json!({
                "message": format!("{}\nhelp: {}", it.message, it.help),
                "location": location(it.span),
                "severity": level_name(it, "ERROR", "WARNING", "INFO"),
                "code": { "value": it.rule },
                "relatedLocations": steps.collect::<Vec<_>>(),
            })
        })
        .collect();
    let report = json!({ "source": { "name": env!("CARGO_PKG_NAME") }, "diagnostics": diagnostics });
    serde_json::to_string_pretty(&report).expect("texts and numbers only") + "\n"
}
