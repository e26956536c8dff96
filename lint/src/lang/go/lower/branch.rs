//! `if`, `switch` and `select`.

use super::condition::is_known;
use super::{Lowering, Node, Value};
use crate::ir::{BlockId, Operand, Test};
use crate::lang::go::types::Type;

impl Lowering<'_> {
    pub(super) fn if_else(&mut self, node: Node<'_>) {
        let after = self.builder().block();
        let opened = self.scopes.len();
        // A chain of `else if` is as long as the text likes.
        let mut next = Some(node);
        while let Some(node) = next.take() {
            self.scopes.push(Vec::new());
            if let Some(initialiser) = node.field("initializer") {
                self.statement(initialiser);
            }
            let builder = self.builder();
            let (yes, no) = (builder.block(), builder.block());
            match node.field("condition") {
                Some(condition) => self.condition(condition, yes, no),
                None => self.builder().goto(yes),
            }
            self.builder().go_on_in(yes);
            if let Some(block) = node.field("consequence") {
                self.statement(block);
            }
            self.builder().goto(after);
            self.builder().go_on_in(no);
            match node.field("alternative") {
                Some(other) if other.is("if_statement") => next = Some(other),
                Some(block) => self.statement(block),
                None => (),
            }
        }
        self.builder().goto(after);
        self.builder().go_on_in(after);
        self.scopes.truncate(opened);
    }

    pub(super) fn switch(&mut self, node: Node<'_>) {
        let after = self.enter_breakable();
        self.scopes.push(Vec::new());
        if let Some(initialiser) = node.field("initializer") {
            self.statement(initialiser);
        }
        let tag = node.field("value").map(|it| self.settled(it));
        let cases: Vec<_> = node.children().into_iter().filter(|it| is_case(*it)).collect();
        let bodies: Vec<_> = cases.iter().map(|_| self.builder().block()).collect();
        let mut otherwise = after;
        for (case, body) in cases.iter().zip(&bodies) {
            if case.is("default_case") {
                otherwise = *body;
                continue;
            }
            for value in case.field("value").map_or_else(Vec::new, Node::children) {
                let next = self.builder().block();
                match &tag {
                    Some(tag) => self.case_equals(tag.clone(), value, *body, next),
                    None => self.condition(value, *body, next),
                }
                self.builder().go_on_in(next);
            }
        }
        self.builder().goto(otherwise);
        for (index, (case, body)) in cases.iter().zip(&bodies).enumerate() {
            self.case_body(*case, *body, bodies.get(index + 1).copied(), after);
        }
        self.leave_breakable(after);
    }

    fn case_equals(&mut self, tag: Value, value: Node<'_>, yes: BlockId, no: BlockId) {
        let right = self.operand(value);
        self.comparison("==", tag, right, value, yes, no);
    }

    fn case_body(&mut self, case: Node<'_>, body: BlockId, next: Option<BlockId>, after: BlockId) {
        self.builder().go_on_in(body);
        let outer = std::mem::replace(&mut self.body().next_case, next);
        self.scoped(|it| {
            for statement in case.children().into_iter().filter(|it| it.is("statement_list")) {
                it.statements(statement);
            }
        });
        self.body().next_case = outer;
        self.builder().goto(after);
    }

    pub(super) fn type_switch(&mut self, node: Node<'_>) {
        let after = self.enter_breakable();
        self.scopes.push(Vec::new());
        if let Some(initialiser) = node.field("initializer") {
            self.statement(initialiser);
        }
        let value = node.field("value").map_or_else(Value::default, |it| self.settled(it));
        self.ask_type(&value.operand, node.span());
        let alias = node.field("alias").and_then(Node::child).map(Node::text);
        let cases: Vec<_> = node.children().into_iter().filter(|it| is_case(*it)).collect();
        let complete = cases.iter().any(|it| it.is("default_case"));
        let ways = self.ways_of_types(&value.operand, &cases, complete, after);
        for (case, way) in cases.iter().zip(&ways) {
            self.builder().go_on_in(*way);
            let types = types_of(*case);
            self.scoped(|it| {
                if let Some(alias) = alias {
                    let ty = match types[..] {
                        [one] => it.read_type(one),
                        _ => value.ty.clone(),
                    };
                    let nil = types.len() == 1 && types[0].text() == "nil";
                    let place = it.declare(alias, if nil { Type::Unknown } else { ty });
                    it.assign(place, if nil { Operand::Nil } else { value.operand.clone() }, case.span());
                }
                for statement in case.children().into_iter().filter(|it| it.is("statement_list")) {
                    it.statements(statement);
                }
            });
            self.builder().goto(after);
        }
        if let Some(last) = ways.get(cases.len()) {
            self.builder().go_on_in(*last);
            self.builder().goto(after);
        }
        self.leave_breakable(after);
    }

    /// A block for each case, and one more if no case is for the rest. What is nil is of no type.
    fn ways_of_types(&mut self, value: &Operand, cases: &[Node<'_>], complete: bool, after: BlockId) -> Vec<BlockId> {
        let rest = usize::from(!complete);
        if !is_known(value) {
            return self.builder().choice(cases.len() + rest);
        }
        let (none, some) = (self.builder().block(), self.builder().block());
        self.ask(Test::Nil(value.clone()), true, none, some);
        self.builder().go_on_in(some);
        if let Some(at) = cases.iter().position(|it| types_of(*it).iter().all(|it| it.text() == "nil") && is_typed(*it))
        {
            let mut ways = self.builder().choice(cases.len() - 1 + rest);
            ways.insert(at, none);
            return ways;
        }
        let ways = self.builder().choice(cases.len() + rest);
        let named = cases.iter().position(|it| types_of(*it).iter().any(|it| it.text() == "nil"));
        let at = named.or_else(|| cases.iter().position(|it| !is_typed(*it)));
        self.builder().go_on_in(none);
        self.builder().goto(at.map_or(after, |it| ways[it]));
        ways
    }

    pub(super) fn select(&mut self, node: Node<'_>) {
        let after = self.enter_breakable();
        self.scopes.push(Vec::new());
        let cases: Vec<_> = node.children().into_iter().filter(|it| is_case(*it)).collect();
        if cases.is_empty() {
            // `select {}` waits for ever.
            self.stop();
        } else {
            let ways = self.builder().choice(cases.len());
            for (case, way) in cases.iter().zip(ways) {
                self.builder().go_on_in(way);
                self.scoped(|it| {
                    if let Some(communication) = case.field("communication") {
                        it.communication(communication);
                    }
                    for statement in case.children().into_iter().filter(|it| it.is("statement_list")) {
                        it.statements(statement);
                    }
                });
                self.builder().goto(after);
            }
        }
        self.leave_breakable(after);
    }

    fn communication(&mut self, node: Node<'_>) {
        if node.is("send_statement") {
            return self.send(node);
        }
        let Some(right) = node.field("right") else { return };
        let left = node.field("left").map_or_else(Vec::new, Node::children);
        if left.is_empty() {
            self.value(right);
        } else if node.has_token(":=") {
            self.define_names(&left, &[right], node.span());
        } else {
            let targets = left.iter().map(|it| self.target(*it)).collect();
            self.assign_values(targets, &[right], None, node.span());
        }
    }

    /// Something that `break` leaves, with the label that stands before it.
    fn enter_breakable(&mut self) -> BlockId {
        let label = self.body().label.take();
        let after = self.builder().block();
        self.enter_loop(label, None, after);
        after
    }

    fn leave_breakable(&mut self, after: BlockId) {
        self.scopes.pop();
        self.leave_loop();
        self.builder().go_on_in(after);
    }
}

fn is_typed(case: Node<'_>) -> bool {
    !case.is("default_case")
}

/// The types of a case of a type switch.
fn types_of(case: Node<'_>) -> Vec<Node<'_>> {
    case.fields("type").into_iter().filter(|it| it.kind() != ",").collect()
}

fn is_case(node: Node<'_>) -> bool {
    matches!(node.kind(), "expression_case" | "default_case" | "type_case" | "communication_case")
}
