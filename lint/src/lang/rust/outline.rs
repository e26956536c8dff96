//! What a Rust file declares and mentions, by its tokens alone.

use std::ops::Range;

use crate::scan::outline::{Import, Name, Outline, comments_between, is_other_system_call};

pub(super) fn outline(text: &str) -> Outline {
    let mut reader =
        Reader { tokens: Tokens { text, at: 0 }, outline: Outline::of_size(text.len()), depth: 0, owners: Vec::new() };
    reader.read(0);
    reader.outline.balanced = reader.depth == 0;
    reader.outline.imports.sort_by(|a, b| a.unit.cmp(&b.unit));
    reader.outline.imports.dedup_by(|a, b| a.unit == b.unit);
    reader.outline.end();
    reader.outline
}

/// Where the comments are.
pub(super) fn comments(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Tokens { text, at: 0 };
    let (mut comments, mut from) = (Vec::new(), 0);
    while let Some((_, start)) = tokens.next() {
        comments_between(text, from..start, &mut comments);
        from = tokens.at;
    }
    comments_between(text, from..text.len(), &mut comments);
    comments
}

/// Where the brackets are, and which.
pub(super) fn brackets(text: &str) -> Vec<(usize, u8)> {
    let tokens = Tokens { text, at: 0 };
    let bracket = |it: &(&str, usize)| matches!(it.0, "(" | ")" | "[" | "]" | "{" | "}");
    tokens.filter(bracket).map(|(token, start)| (start, token.as_bytes()[0])).collect()
}

struct Reader<'a> {
    tokens: Tokens<'a>,
    outline: Outline,
    depth: i32,
    /// The type and the trait of the `impl` or `trait` around.
    owners: Vec<Name>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(&'a str, usize)> {
        let next = self.tokens.next()?;
        match next.0 {
            "(" | "[" | "{" => self.depth += 1,
            ")" | "]" | "}" => self.depth -= 1,
            _ => {}
        }
        Some(next)
    }

    fn peek(&self) -> Option<&'a str> {
        Tokens { ..self.tokens }.next().map(|it| it.0)
    }

    /// What stands in a file, a module or an `impl`, up to its closing bracket.
    fn read(&mut self, base: i32) {
        while let Some((token, start)) = self.next() {
            if self.depth < base {
                return;
            }
            match token {
                // `mod x;` ends by itself; `mod x { … }` is read like the file.
                "mod" | "extern" => {}
                "const" if self.peek() == Some("fn") => {}
                "impl" | "trait" => {
                    let outer = std::mem::take(&mut self.owners);
                    self.header(start);
                    let inner = self.depth;
                    // Bounded: an impl in a module in a module … is the same loop.
                    if inner > base && self.outline.items.len() < 1 << 20 {
                        self.read_members(inner);
                    }
                    self.owners = outer;
                }
                "fn" | "struct" | "enum" | "union" | "type" | "const" | "static" | "macro_rules" | "use" => {
                    self.item(token, start);
                }
                _ => {}
            }
        }
    }

    fn read_members(&mut self, base: i32) {
        while let Some((token, start)) = self.next() {
            if self.depth < base {
                return;
            }
            if matches!(token, "fn" | "type" | "const") && self.peek() != Some("fn") {
                self.item(token, start);
            }
        }
    }

    /// `impl<…> Trait for Type<…> … {` or `trait Name … {`: an item of its own, and who owns what follows.
    fn header(&mut self, start: usize) {
        let mut angle = 0;
        let mut last = Name::NONE;
        let mut named = false;
        while let Some((token, _)) = self.next() {
            match token {
                "{" | ";" | "}" => break,
                "<" => angle += 1,
                ">" => angle -= 1,
                "for" if angle == 0 => self.owners.extend([last]),
                "where" | ":" if angle == 0 => named = true,
                _ if is_word(token) => {
                    let name = Name::of(token);
                    self.outline.mention(Name::NONE, name);
                    if angle == 0 && !named {
                        last = name;
                    }
                }
                _ => {}
            }
        }
        self.owners.push(last);
        self.outline.end_item(start, self.tokens.at);
    }

    /// To its `;` or the end of its block.
    fn item(&mut self, keyword: &str, start: usize) {
        let base = self.depth;
        let mut before = ["", ""];
        let mut declared = keyword == "use";
        // The mention of what is being called with what comes next.
        let (mut called, mut mentioned) = (None, None);
        while let Some((token, _)) = self.next() {
            if is_word(token) {
                let name = Name::of(token);
                let qualifier = match before {
                    [_, "."] => Name::MEMBER,
                    [">", "::"] => Name::MEMBER,
                    [word, "::"] if is_word(word) => Name::of(word),
                    _ => Name::NONE,
                };
                if !declared && token != "mut" && before[1] != "(" {
                    declared = true;
                    let owners = if self.owners.is_empty() { &[Name::NONE][..] } else { &self.owners };
                    owners.iter().for_each(|owner| self.outline.define(*owner, name));
                } else if keyword == "use" && before[1] == "as" {
                    self.outline.define(Name::NONE, name);
                } else {
                    if is_other_system_call(token)
                        && let Some(called) = called.take()
                    {
                        self.outline.forget(called);
                    }
                    mentioned = Some(self.outline.mention(qualifier, name));
                }
            } else if token != "::" {
                called = mentioned.filter(|_| token == "(" && is_word(before[1]));
            }
            if token == "::" && is_word(before[1]) && before[0] != "::" {
                self.outline.imports.push(Import { alias: Name::NONE, unit: before[1].to_owned() });
            }
            let ended = match token {
                ";" => self.depth == base,
                "}" => self.depth <= base && !matches!(keyword, "use" | "const" | "static" | "type"),
                _ => self.depth < base,
            };
            if ended {
                break;
            }
            before = [before[1], token];
        }
        // A type is known by what it holds, and a value of it by its name.
        self.outline.end_item(start, self.tokens.at);
    }
}

fn is_word(token: &str) -> bool {
    token.as_bytes().first().is_some_and(|it| it.is_ascii_alphabetic() || *it == b'_' || *it >= 0x80)
}

#[derive(Clone, Copy)]
struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    /// A word, `::`, or a single character; literals are `"`, comments are left out.
    type Item = (&'a str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        let word_from = |start: usize| {
            let more =
                bytes[start..].iter().take_while(|it| it.is_ascii_alphanumeric() || **it == b'_' || **it >= 0x80);
            start + more.count()
        };
        loop {
            let start = self.at;
            let byte = *bytes.get(start)?;
            let following = bytes.get(start + 1).copied().unwrap_or(0);
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' if following == b'/' => {
                    self.at = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |it| start + it);
                }
                b'/' if following == b'*' => self.at = comment_end(bytes, start),
                b'"' => return self.literal(start, string_end(bytes, start + 1)),
                b'\'' => {
                    // A lifetime is no literal: `'a` without a closing quote after one character.
                    let end = match following {
                        b'\\' => memchr::memchr(b'\'', &bytes[(start + 3).min(bytes.len())..]).map(|it| start + it + 4),
                        _ => {
                            let width = self.text[start + 1..].chars().next().map_or(0, char::len_utf8);
                            (bytes.get(start + 1 + width) == Some(&b'\'')).then_some(start + width + 2)
                        }
                    };
                    match end {
                        Some(end) => return self.literal(start, end),
                        None => self.at = word_from(start + 1).max(start + 1),
                    }
                }
                b'r' | b'b' | b'c'
                    if matches!(following, b'"' | b'#' | b'r' | b'\'') && raw_end(bytes, start).is_some() =>
                {
                    let end = raw_end(bytes, start)?;
                    return self.literal(start, end);
                }
                b':' if following == b':' => {
                    self.at += 2;
                    return Some(("::", start));
                }
                _ if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => {
                    self.at = word_from(start);
                    if !byte.is_ascii_digit() {
                        return Some((&self.text[start..self.at], start));
                    }
                }
                _ => {
                    self.at += 1;
                    return Some((&self.text[start..start + 1], start));
                }
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn literal(&mut self, start: usize, end: usize) -> Option<(&'a str, usize)> {
        self.at = end.min(self.text.len());
        Some(("\"", start))
    }
}

fn comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at + 1 < bytes.len() {
        match [bytes[at], bytes[at + 1]] {
            [b'/', b'*'] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/'] => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of `r"…"`, `br#"…"#`, `b"…"`, `b'…'`, `c"…"`; `None` for a word that only begins so.
fn raw_end(bytes: &[u8], start: usize) -> Option<usize> {
    let prefix = bytes[start..].iter().take(2).take_while(|it| matches!(it, b'r' | b'b' | b'c')).count();
    let raw = bytes[start..start + prefix].contains(&b'r');
    let hashes = bytes[start + prefix..].iter().take_while(|it| **it == b'#').count();
    let open = start + prefix + hashes;
    match bytes.get(open)? {
        b'"' if raw => {
            let mut close = vec![b'"'];
            close.resize(hashes + 1, b'#');
            Some(memchr::memmem::find(&bytes[open + 1..], &close).map_or(bytes.len(), |it| open + 1 + it + close.len()))
        }
        b'"' if hashes == 0 => Some(string_end(bytes, open + 1)),
        b'\'' if hashes == 0 && prefix == 1 && bytes[start] == b'b' => {
            let skip = if bytes.get(open + 1) == Some(&b'\\') { 3 } else { 2 };
            Some(open + 1 + skip)
        }
        _ => None,
    }
}
