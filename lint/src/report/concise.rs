//! One line a finding, as compilers write and editors read them.

use std::fmt::Write as _;

use super::level_name;
use crate::Checked;

pub(super) fn render(checked: &Checked) -> String {
    let mut text = String::new();
    for finding in &checked.findings {
        let at = checked.sources.start(finding.span);
        let path = &checked.sources.get(finding.span.file).path;
        let level = level_name(finding, "error", "warning", "maybe");
        let (line, column) = (at.line, at.column);
        let fix = finding.fix.as_ref().map_or_else(String::new, |it| format!(" ({} fix)", it.safety.name()));
        writeln!(text, "{path}:{line}:{column}: {level}[{}]: {}{fix}", finding.rule, finding.message)
            .expect("a String takes it");
    }
    text
}
