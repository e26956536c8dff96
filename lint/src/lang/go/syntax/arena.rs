//! Syntax trees in one piece of memory.

use std::sync::LazyLock;

use super::Id;

pub(in super::super) const NO_FIELD: &str = "";

/// One syntax tree.
pub(in super::super) struct Arena {
    nodes: Vec<Raw>,
    root: Id,
}

#[derive(Clone, Copy)]
pub(in super::super) struct Raw {
    pub(in super::super) kind: &'static str,
    /// What it is to its parent.
    pub(in super::super) field: &'static str,
    pub(in super::super) start: u32,
    pub(in super::super) end: u32,
    pub(in super::super) parent: Id,
    first: Id,
    next: Id,
    height: u16,
    /// Whether the grammar has a name for it.
    pub(in super::super) named: bool,
    pub(in super::super) error: bool,
}

/// Of string literals, which are read as a whole.
const PARTS_OF_TEXTS: [&str; 3] =
    ["interpreted_string_literal_content", "raw_string_literal_content", "escape_sequence"];

pub(in super::super) static GRAMMAR: LazyLock<tree_sitter::Language> =
    LazyLock::new(|| tree_sitter_go::LANGUAGE.into());

const NOBODY: Id = Id::MAX;

impl Arena {
    pub(in super::super) fn new(capacity: usize) -> Self {
        Arena { nodes: Vec::with_capacity(capacity), root: 0 }
    }

    pub(in super::super) fn root(&self) -> Id {
        self.root
    }

    pub(in super::super) fn set_root(&mut self, root: Id) {
        self.root = root;
    }

    pub(super) fn leaf(&mut self, kind: &'static str, start: usize, end: usize, named: bool) -> Id {
        let leaf = self.node(kind, &[], start, end);
        self.nodes[leaf as usize].named = named;
        leaf
    }

    pub(super) fn node(&mut self, kind: &'static str, children: &[(Id, &'static str)], start: usize, end: usize) -> Id {
        let id = self.nodes.len() as Id;
        let (mut height, mut next) = (0, NOBODY);
        for (child, field) in children.iter().rev() {
            let child_node = &mut self.nodes[*child as usize];
            child_node.parent = id;
            child_node.field = field;
            child_node.next = next;
            next = *child;
            height = height.max(child_node.height);
        }
        let (start, end) = (start as u32, end as u32);
        self.nodes.push(Raw {
            kind,
            field: NO_FIELD,
            start,
            end,
            parent: NOBODY,
            first: next,
            next: NOBODY,
            height: height.saturating_add(1),
            named: true,
            error: false,
        });
        id
    }

    pub(super) fn start(&self, node: Id) -> usize {
        self.get(node).start as usize
    }

    pub(super) fn end(&self, node: Id) -> usize {
        self.get(node).end as usize
    }

    pub(super) fn height(&self, node: Id) -> u16 {
        self.get(node).height
    }

    pub(super) fn kind(&self, node: Id) -> &'static str {
        self.get(node).kind
    }

    pub(super) fn set_kind(&mut self, node: Id, kind: &'static str) {
        self.nodes[node as usize].kind = kind;
    }

    pub(super) fn set_field(&mut self, node: Id, field: &'static str) {
        self.nodes[node as usize].field = field;
    }

    pub(in super::super) fn get(&self, node: Id) -> &Raw {
        &self.nodes[node as usize]
    }

    pub(in super::super) fn parent(&self, node: Id) -> Option<Id> {
        Some(self.get(node).parent).filter(|it| *it != NOBODY)
    }

    pub(in super::super) fn next(&self, node: Id) -> Option<Id> {
        Some(self.get(node).next).filter(|it| *it != NOBODY)
    }

    pub(in super::super) fn children(&self, node: Id) -> impl Iterator<Item = Id> + '_ {
        let first = Some(self.get(node).first).filter(|it| *it != NOBODY);
        std::iter::successors(first, |it| self.next(*it))
    }

    /// The same tree as the grammar gave it, without comments and without the
    /// signs that nobody asks about, and with the parameters set right.
    pub(in super::super) fn of(tree: &tree_sitter::Tree) -> Arena {
        let mut arena = Arena::new(64);
        let mut cursor = tree.walk();
        // For each open node, its finished children.
        let mut open: Vec<Vec<(Id, &'static str)>> = vec![Vec::new()];
        loop {
            if cursor.goto_first_child() {
                open.push(Vec::new());
                continue;
            }
            loop {
                let field = cursor.field_id().and_then(|it| GRAMMAR.field_name_for_id(it.get())).unwrap_or(NO_FIELD);
                let node = cursor.node();
                let is_leaf = node.child_count() == 0;
                let mut children = if is_leaf { Vec::new() } else { open.pop().unwrap_or_default() };
                let kind = GRAMMAR.node_kind_for_id(node.kind_id()).unwrap_or("");
                let matters = node.is_named() && !PARTS_OF_TEXTS.contains(&kind) || field == "operator" || kind == ":=";
                if kind == "parameter_list" {
                    arena.share_types(&mut children);
                }
                if matters && !node.is_extra() {
                    let id = arena.node(kind, &children, node.start_byte(), node.end_byte());
                    let raw = &mut arena.nodes[id as usize];
                    (raw.named, raw.error) = (node.is_named(), node.has_error());
                    if let Some(siblings) = open.last_mut() {
                        siblings.push((id, field));
                    }
                    arena.root = id;
                }
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    return arena;
                }
            }
        }
    }

    /// Where ten names or so share a type, the grammar takes the first ones for types of parameters without names. But
    /// either all parameters of a list have names, or none has: these words are names in the next declaration.
    fn share_types(&mut self, parameters: &mut Vec<(Id, &'static str)>) {
        let child = |arena: &Self, it: Id, field| arena.children(it).find(|it| arena.get(*it).field == field);
        if !parameters.iter().any(|(it, _)| child(self, *it, "name").is_some()) {
            return;
        }
        let (mut shared, mut words) = (Vec::new(), Vec::new());
        for (parameter, field) in parameters.iter().copied() {
            let ty = child(self, parameter, "type").filter(|it| self.kind(*it) == "type_identifier");
            if let Some(word) = ty.filter(|_| child(self, parameter, "name").is_none()) {
                words.push((word, "name"));
                continue;
            }
            let Some(&(first, _)) = words.first() else {
                shared.push((parameter, field));
                continue;
            };
            words.iter().for_each(|(word, _)| self.set_kind(*word, "identifier"));
            words.extend(self.children(parameter).map(|it| (it, self.get(it).field)));
            let (kind, start, end) = (self.kind(parameter), self.start(first), self.end(parameter));
            shared.push((self.node(kind, &words, start, end), field));
            words.clear();
        }
        // Words at the end are no Go, and stay what they were.
        if words.is_empty() {
            *parameters = shared;
        }
    }
}
