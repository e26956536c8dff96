//! Tokens.

/// What a token is; names that are no keywords are words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    End,
    /// What cannot be a token, or is none that this parser knows.
    Odd,
    Word,
    Int,
    Float,
    Rune,
    Text,
    RawText,
    Open(u8),
    Close(u8),
    Comma,
    Semicolon,
    Colon,
    Dot,
    Dots,
    Define,
    Assign,
    /// `+=` and the like.
    AssignWith(&'static str),
    Increment,
    Decrement,
    Arrow,
    Tilde,
    Not,
    /// With how tightly it binds.
    Binary(&'static str, u8),
    Break,
    Case,
    Chan,
    Const,
    Continue,
    Default,
    Defer,
    Else,
    Fallthrough,
    For,
    Func,
    Go,
    Goto,
    If,
    Import,
    Interface,
    Map,
    Package,
    Range,
    Return,
    Select,
    Struct,
    Switch,
    Type,
    Var,
}

/// Reads one token ahead.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the token before this one ends.
    pub(super) before: usize,
    pub(super) after_line_break: bool,
    /// Behind the first line breaks before this token, if there are any; several in a row count as one.
    pub(super) line_break: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let mut lexer =
            Lexer { text, token: Token::End, start: 0, end: 0, before: 0, after_line_break: false, line_break: 0 };
        lexer.next();
        lexer
    }

    pub(super) fn word(&self) -> &'a [u8] {
        &self.text[self.start..self.end]
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    pub(super) fn next(&mut self) {
        self.before = self.end;
        let clear = self.skip();
        self.start = self.end;
        self.token = if clear { self.read() } else { Token::Odd };
    }

    /// Blanks and comments; `false` if they are not clear.
    fn skip(&mut self) -> bool {
        self.after_line_break = false;
        loop {
            match self.byte(self.end) {
                b'\n' => {
                    while self.byte(self.end) == b'\n' {
                        self.end += 1;
                    }
                    if !self.after_line_break {
                        (self.after_line_break, self.line_break) = (true, self.end);
                    }
                }
                b' ' | b'\t' | b'\r' => self.end += 1,
                b'/' if self.byte(self.end + 1) == b'/' => {
                    let rest = &self.text[self.end..];
                    self.end += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                b'/' if self.byte(self.end + 1) == b'*' => {
                    let rest = &self.text[self.end + 2..];
                    let Some(length) = memchr::memmem::find(rest, b"*/") else { return false };
                    // For the language a line break in it ends a statement, for the grammar it does not.
                    if rest[..length].contains(&b'\n') {
                        return false;
                    }
                    self.end += length + 4;
                }
                _ => return true,
            }
        }
    }

    fn read(&mut self) -> Token {
        let at = self.end;
        let Some(byte) = self.text.get(at).copied() else { return Token::End };
        let (second, third) = (self.byte(at + 1), self.byte(at + 2));
        let (token, length) = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => return self.name(),
            b'0'..=b'9' => return self.number(),
            b'.' if second.is_ascii_digit() => return self.number(),
            b'"' => return self.quoted(),
            b'\'' => return self.rune(),
            b'`' => {
                let Some(length) = memchr::memchr(b'`', &self.text[at + 1..]) else { return Token::Odd };
                (Token::RawText, length + 2)
            }
            b'(' | b'[' | b'{' => (Token::Open(byte), 1),
            b')' | b']' | b'}' => (Token::Close(byte), 1),
            b',' => (Token::Comma, 1),
            b';' => (Token::Semicolon, 1),
            b':' if second == b'=' => (Token::Define, 2),
            b':' => (Token::Colon, 1),
            b'.' if (second, third) == (b'.', b'.') => (Token::Dots, 3),
            b'.' => (Token::Dot, 1),
            b'~' => (Token::Tilde, 1),
            b'=' if second == b'=' => (Token::Binary("==", 3), 2),
            b'=' => (Token::Assign, 1),
            b'!' if second == b'=' => (Token::Binary("!=", 3), 2),
            b'!' => (Token::Not, 1),
            b'+' if second == b'+' => (Token::Increment, 2),
            b'+' if second == b'=' => (Token::AssignWith("+="), 2),
            b'+' => (Token::Binary("+", 4), 1),
            b'-' if second == b'-' => (Token::Decrement, 2),
            b'-' if second == b'=' => (Token::AssignWith("-="), 2),
            b'-' => (Token::Binary("-", 4), 1),
            b'*' if second == b'=' => (Token::AssignWith("*="), 2),
            b'*' => (Token::Binary("*", 5), 1),
            b'/' if second == b'=' => (Token::AssignWith("/="), 2),
            b'/' => (Token::Binary("/", 5), 1),
            b'%' if second == b'=' => (Token::AssignWith("%="), 2),
            b'%' => (Token::Binary("%", 5), 1),
            b'^' if second == b'=' => (Token::AssignWith("^="), 2),
            b'^' => (Token::Binary("^", 4), 1),
            b'&' if (second, third) == (b'^', b'=') => (Token::AssignWith("&^="), 3),
            b'&' if second == b'^' => (Token::Binary("&^", 5), 2),
            b'&' if second == b'&' => (Token::Binary("&&", 2), 2),
            b'&' if second == b'=' => (Token::AssignWith("&="), 2),
            b'&' => (Token::Binary("&", 5), 1),
            b'|' if second == b'|' => (Token::Binary("||", 1), 2),
            b'|' if second == b'=' => (Token::AssignWith("|="), 2),
            b'|' => (Token::Binary("|", 4), 1),
            b'<' if second == b'-' => (Token::Arrow, 2),
            b'<' if (second, third) == (b'<', b'=') => (Token::AssignWith("<<="), 3),
            b'<' if second == b'<' => (Token::Binary("<<", 5), 2),
            b'<' if second == b'=' => (Token::Binary("<=", 3), 2),
            b'<' => (Token::Binary("<", 3), 1),
            b'>' if (second, third) == (b'>', b'=') => (Token::AssignWith(">>="), 3),
            b'>' if second == b'>' => (Token::Binary(">>", 5), 2),
            b'>' if second == b'=' => (Token::Binary(">=", 3), 2),
            b'>' => (Token::Binary(">", 3), 1),
            _ => (Token::Odd, 1),
        };
        self.end += length;
        token
    }

    fn name(&mut self) -> Token {
        let length = self.text[self.end..].iter().take_while(|it| is_word(**it)).count();
        self.end += length;
        match self.word() {
            b"break" => Token::Break,
            b"case" => Token::Case,
            b"chan" => Token::Chan,
            b"const" => Token::Const,
            b"continue" => Token::Continue,
            b"default" => Token::Default,
            b"defer" => Token::Defer,
            b"else" => Token::Else,
            b"fallthrough" => Token::Fallthrough,
            b"for" => Token::For,
            b"func" => Token::Func,
            b"go" => Token::Go,
            b"goto" => Token::Goto,
            b"if" => Token::If,
            b"import" => Token::Import,
            b"interface" => Token::Interface,
            b"map" => Token::Map,
            b"package" => Token::Package,
            b"range" => Token::Range,
            b"return" => Token::Return,
            b"select" => Token::Select,
            b"struct" => Token::Struct,
            b"switch" => Token::Switch,
            b"type" => Token::Type,
            b"var" => Token::Var,
            word if word.is_ascii()
                || std::str::from_utf8(word).is_ok_and(|it| it.chars().all(char::is_alphanumeric)) =>
            {
                Token::Word
            }
            _ => Token::Odd,
        }
    }

    /// Numbers in the usual spelling.
    fn number(&mut self) -> Token {
        let from = self.end;
        let hex = self.byte(from) == b'0' && matches!(self.byte(from + 1), b'x' | b'X');
        let (mut float, mut imaginary) = (false, false);
        loop {
            let byte = self.byte(self.end);
            let exponent = if hex { matches!(byte, b'p' | b'P') } else { matches!(byte, b'e' | b'E') };
            match byte {
                b'.' => float = true,
                _ if exponent => {
                    float = true;
                    self.end += usize::from(matches!(self.byte(self.end + 1), b'+' | b'-'));
                }
                b'i' => imaginary = true,
                b'0'..=b'9' | b'_' | b'x' | b'X' | b'o' | b'O' | b'b' | b'B' => (),
                b'a'..=b'f' | b'A'..=b'F' if hex => (),
                byte if is_word(byte) => return Token::Odd,
                _ => break,
            }
            self.end += 1;
        }
        let digits = &self.text[from..self.end];
        let plain = digits.iter().all(u8::is_ascii_digit) && (digits[0] != b'0' || digits.iter().all(|it| *it < b'8'));
        let prefixed = digits.len() > 2 && digits[0] == b'0' && !digits[1].is_ascii_digit() && !digits.contains(&b'_');
        match (float, imaginary) {
            (_, true) => Token::Odd,
            (true, false) if !hex && !digits.contains(&b'_') => Token::Float,
            (false, false) if plain || prefixed => Token::Int,
            _ => Token::Odd,
        }
    }

    fn quoted(&mut self) -> Token {
        let mut at = self.end + 1;
        loop {
            match self.byte(at) {
                b'\\' if matches!(self.byte(at + 1), b'\n' | 0) => return Token::Odd,
                b'\\' => at += 2,
                b'"' => break,
                b'\n' | 0 => return Token::Odd,
                _ => at += 1,
            }
        }
        self.end = at + 1;
        Token::Text
    }

    fn rune(&mut self) -> Token {
        let at = self.end + 1;
        let length = match self.byte(at) {
            b'\'' | b'\n' | 0 => return Token::Odd,
            b'\\' => match self.byte(at + 1) {
                b'x' => 4,
                b'0'..=b'7' => 4,
                b'u' => 6,
                b'U' => 10,
                _ => 2,
            },
            first if first < 0x80 => 1,
            first if first < 0xe0 => 2,
            first if first < 0xf0 => 3,
            _ => 4,
        };
        if self.byte(at + length) != b'\'' {
            return Token::Odd;
        }
        self.end = at + length + 1;
        Token::Rune
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
