//! Generated tables: literals of megabytes that call nothing.

use std::ops::Range;

use super::items::tokens;

/// From which size on an item is looked through for tables.
pub(super) const LARGE: usize = 64 * 1024;

/// Overwrites with blanks what stands in braces and calls nothing, so that the
/// parser passes over it and every offset stays.
pub(super) fn blank(text: &mut [u8]) {
    // Where each open brace is, and whether something is called behind it.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut found: Vec<Range<usize>> = Vec::new();
    for token in tokens(text) {
        match text[token.start] {
            b'{' => open.push((token.start, false)),
            b'(' => open.iter_mut().for_each(|(_, calls)| *calls = true),
            b'}' => {
                if let Some((start, false)) = open.pop() {
                    // Those inside are part of this one.
                    found.truncate(found.partition_point(|it| it.end <= start));
                    found.push(start + 1..token.start);
                }
            }
            _ => (),
        }
    }
    found.into_iter().for_each(|it| text[it].fill(b' '));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_calls_nothing_is_blanked() {
        let mut text = b"var x = []T{{1, {\"}\"}}, {f(), {2}}, 3}; var y = []int{1}".to_vec();
        blank(&mut text);
        assert_eq!(text, *b"var x = []T{{        }, {f(), { }}, 3}; var y = []int{ }");
    }
}
