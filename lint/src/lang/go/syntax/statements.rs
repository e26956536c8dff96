//! Statements.

use super::lexer::Token;
use super::{Id, NO_FIELD, Parsed, Parser, Unsure};

impl Parser<'_> {
    pub(super) fn block(&mut self) -> Parsed<Id> {
        self.deeper(|it| {
            let (mark, start) = (it.mark(), it.start());
            it.expect(Token::Open(b'{'))?;
            it.with(false, true, Self::statement_list)?;
            it.expect(Token::Close(b'}'))?;
            Ok(it.node_to_here("block", mark, start))
        })
    }

    /// Pushes a list up to the `}`, `case` or `default` that ends it, if anything is in it.
    fn statement_list(&mut self) -> Parsed<()> {
        let (mark, start) = (self.mark(), self.start());
        let mut end = start;
        while !matches!(self.token(), Token::Close(b'}') | Token::Case | Token::Default) {
            let statement = self.statement()?;
            self.push(NO_FIELD, statement);
            end = match self.terminator(Token::Close(b'}'))? {
                Some(end) => end,
                None => self.arena.end(statement),
            };
        }
        if self.mark() > mark {
            let list = self.node("statement_list", mark, start, end);
            self.push(NO_FIELD, list);
        }
        Ok(())
    }

    fn statement(&mut self) -> Parsed<Id> {
        self.deeper(Self::any_statement)
    }

    fn any_statement(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        let kind = match self.token() {
            Token::Const | Token::Type | Token::Var => return self.declaration(),
            Token::Open(b'{') => return self.block(),
            Token::If => return self.if_statement(),
            Token::For => return self.for_statement(),
            Token::Switch => return self.switch_statement(),
            Token::Select => return self.select_statement(),
            Token::Return => {
                self.next();
                if !self.ended() && !matches!(self.token(), Token::Semicolon | Token::Close(_)) {
                    let values = self.expression_list()?;
                    self.push(NO_FIELD, values);
                }
                "return_statement"
            }
            Token::Go => {
                self.next();
                self.push_expression(NO_FIELD)?;
                "go_statement"
            }
            Token::Defer => {
                self.next();
                self.push_expression(NO_FIELD)?;
                "defer_statement"
            }
            Token::Break | Token::Continue | Token::Goto => {
                let kind = match self.token() {
                    Token::Break => "break_statement",
                    Token::Continue => "continue_statement",
                    _ => "goto_statement",
                };
                self.next();
                if !self.ended() && self.is(Token::Word) {
                    let label = self.leaf("label_name");
                    self.push(NO_FIELD, label);
                }
                kind
            }
            Token::Fallthrough => {
                self.next();
                "fallthrough_statement"
            }
            Token::Word => {
                let mut ahead = self.lexer.clone();
                ahead.next();
                if ahead.token != Token::Colon {
                    return self.simple_statement();
                }
                let label = self.leaf("label_name");
                self.push("label", label);
                self.next();
                let statement = self.statement()?;
                self.push(NO_FIELD, statement);
                "labeled_statement"
            }
            _ => return self.simple_statement(),
        };
        Ok(self.node_to_here(kind, mark, start))
    }

    fn simple_statement(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        let left = self.expression_list()?;
        let kind = match self.token() {
            _ if self.ended() => "expression_statement",
            Token::Define => return self.define(left, start),
            Token::Assign => return self.assign(left, start, "="),
            Token::AssignWith(operator) => return self.assign(left, start, operator),
            Token::Increment => "inc_statement",
            Token::Decrement => "dec_statement",
            Token::Arrow => "send_statement",
            _ => "expression_statement",
        };
        let only = self.only(left)?;
        if kind == "send_statement" {
            self.push("channel", only);
            self.next();
            self.push_expression("value")?;
        } else {
            self.push(NO_FIELD, only);
            if kind != "expression_statement" {
                self.next();
            }
        }
        Ok(self.node_to_here(kind, mark, start))
    }

    /// The only expression of a list.
    fn only(&mut self, list: Id) -> Parsed<Id> {
        let mut items = self.arena.children(list);
        match (items.next(), items.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(Unsure),
        }
    }

    fn define(&mut self, left: Id, start: usize) -> Parsed<Id> {
        let mark = self.mark();
        self.push("left", left);
        let sign = self.sign(":=");
        self.push(NO_FIELD, sign);
        let right = self.expression_list()?;
        self.push("right", right);
        Ok(self.node_to_here("short_var_declaration", mark, start))
    }

    fn assign(&mut self, left: Id, start: usize, operator: &'static str) -> Parsed<Id> {
        let mark = self.mark();
        self.push("left", left);
        let sign = self.sign(operator);
        self.push("operator", sign);
        let right = self.expression_list()?;
        self.push("right", right);
        Ok(self.node_to_here("assignment_statement", mark, start))
    }

    fn if_statement(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.next();
        self.with(true, true, |it| {
            let mut first = it.simple_statement()?;
            if it.is(Token::Semicolon) {
                it.push("initializer", first);
                it.next();
                first = it.simple_statement()?;
            }
            let condition = it.expression_of(first)?;
            it.push("condition", condition);
            Ok(())
        })?;
        let consequence = self.block()?;
        self.push("consequence", consequence);
        if self.is(Token::Else) && !self.ended() {
            self.next();
            let alternative = if self.is(Token::If) { self.deeper(Self::if_statement)? } else { self.block()? };
            self.push("alternative", alternative);
        }
        Ok(self.node_to_here("if_statement", mark, start))
    }

    /// The expression of a statement that is nothing else.
    fn expression_of(&mut self, statement: Id) -> Parsed<Id> {
        if self.arena.kind(statement) == "expression_statement" { self.only(statement) } else { Err(Unsure) }
    }

    fn for_statement(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.next();
        if !self.is(Token::Open(b'{')) {
            let clause = self.with(true, true, Self::for_header)?;
            self.push(NO_FIELD, clause);
        }
        let body = self.block()?;
        self.push("body", body);
        Ok(self.node_to_here("for_statement", mark, start))
    }

    fn for_header(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        if self.is(Token::Range) {
            return self.range(mark, start);
        }
        if !self.is(Token::Semicolon) {
            // `range` is no expression: what stands before it is looked at first.
            let mut ahead = self.lexer.clone();
            while !matches!(ahead.token, Token::Range | Token::Open(b'{') | Token::Semicolon | Token::End) {
                ahead.next();
            }
            if ahead.token == Token::Range {
                let left = self.expression_list()?;
                self.push("left", left);
                self.sign_of_assignment()?;
                return if self.is(Token::Range) { self.range(mark, start) } else { Err(Unsure) };
            }
            let first = self.simple_statement()?;
            if !self.is(Token::Semicolon) {
                return self.expression_of(first);
            }
            self.push("initializer", first);
        }
        self.expect(Token::Semicolon)?;
        if !self.is(Token::Semicolon) {
            self.push_expression("condition")?;
        }
        self.expect(Token::Semicolon)?;
        if !self.is(Token::Open(b'{')) {
            let update = self.simple_statement()?;
            self.push("update", update);
        }
        Ok(self.node_to_here("for_clause", mark, start))
    }

    /// `:=`, which is told from `=` by being there.
    fn sign_of_assignment(&mut self) -> Parsed<()> {
        if self.is(Token::Define) {
            let sign = self.sign(":=");
            self.push(NO_FIELD, sign);
            return Ok(());
        }
        self.expect(Token::Assign)
    }

    fn range(&mut self, mark: usize, start: usize) -> Parsed<Id> {
        self.next();
        self.push_expression("right")?;
        Ok(self.node_to_here("range_clause", mark, start))
    }

    fn switch_statement(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.next();
        let of_types = if self.is(Token::Open(b'{')) { false } else { self.with(true, true, Self::switch_header)? };
        let case = if of_types { Self::type_case } else { Self::expression_case };
        self.cases(case)?;
        let kind = if of_types { "type_switch_statement" } else { "expression_switch_statement" };
        Ok(self.node_to_here(kind, mark, start))
    }

    /// Whether it is a switch of types.
    fn switch_header(&mut self) -> Parsed<bool> {
        let mut first = self.simple_statement()?;
        if self.is(Token::Semicolon) {
            self.push("initializer", first);
            self.next();
            if self.is(Token::Open(b'{')) {
                return Ok(false);
            }
            first = self.simple_statement()?;
        }
        if !self.is(Token::Dot) {
            let value = self.expression_of(first)?;
            self.push("value", value);
            return Ok(false);
        }
        if self.arena.kind(first) == "short_var_declaration" {
            let parts: Vec<_> = self.arena.children(first).collect();
            let [left, sign, right] = parts[..] else { return Err(Unsure) };
            let value = self.only(right)?;
            self.push("alias", left);
            self.push(NO_FIELD, sign);
            self.push("value", value);
        } else {
            let value = self.expression_of(first)?;
            self.push("value", value);
        }
        for token in [Token::Dot, Token::Open(b'('), Token::Type, Token::Close(b')')] {
            self.expect(token)?;
        }
        Ok(true)
    }

    fn cases(&mut self, case: fn(&mut Self) -> Parsed<&'static str>) -> Parsed<()> {
        self.expect(Token::Open(b'{'))?;
        self.with(false, true, |it| {
            while !it.is(Token::Close(b'}')) {
                let (mark, start) = (it.mark(), it.start());
                let kind = if it.eat(Token::Default) {
                    "default_case"
                } else {
                    it.expect(Token::Case)?;
                    case(it)?
                };
                it.expect(Token::Colon)?;
                let mut end = it.lexer.before;
                let before = it.mark();
                it.statement_list()?;
                if it.mark() > before {
                    end = it.arena.end(it.stack[before].0);
                }
                let case = it.node(kind, mark, start, end);
                it.push(NO_FIELD, case);
            }
            Ok(())
        })?;
        self.expect(Token::Close(b'}'))
    }

    fn expression_case(&mut self) -> Parsed<&'static str> {
        let values = self.expression_list()?;
        self.push("value", values);
        Ok("expression_case")
    }

    fn type_case(&mut self) -> Parsed<&'static str> {
        loop {
            let ty = self.ty()?;
            self.push("type", ty);
            if !self.eat(Token::Comma) {
                return Ok("type_case");
            }
        }
    }

    fn select_statement(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.next();
        self.cases(Self::communication_case)?;
        Ok(self.node_to_here("select_statement", mark, start))
    }

    fn communication_case(&mut self) -> Parsed<&'static str> {
        let (mark, start) = (self.mark(), self.start());
        let first = self.expression_list()?;
        let kind = match self.token() {
            Token::Arrow => {
                let channel = self.only(first)?;
                self.push("channel", channel);
                self.next();
                self.push_expression("value")?;
                "send_statement"
            }
            Token::Define | Token::Assign => {
                self.push("left", first);
                self.sign_of_assignment()?;
                self.push_expression("right")?;
                "receive_statement"
            }
            _ => {
                let right = self.only(first)?;
                self.push("right", right);
                "receive_statement"
            }
        };
        let communication = self.node_to_here(kind, mark, start);
        self.push("communication", communication);
        Ok("communication_case")
    }
}
