//! Composite literals and zero values.

use super::{Lowering, Node, Value};
use crate::facts::Role;
use crate::ir::Operand;
use crate::lang::go::types::{Field, Type, begins_as_nil};
use crate::source::Span;

/// How many elements of a list are kept; what calls and closures they hold is lowered all the same.
const ELEMENTS: usize = 64;
/// How many fields a struct has of which those are kept that a literal leaves out.
const FIELDS: usize = 32;
/// How many structs embed each other.
const EMBEDDED: usize = 4;

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
            Type::Struct(fields) => self.structure(ty, path, &fields, &elements, body.span()),
            _ => self.structure(ty, path, &[], &elements, body.span()),
        }
    }

    fn structure(
        &mut self,
        ty: Type,
        path: Option<String>,
        known: &[Field],
        elements: &[Node<'_>],
        span: Span,
    ) -> Value {
        let mut fields = Vec::with_capacity(known.len());
        for (index, element) in elements.iter().enumerate() {
            let (name, value) = match (element.field("key"), element.field("value")) {
                (Some(key), Some(value)) => (key.text().to_owned(), value),
                _ => (known.get(index).map_or_else(|| index.to_string(), |it| it.name.clone()), *element),
            };
            let ty = known.iter().find(|it| it.name == name).map_or(Type::Unknown, |it| it.ty.clone());
            fields.push((name, self.element(ty, value)));
        }
        // One element of a list stands for all: what it does not say, another may.
        if self.listed == 0 && known.len() <= FIELDS {
            for field in known {
                if fields.iter().all(|it| it.0 != field.name)
                    && let Some(zero) = self.plain_zero(field).or_else(|| self.embedded_zero(field, span))
                {
                    fields.push((field.name.clone(), zero));
                }
            }
        }
        Value::new(Operand::literal(path, fields), ty)
    }

    fn list(&mut self, ty: Type, element: &Type, elements: &[Node<'_>]) -> Value {
        self.listed += 1;
        let items = self.items_of(element, elements);
        self.listed -= 1;
        Value::new(Operand::List(items), ty)
    }

    fn items_of(&mut self, element: &Type, elements: &[Node<'_>]) -> Vec<Operand> {
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
        items
    }

    /// `new(T)`
    pub(super) fn zero_of(&mut self, ty: Type, span: Span) -> Value {
        let path = ty.path().map(str::to_owned);
        match self.index.underlying(&ty) {
            Type::Struct(fields) => self.structure(ty, path, &fields, &[], span),
            _ => Value::new(Operand::literal(path, Vec::new()), ty),
        }
    }

    /// A struct that is part of another: methods that are called on the whole fill its fields. So is a handle of a library
    /// that nobody opened, unless it is embedded: that may be a pointer.
    fn embedded_zero(&mut self, field: &Field, span: Span) -> Option<Operand> {
        let has_fields = || field.embedded && matches!(self.index.underlying(&field.ty), Type::Struct(_));
        let is_handle =
            || !field.embedded && field.ty.path().is_some_and(|it| self.index.facts.role(it) == Some(Role::Handle));
        if field.nil || !(has_fields() || is_handle()) {
            return None;
        }
        // A struct that embeds itself is no program, and is read all the same.
        if self.embedded == EMBEDDED {
            return None;
        }
        self.embedded += 1;
        let zero = self.zero_of(field.ty.clone(), span);
        self.embedded -= 1;
        Some(self.place_literal(zero, span).operand)
    }

    /// What a field holds that a literal leaves out, where the program may ask whether there is anything.
    fn plain_zero(&self, field: &Field) -> Option<Operand> {
        if field.nil {
            return Some(Operand::Nil);
        }
        match self.index.underlying(&field.ty) {
            Type::List(_) | Type::Map(_) | Type::Chan(_) | Type::Struct(_) => None,
            Type::Func(_) | Type::Interface(_) => Some(Operand::Nil),
            Type::Named(path) => zero_of_name(&path),
            Type::Unknown => None,
        }
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
        if !matches!(value.operand, Operand::Struct(_) | Operand::List(_)) {
            return value;
        }
        let ty = value.ty.clone();
        Value::new(Operand::Place(self.store(value, span)), ty)
    }

    /// What a variable of that type holds before anything is assigned.
    pub(super) fn zero(&mut self, written: Node<'_>) -> Operand {
        match written.kind() {
            _ if begins_as_nil(written) => Operand::Nil,
            "array_type" => Operand::List(Vec::new()),
            "parenthesized_type" => written.child().map_or(Operand::Unknown, |it| self.zero(it)),
            _ => {
                let ty = self.read_type(written);
                match self.index.underlying(&ty) {
                    Type::Struct(_) => Operand::literal(ty.path().map(str::to_owned), Vec::new()),
                    Type::List(_) | Type::Map(_) | Type::Chan(_) | Type::Func(_) | Type::Interface(_) => Operand::Nil,
                    Type::Named(it) if it.starts_with("int") || it.starts_with("uint") => Operand::Int(0),
                    Type::Named(path) if matches!(self.index.facts.role(&path), Some(Role::Group | Role::Handle)) => {
                        Operand::literal(Some(path.to_string()), Vec::new())
                    }
                    Type::Named(path) => zero_of_name(&path).unwrap_or(Operand::Unknown),
                    Type::Unknown => Operand::Unknown,
                }
            }
        }
    }
}

/// What a variable of a type without an import is before anything is assigned, where a program asks for it.
fn zero_of_name(name: &str) -> Option<Operand> {
    match name {
        "error" => Some(Operand::Nil),
        "string" => Some(Operand::Text(String::new())),
        "bool" => Some(Operand::Bool(false)),
        _ => None,
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
