//! What a file declares and mentions, as far as its tokens say.

use std::hash::Hasher as _;
use std::ops::Range;

use rustc_hash::FxHasher;

/// The hash of a word: two words that share one only make the scan keep a file too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub u32);

/// One file.
#[derive(Debug, Default)]
pub struct Outline {
    /// As the file itself names its package; `Name::NONE` if it does not.
    pub package: Name,
    pub imports: Vec<Import>,
    /// In the order of the text, and without what lies between them.
    pub items: Vec<Item>,
    /// Of all items, one after the other.
    defines: Vec<Symbol>,
    mentions: Vec<Mention>,
    /// What is put somewhere without being called: a function for whoever has that, perhaps.
    pub kept: Vec<Kept>,
    /// The fields and variables into which items put something of their own package by its name, with these items.
    pub filled: Vec<(u32, Name)>,
    /// Whether every bracket is closed: otherwise a front end has something to say.
    pub balanced: bool,
}

#[derive(Debug)]
pub struct Import {
    /// As the file calls it; `Name::NONE` for its own name.
    pub alias: Name,
    /// The package or crate, as the language spells it.
    pub unit: String,
}

/// A declaration: a function with its body, a type, a group of variables.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// In bytes.
    pub start: u32,
    pub end: u32,
    /// Where what it defines ends among that of all, and where what it mentions does.
    defines: u32,
    mentions: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    /// The type that a method is of; `Name::NONE` for everything else.
    pub owner: Name,
    pub name: Name,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mention {
    /// The word before the dot or colons: `Name::NONE` if there is none,
    /// `Name::MEMBER` if it is more than a word.
    pub qualifier: Name,
    pub name: Name,
}

/// Something that is put into a field or variable without being called.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// The index of the item that does so.
    pub item: u32,
    /// The name of the field or variable.
    pub place: Name,
    pub what: Mention,
}

/// Whether a word is the number of a system call that does not move the thread: what is
/// called with it as its first argument does nothing either.
pub fn is_other_system_call(word: &str) -> bool {
    word.strip_prefix("SYS_").is_some_and(|it| !["SETNS", "setns", "UNSHARE", "unshare"].contains(&it))
}

/// The comments in a stretch of text that has no tokens in it.
pub fn comments_between(text: &str, gap: Range<usize>, comments: &mut Vec<Range<usize>>) {
    let mut at = gap.start;
    while let Some(slash) = text.get(at..gap.end).and_then(|it| it.find('/')) {
        let start = at + slash;
        let rest = &text[start..gap.end];
        let end = match rest.as_bytes().get(1) {
            Some(b'/') => rest.find('\n').map_or(gap.end, |it| start + it),
            Some(b'*') => rest.find("*/").map_or(gap.end, |it| start + it + 2),
            _ => start + 1,
        };
        if end > start + 1 {
            let length = text[start..end].trim_end_matches('\r').len();
            comments.push(start..start + length);
        }
        at = end;
    }
}

impl Name {
    pub const NONE: Name = Name(0);
    pub const MEMBER: Name = Name(1);

    pub fn of(word: &str) -> Name {
        let mut hasher = FxHasher::default();
        hasher.write(word.as_bytes());
        let hash = hasher.finish();
        Name(((hash ^ hash >> 32) as u32).max(2))
    }
}

impl Outline {
    /// For a text that has so many bytes.
    pub fn of_size(text: usize) -> Outline {
        const BYTES_A_MENTION: usize = 24;
        Outline { mentions: Vec::with_capacity(text / BYTES_A_MENTION), ..Outline::default() }
    }

    /// Notes what the item that is being read defines.
    pub fn define(&mut self, owner: Name, name: Name) {
        self.defines.push(Symbol { owner, name });
    }

    /// Notes what the item that is being read mentions, and says where that stands.
    pub fn mention(&mut self, qualifier: Name, name: Name) -> usize {
        self.mentions.push(Mention { qualifier, name });
        self.mentions.len() - 1
    }

    /// Notes that the item that is being read puts something somewhere.
    pub fn keep(&mut self, place: Name, what: Mention) {
        self.kept.push(Kept { item: self.items.len() as u32, place, what });
    }

    /// Notes that the item that is being read puts something of its own package somewhere.
    pub fn fill(&mut self, place: Name) {
        self.filled.push((self.items.len() as u32, place));
    }

    /// Takes back what the item that is being read mentions.
    pub fn forget(&mut self, mention: usize) {
        self.mentions.swap_remove(mention);
    }

    /// Ends the item that is being read.
    pub fn end_item(&mut self, start: usize, end: usize) {
        let first = self.items.last().map_or(0, |it| it.mentions as usize);
        self.mentions[first..].sort_unstable();
        let mut kept = first;
        for at in first..self.mentions.len() {
            if kept == first || self.mentions[kept - 1] != self.mentions[at] {
                self.mentions[kept] = self.mentions[at];
                kept += 1;
            }
        }
        self.mentions.truncate(kept);
        let (defines, mentions) = (self.defines.len() as u32, kept as u32);
        self.items.push(Item { start: start as u32, end: end as u32, defines, mentions });
    }

    /// Ends the file. Outlines of very many files are kept at once.
    pub fn end(&mut self) {
        self.imports.shrink_to_fit();
        self.items.shrink_to_fit();
        self.defines.shrink_to_fit();
        self.mentions.shrink_to_fit();
        self.kept.shrink_to_fit();
        self.filled.shrink_to_fit();
    }

    /// What an item declares.
    pub fn defines(&self, item: usize) -> &[Symbol] {
        let start = item.checked_sub(1).map_or(0, |before| self.items[before].defines);
        &self.defines[start as usize..self.items[item].defines as usize]
    }

    /// What the file declares.
    pub fn all_defines(&self) -> &[Symbol] {
        &self.defines
    }

    /// What an item mentions, sorted.
    pub fn mentions(&self, item: usize) -> &[Mention] {
        let start = item.checked_sub(1).map_or(0, |before| self.items[before].mentions);
        &self.mentions[start as usize..self.items[item].mentions as usize]
    }

    /// The index of the item that holds a byte.
    pub fn item_at(&self, byte: usize) -> Option<usize> {
        let after = self.items.partition_point(|it| it.start as usize <= byte);
        let index = after.checked_sub(1)?;
        (byte < self.items[index].end as usize).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;

    /// Whether the only function of the text mentions the word.
    fn mentions(language: &dyn Language, text: &str, word: &str) -> bool {
        let outline = language.outline(text);
        outline.mentions.iter().any(|it| it.name == Name::of(word))
    }

    #[test]
    fn a_system_call_is_what_its_number_says() {
        let go = |call: &str| mentions(&crate::lang::go::Go, &format!("package p\nfunc f() {{ {call} }}"), "Syscall");
        assert!(!go("unix.Syscall(unix.SYS_IOCTL, fd, 1, 2)"));
        assert!(!go("Syscall(SYS_IOCTL)"));
        assert!(go("unix.Syscall(unix.SYS_SETNS, fd, 1, 2)"));
        assert!(go("unix.Syscall(308, fd, 1, 2)"));
        assert!(go("unix.Syscall(number, unix.SYS_IOCTL)"));
        assert!(go("unix.Syscall(unix.SYS_IOCTL, unix.Syscall(n))"));
        let rust = |call: &str| mentions(&crate::lang::rust::Rust, &format!("fn f() {{ {call} }}"), "syscall");
        assert!(!rust("libc::syscall(libc::SYS_gettid)"));
        assert!(!rust("syscall(SYS_gettid, SYS_gettid)"));
        assert!(rust("libc::syscall(libc::SYS_setns, fd, 0)"));
        assert!(rust("libc::syscall(number, libc::SYS_gettid)"));
    }
}
