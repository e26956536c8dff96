//! The texts that were read, and the only room that knows lines and columns.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Component, PathBuf};
use std::sync::{Arc, OnceLock};

/// One file among the [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// How many files a thread takes at once: few, for one may take as long as hundreds of others.
pub(crate) const AT_ONCE: usize = 16;

/// A stretch of one file, in bytes; `end` is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

/// A place for people: both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// A text as it was read, under the path that reports show.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the working directory where possible, with `/`.
    pub path: String,
    pub text: Arc<str>,
    /// The byte at which each line starts, once somebody asked for a line: of most texts nobody does.
    lines: OnceLock<Arc<[u32]>>,
}

/// All texts of one run; a [`FileId`] is an index into them.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// Whether some paths are absolute and others are not, as where only a folder of a module is looked at.
    mixed: bool,
}

impl Span {
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file, start: clamp(start), end: clamp(end) }
    }

    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

impl Sources {
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.push(Source::new(path, text))
    }

    pub fn push(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(self.files.len() as u32 - 1)
    }

    /// From here on, paths are compared as absolute ones.
    pub fn mix(&mut self) {
        self.mixed = true;
    }

    /// The path of a file as it compares with those of others: [`Source::path`], unless that compares with nothing.
    pub fn place(&self, file: FileId) -> Cow<'_, str> {
        let path = &self.get(file).path;
        if self.mixed { absolute(path).into() } else { path.into() }
    }

    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    pub fn start(&self, span: Span) -> Position {
        self.get(span.file).position(span.start)
    }

    pub fn end(&self, span: Span) -> Position {
        self.get(span.file).position(span.end)
    }
}

/// The path from the root of the file system, as far as there is a working directory.
pub fn absolute(path: &str) -> String {
    let Ok(whole) = std::path::absolute(path) else { return path.to_owned() };
    let plain = whole.components().fold(PathBuf::new(), |mut path, it| {
        if it == Component::ParentDir {
            _ = path.pop()
        } else {
            path.push(it)
        }
        path
    });
    plain.to_string_lossy().replace('\\', "/")
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Source {
        Source { path: path.into(), text: text.into(), lines: OnceLock::new() }
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let starts = memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1);
            std::iter::once(0).chain(starts).collect()
        })
    }

    pub fn position(&self, byte: u32) -> Position {
        let line = self.line_of(byte as usize);
        let before = self.text.get(self.lines()[line] as usize..byte as usize).unwrap_or("");
        Position { line: line + 1, column: before.chars().count() + 1 }
    }

    /// The line that holds the byte; lines count from 0 here.
    pub fn line_of(&self, byte: usize) -> usize {
        self.lines().partition_point(|start| *start as usize <= byte).saturating_sub(1)
    }

    /// The bytes of a line with its line break; lines count from 0 here.
    pub fn line(&self, line: usize) -> Option<Range<usize>> {
        let start = *self.lines().get(line)? as usize;
        let end = self.lines().get(line + 1).map_or(self.text.len(), |it| *it as usize);
        Some(start..end)
    }

    /// The byte offset of a place given in lines from 1 and characters from 0,
    /// which is how proc-macro2 counts.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let Some(start) = line.checked_sub(1).and_then(|it| self.lines().get(it)) else {
            return self.text.len();
        };
        let rest = &self.text[*start as usize..];
        let within = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        *start as usize + within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_lines_count_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("a.go", "x\n/* 𝄞 */ call()\n");
        let at = sources.get(file).text.find("call").unwrap();
        let span = Span::new(file, at, at + 6);
        assert_eq!(sources.start(span), Position { line: 2, column: 9 });
        assert_eq!(sources.get(file).offset(2, 8), at);
        assert_eq!(sources.text(span), "call()");
    }
}
