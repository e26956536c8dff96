//! What a Go file declares and mentions, by its tokens alone.

use std::ops::Range;

use crate::scan::outline::{Import, Mention, Name, Outline, comments_between, is_other_system_call};

/// A token that matters here; literals and comments are left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Mark(u8),
    /// A string without escapes, without its quotes.
    Text(&'a str),
}

pub(super) fn outline(text: &str) -> Outline {
    let mut reader =
        Reader { tokens: Tokens { text, at: 0, line_start: true }, outline: Outline::of_size(text.len()), depth: 0 };
    reader.read();
    reader.outline.balanced = reader.depth == 0;
    reader.outline.end();
    reader.outline
}

/// Where the comments are.
pub(super) fn comments(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Tokens { text, at: 0, line_start: true };
    let (mut comments, mut from) = (Vec::new(), 0);
    while let Some((_, start, _)) = tokens.next() {
        comments_between(text, from..start, &mut comments);
        from = tokens.at;
    }
    comments_between(text, from..text.len(), &mut comments);
    comments
}

/// Where the brackets are, and which.
pub(super) fn brackets(text: &str) -> Vec<(usize, u8)> {
    let tokens = Tokens { text, at: 0, line_start: true };
    let bracket = |(token, start, _)| match token {
        Token::Mark(mark @ (b'(' | b')' | b'[' | b']' | b'{' | b'}')) => Some((start, mark)),
        _ => None,
    };
    tokens.filter_map(bracket).collect()
}

struct Reader<'a> {
    tokens: Tokens<'a>,
    outline: Outline,
    depth: i32,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some((token, start, _)) = self.next() {
            match token {
                Token::Word("package") if self.depth == 0 && self.outline.package == Name::NONE => {
                    if let Some((Token::Word(name), ..)) = self.next() {
                        self.outline.package = Name::of(name);
                    }
                }
                Token::Word("import") if self.depth == 0 => self.import(),
                Token::Word(keyword @ ("func" | "type" | "var" | "const")) if self.depth == 0 => {
                    self.item(keyword, start);
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Option<(Token<'a>, usize, bool)> {
        let next = self.tokens.next()?;
        match next.0 {
            Token::Mark(b'(' | b'[' | b'{') => self.depth += 1,
            Token::Mark(b')' | b']' | b'}') => self.depth -= 1,
            _ => {}
        }
        Some(next)
    }

    fn peek(&self) -> Option<(Token<'a>, usize, bool)> {
        Tokens { ..self.tokens }.next()
    }

    fn import(&mut self) {
        let mut alias = None;
        loop {
            match self.peek() {
                Some((Token::Word("func" | "type" | "var" | "const" | "import"), ..)) | None => return,
                Some((token, ..)) => {
                    self.next();
                    match token {
                        Token::Word(word) => alias = Some(word),
                        Token::Mark(b'.') => alias = Some("."),
                        Token::Mark(b')') => return,
                        Token::Text(path) => {
                            let alias = alias.take().map_or(Name::NONE, Name::of);
                            self.outline.imports.push(Import { alias, unit: path.to_owned() });
                            if self.depth == 0 {
                                return;
                            }
                        }
                        Token::Mark(_) => {}
                    }
                }
            }
        }
    }

    /// From its keyword to the next one on the outermost level.
    fn item(&mut self, keyword: &str, start: usize) {
        let base = self.depth;
        if keyword == "func" {
            self.signature();
        }
        // Words that begin a line of the outermost level of a group are what it declares.
        // The mention of what is being called with what comes next.
        let (mut called, mut mentioned, mut was_word) = (None, None, false);
        let (mut dotted, mut qualifier, mut declaring) = (false, Name::NONE, keyword != "func");
        let mut filled = Filled::NOTHING;
        loop {
            let before = self.tokens;
            let token = self.next().filter(|(token, _, first)| {
                let outermost = self.depth == base && *first;
                !(outermost && matches!(token, Token::Word("func" | "type" | "var" | "const" | "import")))
            });
            let Some((token, _, first)) = token else {
                self.tokens = before;
                break;
            };
            let name = if let Token::Word(word) = token { Name::of(word) } else { Name::NONE };
            if let Some((place, what)) = filled.see(token, name, first, dotted, qualifier) {
                match what {
                    Mention { qualifier: Name::NONE, .. } => self.outline.fill(place),
                    what => self.outline.keep(place, what),
                }
            }
            declaring |= first && keyword != "func";
            let after_word = std::mem::replace(&mut was_word, matches!(token, Token::Word(_)));
            match token {
                Token::Word(word) => {
                    let declares = declaring && keyword != "func" && self.depth - base <= 1 && !dotted;
                    if declares {
                        self.outline.define(Name::NONE, name);
                    }
                    if !declares || self.depth > base {
                        let qualifier = if dotted { qualifier } else { Name::NONE };
                        if is_other_system_call(word)
                            && let Some(called) = called.take()
                        {
                            self.outline.forget(called);
                        }
                        mentioned = Some(self.outline.mention(qualifier, name));
                    }
                    qualifier = if dotted { Name::MEMBER } else { name };
                    (dotted, declaring) = (false, false);
                }
                Token::Mark(b'.') => dotted = true,
                Token::Mark(mark) => {
                    called = mentioned.filter(|_| mark == b'(' && after_word);
                    declaring = mark == b',' && declaring;
                    qualifier = Name::MEMBER;
                    dotted = false;
                }
                Token::Text(_) => (qualifier, dotted, called) = (Name::MEMBER, false, None),
            }
        }
        self.outline.end_item(start, self.tokens.at);
    }

    /// The receiver and the name.
    fn signature(&mut self) {
        let mut owner = Name::NONE;
        if let Some((Token::Mark(b'('), ..)) = self.peek() {
            self.next();
            let outer = self.depth;
            while self.depth >= outer {
                match self.next() {
                    Some((Token::Word(word), ..)) if self.depth == outer => owner = Name::of(word),
                    Some(_) => {}
                    None => return,
                }
            }
        }
        if let Some((Token::Word(word), ..)) = self.peek() {
            self.next();
            self.outline.define(owner, Name::of(word));
        }
    }
}

/// Looks for what a field or variable gets that may be a function: `field: name.Name,`, `x.field = name.Name`.
struct Filled {
    /// The last word, if nothing stands behind it yet.
    word: Name,
    /// What stands before the `:` or `=`; `Name::NONE` if there is none.
    place: Name,
    /// What stands behind that.
    named: Option<Mention>,
}

impl Filled {
    const NOTHING: Filled = Filled { word: Name::NONE, place: Name::NONE, named: None };

    /// The next token, with its name if it is a word; gives what ends before it.
    fn see(
        &mut self,
        token: Token<'_>,
        name: Name,
        first: bool,
        dotted: bool,
        qualifier: Name,
    ) -> Option<(Name, Mention)> {
        let ends = first || matches!(token, Token::Mark(b',' | b'}' | b';'));
        let ended = self.named.take().filter(|_| ends).map(|it| (self.place, it));
        if first {
            self.place = Name::NONE;
        }
        let word = std::mem::replace(&mut self.word, Name::NONE);
        match token {
            Token::Word(_) => {
                self.word = name;
                let qualifier = if dotted { qualifier } else { Name::NONE };
                let named = Mention { qualifier, name };
                self.named = Some(named).filter(|_| self.place != Name::NONE);
            }
            // `field: (&name.Type{}).Name`
            Token::Mark(b'.' | b'(' | b'&' | b'{' | b'}' | b')') => (),
            Token::Mark(b':' | b'=') => self.place = word,
            _ => self.place = Name::NONE,
        }
        ended
    }
}

#[derive(Clone, Copy)]
struct Tokens<'a> {
    text: &'a str,
    at: usize,
    line_start: bool,
}

impl<'a> Iterator for Tokens<'a> {
    /// With where it starts, and whether it is the first on its line.
    type Item = (Token<'a>, usize, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.at;
            let byte = *bytes.get(start)?;
            let first = self.line_start;
            match byte {
                b'\n' | b' ' | b'\t' | b'\r' => {
                    self.line_start |= byte == b'\n';
                    self.at += 1;
                    // Most lines are indented by more than one.
                    while let Some(b' ' | b'\t') = bytes.get(self.at) {
                        self.at += 1;
                    }
                }
                b'/' if bytes.get(start + 1) == Some(&b'/') => {
                    self.at = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |it| start + it);
                }
                b'/' if bytes.get(start + 1) == Some(&b'*') => {
                    let end = memchr::memmem::find(&bytes[start + 2..], b"*/").map_or(bytes.len(), |it| start + it + 4);
                    self.line_start |= bytes[start..end].contains(&b'\n');
                    self.at = end;
                }
                b'"' | b'\'' => {
                    let mut end = start + 1;
                    while let Some(it) = bytes.get(end) {
                        match it {
                            b'\\' => end += 1,
                            b'\n' => break,
                            it if *it == byte => break,
                            _ => {}
                        }
                        end += 1;
                    }
                    self.at = (end + 1).min(bytes.len());
                    self.line_start = false;
                    return Some((Token::Text(self.text.get(start + 1..end).unwrap_or("")), start, first));
                }
                b'`' => {
                    let end = memchr::memchr(b'`', &bytes[start + 1..]).map_or(bytes.len(), |it| start + it + 2);
                    self.at = end;
                    self.line_start = false;
                    return Some((Token::Text(self.text.get(start + 1..end - 1).unwrap_or("")), start, first));
                }
                _ if is_word(byte) => {
                    let mut end = start + 1;
                    while bytes.get(end).is_some_and(|it| is_word(*it)) {
                        end += 1;
                    }
                    self.at = end;
                    self.line_start = false;
                    if byte.is_ascii_digit() {
                        return Some((Token::Text(""), start, first));
                    }
                    return Some((Token::Word(&self.text[start..end]), start, first));
                }
                _ => {
                    self.at += 1;
                    self.line_start = false;
                    return Some((Token::Mark(byte), start, first));
                }
            }
        }
    }
}

/// Every byte of every file is asked.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_' || byte >= 0x80;
        byte += 1;
    }
    table
};

pub(super) fn is_word(byte: u8) -> bool {
    WORD[byte as usize]
}
