//! The ways to show findings. A report is one text, made whole before any of it is written.

mod checkstyle;
mod concise;
mod github;
mod gitlab;
mod json;
mod junit;
mod line_hash;
mod rdjson;
mod sarif;
mod text;
mod xml;

use std::path::PathBuf;

use clap::ValueEnum;

use crate::Checked;
use crate::files;
use crate::finding::{Finding, Level};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the fault, the steps that led there, the way out
    Text,
    /// For people: one line a finding
    Concise,
    /// For programs: one object, version 1
    Json,
    /// For programs: the findings of `json`, one a line
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// A GitLab code quality report
    Gitlab,
    /// JUnit XML
    Junit,
    /// Checkstyle XML
    Checkstyle,
    /// reviewdog's diagnostic format
    Rdjson,
}

/// How a report may look.
#[derive(Clone, Debug, Default)]
pub struct Look {
    pub colored: bool,
    /// Whether paths are links, for a terminal that opens them.
    pub linked: bool,
    /// The root of the repository, to which hosts want paths to be relative.
    pub root: Option<PathBuf>,
}

impl Format {
    pub fn render(self, checked: &Checked, look: &Look) -> Vec<u8> {
        match self {
            Format::Text => text::render(checked, look),
            Format::Concise => concise::render(checked).into_bytes(),
            Format::Json => json::render(checked).into_bytes(),
            Format::Jsonl => json::render_lines(checked).into_bytes(),
            Format::Sarif => sarif::render(checked, look).into_bytes(),
            Format::Github => github::render(checked, look).into_bytes(),
            Format::Gitlab => gitlab::render(checked, look).into_bytes(),
            Format::Junit => junit::render(checked, look).into_bytes(),
            Format::Checkstyle => checkstyle::render(checked, look).into_bytes(),
            Format::Rdjson => rdjson::render(checked, look).into_bytes(),
        }
    }
}

impl Look {
    /// A path as hosts want it.
    fn path(&self, shown: &str) -> String {
        self.root.as_deref().map_or_else(|| shown.to_owned(), |root| files::below(root, shown))
    }
}

/// For formats without a place for steps: all in one text.
fn told(finding: &Finding, checked: &Checked) -> String {
    let mut text = finding.message.clone();
    for (number, label) in (1..).zip(&finding.labels) {
        let at = checked.sources.start(label.span);
        let path = &checked.sources.get(label.span.file).path;
        text += &format!("\n{number}: {path}:{}:{}: {}", at.line, at.column, label.message);
    }
    if !finding.help.is_empty() {
        text += &format!("\nhelp: {}", finding.help);
    }
    if let Some(fix) = &finding.fix {
        text += &format!("\nfix ({}): {}", fix.safety.name(), fix.title);
    }
    if let Some(by_hand) = &finding.by_hand {
        text += &format!("\nby hand: {by_hand}");
    }
    text
}

/// A finding's level, or what to say of one that is not sure.
fn level_name(finding: &Finding, error: &'static str, warning: &'static str, maybe: &'static str) -> &'static str {
    match finding.level {
        _ if !finding.sure => maybe,
        Level::Error => error,
        Level::Warning => warning,
    }
}

/// Percent-encoded, with `/` left alone.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(byte as char),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}
