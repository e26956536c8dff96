//! Expressions: the value that they have, and the calls on the way to it.

use super::condition::is_known;
use super::{Lowering, Node, Value};
use crate::ir::{Action, Callee, Operand, Origin, Target};
use crate::lang::go::constant;
use crate::lang::go::types::Type;
use crate::source::Span;

impl Lowering<'_> {
    /// A value that can stand inside another one or among arguments.
    pub(super) fn operand(&mut self, node: Node<'_>) -> Value {
        let value = self.value(node);
        self.place_literal(value, node.span())
    }

    pub(super) fn value(&mut self, node: Node<'_>) -> Value {
        match node.kind() {
            "identifier" | "selector_expression" => self.mentioned(node),
            _ if Self::is_call(node) => self.call_value(node),
            "func_literal" => self.closure(node),
            "composite_literal" => self.composite(node),
            "interpreted_string_literal" | "raw_string_literal" => Value::named(constant::text(node), "string"),
            "int_literal" => Value::named(constant::integer(node.text()), "int"),
            "true" => Value::named(Operand::Bool(true), "bool"),
            "false" => Value::named(Operand::Bool(false), "bool"),
            "nil" => Value::new(Operand::Nil, Type::Unknown),
            "parenthesized_expression" | "variadic_argument" => {
                node.child().map_or_else(Value::default, |it| self.value(it))
            }
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "index_expression" => self.index(node),
            "type_instantiation_expression" => self.mentioned(node),
            "slice_expression" => {
                let bounds = ["start", "end", "capacity"].into_iter().filter_map(|it| node.field(it));
                let value = node.field("operand").map_or_else(Value::default, |it| self.value(it));
                bounds.for_each(|it| _ = self.value(it));
                value
            }
            "type_assertion_expression" | "type_conversion_expression" => {
                let value = node.field("operand").map_or_else(Value::default, |it| self.value(it));
                let ty = node.field("type").map_or(Type::Unknown, |it| self.read_type(it));
                Value::new(value.operand, ty)
            }
            _ => Value::default(),
        }
    }

    /// A type assertion that may fail, or a type switch.
    pub(super) fn ask_type(&mut self, value: &Operand, span: Span) {
        if !is_known(value) {
            return;
        }
        self.implied(Callee::Path("language.assert".into()), None, vec![value.clone()], span);
    }

    fn unary(&mut self, node: Node<'_>) -> Value {
        let Some(inner) = node.field("operand") else { return Value::default() };
        match node.operator() {
            "&" => {
                let value = self.value(inner);
                self.share_field(&value, node.span());
                value
            }
            "*" => self.value(inner),
            "!" => self.boolean(node),
            "<-" => {
                let channel = self.operand(inner);
                let ty = self.index.element(&channel.ty);
                Value::new(Operand::Field(Box::new(channel.operand), "<-".into()), self.index.canonical(&ty))
            }
            operator => {
                let value = self.value(inner);
                match (operator, value.operand) {
                    ("-", Operand::Int(it)) => {
                        Value::named(it.checked_neg().map_or(Operand::Unknown, Operand::Int), "int")
                    }
                    ("+", operand) => Value::new(operand, value.ty),
                    _ => Value::new(Operand::Unknown, value.ty),
                }
            }
        }
    }

    /// What `&x.name` is handed to may write there: `flags.StringVar(&options.name, …)`.
    fn share_field(&mut self, value: &Value, span: Span) {
        if let Operand::Field(base, name) = &value.operand
            && matches!(self.index.underlying(&value.ty).path(), Some("string" | "bool"))
        {
            let to = Target::Field((**base).clone(), name.clone());
            self.builder().step(Action::Assign { to, value: Operand::Unknown }, Origin::Implied(span));
        }
    }

    fn binary(&mut self, node: Node<'_>) -> Value {
        let operator = node.operator();
        if matches!(operator, "&&" | "||" | "==" | "!=") {
            return self.boolean(node);
        }
        let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else { return Value::default() };
        let (a, b) = (self.operand(left), self.operand(right));
        if matches!(operator, "<" | "<=" | ">" | ">=") {
            return Value::named(Operand::Unknown, "bool");
        }
        let ty = if a.ty == Type::Unknown { b.ty } else { a.ty };
        let is_text = |it: &Operand| matches!(it, Operand::Text(_) | Operand::Concat(_));
        let texts = is_text(&a.operand) || is_text(&b.operand) || ty.path() == Some("string");
        let numbers = matches!((&a.operand, &b.operand), (Operand::Int(_), Operand::Int(_)));
        if operator == "|" || numbers || operator == "+" && texts {
            return Value::new(constant::binary(operator, a.operand, b.operand), ty);
        }
        Value::new(Operand::Unknown, ty)
    }

    fn index(&mut self, node: Node<'_>) -> Value {
        let (Some(base), Some(index)) = (node.field("operand"), node.field("index")) else { return Value::default() };
        let base = self.operand(base);
        if let Operand::Path(_) = base.operand {
            // A generic function with its type arguments.
            return base;
        }
        self.value(index);
        let ty = self.index.element(&base.ty);
        Value::new(Operand::Field(Box::new(base.operand), "[]".into()), self.index.canonical(&ty))
    }

    /// A condition as a value.
    fn boolean(&mut self, node: Node<'_>) -> Value {
        let ty = Type::Named("bool".into());
        let place = self.temporary(ty.clone());
        let builder = self.builder();
        let (yes, no, after) = (builder.block(), builder.block(), builder.block());
        self.condition(node, yes, no);
        for (block, value) in [(yes, true), (no, false)] {
            self.builder().go_on_in(block);
            self.assign(place, Operand::Bool(value), node.span());
            self.builder().goto(after);
        }
        self.builder().go_on_in(after);
        Value::new(Operand::Place(place), ty)
    }
}
