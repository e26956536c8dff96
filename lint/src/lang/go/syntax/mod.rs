//! A parser for what Go code usually is, many times faster than the general one.
//!
//! It gives the tree that the grammar of tree-sitter gives, node for node, or
//! nothing: whatever it is not sure of is left to that grammar, as is every
//! syntax error.

mod arena;
mod declarations;
mod expressions;
mod lexer;
mod statements;
#[cfg(test)]
mod tests;
mod types;

use arena::NO_FIELD;
pub(super) use arena::{Arena, GRAMMAR};
use lexer::{Lexer, Token};

/// How deep the parser descends before it gives up.
const DEPTH: usize = 400;

/// How high a tree may be.
const HEIGHT: u16 = 1500;

/// A node in the arena.
type Id = u32;

/// Left out of the language, or beyond this parser.
struct Unsure;

type Parsed<T> = Result<T, Unsure>;

/// The tree of one item, if it is clear what it is.
pub(super) fn parse(text: &[u8]) -> Option<Arena> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        arena: Arena::new(text.len() / 8),
        stack: Vec::new(),
        depth: 0,
        header: false,
        flat: true,
    };
    let mark = parser.stack.len();
    parser.item().ok()?;
    let root = parser.node("source_file", mark, 0, text.len());
    parser.arena.set_root(root);
    (parser.arena.height(root) < HEIGHT).then_some(parser.arena)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    arena: Arena,
    /// Finished nodes that have no parent yet, with their fields.
    stack: Vec<(Id, &'static str)>,
    depth: usize,
    /// Whether a `{` begins the block of the statement rather than a literal.
    header: bool,
    /// Whether a line break ends a statement here: not in brackets.
    flat: bool,
}

impl Parser<'_> {
    fn token(&self) -> Token {
        self.lexer.token
    }

    fn start(&self) -> usize {
        self.lexer.start
    }

    fn is(&self, token: Token) -> bool {
        self.lexer.token == token
    }

    fn word(&self) -> &[u8] {
        self.lexer.word()
    }

    /// Whether a line break before this token ends what came before it.
    fn ended(&self) -> bool {
        self.flat && self.lexer.after_line_break
    }

    fn next(&mut self) {
        self.lexer.next();
    }

    fn eat(&mut self, token: Token) -> bool {
        let is = self.is(token);
        if is {
            self.next();
        }
        is
    }

    fn expect(&mut self, token: Token) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { Err(Unsure) }
    }

    /// A leaf of the token that comes next.
    fn leaf(&mut self, kind: &'static str) -> Id {
        let leaf = self.arena.leaf(kind, self.lexer.start, self.lexer.end, true);
        self.next();
        leaf
    }

    /// The operator or sign that comes next, which has no name in the grammar.
    fn sign(&mut self, kind: &'static str) -> Id {
        let sign = self.arena.leaf(kind, self.lexer.start, self.lexer.end, false);
        self.next();
        sign
    }

    fn identifier(&mut self, kind: &'static str) -> Parsed<Id> {
        if self.is(Token::Word) { Ok(self.leaf(kind)) } else { Err(Unsure) }
    }

    fn push(&mut self, field: &'static str, node: Id) {
        self.stack.push((node, field));
    }

    /// A node of everything that was pushed since the mark.
    fn node(&mut self, kind: &'static str, mark: usize, start: usize, end: usize) -> Id {
        let node = self.arena.node(kind, &self.stack[mark..], start, end);
        self.stack.truncate(mark);
        node
    }

    /// The same, from the first of them to the last token.
    fn node_to_here(&mut self, kind: &'static str, mark: usize, start: usize) -> Id {
        self.node(kind, mark, start, self.lexer.before)
    }

    fn mark(&self) -> usize {
        self.stack.len()
    }

    fn start_of(&self, node: Id) -> usize {
        self.arena.start(node)
    }

    /// One level deeper, if that is not too deep.
    fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH {
            return Err(Unsure);
        }
        self.depth += 1;
        let done = run(self);
        self.depth -= 1;
        done
    }

    /// In brackets: lines do not end anything, and `{` begins literals.
    fn inside<T>(&mut self, run: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.with(false, false, run)
    }

    fn with<T>(&mut self, header: bool, flat: bool, run: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let before = (self.header, self.flat);
        (self.header, self.flat) = (header, flat);
        let done = run(self);
        (self.header, self.flat) = before;
        done
    }

    /// `;`, a line break, or what closes the list. Where the list then ends.
    fn terminator(&mut self, close: Token) -> Parsed<Option<usize>> {
        if self.lexer.after_line_break {
            let end = self.lexer.line_break;
            // An empty statement is left to the grammar.
            return if self.is(Token::Semicolon) { Err(Unsure) } else { Ok(Some(end)) };
        }
        if self.is(Token::Semicolon) {
            let end = self.lexer.end;
            self.next();
            return if self.is(Token::Semicolon) { Err(Unsure) } else { Ok(Some(end)) };
        }
        if self.is(close) || self.is(Token::Case) || self.is(Token::Default) { Ok(None) } else { Err(Unsure) }
    }
}
