//! Commands that a GitHub workflow turns into annotations. Errors come first, for it shows ten a step.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{Look, level_name, told};
use crate::Checked;

pub(super) fn render(checked: &Checked, look: &Look) -> String {
    let mut text = String::new();
    let mut findings: Vec<_> = checked.findings.iter().collect();
    findings.sort_by_key(|it| Reverse((it.sure, it.level)));
    for finding in findings {
        let (start, end) = (checked.sources.start(finding.span), checked.sources.end(finding.span));
        let path = look.path(&checked.sources.get(finding.span.file).path);
        write!(text, "::{} ", level_name(finding, "error", "warning", "notice")).expect("a String takes it");
        write!(text, "title={},file={}", property(finding.rule), property(&path)).expect("a String takes it");
        write!(text, ",line={},col={}", start.line, start.column).expect("a String takes it");
        // It refuses columns where the lines differ.
        if end.line == start.line {
            write!(text, ",endLine={},endColumn={}", end.line, end.column).expect("a String takes it");
        }
        writeln!(text, "::{}", data(&told(finding, checked))).expect("a String takes it");
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(super::data("50 %\r\nx: y"), "50 %25%0D%0Ax: y");
        assert_eq!(super::property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
