//! Changes of a text that leave alone what they do not name: lines and comments stay.

use std::ops::Range;

/// Changes of one text. None touches a part that another replaces.
#[derive(Default)]
pub(super) struct Edits {
    changes: Vec<Change>,
}

struct Change {
    at: Range<usize>,
    text: String,
    /// Whether it belongs to what ends there.
    closes: bool,
}

impl Edits {
    /// In front of what begins there, and inside of what was put there before.
    pub(super) fn before(&mut self, at: usize, text: impl Into<String>) {
        self.changes.push(Change { at: at..at, text: text.into(), closes: false });
    }

    /// Behind what ends there, and inside of what was put there before.
    pub(super) fn after(&mut self, at: usize, text: impl Into<String>) {
        self.changes.push(Change { at: at..at, text: text.into(), closes: true });
    }

    pub(super) fn around(&mut self, range: Range<usize>, before: impl Into<String>, after: impl Into<String>) {
        self.before(range.start, before);
        self.after(range.end, after);
    }

    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.changes.push(Change { at: range, text: text.into(), closes: false });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Adds the changes of one more place inside of those before it: all of them, or none if one touches what is replaced.
    pub(super) fn add(&mut self, place: Edits) -> bool {
        let touches = |new: &Change| self.changes.iter().any(|it| it.touches(new) || new.touches(it));
        let fits = !place.changes.iter().any(touches);
        if fits {
            self.changes.extend(place.changes);
        }
        fits
    }

    /// The text after all changes.
    pub(super) fn applied(&self, text: &str) -> String {
        let mut ordered: Vec<_> = self.changes.iter().enumerate().collect();
        ordered.sort_by_key(|(made, it)| {
            let made = *made as isize;
            (it.at.start, it.at.end, if it.closes { (0, -made) } else { (1, made) })
        });
        let mut new = String::new();
        let mut read = 0;
        for (_, it) in ordered {
            new += &text[read..it.at.start];
            new += &it.text;
            read = it.at.end;
        }
        new + &text[read..]
    }
}

impl Change {
    /// Whether another change is inside of what this one replaces.
    fn touches(&self, other: &Change) -> bool {
        self.at.start < other.at.end && other.at.start < self.at.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_around_the_same_place_later_is_inside() {
        let mut edits = Edits::default();
        edits.around(0..3, "(", ")");
        edits.around(0..3, "[", "]");
        edits.replace(3..4, "!");
        assert_eq!(edits.applied("f()?;"), "([f()])!;");
    }

    #[test]
    fn a_place_inside_of_what_is_replaced_is_left_out() {
        let mut edits = Edits::default();
        edits.replace(1..4, "x");
        let mut inside = Edits::default();
        inside.around(2..3, "(", ")");
        assert!(!edits.add(inside));
        assert_eq!(edits.applied("abcde"), "axe");
    }
}
