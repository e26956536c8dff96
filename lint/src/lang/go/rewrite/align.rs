//! gofmt puts the comments behind neighbouring lines of code below each other: when a line changes its length, they move.

use std::ops::Range;

use super::super::outline;
use crate::remedy::Edit;
use crate::source::{FileId, Source, Span};

/// The edits that move the comments beside the edited lines of one file.
pub(super) fn comments(source: &Source, file: FileId, edits: &[Edit]) -> Vec<Edit> {
    let trailing = trailing(source);
    let changes = |line: usize| {
        let range = source.line(line).unwrap_or_default();
        edits.iter().filter(move |it| {
            let at = it.span.start as usize..it.span.end as usize;
            !it.text.contains('\n') && it.span.file == file && range.start <= at.start && at.end < range.end
        })
    };
    // New lines come between this one and the one above.
    let splits = |line: usize| {
        let start = source.line(line).unwrap_or_default().start as u32;
        edits.iter().any(|it| it.span.file == file && it.span.start == start && it.text.contains('\n'))
    };
    let indent = |line: &Line| source.text[source.line(line.number).unwrap_or_default()].find(|it| it != '\t');
    let together = |a: &Line, b: &Line| a.number + 1 == b.number && indent(a) == indent(b);
    let mut moved = Vec::new();
    for old in trailing.chunk_by(together) {
        let length = |it: &Line| source.text[it.code.clone()].chars().count();
        let column = old.iter().map(length).max().unwrap_or(0) + 1;
        let is_aligned = old.iter().all(|it| length(it) + it.blank().len() == column);
        // A line that loses its code, or is gone.
        let is_lost = |it: &Line| {
            let blank = Span::new(file, it.blank().start, it.blank().end);
            edits
                .iter()
                .any(|edit| edit.span.file == file && edit.span.start < blank.end && blank.start < edit.span.end)
        };
        if !is_aligned
            || old.iter().any(is_lost)
            || !old.iter().any(|it| changes(it.number).next().is_some() || splits(it.number))
        {
            continue;
        }
        for new in old.chunk_by(|_, b| !splits(b.number)) {
            let length = |it: &Line| {
                changes(it.number).fold(length(it), |length, edit| {
                    let old = source.text.get(edit.span.start as usize..edit.span.end as usize).unwrap_or_default();
                    length + edit.text.chars().count() - old.chars().count()
                })
            };
            let column = new.iter().map(length).max().unwrap_or(0) + 1;
            for line in new {
                let (blank, wide) = (line.blank(), column - length(line));
                if blank.len() != wide {
                    moved.push(Edit { span: Span::new(file, blank.start, blank.end), text: " ".repeat(wide) });
                }
            }
        }
    }
    moved
}

/// A line with code and a comment behind it.
struct Line {
    number: usize,
    code: Range<usize>,
    comment: usize,
}

impl Line {
    fn blank(&self) -> Range<usize> {
        self.code.end..self.comment
    }
}

fn trailing(source: &Source) -> Vec<Line> {
    let line = |comment: Range<usize>| {
        let number = source.line_of(comment.start);
        let start = source.line(number)?.start;
        let code = source.text[start..comment.start].trim_end();
        let indent = code.len() - code.trim_start().len();
        let is_code = indent < code.len() && source.text[comment.clone()].starts_with("//");
        is_code.then_some(Line { number, code: start + indent..start + code.len(), comment: comment.start })
    };
    outline::comments(&source.text).into_iter().filter_map(line).collect()
}
