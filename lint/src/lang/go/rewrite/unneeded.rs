//! The imports that nothing needs once a fix is made.

use std::collections::BTreeSet;

use super::super::{items, unit};
use super::constants::{self, Import};
use crate::lang::Rewriting;
use crate::remedy::{Edit, Fix, Remedy};
use crate::source::{FileId, Span};

/// Takes the imports out that only these calls needed.
pub(super) fn without_imports(input: &Rewriting<'_>, fix: &mut Fix) {
    let mut files: Vec<FileId> = fix.edits.iter().map(|it| it.span.file).collect();
    files.dedup();
    for file in files {
        let text = &input.sources.get(file).text;
        for import in constants::imports(input, file) {
            let name = import.name.as_deref().unwrap_or_else(|| unit::default_alias(&import.path));
            let is_of = |span: Span| span.file == file && uses(input.sources.text(span), name) > 0;
            let gone: BTreeSet<Span> = fix.edits.iter().map(|it| it.span).filter(|it| is_of(*it)).collect();
            let is_new = |it: &Edit| it.span.file == file && uses(&it.text, name) > 0;
            if gone.is_empty() || fix.edits.iter().any(is_new) {
                continue;
            }
            let left = uses(text, name);
            if left == gone.len() {
                fix.edits.push(removed(input, file, &import, &fix.edits));
                continue;
            }
            let calls = input.remedies.iter().flat_map(|it| match it {
                Remedy::UseHandle { calls, .. } => &calls[..],
                _ => &[],
            });
            let all: BTreeSet<Span> = calls
                .filter(|it| it.drop_in)
                .map(|it| it.name)
                .filter(|it| is_of(*it))
                .chain(gone.iter().copied())
                .collect();
            // Of several fixes that use up an import, the last one is made alone, and takes it out.
            if left == all.len() && gone.last() == all.last() {
                fix.blocks.push(Span::new(file, 0, text.len()));
            }
        }
    }
}

/// How often the code names something of a package.
fn uses(text: &str, package: &str) -> usize {
    if !text.contains(package) {
        return 0;
    }
    let words: Vec<&str> = items::tokens(text.as_bytes()).filter_map(|it| text.get(it)).collect();
    let is_use =
        |at: usize| words[at] == package && words.get(at + 1) == Some(&".") && (at == 0 || words[at - 1] != ".");
    (0..words.len()).filter(|it| is_use(*it)).count()
}

/// The line of an import taken out, with the blank line that would be one too many, and the brackets around nothing.
fn removed(input: &Rewriting<'_>, file: FileId, import: &Import, edits: &[Edit]) -> Edit {
    let source = input.sources.get(file);
    let at = source.line_of(import.span.start as usize);
    let line = |it: usize| source.line(it).map_or("", |it| source.text[it].trim());
    let range = |it: usize| source.line(it).unwrap_or(import.span.start as usize..import.span.end as usize);
    let (mut first, mut last) = (at, at);
    let is_alone =
        |first: usize, last: usize| line(first.wrapping_sub(1)).starts_with("import (") && line(last + 1) == ")";
    let is_filled = edits.iter().any(|it| {
        it.span.file == file && range(at).start <= it.span.start as usize && it.span.end as usize <= range(at).end
    });
    if is_filled {
        return Edit { span: Span::new(file, range(first).start, range(last).end), text: String::new() };
    }
    if is_alone(first, last) {
        (first, last) = (first - 1, last + 1);
    }
    let (above, below) = (line(first.wrapping_sub(1)), line(last + 1));
    match (above.is_empty() || above.ends_with('('), below.is_empty(), below == ")") {
        (true, true, _) => last += 1,
        (true, _, true) if above.is_empty() => first -= 1,
        _ => (),
    }
    Edit { span: Span::new(file, range(first).start, range(last).end), text: String::new() }
}
