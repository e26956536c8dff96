//! The values of constants, as far as they are texts, numbers and flags.

use super::tree::Node;
use crate::ir::Operand;

/// Reads a constant expression; `named` gives what a name or `package.name` is.
pub(super) fn read(node: Node<'_>, iota: i64, named: &dyn Fn(Node<'_>) -> Operand) -> Operand {
    match node.kind() {
        "interpreted_string_literal" | "raw_string_literal" => text(node),
        "int_literal" => integer(node.text()),
        "rune_literal" => Operand::Unknown,
        "true" => Operand::Bool(true),
        "false" => Operand::Bool(false),
        "iota" => Operand::Int(iota),
        "identifier" | "selector_expression" => named(node),
        "parenthesized_expression" => node.child().map_or(Operand::Unknown, |it| read(it, iota, named)),
        "unary_expression" => match (node.operator(), node.field("operand").map(|it| read(it, iota, named))) {
            ("-", Some(Operand::Int(value))) => value.checked_neg().map_or(Operand::Unknown, Operand::Int),
            ("+", Some(value)) => value,
            _ => Operand::Unknown,
        },
        "call_expression" if !is_conversion(node) => Operand::Unknown,
        "call_expression" | "type_conversion_expression" => {
            let argument = match node.field("arguments") {
                Some(list) => list.child(),
                None => node.field("operand"),
            };
            argument.map_or(Operand::Unknown, |it| read(it, iota, named))
        }
        "binary_expression" => match (node.field("left"), node.field("right")) {
            (Some(a), Some(b)) => binary(node.operator(), read(a, iota, named), read(b, iota, named)),
            _ => Operand::Unknown,
        },
        _ => Operand::Unknown,
    }
}

/// `T` of `T(1)`.
pub(super) fn converted(node: Node<'_>) -> Option<Node<'_>> {
    node.field("function").filter(|_| node.is("call_expression") && is_conversion(node))
}

/// Whether what is called is a type: in a constant, it is that or one of a few builtins.
fn is_conversion(call: Node<'_>) -> bool {
    let called = call.field("function").map_or("", Node::text);
    !matches!(called, "len" | "cap" | "real" | "imag" | "complex" | "min" | "max") && !called.starts_with("unsafe.")
}

/// A string literal's value.
pub(super) fn text(node: Node<'_>) -> Operand {
    let written = node.text();
    if node.is("raw_string_literal") {
        return Operand::Text(written.trim_matches('`').replace('\r', ""));
    }
    let inner = written.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(written);
    if !inner.contains('\\') {
        return Operand::Text(inner.to_owned());
    }
    let mut value = String::new();
    let mut rest = inner.chars();
    while let Some(it) = rest.next() {
        if it != '\\' {
            value.push(it);
            continue;
        }
        match rest.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some(quoted @ ('\\' | '"' | '\'')) => value.push(quoted),
            // No path that anybody means is spelled with the others.
            _ => return Operand::Unknown,
        }
    }
    Operand::Text(value)
}

pub(super) fn integer(written: &str) -> Operand {
    let digits = written.replace('_', "").to_ascii_lowercase();
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x', ..] => (&digits[2..], 16),
        [b'0', b'b', ..] => (&digits[2..], 2),
        [b'0', b'o', ..] => (&digits[2..], 8),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (&digits[..], 10),
    };
    i64::from_str_radix(digits, radix).map_or(Operand::Unknown, Operand::Int)
}

/// What an operator makes of two values.
pub(super) fn binary(operator: &str, a: Operand, b: Operand) -> Operand {
    if let (Operand::Int(a), Operand::Int(b)) = (&a, &b) {
        let shift = u32::try_from(*b).ok().filter(|it| *it < 63);
        let value = match operator {
            "+" => a.checked_add(*b),
            "-" => a.checked_sub(*b),
            "*" => a.checked_mul(*b),
            "|" => Some(a | b),
            "&" => Some(a & b),
            "&^" => Some(a & !b),
            "<<" => shift.and_then(|it| a.checked_mul(1 << it)),
            ">>" => shift.map(|it| a >> it),
            _ => None,
        };
        return value.map_or(Operand::Unknown, Operand::Int);
    }
    match operator {
        "+" => concat(a, b),
        "|" => flags(a, b),
        _ => Operand::Unknown,
    }
}

fn concat(a: Operand, b: Operand) -> Operand {
    if let (Operand::Text(a), Operand::Text(b)) = (&a, &b) {
        return Operand::Text(format!("{a}{b}"));
    }
    if matches!((&a, &b), (Operand::Int(_), _) | (_, Operand::Int(_)) | (Operand::Unknown, Operand::Unknown)) {
        return Operand::Unknown;
    }
    let mut items = match a {
        Operand::Concat(items) => items,
        other => vec![other],
    };
    match (items.last_mut(), b) {
        (Some(Operand::Text(last)), Operand::Text(more)) => last.push_str(&more),
        (_, Operand::Concat(more)) => items.extend(more),
        (_, other) => items.push(other),
    }
    Operand::Concat(items)
}

fn flags(a: Operand, b: Operand) -> Operand {
    let list = |it| match it {
        Operand::Flags(items) => items,
        other => vec![other],
    };
    let mut items = list(a);
    items.extend(list(b));
    Operand::Flags(items)
}
