//! `primaryLocationLineHash` as GitHub's code scanning computes it, so that it
//! recognises an alert whose line moved.
//!
//! After `src/fingerprints.ts` of github/codeql-action: a rolling hash over the
//! hundred units of UTF-16 from the start of a line on, blanks left out.

use std::collections::HashMap;

const WINDOW: usize = 100;
const BASE: u64 = 37;
const END: u16 = u16::MAX;

/// For each line of the text, from the first.
pub(super) fn line_hashes(text: &str) -> Vec<String> {
    let first = (0..WINDOW).fold(1_u64, |it, _| it.wrapping_mul(BASE));
    let mut rolling =
        Rolling { first, window: [0; WINDOW], starts: [None; WINDOW], hash: 0, index: 0, lines: Vec::new() };
    let (mut line, mut at_start, mut after_return) = (0, true, false);
    for unit in text.encode_utf16().chain([END]) {
        let (blank, feed, back) = (unit == 32 || unit == 9, unit == 10, unit == 13);
        if blank || after_return && feed {
            after_return = false;
            continue;
        }
        after_return = back;
        let unit = if back { 10 } else { unit };
        rolling.put_out();
        if std::mem::take(&mut at_start) {
            rolling.starts[rolling.index] = Some(line);
            line += 1;
        }
        at_start = unit == 10;
        rolling.take_in(unit);
    }
    for _ in 0..WINDOW {
        rolling.put_out();
        rolling.take_in(0);
    }
    let mut counts = HashMap::new();
    let numbered = rolling.lines.into_iter().map(|hash| {
        let count: &mut u32 = counts.entry(hash).or_default();
        *count += 1;
        format!("{hash:x}:{count}")
    });
    numbered.collect()
}

struct Rolling {
    /// `BASE` to the power of `WINDOW`.
    first: u64,
    window: [u16; WINDOW],
    /// The line that began where the window now ends.
    starts: [Option<usize>; WINDOW],
    hash: u64,
    index: usize,
    /// By line.
    lines: Vec<u64>,
}

impl Rolling {
    /// The hash of the line that began a window ago, if one did: lines come out in their order.
    fn put_out(&mut self) {
        if self.starts[self.index].take().is_some() {
            self.lines.push(self.hash);
        }
    }

    fn take_in(&mut self, unit: u16) {
        let gone = std::mem::replace(&mut self.window[self.index], unit);
        self.hash = self.hash.wrapping_mul(BASE).wrapping_add(u64::from(unit));
        self.hash = self.hash.wrapping_sub(self.first.wrapping_mul(u64::from(gone)));
        self.index = (self.index + 1) % WINDOW;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_of_the_host() {
        // As in `src/fingerprints.test.ts` of github/codeql-action.
        let cases: &[(&str, &[&str])] = &[
            ("", &["c129715d7a2bc9a3:1"]),
            (
                " a\nb\n  \t\tc\n d",
                &["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
            ),
            ("fn a() {}\r\nfn a() {}\r\n", &["3a83ec7fb548ebbb:1", "87586f76c698afef:1", "c129715d7a2bc9a3:1"]),
        ];
        for (text, hashes) in cases {
            assert_eq!(super::line_hashes(text), *hashes, "{text:?}");
        }
        // However lines end.
        let words = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        let ends = [["\n"; 6], ["\r"; 6], ["\r\n"; 6], ["\n", "\r\n", "\n", "\r", "\r", "\r\n"]];
        for [a, b, c, d, e, f] in ends {
            let text = format!(" hello; \t{a}world!!!{b}{c}{d}  \t\tGreetings{e} End{f}");
            assert_eq!(super::line_hashes(&text), words, "{text:?}");
        }
        // Lines alike are counted, as long as what follows them is alike too.
        let hashes = super::line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(hashes[..2], ["a7f2ff13bc495cf2:1", "a7f2ff13bc495cf2:2"]);
        let ends = ["a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1"];
        assert_eq!(hashes[5..9], ends);
        assert_eq!(hashes[9..], ["cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"]);
    }
}
