//! Which lines a change touches, out of a unified diff.

use std::collections::HashMap;
use std::ops::Range;

/// By path as the diff spells it, without its prefix.
#[derive(Debug, Default)]
pub struct Change {
    files: HashMap<String, Touched>,
}

/// Lines count from 1.
#[derive(Debug, Default)]
struct Touched {
    /// Lines that are new or not what they were.
    new: Vec<Range<usize>>,
    /// Lines after which something was taken away.
    cut: Vec<usize>,
    whole: bool,
}

impl Change {
    /// # Errors
    ///
    /// The line that cannot be read, if the text is no unified diff.
    pub fn read(diff: &str) -> Result<Self, String> {
        let mut change = Change::default();
        let mut path: Option<String> = None;
        // What is left of a hunk: lines of the old text, lines of the new one.
        let (mut old, mut new, mut at) = (0_usize, 0_usize, 0);
        for (number, line) in (1..).zip(diff.lines()) {
            if old + new > 0 {
                match line.as_bytes().first() {
                    Some(b'+') => {
                        if let Some(path) = &path {
                            change.touch(path).new.push(at..at + 1);
                        }
                        (new, at) = (new.saturating_sub(1), at + 1);
                    }
                    Some(b'-') => {
                        if let Some(path) = &path {
                            change.touch(path).cut.push(at.saturating_sub(1));
                        }
                        old = old.saturating_sub(1);
                    }
                    Some(b'\\') => {}
                    _ => (old, new, at) = (old.saturating_sub(1), new.saturating_sub(1), at + 1),
                }
            } else if let Some(name) = line.strip_prefix("+++ ") {
                path = path_of(name);
            } else if line.starts_with("@@ ") {
                let hunk = hunk(line).ok_or_else(|| format!("line {number}: not the head of a hunk: {line}"))?;
                // A hunk without new lines names the line before it.
                at = hunk.2 + usize::from(hunk.1 == 0);
                (old, new) = (hunk.0, hunk.1);
            }
        }
        Ok(change)
    }

    /// Counts all of a file as new.
    pub fn add_file(&mut self, path: &str) {
        self.touch(path).whole = true;
    }

    /// Whether any of the lines is new, or something was taken away between two of them.
    pub fn touches(&self, path: &str, lines: &[usize]) -> bool {
        let Some(touched) = self.files.get(path) else { return false };
        let (first, last) = (lines.iter().min().copied().unwrap_or(0), lines.iter().max().copied().unwrap_or(0));
        touched.whole
            || touched.new.iter().any(|it| lines.iter().any(|line| it.contains(line)))
            || touched.cut.iter().any(|it| (first..last).contains(it))
    }

    fn touch(&mut self, path: &str) -> &mut Touched {
        self.files.entry(path.to_owned()).or_default()
    }
}

/// `@@ -1,2 +3,4 @@`: how many old lines, how many new ones, and the first new one.
fn hunk(line: &str) -> Option<(usize, usize, usize)> {
    let mut parts = line.split(' ').skip(1);
    let range = |text: &str| {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let (_, old): (usize, usize) = range(parts.next()?.strip_prefix('-')?)?;
    let (start, new) = range(parts.next()?.strip_prefix('+')?)?;
    Some((old, new, start))
}

/// `b/path`, which git ends with a tab if it has spaces and quotes if it has
/// worse; `None` for a file that is gone.
fn path_of(name: &str) -> Option<String> {
    let name = match name.strip_prefix('"').and_then(|it| it.trim_end().strip_suffix('"')) {
        Some(quoted) => unquoted(quoted),
        None => name.split('\t').next().unwrap_or(name).trim_end_matches('\r').to_owned(),
    };
    if name == "/dev/null" {
        return None;
    }
    Some(name.strip_prefix("b/").map_or(name.clone(), str::to_owned))
}

fn unquoted(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                while let Some(next @ b'0'..=b'7') = rest.peek().copied() {
                    value = value * 8 + u32::from(next - b'0');
                    rest.next();
                }
                bytes.push(value as u8);
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "\
diff --git a/a b.go b/a b.go
--- a/a b.go\t
+++ b/a b.go\t
@@ -3,0 +4,2 @@ func f() {
+++ counter
+new
@@ -20 +22,0 @@
--- gone
diff --git a/old.go b/old.go
--- a/old.go
+++ /dev/null
@@ -1 +0,0 @@
-package old
diff --git \"a/\\303\\244.go\" \"b/\\303\\244.go\"
--- \"a/\\303\\244.go\"
+++ \"b/\\303\\244.go\"
@@ -1 +1 @@
-x
+y
";

    #[test]
    fn a_diff_says_which_lines_are_new() {
        let change = Change::read(DIFF).unwrap();
        let cases: &[(&str, &[usize], bool)] = &[
            ("a b.go", &[4], true),
            ("a b.go", &[5, 90], true),
            ("a b.go", &[3], false),
            ("a b.go", &[6], false),
            ("a b.go", &[20, 24], true),
            ("a b.go", &[23, 24], false),
            ("old.go", &[1], false),
            ("ä.go", &[1], true),
            ("other.go", &[1], false),
        ];
        for (path, lines, touched) in cases {
            assert_eq!(change.touches(path, lines), *touched, "{path} {lines:?}");
        }
        assert!(Change::read("+++ b/x\n@@ nonsense @@\n").is_err());
    }
}
