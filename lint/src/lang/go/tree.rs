//! Parsing one item, and nodes that know their text.

use tree_sitter::Tree;

use super::items::{self, BRACKETS, Item, ItemKind};
use super::syntax::{self, Arena};
use super::table;
use crate::source::{FileId, Span};

/// How many levels a syntax tree may have before an item is left unread. What
/// descends a tree runs on threads whose stack holds this many.
pub(super) const LEVELS: usize = 3000;
/// For each level, in an unoptimised build.
pub(super) const STACK: usize = LEVELS * 24 * 1024;

/// The syntax tree of one item.
pub(super) struct Parsed<'a> {
    tree: Arena,
    text: &'a str,
    base: usize,
    file: FileId,
}

/// A node of the syntax tree of one item.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    tree: &'t Arena,
    id: u32,
    text: &'t str,
    base: usize,
    file: FileId,
}

/// The general parser, made when it is first needed.
#[derive(Default)]
pub(super) struct Parser(Option<tree_sitter::Parser>);

impl Parser {
    fn parse(&mut self, text: impl AsRef<[u8]>) -> Option<Tree> {
        let parser = self.0.get_or_insert_with(|| {
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(&syntax::GRAMMAR).expect("the grammar is of this library's version");
            parser
        });
        parser.parse(text, None)
    }
}

pub(super) fn parser() -> Parser {
    Parser::default()
}

/// Parses `item` up to `end`, or says why not.
pub(super) fn parse<'a>(
    parser: &mut Parser,
    text: &'a str,
    file: FileId,
    item: &Item,
    end: usize,
) -> Result<Parsed<'a>, String> {
    if item.deepest > BRACKETS {
        return Err(format!("nested deeper than {BRACKETS} brackets"));
    }
    let start = item.range.start;
    let mut part = text.as_bytes()[start..end].to_vec();
    if item.kind == ItemKind::Var && part.len() > table::LARGE {
        table::blank(&mut part);
    }
    // The grammar wants a line to end.
    part.push(b'\n');
    // It takes only a type as the argument of `new`, but since Go 1.26 that may be a value.
    // Under another name of that length it is a call like any other.
    let news = item.news.iter().filter(|it| **it < end);
    news.for_each(|new| part[new - start] = b'N');
    if let Some(tree) = syntax::parse(&part) {
        return Ok(Parsed { tree, text, base: start, file });
    }
    let mut tree = parser.parse(&part).ok_or("the parser gave up")?;
    if tree.root_node().has_error() && !item.typed_news.is_empty() {
        for new in item.typed_news.iter().filter(|it| **it < end) {
            if !is_type_call(parser, &text[*new..end]) {
                part[new - start] = b'N';
            }
        }
        tree = parser.parse(&part).ok_or("the parser gave up")?;
    }
    // Each level takes a byte at least.
    if part.len() > LEVELS && deeper_than(&tree, LEVELS) {
        return Err(format!("nested deeper than {LEVELS} levels"));
    }
    Ok(Parsed { tree: Arena::of(&tree), text, base: start, file })
}

/// Whether the grammar takes the call of `new` that the text begins with.
fn is_type_call(parser: &mut Parser, text: &str) -> bool {
    let call = &text[..items::call_end(text)];
    parser.parse(format!("var _ = {call}\n")).is_some_and(|it| !it.root_node().has_error())
}

fn deeper_than(tree: &Tree, levels: usize) -> bool {
    let mut cursor = tree.walk();
    let mut depth = 0;
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            if depth > levels {
                return true;
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
            depth -= 1;
        }
    }
}

impl Parsed<'_> {
    pub(super) fn root(&self) -> Node<'_> {
        Node { tree: &self.tree, id: self.tree.root(), text: self.text, base: self.base, file: self.file }
    }
}

impl<'t> Node<'t> {
    fn with(self, id: u32) -> Self {
        Node { id, ..self }
    }

    /// All children, also those that have no name in the grammar.
    fn parts(self) -> impl Iterator<Item = Node<'t>> {
        self.tree.children(self.id).map(move |it| self.with(it))
    }

    fn is_named(self) -> bool {
        self.tree.get(self.id).named
    }

    fn is_field(self, name: &str) -> bool {
        self.tree.get(self.id).field == name
    }

    pub(super) fn kind(self) -> &'t str {
        self.tree.get(self.id).kind
    }

    pub(super) fn is(self, kind: &str) -> bool {
        self.kind() == kind
    }

    pub(super) fn text(self) -> &'t str {
        let span = self.span();
        &self.text[span.start as usize..span.end as usize]
    }

    pub(super) fn span(self) -> Span {
        let raw = self.tree.get(self.id);
        let end = (self.base + raw.end as usize).min(self.text.len());
        Span::new(self.file, self.base + raw.start as usize, end)
    }

    pub(super) fn parent(self) -> Option<Node<'t>> {
        self.tree.parent(self.id).map(|it| self.with(it))
    }

    /// Whether both are the same part of the text.
    pub(super) fn is_same(self, other: Node<'_>) -> bool {
        self.id == other.id && self.span() == other.span()
    }

    /// The statement or item that comes next in the same list, without comments.
    pub(super) fn next(self) -> Option<Node<'t>> {
        let after = std::iter::successors(self.tree.next(self.id), |it| self.tree.next(*it));
        after.map(|it| self.with(it)).find(|it| it.is_named())
    }

    /// The smallest node with a name in the grammar that holds all of a stretch of its file.
    pub(super) fn at(self, span: Span) -> Option<Node<'t>> {
        let holds = |it: &Node<'t>| it.is_named() && it.span().contains(span);
        let mut smallest = Some(self).filter(holds)?;
        while let Some(inner) = smallest.parts().find(holds) {
            smallest = inner;
        }
        Some(smallest)
    }

    /// Visits this node and all below it, in the order of the text, as long as the visitor wants to go deeper.
    pub(super) fn walk(self, visit: &mut dyn FnMut(Node<'t>) -> bool) {
        if visit(self) {
            self.children().into_iter().for_each(|it| it.walk(visit));
        }
    }

    pub(super) fn has_error(self) -> bool {
        self.tree.get(self.id).error
    }

    pub(super) fn field(self, name: &str) -> Option<Node<'t>> {
        self.parts().find(|it| it.is_field(name))
    }

    /// All children of that field.
    pub(super) fn fields(self, name: &str) -> Vec<Node<'t>> {
        self.parts().filter(|it| it.is_field(name) && it.is_named()).collect()
    }

    /// The children with a name in the grammar, without comments.
    pub(super) fn children(self) -> Vec<Node<'t>> {
        self.parts().filter(|it| it.is_named()).collect()
    }

    /// The first of [`Node::children`].
    pub(super) fn child(self) -> Option<Node<'t>> {
        self.parts().find(|it| it.is_named())
    }

    /// The operator of a unary or binary expression or an assignment.
    pub(super) fn operator(self) -> &'t str {
        self.field("operator").map_or("", Node::kind)
    }

    /// Whether it is `=` or `:=`, and not `+=` and the like.
    pub(super) fn operator_is_plain(self) -> bool {
        self.has_token("=") || self.has_token(":=")
    }

    /// Where an operator or `:=` directly below is.
    pub(super) fn token(self, token: &str) -> Option<Span> {
        self.parts().find(|it| it.is(token)).map(Node::span)
    }

    /// Whether an operator or `:=` directly below is this.
    pub(super) fn has_token(self, token: &str) -> bool {
        self.parts().any(|it| it.is(token))
    }
}
