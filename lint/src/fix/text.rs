//! Texts with edits in them: made, and followed from the old places to the new ones.

use std::collections::BTreeMap;

use crate::remedy::Edit;
use crate::source::{FileId, Span};

/// Lines end in the new text as they do in the file.
pub(super) fn with_line_ends_of(file: &str, new: String) -> String {
    let windows = file.find('\n').is_some_and(|it| file[..it].ends_with('\r'));
    if windows { new.replace("\r\n", "\n").replace('\n', "\r\n") } else { new }
}

/// Edits of several files that do not touch each other, each list in the order of its places.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits(BTreeMap<FileId, Vec<Edit>>);

impl Edits {
    /// Takes in edits, unless one of them touches what is already there. The
    /// same edit twice (an import that both need) is one.
    pub(super) fn add(&mut self, new: &[Edit]) -> bool {
        let fresh: Vec<_> = new.iter().filter(|it| !self.contains(it)).collect();
        let touches = |edit: &&Edit| self.of(edit.span.file).iter().any(|it| touch(it.span, edit.span));
        if fresh.iter().any(touches) {
            return false;
        }
        for edit in fresh {
            let edits = self.0.entry(edit.span.file).or_default();
            let at = edits.partition_point(|it| it.span < edit.span);
            edits.insert(at, edit.clone());
        }
        true
    }

    pub(super) fn contains(&self, edit: &Edit) -> bool {
        self.of(edit.span.file).contains(edit)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = FileId> {
        self.0.keys().copied()
    }

    fn of(&self, file: FileId) -> &[Edit] {
        self.0.get(&file).map_or(&[], |it| it)
    }

    /// The text of a file with its edits.
    pub(super) fn applied(&self, file: FileId, text: &str) -> String {
        let mut new = String::with_capacity(text.len());
        let mut done = 0;
        for Edit { span, text: inserted } in self.of(file) {
            new += text.get(done..span.start as usize).unwrap_or_default();
            new += inserted;
            done = span.end as usize;
        }
        new + text.get(done..).unwrap_or_default()
    }

    /// Where a byte of the old text is in the new one; the start of the new text if it was replaced.
    pub(super) fn moved(&self, file: FileId, byte: u32) -> u32 {
        let mut shift = 0i64;
        for Edit { span, text } in self.of(file) {
            if byte < span.start || byte == span.start && span.end > span.start {
                break;
            }
            if byte < span.end {
                return (i64::from(span.start) + shift) as u32;
            }
            shift += text.len() as i64 - i64::from(span.end - span.start);
        }
        (i64::from(byte) + shift) as u32
    }
}

/// Whether two edits cannot both be made: they overlap, or insert at the same place.
fn touch(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end || a.start == b.start || a.end == b.end
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { span: Span::new(FILE, start, end), text: text.into() }
    }

    #[test]
    fn the_first_of_two_that_touch_is_made_and_the_same_twice_is_one() {
        let mut edits = Edits::default();
        assert!(edits.add(&[edit(4, 7, "moon"), edit(0, 0, "the ")]));
        assert!(!edits.add(&[edit(6, 9, "x")]), "it overlaps");
        assert!(!edits.add(&[edit(0, 0, "a ")]), "nobody knows which comes first");
        assert!(edits.add(&[edit(0, 0, "the "), edit(10, 10, " so")]));
        assert_eq!(
            edits.applied(FILE, "dry sun is"),
            "the dry moon so is".replace("so is", "is so").replace("  ", " ")
        );
    }

    #[test]
    fn places_move_with_the_text() {
        let mut edits = Edits::default();
        edits.add(&[edit(2, 4, "xyz"), edit(6, 6, "++")]);
        let text = "0123456789";
        let new = edits.applied(FILE, text);
        assert_eq!(new, "01xyz45++6789");
        for (old, what) in [(0, "0"), (1, "1"), (2, "x"), (3, "x"), (4, "4"), (6, "6"), (9, "9")] {
            assert!(new[edits.moved(FILE, old) as usize..].starts_with(what), "{old}");
        }
    }

    #[test]
    fn lines_end_as_the_file_has_them() {
        assert_eq!(with_line_ends_of("a\r\nb\r\n", "x\ny\n".into()), "x\r\ny\r\n");
        assert_eq!(with_line_ends_of("a\nb\n", "x\ny\n".into()), "x\ny\n");
    }
}
