//! The outer shape of a Rust text, without parsing it: tokens, brackets, items.

use std::ops::Range;

use super::tokens::{Token, Tokens};

/// The brackets that are open.
#[derive(Default)]
struct Open(Vec<u8>);

impl Open {
    /// Closes a bracket and what was left open in it; one that closes nothing is passed over.
    fn close(&mut self, bracket: u8) {
        let wanted = match bracket {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let at = self.0.iter().rposition(|it| *it == wanted);
        // A block ends what is in it, never the other way round.
        if let Some(at) = at
            && (wanted == b'{' || !self.0[at..].contains(&b'{'))
        {
            self.0.truncate(at);
        }
    }
}

/// The outermost pieces that a recursive parser must not see.
pub(super) fn too_deep(text: &str, depth: usize, length: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // Where each open bracket stands, and how many tokens were seen in it since the last end of something.
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    let mut closed_block = false;
    // Where the item that is in no bracket began.
    let mut item = 0;
    for (token, range) in Tokens::new(text, 0..text.len()) {
        if open.len() == 1 && (closed_block || token == Token::Semicolon) {
            item = if closed_block { range.start } else { range.end };
        }
        let was_block = std::mem::replace(&mut closed_block, token == Token::Close(b'}'));
        match token {
            Token::Open(_) => open.push((range.start, 0)),
            Token::Close(_) => {
                if open.len() > 1 {
                    open.pop();
                }
            }
            Token::Semicolon | Token::Comma => open.last_mut().expect("the text itself is open").1 = 0,
            Token::Other => {
                let goes_on = matches!(text.as_bytes()[range.start], b'.' | b'?' | b'e' | b'|' | b'&' | b'+' | b'-');
                let count = &mut open.last_mut().expect("the text itself is open").1;
                *count = if was_block && !goes_on { 0 } else { *count + 1 };
            }
        }
        if open.len() > depth || open.last().is_some_and(|it| it.1 > length) {
            // The outermost block that is not the whole file, usually the item; or an item without one.
            let block = open.get(1).map(|it| it.0);
            let start = block.map_or(item, |it| it + 1);
            if found.last().is_none_or(|it| it.end <= start) {
                found.push(start..block.map_or_else(|| semicolon(text, range.start), |it| end_of(text, it)));
            }
        }
    }
    found
}

/// The end of the item that goes on at `start`, outside of any bracket.
fn semicolon(text: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (token, range) in Tokens::new(text, start..text.len()) {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            Token::Semicolon if depth == 0 => return range.end,
            _ => (),
        }
    }
    text.len()
}

/// Where the bracket that opens at `start` closes: the position of the closing one.
fn end_of(text: &str, start: usize) -> usize {
    let mut open = Open::default();
    for (token, range) in Tokens::new(text, start..text.len()) {
        match token {
            Token::Open(bracket) => open.0.push(bracket),
            Token::Close(bracket) => {
                open.close(bracket);
                if open.0.is_empty() {
                    return range.start;
                }
            }
            _ => (),
        }
    }
    text.len()
}

/// The body of a function.
pub(super) struct Body {
    /// Where the word `fn` stands.
    pub(super) function: usize,
    /// What is between its braces.
    pub(super) inside: Range<usize>,
    /// Whether it may declare something: items, or names by `use`.
    pub(super) declares: bool,
}

impl Body {
    /// From the word `fn` to the closing brace.
    pub(super) fn around(&self) -> Range<usize> {
        self.function..self.inside.end
    }
}

/// The outermost bodies of functions, in their order; those in macros' rules are none.
pub(super) fn bodies(text: &str) -> Vec<Body> {
    let mut found = Vec::new();
    let (mut depth, mut before) = (0usize, "");
    // The `fn` whose body has not begun, and how deep it stands.
    let mut function: Option<(usize, usize)> = None;
    let mut body: Option<(Body, usize)> = None;
    let mut rules: Option<usize> = None;
    for (token, range) in Tokens::new(text, 0..text.len()) {
        let word = &text[range.clone()];
        match token {
            Token::Open(bracket) => {
                if bracket == b'{'
                    && body.is_none()
                    && let Some((start, _)) = function.take_if(|it| it.1 == depth)
                {
                    body = Some((Body { function: start, inside: range.end..range.end, declares: false }, depth));
                }
                depth += 1;
            }
            Token::Close(_) => {
                depth = depth.saturating_sub(1);
                rules.take_if(|it| depth <= *it);
                if let Some((mut ended, _)) = body.take_if(|it| it.1 == depth) {
                    ended.inside.end = range.start;
                    found.push(ended);
                }
            }
            Token::Semicolon => _ = function.take_if(|it| it.1 >= depth),
            Token::Other if body.is_some() => {
                if let Some((body, _)) = &mut body {
                    body.declares |= matches!(
                        word,
                        "fn" | "use"
                            | "struct"
                            | "enum"
                            | "impl"
                            | "mod"
                            | "static"
                            | "const"
                            | "type"
                            | "trait"
                            | "union"
                            | "macro_rules"
                            | "extern"
                            | "thread_local"
                            | "lazy_static"
                    );
                }
            }
            Token::Other if word == "macro_rules" => rules = Some(depth),
            Token::Other if before == "fn" && rules.is_none() && function.is_none() => {
                let is_name = word.starts_with(|it: char| it == '_' || it.is_alphanumeric());
                function = is_name.then_some((range.start, depth));
                if let Some((start, _)) = &mut function {
                    *start = text[..range.start].rfind("fn").unwrap_or(range.start);
                }
            }
            Token::Other | Token::Comma => (),
        }
        before = word;
    }
    found
}

/// The items within `range` that do not parse; of a module, an `impl` or a
/// `trait` that does not, the items in it.
pub(super) fn unreadable(text: &str, range: Range<usize>, bad: &mut Vec<Range<usize>>) {
    for piece in items(text, range) {
        let source = &text[piece.clone()];
        if source.trim().is_empty() || reads(source) {
            continue;
        }
        let before = bad.len();
        if let Some(body) = body(text, piece.clone()) {
            unreadable(text, body, bad);
        }
        if bad.len() == before {
            bad.push(piece);
        }
    }
}

/// Whether the text is an item of a module, an `impl` or a `trait`.
fn reads(text: &str) -> bool {
    syn::parse_str::<syn::File>(text).is_ok()
        || syn::parse_str::<syn::ItemImpl>(&format!("impl X {{ {text} }}")).is_ok()
        || syn::parse_str::<syn::ItemTrait>(&format!("trait X {{ {text} }}")).is_ok()
}

/// What is between the braces, if the item is one that holds others.
fn body(text: &str, piece: Range<usize>) -> Option<Range<usize>> {
    let mut holds = false;
    for (token, range) in Tokens::new(text, piece) {
        match token {
            Token::Open(b'{') if holds => return Some(range.end..end_of(text, range.start)),
            Token::Open(b'{') | Token::Semicolon => return None,
            Token::Other => match &text[range] {
                "mod" | "impl" | "trait" => holds = true,
                "fn" | "struct" | "enum" | "union" | "macro_rules" => return None,
                _ => (),
            },
            _ => (),
        }
    }
    None
}

/// Items as they follow each other: each ends with `;` or a block.
///
/// Where brackets do not balance, an item that begins at the start of a line
/// begins one all the same.
fn items(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let balanced = is_balanced(text, range.clone());
    let (mut found, mut open, mut start) = (Vec::new(), Open::default(), None);
    // `= { … }`, `use a::{b};` and `const A: [u8; { 1 }]` do not end with their block.
    let mut until_semicolon = false;
    let mut has_block = false;
    for (token, at) in Tokens::new(text, range.clone()) {
        let first_of_line = at.start == range.start || text.as_bytes()[at.start - 1] == b'\n';
        if !balanced && !open.0.is_empty() && first_of_line && begins_item(&text[at.start..range.end]) {
            found.push(start.unwrap_or(at.start)..at.start);
            (start, until_semicolon, has_block) = (None, false, false);
            open.0.clear();
        }
        let begin = *start.get_or_insert_with(|| {
            (until_semicolon, has_block) = (false, false);
            at.start
        });
        let ends = match token {
            Token::Open(bracket) => {
                open.0.push(bracket);
                false
            }
            Token::Close(bracket) => {
                open.close(bracket);
                open.0.is_empty() && bracket == b'}' && !until_semicolon
            }
            Token::Semicolon => open.0.is_empty(),
            Token::Other if open.0.is_empty() => {
                match &text[at.clone()] {
                    "=" | "use" | "static" if !has_block => until_semicolon = true,
                    "fn" | "impl" | "mod" | "trait" => has_block = true,
                    _ => (),
                }
                false
            }
            _ => false,
        };
        if ends {
            found.push(begin..at.end);
            start = None;
        }
    }
    found.extend(start.map(|it| it..range.end));
    found
}

fn is_balanced(text: &str, range: Range<usize>) -> bool {
    let mut open = Vec::new();
    for (token, _) in Tokens::new(text, range) {
        match token {
            Token::Open(bracket) => open.push(bracket),
            Token::Close(bracket) => {
                let fits = |it: u8| matches!((it, bracket), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
                if !open.pop().is_some_and(fits) {
                    return false;
                }
            }
            _ => (),
        }
    }
    open.is_empty()
}

fn begins_item(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "pub",
        "fn",
        "async",
        "unsafe",
        "impl",
        "struct",
        "enum",
        "trait",
        "mod",
        "use",
        "const",
        "static",
        "type",
        "macro_rules",
        "extern",
        "#[",
    ];
    WORDS.iter().any(|it| text.strip_prefix(it).is_some_and(|rest| !rest.starts_with(|it: char| it.is_alphanumeric())))
}
