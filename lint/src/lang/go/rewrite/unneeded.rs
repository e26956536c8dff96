//! The imports that nothing needs once a fix is made.

use std::collections::{BTreeSet, HashMap};

use super::super::{items, unit};
use super::constants::{self, Import};
use super::kept;
use crate::lang::Rewriting;
use crate::remedy::{Edit, Fix, Remedy};
use crate::source::{FileId, Span};

/// Takes the imports out that only these calls needed.
pub(super) fn without_imports(input: &Rewriting<'_>, fix: &mut Fix) {
    let mut files: Vec<FileId> = fix.edits.iter().map(|it| it.span.file).collect();
    files.dedup();
    for file in files {
        let text = &input.sources.get(file).text;
        let kept = kept::of_file(input, file);
        for import in constants::imports(input, file) {
            let name = import.name.as_deref().unwrap_or_else(|| unit::default_alias(&import.path));
            let is_of = |span: Span| span.file == file && uses(input.sources.text(span)).contains_key(name);
            let gone: BTreeSet<Span> = fix.edits.iter().map(|it| it.span).filter(|it| is_of(*it)).collect();
            let is_new = |it: &Edit| it.span.file == file && uses(&it.text).contains_key(name);
            if gone.is_empty() || fix.edits.iter().any(is_new) {
                continue;
            }
            let left = kept.uses(text, name);
            if left == gone.len() {
                fix.edits.push(removed(input, file, &import, &fix.edits));
                continue;
            }
            let nothing = BTreeSet::new();
            let sent = kept.sent(input, file, name).unwrap_or(&nothing);
            let all = sent.len() + gone.iter().filter(|it| !sent.contains(it)).count();
            // Of several fixes that use up an import, the last one is made alone, and takes it out.
            if left == all && gone.last() >= sent.last() {
                fix.blocks.push(Span::new(file, 0, text.len()));
            }
        }
    }
}

/// How often the code names something of each package, by the word before the dot.
pub(super) fn uses(text: &str) -> HashMap<&str, usize> {
    let words: Vec<&str> = items::tokens(text.as_bytes()).filter_map(|it| text.get(it)).collect();
    let mut uses = HashMap::new();
    for at in (1..words.len()).filter(|it| words[*it] == "." && (*it == 1 || words[it - 2] != ".")) {
        *uses.entry(words[at - 1]).or_default() += 1;
    }
    uses
}

/// The names of the calls in a file that a handle can make, by the packages that they name something of.
pub(super) fn sent(input: &Rewriting<'_>, file: FileId) -> HashMap<String, BTreeSet<Span>> {
    let calls = input.remedies.iter().flat_map(|it| match it {
        Remedy::UseHandle { calls, .. } => &calls[..],
        _ => &[],
    });
    let mut sent: HashMap<String, BTreeSet<Span>> = HashMap::new();
    for call in calls.filter(|it| it.drop_in && it.name.file == file) {
        for package in uses(input.sources.text(call.name)).into_keys() {
            sent.entry(package.to_owned()).or_default().insert(call.name);
        }
    }
    sent
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
