//! `--add-allow`: suppressions written above the findings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use netns_lint::{Checked, files};

use super::say;
use super::tell::counted;

/// Writes them, one a line of code.
pub(super) fn add(checked: &Checked, reason: &str) -> Result<(), String> {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    // By file, by line: the rules.
    let mut wanted: BTreeMap<_, BTreeMap<usize, BTreeSet<&str>>> = BTreeMap::new();
    for finding in &checked.findings {
        let source = checked.sources.get(finding.span.file);
        let line = source.line_of(finding.span.start as usize);
        wanted.entry(finding.span.file).or_default().entry(line).or_default().insert(finding.rule);
    }
    let mut count = 0;
    for (file, lines) in wanted {
        let source = checked.sources.get(file);
        let path = Path::new(&source.path);
        let mut text = files::read(path).map_err(|why| format!("{}: {why}", source.path))?;
        if *text != *source.text {
            return Err(format!("{}: changed while it was looked at", source.path));
        }
        count += lines.len();
        for (line, rules) in lines.into_iter().rev() {
            let range = source.line(line).unwrap_or_default();
            let code = &source.text[range.clone()];
            let indent = &code[..code.len() - code.trim_start().len()];
            let end = if code.ends_with("\r\n") { "\r\n" } else { "\n" };
            let rules: Vec<_> = rules.into_iter().collect();
            text.insert_str(range.start, &format!("{indent}//netns:allow({}) -- {reason}{end}", rules.join(", ")));
        }
        files::write_source(path, &text)?;
    }
    say(format_args!("{} written", counted(count, "suppression")));
    Ok(())
}
