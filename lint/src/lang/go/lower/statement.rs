//! Statements.

use super::{Entity, Lowering, Node, Value};
use crate::ir::{Action, BlockId, End, Exit, Loop, Operand, Target};
use crate::source::Span;

impl Lowering<'_> {
    /// The statements of a block, a case or a file, in the scope that is open.
    pub(super) fn statements(&mut self, node: Node<'_>) {
        for statement in node.children() {
            if statement.is("statement_list") {
                self.statements(statement);
            } else {
                self.statement(statement);
            }
        }
    }

    pub(super) fn statement(&mut self, node: Node<'_>) {
        match node.kind() {
            "block" => self.scoped(|it| it.statements(node)),
            "expression_statement" => self.expression_statement(node),
            "short_var_declaration" => self.define(node),
            "assignment_statement" => self.assignment(node),
            "inc_statement" | "dec_statement" => self.step_by_one(node),
            "send_statement" => self.send(node),
            "var_declaration" | "var_spec_list" | "type_declaration" => {
                node.children().into_iter().for_each(|it| self.statement(it));
            }
            "var_spec" => self.local_variables(node),
            "const_declaration" => self.local_constants(node),
            "type_spec" | "type_alias" => self.local_type(node),
            "return_statement" => self.return_from(node),
            "defer_statement" => self.call_later(node, Action::Defer),
            "go_statement" => self.call_later(node, Action::Spawn),
            "if_statement" => self.if_else(node),
            "for_statement" => self.for_loop(node),
            "expression_switch_statement" => self.switch(node),
            "type_switch_statement" => self.type_switch(node),
            "select_statement" => self.select(node),
            "labeled_statement" => self.labelled(node),
            "break_statement" => self.jump(node, false),
            "continue_statement" => self.jump(node, true),
            "goto_statement" => {
                let Some(label) = node.child() else { return };
                let block = self.label_block(label.text());
                self.builder().goto(block);
            }
            "fallthrough_statement" => {
                if let Some(next) = self.body().next_case {
                    self.builder().goto(next);
                }
            }
            _ => (),
        }
    }

    fn expression_statement(&mut self, node: Node<'_>) {
        let Some(expression) = node.child().map(super::assign::bare) else { return };
        if Self::is_call(expression) {
            self.call_statement(expression);
        } else {
            self.value(expression);
        }
    }

    fn local_type(&mut self, node: Node<'_>) {
        let (Some(name), Some(written)) = (node.field("name"), node.field("type")) else { return };
        // Inside itself, the name stands for nothing that matters.
        self.bind(name.text(), Entity::Type(Default::default()));
        let ty = self.read_type(written);
        self.bind(name.text(), Entity::Type(ty));
    }

    fn return_from(&mut self, node: Node<'_>) {
        let values =
            node.child().map_or_else(Vec::new, |it| if it.is("expression_list") { it.children() } else { vec![it] });
        if !values.is_empty() {
            let places = self.result_places();
            let targets = places.into_iter().map(|it| Some(Target::Place(it))).collect();
            self.assign_values(targets, &values, None, node.span());
        }
        if !self.leave_iteration(super::iterate::Way::Return, node.span()) {
            self.builder().leave(Exit::Return, node.span());
        }
    }

    fn jump(&mut self, node: Node<'_>, again: bool) {
        let label = node.child().map(|it| it.text().to_owned());
        self.jump_to(label.as_deref(), again, node.span());
    }

    pub(super) fn jump_to(&mut self, label: Option<&str>, again: bool, span: Span) {
        if self.leave_iteration(super::iterate::Way::jump(label, again), span) {
            return;
        }
        match again {
            true => self.builder().continue_with(label, span),
            false => self.builder().break_from(label, span),
        }
    }

    fn labelled(&mut self, node: Node<'_>) {
        let Some(label) = node.field("label") else { return };
        let block = self.label_block(label.text());
        self.builder().goto(block);
        self.builder().go_on_in(block);
        let Some(statement) = node.children().into_iter().find(|it| !it.is("label_name")) else { return };
        let named = ["for_statement", "expression_switch_statement", "type_switch_statement", "select_statement"];
        if named.contains(&statement.kind()) {
            self.body().label = Some(label.text().to_owned());
            return self.statement(statement);
        }
        // `break L` may leave a labelled block.
        let after = self.builder().block();
        let label = Some(label.text().to_owned());
        self.body().open.push(label.clone());
        self.builder().enter_loop(Loop { label, again: None, after, unnamed: false, result: None });
        self.statement(statement);
        self.leave_loop();
        self.builder().goto(after);
        self.builder().go_on_in(after);
    }

    fn label_block(&mut self, label: &str) -> BlockId {
        if let Some(block) = self.body().labels.get(label) {
            return *block;
        }
        let block = self.builder().block();
        self.body().labels.insert(label.to_owned(), block);
        block
    }

    /// A value that is read twice gets a place, so that it is one value.
    pub(super) fn settled(&mut self, node: Node<'_>) -> Value {
        let value = self.operand(node);
        self.settle(value, node.span())
    }

    pub(super) fn settle(&mut self, value: Value, span: Span) -> Value {
        match value.operand {
            Operand::Unknown | Operand::Place(_) | Operand::Text(_) | Operand::Int(_) | Operand::Bool(_) => value,
            _ => {
                let ty = value.ty.clone();
                Value::new(Operand::Place(self.store(value, span)), ty)
            }
        }
    }

    /// Nothing comes after.
    pub(super) fn stop(&mut self) {
        self.builder().end(End::Stop);
    }
}
