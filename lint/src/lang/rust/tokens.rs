//! The tokens of a Rust text, as far as brackets and the ends of items need them.

use std::ops::Range;

/// A token as far as brackets and the ends of items need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open(u8),
    Close(u8),
    Semicolon,
    Comma,
    /// Anything else.
    Other,
}

/// The tokens of `text[range]` with where they are; comments are left out.
pub(super) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str, range: Range<usize>) -> Self {
        Tokens { text: text.as_bytes(), at: range.start, end: range.end }
    }

    fn byte(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.end { self.text[at] } else { 0 }
    }

    /// Goes past a text in quotes with escapes.
    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.end {
            match self.byte(0) {
                b'\\' => self.at += 2,
                byte if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.end);
    }

    /// Goes past `r#"…"#`, if that is here.
    fn raw(&mut self) -> bool {
        let hashes = (1..).take_while(|it| self.byte(*it) == b'#').count();
        if self.byte(1 + hashes) != b'"' {
            return false;
        }
        self.at += 2 + hashes;
        while self.at < self.end {
            if self.byte(0) == b'"' && (1..=hashes).all(|it| self.byte(it) == b'#') {
                self.at += 1 + hashes;
                return true;
            }
            self.at += 1;
        }
        true
    }

    fn comment(&mut self) {
        if self.byte(1) == b'/' {
            while self.at < self.end && self.byte(0) != b'\n' {
                self.at += 1;
            }
            return;
        }
        let mut depth = 0;
        while self.at < self.end {
            match (self.byte(0), self.byte(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.end);
    }

    /// A letter in quotes, or a lifetime.
    fn letter_or_lifetime(&mut self) {
        let letter = match self.byte(1) {
            b'\\' => true,
            byte if byte < 0x80 => self.byte(2) == b'\'',
            byte => {
                let length = byte.leading_ones() as usize;
                self.byte(1 + length) == b'\''
            }
        };
        if letter { self.quoted(b'\'') } else { self.at += 1 }
    }

    fn word(&mut self) {
        while self.byte(0) == b'_' || self.byte(0).is_ascii_alphanumeric() || self.byte(0) >= 0x80 {
            self.at += 1;
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = (Token, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.end {
            let start = self.at;
            let token = match self.byte(0) {
                byte if byte.is_ascii_whitespace() => {
                    self.at += 1;
                    continue;
                }
                b'/' if matches!(self.byte(1), b'/' | b'*') => {
                    self.comment();
                    continue;
                }
                byte @ (b'(' | b'[' | b'{') => {
                    self.at += 1;
                    Token::Open(byte)
                }
                byte @ (b')' | b']' | b'}') => {
                    self.at += 1;
                    Token::Close(byte)
                }
                b';' => {
                    self.at += 1;
                    Token::Semicolon
                }
                b',' => {
                    self.at += 1;
                    Token::Comma
                }
                b'"' => {
                    self.quoted(b'"');
                    Token::Other
                }
                b'b' | b'c' if self.byte(1) == b'"' => {
                    self.at += 1;
                    self.quoted(b'"');
                    Token::Other
                }
                b'b' if self.byte(1) == b'\'' => {
                    self.at += 1;
                    self.quoted(b'\'');
                    Token::Other
                }
                b'r' if matches!(self.byte(1), b'"' | b'#') && self.raw() => Token::Other,
                b'b' | b'c' if self.byte(1) == b'r' && matches!(self.byte(2), b'"' | b'#') => {
                    self.at += 1;
                    if !self.raw() {
                        self.word();
                    }
                    Token::Other
                }
                b'\'' => {
                    self.letter_or_lifetime();
                    Token::Other
                }
                byte if byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80 => {
                    self.word();
                    Token::Other
                }
                _ => {
                    self.at += 1;
                    Token::Other
                }
            };
            return Some((token, start..self.at));
        }
        None
    }
}
