//! Composite literals and zero values.

use super::{Lowering, Node, Value};
use crate::ir::Operand;
use crate::lang::go::types::Type;
use crate::source::Span;

/// How many elements of a list are kept; what calls and closures they hold is lowered all the same.
const ELEMENTS: usize = 64;

impl Lowering<'_> {
    pub(super) fn composite(&mut self, node: Node<'_>) -> Value {
        let ty = node.field("type").map_or(Type::Unknown, |it| self.read_type(it));
        match node.field("body") {
            Some(body) => self.literal(ty, body),
            None => Value::default(),
        }
    }

    /// `{…}` of a type that may stand around it.
    fn literal(&mut self, ty: Type, body: Node<'_>) -> Value {
        let elements = body.children();
        let path = ty.path().map(str::to_owned);
        match self.index.underlying(&ty) {
            Type::List(element) => self.list(ty, &element, &elements),
            Type::Map(both) => self.list(ty, &both.1, &elements),
            Type::Struct(fields) => {
                let known = fields.iter().map(|it| (it.name.clone(), it.ty.clone())).collect();
                self.structure(ty, path, known, &elements)
            }
            _ => self.structure(ty, path, Vec::new(), &elements),
        }
    }

    fn structure(
        &mut self,
        ty: Type,
        path: Option<String>,
        known: Vec<(String, Type)>,
        elements: &[Node<'_>],
    ) -> Value {
        let mut fields = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let (name, value) = match (element.field("key"), element.field("value")) {
                (Some(key), Some(value)) => (key.text().to_owned(), value),
                _ => (known.get(index).map_or_else(|| index.to_string(), |(name, _)| name.clone()), *element),
            };
            let ty = known.iter().find(|(it, _)| *it == name).map_or(Type::Unknown, |(_, ty)| ty.clone());
            fields.push((name, self.element(ty, value)));
        }
        Value::new(Operand::Struct { ty: path, fields }, ty)
    }

    fn list(&mut self, ty: Type, element: &Type, elements: &[Node<'_>]) -> Value {
        let mut items = Vec::new();
        for node in elements {
            let (key, value) = match (node.field("key"), node.field("value")) {
                (Some(key), Some(value)) => (Some(key), value),
                _ => (None, *node),
            };
            if items.len() >= ELEMENTS && is_plain(value) {
                continue;
            }
            if let Some(key) = key.filter(|it| !is_plain(*it)) {
                self.element(Type::Unknown, key);
            }
            let item = self.element(element.clone(), value);
            if items.len() < ELEMENTS {
                items.push(item);
            }
        }
        Value::new(Operand::List(items), ty)
    }

    fn element(&mut self, ty: Type, node: Node<'_>) -> Operand {
        let Some(inner) = (if node.is("literal_element") { node.child() } else { Some(node) }) else {
            return Operand::Unknown;
        };
        let value = if inner.is("literal_value") { self.literal(ty, inner) } else { self.value(inner) };
        self.place_literal(value, inner.span()).operand
    }

    /// Gives a literal a place of its own, where it would otherwise be part of another step.
    pub(super) fn place_literal(&mut self, value: Value, span: Span) -> Value {
        if !matches!(value.operand, Operand::Struct { .. } | Operand::List(_)) {
            return value;
        }
        let ty = value.ty.clone();
        Value::new(Operand::Place(self.store(value, span)), ty)
    }

    /// What a variable of that type holds before anything is assigned.
    pub(super) fn zero(&mut self, written: Node<'_>) -> Operand {
        match written.kind() {
            "pointer_type" | "slice_type" | "map_type" | "channel_type" | "function_type" | "interface_type" => {
                Operand::Nil
            }
            "array_type" => Operand::List(Vec::new()),
            "parenthesized_type" => written.child().map_or(Operand::Unknown, |it| self.zero(it)),
            _ => {
                let ty = self.read_type(written);
                match self.index.underlying(&ty) {
                    Type::Struct(_) => Operand::Struct { ty: ty.path().map(str::to_owned), fields: Vec::new() },
                    Type::List(_) | Type::Map(_) | Type::Chan(_) | Type::Func(_) | Type::Interface(_) => Operand::Nil,
                    Type::Named(path) => match &*path {
                        "error" => Operand::Nil,
                        "string" => Operand::Text(String::new()),
                        "bool" => Operand::Bool(false),
                        it if it.starts_with("int") || it.starts_with("uint") => Operand::Int(0),
                        _ => Operand::Unknown,
                    },
                    Type::Unknown => Operand::Unknown,
                }
            }
        }
    }
}

/// A literal without any name or call in it.
fn is_plain(node: Node<'_>) -> bool {
    match node.kind() {
        "literal_element" => node.child().is_some_and(is_plain),
        kind => {
            kind.ends_with("_literal") && !matches!(kind, "composite_literal" | "func_literal")
                || matches!(kind, "true" | "false" | "nil")
        }
    }
}
