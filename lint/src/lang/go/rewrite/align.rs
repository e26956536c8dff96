//! gofmt puts the comments behind neighbouring lines of code below each other: when a line changes its length, they move.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::outline;
use super::kept;
use crate::lang::Rewriting;
use crate::remedy::Edit;
use crate::source::{FileId, Source, Span};

/// The edits that move the comments beside the edited lines of one file.
pub(super) fn comments(input: &Rewriting<'_>, file: FileId, edits: &[Edit]) -> Vec<Edit> {
    let source = input.sources.get(file);
    let kept = kept::of_file(input, file);
    let all = kept.commented(source);
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
    let near = |edit: &Edit| {
        let line = source.line_of(edit.span.start as usize);
        let at = all.partition_point(|it| it.last().is_some_and(|it| it.number < line));
        all.get(at).and_then(|it| it.first()).is_some_and(|it| it.number <= line).then_some(at)
    };
    let near: BTreeSet<usize> = edits.iter().filter(|it| it.span.file == file).filter_map(near).collect();
    let mut moved = Vec::new();
    for old in near.into_iter().map(|it| &all[it]) {
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
#[derive(Clone)]
pub(super) struct Line {
    number: usize,
    code: Range<usize>,
    comment: usize,
}

impl Line {
    fn blank(&self) -> Range<usize> {
        self.code.end..self.comment
    }
}

/// Those together whose comments are aligned with each other.
pub(super) fn commented(source: &Source) -> Vec<Vec<Line>> {
    let indent = |line: &Line| source.text[source.line(line.number).unwrap_or_default()].find(|it| it != '\t');
    let together = |a: &Line, b: &Line| a.number + 1 == b.number && indent(a) == indent(b);
    trailing(source).chunk_by(together).map(<[Line]>::to_vec).collect()
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
