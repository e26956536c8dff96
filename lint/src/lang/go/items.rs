//! A file's top-level items, found by its tokens alone.
//!
//! Each item is parsed by itself. So a syntax error costs the item it stands
//! in, the tree of a 50 MB file is never in memory, and what a function's
//! signature says is known without parsing its body.

use std::ops::Range;

use super::outline::is_word;

/// How deep brackets may nest before an item is left unread.
pub(super) const BRACKETS: usize = 512;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: ItemKind,
    /// In bytes, without the comments before and after.
    pub(super) range: Range<usize>,
    /// The opening brace of a function's body.
    pub(super) body: Option<usize>,
    /// Where `new` is called with a name or a value.
    pub(super) news: Vec<usize>,
    /// Where `new` is called with what may be a type or begin with one: `new([]int{1})`.
    pub(super) typed_news: Vec<usize>,
    pub(super) deepest: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    Package,
    Import,
    Const,
    Type,
    Var,
    Func,
    /// Text where no item can be.
    Stray,
}

pub(super) fn split(text: &str) -> Vec<Item> {
    Splitter::new(text, false).run()
}

/// The package clause and the imports, without reading on.
pub(super) fn head(text: &str) -> Vec<Item> {
    let mut items = Splitter::new(text, true).run();
    items.retain(|it| matches!(it.kind, ItemKind::Package | ItemKind::Import));
    items
}

/// Where the call that the text begins with ends.
pub(super) fn call_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    for token in tokens(bytes) {
        match bytes[token.start] {
            b'(' => depth += 1,
            b')' if depth == 1 => return token.end,
            b')' => depth = depth.saturating_sub(1),
            _ => (),
        }
    }
    text.len()
}

/// The tokens, runs of blanks and comments of a text.
pub(super) fn tokens(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        at = if start < text.len() { token_end(text, start) } else { return None };
        Some(start..at)
    })
}

struct Splitter<'a> {
    text: &'a [u8],
    items: Vec<Item>,
    open: Option<Item>,
    /// Brackets of all kinds.
    depth: usize,
    in_body: bool,
    /// Whether to end at the first declaration that is no import.
    head: bool,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, head: bool) -> Self {
        Splitter { text: text.as_bytes(), items: Vec::new(), open: None, depth: 0, in_body: false, head }
    }

    fn is_done(&self) -> bool {
        let declares = |it: &Item| matches!(it.kind, ItemKind::Const | ItemKind::Type | ItemKind::Var | ItemKind::Func);
        self.head && self.open.as_ref().is_some_and(declares)
    }

    fn run(mut self) -> Vec<Item> {
        let mut at = 0;
        // Whether the last token lets a `{` belong to a type.
        let mut type_word = false;
        while at < self.text.len() && !self.is_done() {
            let start = at;
            let byte = self.text[at];
            at = token_end(self.text, at);
            if byte.is_ascii_whitespace() || byte == b'\r' || is_comment(self.text, start) {
                continue;
            }
            if is_word(byte) {
                let word = &self.text[start..at];
                self.word(word, start, at);
                type_word = matches!(word, b"struct" | b"interface");
                self.extend(at);
                continue;
            }
            match byte {
                b'(' | b'[' | b'{' => {
                    self.token(start);
                    let open = self.open.as_mut().expect("a token is in an item");
                    if byte == b'{'
                        && self.depth == 0
                        && open.kind == ItemKind::Func
                        && !type_word
                        && open.body.is_none()
                    {
                        open.body = Some(start);
                        self.in_body = true;
                    }
                    self.depth += 1;
                    open.deepest = open.deepest.max(self.depth);
                    self.extend(at);
                }
                b')' | b']' | b'}' => {
                    self.token(start);
                    self.depth = self.depth.saturating_sub(1);
                    self.extend(at);
                    if self.depth == 0 && self.in_body {
                        self.close();
                    }
                }
                b';' if self.depth == 0 => (),
                _ => {
                    self.token(start);
                    self.extend(at);
                }
            }
            type_word = false;
        }
        self.close();
        self.items.shrink_to_fit();
        self.items
    }

    fn word(&mut self, word: &[u8], start: usize, end: usize) {
        let kind = match word {
            b"func" if self.names_function(end) => Some(ItemKind::Func),
            _ if self.depth > 0 => None,
            b"package" => Some(ItemKind::Package),
            b"import" => Some(ItemKind::Import),
            b"const" => Some(ItemKind::Const),
            b"type" => Some(ItemKind::Type),
            b"var" => Some(ItemKind::Var),
            _ => None,
        };
        match kind {
            // A function with a name cannot stand inside anything: what came before is not closed.
            Some(kind) => {
                self.close();
                self.begin(kind, start);
            }
            None => self.token(start),
        }
        if word == b"new" && self.text[skip_blank(self.text, end)..].first() == Some(&b'(') {
            let argument = skip_space(self.text, skip_blank(self.text, end) + 1);
            let word = &self.text[argument..word_end(self.text, argument)];
            let typed = self.text.get(argument) == Some(&b'[') || is_type_keyword(word);
            let open = self.open.as_mut().expect("a token is in an item");
            if typed { open.typed_news.push(start) } else { open.news.push(start) }
        }
    }

    /// Whether what follows `func` makes it a declaration: a name, or a
    /// receiver and a name.
    fn names_function(&self, after: usize) -> bool {
        let mut at = skip_blank(self.text, after);
        if self.text.get(at) == Some(&b'(') {
            let mut depth = 0;
            loop {
                match self.text.get(at) {
                    Some(b'(') => depth += 1,
                    Some(b')') => depth -= 1,
                    Some(b'{' | b'}' | b'"' | b'`' | b'\n') | None => return false,
                    Some(_) => (),
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
            at = skip_blank(self.text, at);
            let end = word_end(self.text, at);
            return end > at && !is_type_keyword(&self.text[at..end]) && self.text.get(end) == Some(&b'(');
        }
        word_end(self.text, at) > at
    }

    /// Something that belongs to the open item.
    fn token(&mut self, start: usize) {
        if self.open.is_none() {
            self.begin(ItemKind::Stray, start);
        }
    }

    fn extend(&mut self, end: usize) {
        if let Some(open) = &mut self.open {
            open.range.end = end;
        }
    }

    fn begin(&mut self, kind: ItemKind, start: usize) {
        self.open =
            Some(Item { kind, range: start..start, body: None, news: Vec::new(), typed_news: Vec::new(), deepest: 0 });
    }

    fn close(&mut self) {
        self.items.extend(self.open.take());
        self.depth = 0;
        self.in_body = false;
    }
}

fn is_type_keyword(word: &[u8]) -> bool {
    matches!(word, b"func" | b"chan" | b"map" | b"struct" | b"interface")
}

fn is_comment(text: &[u8], at: usize) -> bool {
    text[at] == b'/' && matches!(text.get(at + 1), Some(b'/' | b'*'))
}

fn word_end(text: &[u8], at: usize) -> usize {
    at + text[at.min(text.len())..].iter().take_while(|it| is_word(**it)).count()
}

fn skip_blank(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|it| matches!(it, b' ' | b'\t')).count()
}

fn skip_space(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|it| it.is_ascii_whitespace()).count()
}

/// Where the token, the blanks or the comment that begins at `at` ends.
fn token_end(text: &[u8], at: usize) -> usize {
    let rest = &text[at..];
    let find = |needle: &[u8]| memchr::memmem::find(&rest[needle.len().min(rest.len())..], needle);
    match rest[0] {
        b'/' if rest.starts_with(b"//") => at + memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
        b'/' if rest.starts_with(b"/*") => at + find(b"*/").map_or(rest.len(), |it| it + 4),
        b'`' => at + find(b"`").map_or(rest.len(), |it| it + 2),
        quote @ (b'"' | b'\'') => at + quoted(rest, quote),
        b'\n' | b'\t' | b' ' => at + 1 + rest[1..].iter().take_while(|it| matches!(it, b'\n' | b'\t' | b' ')).count(),
        first if is_word(first) => word_end(text, at),
        _ => at + 1,
    }
}

/// The length of a quoted literal, which ends with its line at the latest.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 1,
            b'\n' => return at,
            byte if byte == quote => return at + 1,
            _ => (),
        }
        at += 1;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(ItemKind, &str)]) {
        let found: Vec<_> = split(text).into_iter().map(|it| (it.kind, &text[it.range])).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn items_are_split_where_they_begin() {
        check(
            "// x\npackage p // import \"q\"\nimport (\n\"a\"; \"b\"\n)\nvar f = func() { x() }\ntype F func(int) error\n\nfunc (f F) do() {}; func g() struct{} { return struct{}{} }",
            &[
                (ItemKind::Package, "package p"),
                (ItemKind::Import, "import (\n\"a\"; \"b\"\n)"),
                (ItemKind::Var, "var f = func() { x() }"),
                (ItemKind::Type, "type F func(int) error"),
                (ItemKind::Func, "func (f F) do() {}"),
                (ItemKind::Func, "func g() struct{} { return struct{}{} }"),
            ],
        );
    }

    #[test]
    fn the_head_ends_where_declarations_begin() {
        let text = "// x\npackage p\nimport \"a\"\nimport (\n\"b\"\n)\nfunc f() {}\nimport \"c\"\n";
        let found: Vec<_> = head(text).into_iter().map(|it| &text[it.range]).collect();
        assert_eq!(found, ["package p", "import \"a\"", "import (\n\"b\"\n)"]);
    }

    #[test]
    fn an_unclosed_brace_costs_its_own_function() {
        check(
            "func a() {\n\tif x {\n}\nfunc b() {}\n)\nx := 1\nfunc c() { s := \"}\nt := '}' + `}` /*}*/ //}\n}\nfunc d()",
            &[
                (ItemKind::Func, "func a() {\n\tif x {\n}"),
                (ItemKind::Func, "func b() {}"),
                (ItemKind::Stray, ")\nx := 1"),
                (ItemKind::Func, "func c() { s := \"}\nt := '}' + `}` /*}*/ //}\n}"),
                (ItemKind::Func, "func d()"),
            ],
        );
    }

    #[test]
    fn a_body_begins_behind_the_result() {
        let text = "func f(x interface{ A() }) map[string]struct{} { return nil }";
        let item = &split(text)[0];
        assert_eq!(item.body, text.rfind('{').filter(|it| text[*it..].starts_with("{ return")));
        assert_eq!(item.range.end, text.len());
    }
}
