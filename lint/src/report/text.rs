//! For people: the fault, the place, the numbered steps that led there, the way out.

use std::fmt::{self, Write as _};
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label, Severity};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, Config, StylesWriter, termcolor};
use termcolor::{Ansi, NoColor, WriteColor};

use super::{Look, uri};
use crate::Checked;
use crate::finding::{Finding, Level};
use crate::remedy::Safety;
use crate::source::{FileId, Sources, Span};

pub(super) fn render(checked: &Checked, look: &Look) -> Vec<u8> {
    if look.colored {
        rendered(checked, look.linked, Ansi::new(Vec::new())).into_inner()
    } else {
        rendered(checked, look.linked, NoColor::new(Vec::new())).into_inner()
    }
}

fn rendered<W: WriteColor>(checked: &Checked, linked: bool, mut out: W) -> W {
    let (config, styles) = (Config::default(), term::Styles::default());
    let texts = Texts { sources: &checked.sources, linked };
    for finding in &checked.findings {
        let shown = diagnostic(finding, &texts);
        let mut writer = StylesWriter::new(&mut out, &styles);
        term::emit_to_write_style(&mut writer, &config, &texts, &shown)
            .expect("spans are of texts that were read, and memory takes all that is written");
    }
    out
}

fn diagnostic(finding: &Finding, texts: &Texts<'_>) -> Diagnostic<FileId> {
    let sources = texts.sources;
    let severity = match finding.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
    };
    let maybe = if finding.sure { "" } else { "maybe: " };
    let mut place = Label::primary(finding.span.file, first_line(finding.span, sources));
    let mut labels = Vec::new();
    for (number, label) in (1..).zip(&finding.labels) {
        let message = format!("{number}: {}", label.message);
        if label.span == finding.span && place.message.is_empty() {
            place.message = message;
        } else {
            labels.push(Label::secondary(label.span.file, first_line(label.span, sources)).with_message(message));
        }
    }
    labels.insert(0, place);
    let mut notes = Vec::new();
    if finding.labels.iter().any(|it| it.span.file != finding.span.file) {
        notes.push(itinerary(finding, texts));
    }
    if !finding.help.is_empty() {
        notes.push(format!("help: {}", finding.help));
    }
    if let Some(fix) = &finding.fix {
        let how = if fix.safety == Safety::Safe { "safe, --fix" } else { "unsafe, --fix --unsafe-fixes" };
        notes.push(format!("fix ({how}): {}", fix.title));
    }
    if let Some(by_hand) = &finding.by_hand {
        notes.push(format!("by hand: {by_hand}"));
    }
    Diagnostic::new(severity)
        .with_code(finding.rule)
        .with_message(format!("{maybe}{}", finding.message))
        .with_labels(labels)
        .with_notes(notes)
}

/// The steps in their order: the snippets above are sorted by file.
fn itinerary(finding: &Finding, texts: &Texts<'_>) -> String {
    let mut text = String::from("step by step:");
    for (number, label) in (1..).zip(&finding.labels) {
        let at = texts.sources.start(label.span);
        let path = texts.path(label.span.file);
        write!(text, "\n{number}: {path}:{}:{}: {}", at.line, at.column, label.message).expect("a String takes it");
    }
    text
}

/// A call may span a screen; its first line is enough to find it.
fn first_line(span: Span, sources: &Sources) -> Range<usize> {
    let text = sources.text(span);
    let length = text.find(['\n', '\r']).unwrap_or(text.len());
    let start = (span.start as usize).min(sources.get(span.file).text.len());
    start..start + length
}

/// [`Sources`] as codespan-reporting wants them.
struct Texts<'a> {
    sources: &'a Sources,
    linked: bool,
}

impl<'a> Texts<'a> {
    fn path(&self, file: FileId) -> ShownPath<'a> {
        ShownPath { path: &self.sources.get(file).path, linked: self.linked }
    }
}

/// A path, which opens the file where a terminal understands OSC 8.
struct ShownPath<'a> {
    path: &'a str,
    linked: bool,
}

impl fmt::Display for ShownPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::path::absolute(self.path) {
            Ok(whole) if self.linked => {
                let target = uri(&whole.to_string_lossy());
                write!(f, "\u{1b}]8;;file://{target}\u{1b}\\{}\u{1b}]8;;\u{1b}\\", self.path)
            }
            _ => f.write_str(self.path),
        }
    }
}

impl<'a> Files<'a> for Texts<'a> {
    type FileId = FileId;
    type Name = ShownPath<'a>;
    type Source = &'a str;

    fn name(&'a self, file: FileId) -> Result<ShownPath<'a>, Error> {
        Ok(self.path(file))
    }

    fn source(&'a self, file: FileId) -> Result<&'a str, Error> {
        Ok(&self.sources.get(file).text)
    }

    fn line_index(&'a self, file: FileId, byte: usize) -> Result<usize, Error> {
        Ok(self.sources.get(file).line_of(byte))
    }

    fn line_range(&'a self, file: FileId, line: usize) -> Result<Range<usize>, Error> {
        let source = self.sources.get(file);
        source.line(line).ok_or(Error::LineTooLarge { given: line, max: source.line_of(source.text.len()) })
    }
}
