//! Parsing one item, and nodes that know their text.

use tree_sitter::{Parser, Tree};

use super::items::{self, BRACKETS, Item, ItemKind};
use super::table;
use crate::source::{FileId, Span};

/// How many levels a syntax tree may have before an item is left unread. What
/// descends a tree runs on threads whose stack holds this many.
pub(super) const LEVELS: usize = 3000;
/// For each level, in an unoptimised build.
pub(super) const STACK: usize = LEVELS * 24 * 1024;

/// The syntax tree of one item.
pub(super) struct Parsed<'a> {
    tree: Tree,
    text: &'a str,
    base: usize,
    file: FileId,
}

/// A node of the syntax tree of one item.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    raw: tree_sitter::Node<'t>,
    text: &'t str,
    base: usize,
    file: FileId,
}

pub(super) fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).expect("the grammar is of this library's version");
    parser
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
    let mut tree = parser.parse(&part, None).ok_or("the parser gave up")?;
    if tree.root_node().has_error() && !item.typed_news.is_empty() {
        for new in item.typed_news.iter().filter(|it| **it < end) {
            if !is_type_call(parser, &text[*new..end]) {
                part[new - start] = b'N';
            }
        }
        tree = parser.parse(&part, None).ok_or("the parser gave up")?;
    }
    // Each level takes a byte at least.
    if part.len() > LEVELS && deeper_than(&tree, LEVELS) {
        return Err(format!("nested deeper than {LEVELS} levels"));
    }
    Ok(Parsed { tree, text, base: start, file })
}

/// Whether the grammar takes the call of `new` that the text begins with.
fn is_type_call(parser: &mut Parser, text: &str) -> bool {
    let call = &text[..items::call_end(text)];
    parser.parse(format!("var _ = {call}\n"), None).is_some_and(|it| !it.root_node().has_error())
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
        Node { raw: self.tree.root_node(), text: self.text, base: self.base, file: self.file }
    }
}

impl<'t> Node<'t> {
    pub(super) fn kind(self) -> &'t str {
        self.raw.kind()
    }

    pub(super) fn is(self, kind: &str) -> bool {
        self.raw.kind() == kind
    }

    pub(super) fn text(self) -> &'t str {
        let span = self.span();
        &self.text[span.start as usize..span.end as usize]
    }

    pub(super) fn span(self) -> Span {
        let end = (self.base + self.raw.end_byte()).min(self.text.len());
        Span::new(self.file, self.base + self.raw.start_byte(), end)
    }

    pub(super) fn parent(self) -> Option<Node<'t>> {
        self.raw.parent().map(|raw| Node { raw, ..self })
    }

    /// Whether both are the same part of the text.
    pub(super) fn is_same(self, other: Node<'_>) -> bool {
        self.raw.id() == other.raw.id()
    }

    /// The statement or item that comes next in the same list, without comments.
    pub(super) fn next(self) -> Option<Node<'t>> {
        let mut next = self.raw.next_named_sibling();
        while let Some(it) = next.filter(|it| it.is_extra()) {
            next = it.next_named_sibling();
        }
        next.map(|raw| Node { raw, ..self })
    }

    /// The smallest node with a name in the grammar that holds all of a stretch of its file.
    pub(super) fn at(self, span: Span) -> Option<Node<'t>> {
        let place = |byte: u32| (byte as usize).checked_sub(self.base);
        let raw = self.raw.named_descendant_for_byte_range(place(span.start)?, place(span.end)?)?;
        Some(Node { raw, ..self })
    }

    /// Visits this node and all below it, in the order of the text, as long as the visitor wants to go deeper.
    pub(super) fn walk(self, visit: &mut dyn FnMut(Node<'t>) -> bool) {
        if visit(self) {
            self.children().into_iter().for_each(|it| it.walk(visit));
        }
    }

    pub(super) fn has_error(self) -> bool {
        self.raw.has_error()
    }

    pub(super) fn field(self, name: &str) -> Option<Node<'t>> {
        self.raw.child_by_field_name(name).map(|raw| Node { raw, ..self })
    }

    /// All children of that field.
    pub(super) fn fields(self, name: &str) -> Vec<Node<'t>> {
        let mut cursor = self.raw.walk();
        let found: Vec<_> = self.raw.children_by_field_name(name, &mut cursor).filter(|it| it.is_named()).collect();
        found.into_iter().map(|raw| Node { raw, ..self }).collect()
    }

    /// The children with a name in the grammar, without comments.
    pub(super) fn children(self) -> Vec<Node<'t>> {
        let mut cursor = self.raw.walk();
        let found: Vec<_> = self.raw.named_children(&mut cursor).filter(|it| !it.is_extra()).collect();
        found.into_iter().map(|raw| Node { raw, ..self }).collect()
    }

    /// The first of [`Node::children`].
    pub(super) fn child(self) -> Option<Node<'t>> {
        self.children().into_iter().next()
    }

    /// The operator of a unary or binary expression or an assignment.
    pub(super) fn operator(self) -> &'t str {
        self.raw.child_by_field_name("operator").map_or("", |it: tree_sitter::Node<'t>| it.kind())
    }

    /// Whether it is `=` or `:=`, and not `+=` and the like.
    pub(super) fn operator_is_plain(self) -> bool {
        self.has_token("=") || self.has_token(":=")
    }

    /// Where a token directly below is.
    pub(super) fn token(self, token: &str) -> Option<Span> {
        let mut cursor = self.raw.walk();
        let found = self.raw.children(&mut cursor).find(|it| it.kind() == token);
        found.map(|raw| Node { raw, ..self }.span())
    }

    /// Whether one of the tokens directly below is this.
    pub(super) fn has_token(self, token: &str) -> bool {
        let mut cursor = self.raw.walk();
        self.raw.children(&mut cursor).any(|it| it.kind() == token)
    }
}
