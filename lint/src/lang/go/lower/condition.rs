//! Conditions: what a branch asks.

use super::call::Called;
use super::{Lowering, Node, Value};
use crate::ir::{BlockId, Callee, End, Operand, Place, Test};
use crate::lang::go::types::Type;

impl Lowering<'_> {
    /// Ends the current block: control goes on in `yes` or in `no`.
    pub(super) fn condition(&mut self, node: Node<'_>, yes: BlockId, no: BlockId) {
        let inner = match node.kind() {
            "parenthesized_expression" => node.child().map(|it| (it, yes, no)),
            "unary_expression" if node.operator() == "!" => node.field("operand").map(|it| (it, no, yes)),
            _ => None,
        };
        if let Some((inner, yes, no)) = inner {
            return self.condition(inner, yes, no);
        }
        if Self::is_call(node) {
            return self.called_condition(node, yes, no);
        }
        let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else {
            let value = self.operand(node);
            return self.test_value(value, node, yes, no);
        };
        match node.operator() {
            "&&" => {
                let both = self.builder().block();
                self.condition(left, both, no);
                self.builder().go_on_in(both);
                self.condition(right, yes, no);
            }
            "||" => {
                let neither = self.builder().block();
                self.condition(left, yes, neither);
                self.builder().go_on_in(neither);
                self.condition(right, yes, no);
            }
            operator => {
                if let Some((list, holds)) = self.asked_for_failures(operator, left, right) {
                    let about = list.operand.clone();
                    let mentions = self.mentioned_places(node, std::slice::from_ref(&about));
                    let test = Test::Opaque { key: format!("{} is there", key(left)), mentions, value: about };
                    return self.ask(test, holds, yes, no);
                }
                let (left, right) = (self.operand(left), self.operand(right));
                self.comparison(operator, left, right, node, yes, no);
            }
        }
    }

    /// `len(errs) > 0`: the list of errors, and whether yes says that it holds any.
    fn asked_for_failures(&mut self, operator: &str, left: Node<'_>, right: Node<'_>) -> Option<(Value, bool)> {
        let holds = match (operator, right.text()) {
            (">" | "!=", "0") | (">=", "1") => true,
            ("==" | "<=", "0") | ("<", "1") => false,
            _ => return None,
        };
        let list = self.operand(measured(left)?);
        self.is_list_of_errors(&list.ty).then_some((list, holds))
    }

    pub(super) fn is_list_of_errors(&self, ty: &Type) -> bool {
        matches!(self.index.underlying(ty), Type::List(item) if item.path() == Some("error"))
    }

    pub(super) fn comparison(
        &mut self,
        operator: &str,
        left: Value,
        right: Value,
        node: Node<'_>,
        yes: BlockId,
        no: BlockId,
    ) {
        let (left, right) = (left.operand, right.operand);
        let (test, agrees) = match (operator, left, right) {
            ("==" | "!=", Operand::Nil, it) | ("==" | "!=", it, Operand::Nil) => (Test::Nil(it), operator == "=="),
            ("==" | "!=", it, Operand::Int(0)) => (Test::Zero(it), operator == "=="),
            ("<" | ">=", it, Operand::Int(0)) => (Test::Valid(it), operator == ">="),
            ("==" | "!=", it, Operand::Int(-1)) => (Test::Valid(it), operator == "!="),
            ("==" | "!=", left, right) => (Test::Equal(left, right), operator == "=="),
            (_, left, right) => (self.opaque(node, &[left, right]), true),
        };
        let test = match test {
            Test::Nil(it) | Test::Zero(it) | Test::Valid(it) if !is_known(&it) => self.opaque(node, &[it]),
            Test::Equal(a, b) if !is_known(&a) || !is_known(&b) => self.opaque(node, &[a, b]),
            test => test,
        };
        self.ask(test, agrees, yes, no);
    }

    /// A condition that is a value by itself.
    fn test_value(&mut self, value: Value, node: Node<'_>, yes: BlockId, no: BlockId) {
        let test = match value.operand {
            it if is_known(&it) => Test::True(it),
            it => self.opaque(node, &[it]),
        };
        self.ask(test, true, yes, no);
    }

    fn called_condition(&mut self, node: Node<'_>, yes: BlockId, no: BlockId) {
        let prepared = match self.prepare(node) {
            Called::Value(value) => return self.test_value(value, node, yes, no),
            Called::Call(prepared) => prepared,
        };
        let place = self.temporary(prepared.types.first().cloned().unwrap_or_default());
        let args = prepared.call.args.clone();
        // Which error it is matters only if there is one, and stays true until it changes.
        let about_error = matches!(&prepared.call.callee, Callee::Path(it) if it == "errors.Is" || it == "errors.As");
        self.call(prepared, vec![Some(place)]);
        match args.first() {
            Some(error) if about_error && is_known(error) => {
                let is_error = self.builder().block();
                self.ask(Test::Nil(error.clone()), true, no, is_error);
                self.builder().go_on_in(is_error);
                let test = Test::Opaque {
                    key: key(node),
                    mentions: self.mentioned_places(node, &args),
                    value: Operand::Unknown,
                };
                self.ask(test, true, yes, no);
            }
            _ => self.ask(Test::True(Operand::Place(place)), true, yes, no),
        }
    }

    pub(super) fn ask(&mut self, test: Test, agrees: bool, yes: BlockId, no: BlockId) {
        let (yes, no) = if agrees { (yes, no) } else { (no, yes) };
        self.builder().end(End::Branch { test, yes, no });
    }

    pub(super) fn opaque(&mut self, node: Node<'_>, about: &[Operand]) -> Test {
        let mut key = key(node);
        if holds_call(node) {
            // Asked again, it may answer otherwise.
            key = format!("{key} @{}", node.span().start);
        }
        Test::Opaque { key, mentions: self.mentioned_places(node, about), value: Operand::Unknown }
    }

    fn mentioned_places(&mut self, node: Node<'_>, about: &[Operand]) -> Vec<Place> {
        let mut mentions = self.mentions(node);
        about.iter().for_each(|it| places(it, &mut mentions));
        mentions.sort();
        mentions.dedup();
        mentions
    }

    /// The variables that the text of a condition names.
    fn mentions(&mut self, node: Node<'_>) -> Vec<Place> {
        let mut found = Vec::new();
        let mut work = vec![node];
        while let Some(node) = work.pop() {
            if node.is("identifier") {
                if let Some(super::Entity::Variable { place, .. }) = self.lookup(node.text()) {
                    found.push(place);
                }
            } else if !node.is("func_literal") {
                work.extend(node.children());
            }
        }
        found
    }
}

/// Whether a test of it says something: an unknown value is not the same one twice.
pub(super) fn is_known(operand: &Operand) -> bool {
    match operand {
        Operand::Unknown => false,
        Operand::Field(base, _) => is_known(base),
        Operand::Concat(items) | Operand::Flags(items) => items.iter().all(is_known),
        _ => true,
    }
}

/// The variable or field that is asked for its length.
fn measured(node: Node<'_>) -> Option<Node<'_>> {
    let argument = node.field("operand").or_else(|| node.field("arguments")?.child());
    let is_length = node.field("function").is_some_and(|it| it.text() == "len");
    argument.filter(|it| is_length && ["identifier", "selector_expression"].iter().any(|kind| it.is(kind)))
}

/// The text of a condition, however it is laid out.
fn key(node: Node<'_>) -> String {
    node.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn places(operand: &Operand, found: &mut Vec<Place>) {
    match operand {
        Operand::Place(place) => found.push(*place),
        Operand::Field(base, _) => places(base, found),
        Operand::Concat(items) | Operand::Flags(items) | Operand::List(items) => {
            items.iter().for_each(|it| places(it, found));
        }
        _ => (),
    }
}

/// Whether it calls anything but `len` and `cap`, or receives.
fn holds_call(node: Node<'_>) -> bool {
    let mut work = vec![node];
    while let Some(node) = work.pop() {
        let pure = node.field("function").is_some_and(|it| matches!(it.text(), "len" | "cap"));
        if node.is("call_expression") && !pure || node.is("unary_expression") && node.operator() == "<-" {
            return true;
        }
        work.extend(node.children());
    }
    false
}
