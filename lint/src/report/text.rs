//! For people: the fault, the place, the numbered steps that led there, the way out.

use std::fmt::Write as _;
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label, Severity};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, Config, StylesWriter, termcolor};
use termcolor::{Ansi, NoColor, WriteColor};

use super::Look;
use crate::Checked;
use crate::finding::{Finding, Level};
use crate::source::{FileId, Sources, Span};

pub(super) fn render(checked: &Checked, look: &Look) -> Vec<u8> {
    if look.colored {
        rendered(checked, Ansi::new(Vec::new())).into_inner()
    } else {
        rendered(checked, NoColor::new(Vec::new())).into_inner()
    }
}

fn rendered<W: WriteColor>(checked: &Checked, mut out: W) -> W {
    let (config, styles) = (Config::default(), term::Styles::default());
    for finding in &checked.findings {
        let shown = diagnostic(finding, &checked.sources);
        let mut writer = StylesWriter::new(&mut out, &styles);
        term::emit_to_write_style(&mut writer, &config, &Texts(&checked.sources), &shown)
            .expect("spans are of texts that were read, and memory takes all that is written");
    }
    out
}

fn diagnostic(finding: &Finding, sources: &Sources) -> Diagnostic<FileId> {
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
        notes.push(itinerary(finding, sources));
    }
    if !finding.help.is_empty() {
        notes.push(format!("help: {}", finding.help));
    }
    Diagnostic::new(severity)
        .with_code(finding.rule)
        .with_message(format!("{maybe}{}", finding.message))
        .with_labels(labels)
        .with_notes(notes)
}

/// The steps in their order: the snippets above are sorted by file.
fn itinerary(finding: &Finding, sources: &Sources) -> String {
    let mut text = String::from("step by step:");
    for (number, label) in (1..).zip(&finding.labels) {
        let at = sources.start(label.span);
        let path = &sources.get(label.span.file).path;
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
struct Texts<'a>(&'a Sources);

impl<'a> Files<'a> for Texts<'a> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, file: FileId) -> Result<&'a str, Error> {
        Ok(&self.0.get(file).path)
    }

    fn source(&'a self, file: FileId) -> Result<&'a str, Error> {
        Ok(&self.0.get(file).text)
    }

    fn line_index(&'a self, file: FileId, byte: usize) -> Result<usize, Error> {
        Ok(self.0.get(file).line_of(byte))
    }

    fn line_range(&'a self, file: FileId, line: usize) -> Result<Range<usize>, Error> {
        let source = self.0.get(file);
        source.line(line).ok_or(Error::LineTooLarge { given: line, max: source.line_of(source.text.len()) })
    }
}
