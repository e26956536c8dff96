//! Changes as `diff -u` writes them.

use anstyle::{AnsiColor, Style};
use similar::{Algorithm, TextDiff};

/// The difference between two texts of one file; empty if there is none.
pub fn unified(path: &str, old: &str, new: &str, colored: bool) -> String {
    // Lines that are there once are matched first: thousands of changes of one file take no longer than they are long.
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_lines(old, new);
    let text = diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string();
    if !colored {
        return text;
    }
    text.split_inclusive('\n').map(painted).collect()
}

fn painted(line: &str) -> String {
    let style = match line.as_bytes().first() {
        _ if line.starts_with("--- ") || line.starts_with("+++ ") => Style::new().bold(),
        Some(b'+') => AnsiColor::Green.on_default(),
        Some(b'-') => AnsiColor::Red.on_default(),
        Some(b'@') => AnsiColor::Cyan.on_default(),
        _ => return line.to_owned(),
    };
    let (text, end) = line.split_at(line.trim_end_matches(['\n', '\r']).len());
    format!("{style}{text}{style:#}{end}")
}
