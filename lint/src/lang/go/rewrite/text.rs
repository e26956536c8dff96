//! Lines and their indentation.

use super::super::tree::Node;
use crate::lang::Rewriting;
use crate::source::Span;

/// The blanks before the line in which a node begins.
pub(super) fn indent<'a>(input: &Rewriting<'a>, node: Node<'_>) -> &'a str {
    let source = input.sources.get(node.span().file);
    let line = &source.text[source.line(source.line_of(node.span().start as usize)).unwrap_or_default()];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Where the line after the one in which a node ends begins.
pub(super) fn line_after(input: &Rewriting<'_>, node: Node<'_>) -> usize {
    let source = input.sources.get(node.span().file);
    source.line(source.line_of(node.span().end as usize)).map_or(source.text.len(), |it| it.end)
}

/// The lines of a statement that has lines of its own.
pub(super) fn lines(input: &Rewriting<'_>, node: Node<'_>) -> Option<Span> {
    let span = node.span();
    let source = input.sources.get(span.file);
    let start = source.line(source.line_of(span.start as usize))?.start;
    let end = line_after(input, node);
    let around = [&source.text[start..span.start as usize], &source.text[span.end as usize..end]];
    around.iter().all(|it| it.trim().is_empty()).then(|| Span::new(span.file, start, end))
}

/// What to take out of the text for a statement to be gone: its lines, but for a comment behind it.
pub(super) fn without(input: &Rewriting<'_>, node: Node<'_>) -> Option<Span> {
    if let Some(lines) = lines(input, node) {
        return Some(lines);
    }
    let span = node.span();
    let rest = &input.sources.get(span.file).text[span.end as usize..line_after(input, node)];
    let blank = rest.len() - rest.trim_start().len();
    rest.trim_start().starts_with("//").then(|| Span::new(span.file, span.start as usize, span.end as usize + blank))
}

/// Where the comments begin that stand directly above a line; the line itself, if there are none.
pub(super) fn with_comments(text: &str, line: usize) -> usize {
    let mut at = line;
    loop {
        let above = text[..at].trim_end_matches('\n').rfind('\n').map_or(0, |it| it + 1);
        if above >= at || !text[above..at].trim_start().starts_with("//") {
            return at;
        }
        at = above;
    }
}
