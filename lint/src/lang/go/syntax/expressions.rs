//! Expressions.

use super::lexer::Token;
use super::{Id, NO_FIELD, Parsed, Parser, Unsure};

impl Parser<'_> {
    pub(super) fn push_expression(&mut self, field: &'static str) -> Parsed<()> {
        let expression = self.expression()?;
        self.push(field, expression);
        Ok(())
    }

    pub(super) fn expression(&mut self) -> Parsed<Id> {
        self.deeper(|it| it.binary(1))
    }

    pub(super) fn expression_list(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        loop {
            self.push_expression(NO_FIELD)?;
            if self.ended() || !self.eat(Token::Comma) {
                return Ok(self.node_to_here("expression_list", mark, start));
            }
        }
    }

    /// Operators that bind as tightly as that, or more.
    fn binary(&mut self, least: u8) -> Parsed<Id> {
        let start = self.start();
        let mut left = self.unary()?;
        while let Token::Binary(operator, tightness) = self.token() {
            if tightness < least || self.ended() {
                break;
            }
            let mark = self.mark();
            self.push("left", left);
            let sign = self.sign(operator);
            self.push("operator", sign);
            let right = self.deeper(|it| it.binary(tightness + 1))?;
            self.push("right", right);
            left = self.node_to_here("binary_expression", mark, start);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Id> {
        let operator = match self.token() {
            Token::Binary(it @ ("+" | "-" | "^" | "*" | "&"), _) => it,
            Token::Not => "!",
            Token::Arrow => "<-",
            _ => return self.primary(),
        };
        let (mark, start) = (self.mark(), self.start());
        let sign = self.sign(operator);
        self.push("operator", sign);
        // The type of a channel.
        if operator == "<-" && self.is(Token::Chan) {
            return Err(Unsure);
        }
        let operand = self.deeper(Self::unary)?;
        self.push("operand", operand);
        Ok(self.node_to_here("unary_expression", mark, start))
    }

    fn primary(&mut self) -> Parsed<Id> {
        let start = self.start();
        let mut operand = self.operand()?;
        while !self.ended() {
            let mark = self.mark();
            operand = match self.token() {
                Token::Dot => {
                    let mut ahead = self.lexer.clone();
                    ahead.next();
                    if ahead.token == Token::Open(b'(') {
                        ahead.next();
                        // Of a `switch`, which takes it from here.
                        if ahead.token == Token::Type {
                            return Ok(operand);
                        }
                        self.next();
                        self.next();
                        self.push("operand", operand);
                        let ty = self.inside(Self::ty)?;
                        self.push("type", ty);
                        self.expect(Token::Close(b')'))?;
                        self.node_to_here("type_assertion_expression", mark, start)
                    } else {
                        self.next();
                        self.push("operand", operand);
                        let field = self.identifier("field_identifier")?;
                        self.push("field", field);
                        self.node_to_here("selector_expression", mark, start)
                    }
                }
                Token::Open(b'(') => {
                    if self.is_generic_pointer(operand) {
                        return Err(Unsure);
                    }
                    self.push("function", operand);
                    let arguments = self.arguments()?;
                    self.push("arguments", arguments);
                    self.node_to_here("call_expression", mark, start)
                }
                Token::Open(b'[') => self.index(operand, start)?,
                Token::Open(b'{') if !self.header => match self.arena.kind(operand) {
                    "identifier" | "selector_expression" => {
                        let ty = self.type_of(operand)?;
                        self.literal(ty, start)?
                    }
                    _ => return Ok(operand),
                },
                _ => return Ok(operand),
            };
        }
        Ok(operand)
    }

    /// The name of a type that was read as an expression.
    fn type_of(&mut self, expression: Id) -> Parsed<Id> {
        if self.arena.kind(expression) == "identifier" {
            self.arena.set_kind(expression, "type_identifier");
            return Ok(expression);
        }
        let parts: Vec<_> = self.arena.children(expression).collect();
        match parts[..] {
            [package, name] if self.arena.kind(package) == "identifier" => {
                self.arena.set_kind(package, "package_identifier");
                self.arena.set_field(package, "package");
                self.arena.set_kind(name, "type_identifier");
                self.arena.set_field(name, "name");
                self.arena.set_kind(expression, "qualified_type");
                Ok(expression)
            }
            _ => Err(Unsure),
        }
    }

    /// `(*a[T])`, a type where it is called.
    fn is_generic_pointer(&self, expression: Id) -> bool {
        let last = |it: Id| self.arena.children(it).last();
        let inner = last(expression).filter(|_| self.arena.kind(expression) == "parenthesized_expression");
        let innermost =
            inner.and_then(|it| if self.arena.kind(it) == "unary_expression" { last(it) } else { Some(it) });
        innermost.is_some_and(|it| self.arena.kind(it) == "index_expression")
    }

    /// `a[i]` or `a[i:j]`. With what follows these, it may be something generic.
    fn index(&mut self, operand: Id, start: usize) -> Parsed<Id> {
        let mark = self.mark();
        self.push("operand", operand);
        self.next();
        let kind = self.inside(|it| {
            if !it.is(Token::Colon) {
                let first = it.expression()?;
                if it.is(Token::Close(b']')) {
                    // The grammar takes `a[b[c]]` for types.
                    if it.arena.kind(first) == "index_expression" {
                        return Err(Unsure);
                    }
                    it.push("index", first);
                    return Ok("index_expression");
                }
                it.push("start", first);
            }
            it.expect(Token::Colon)?;
            if !it.is(Token::Close(b']')) {
                it.push_expression("end")?;
                if it.eat(Token::Colon) {
                    it.push_expression("capacity")?;
                }
            }
            Ok("slice_expression")
        })?;
        self.expect(Token::Close(b']'))?;
        let generic = matches!(self.token(), Token::Open(b'(' | b'[')) || self.is(Token::Open(b'{')) && !self.header;
        if kind == "index_expression" && generic && !self.ended() {
            return Err(Unsure);
        }
        Ok(self.node_to_here(kind, mark, start))
    }

    pub(super) fn string(&mut self) -> Id {
        let kind = if self.is(Token::Text) { "interpreted_string_literal" } else { "raw_string_literal" };
        self.leaf(kind)
    }

    fn operand(&mut self) -> Parsed<Id> {
        let start = self.start();
        Ok(match self.token() {
            Token::Word => match self.word() {
                b"nil" => self.leaf("nil"),
                b"true" => self.leaf("true"),
                b"false" => self.leaf("false"),
                b"iota" => self.leaf("iota"),
                b"make" | b"new" => return self.maker(),
                _ => self.leaf("identifier"),
            },
            Token::Int => self.leaf("int_literal"),
            Token::Float => self.leaf("float_literal"),
            Token::Rune => self.leaf("rune_literal"),
            Token::Text | Token::RawText => self.string(),
            Token::Open(b'(') => {
                let mark = self.mark();
                self.next();
                self.inside(|it| it.push_expression(NO_FIELD))?;
                self.expect(Token::Close(b')'))?;
                self.node_to_here("parenthesized_expression", mark, start)
            }
            Token::Func => return self.closure(),
            Token::Open(b'[') | Token::Map | Token::Struct | Token::Interface => {
                let ty = self.ty()?;
                if self.is(Token::Open(b'(')) {
                    return self.conversion(ty, start);
                }
                if self.arena.kind(ty) == "interface_type" {
                    return Err(Unsure);
                }
                return self.literal(ty, start);
            }
            _ => return Err(Unsure),
        })
    }

    /// `make(T, …)` or `new(T)`, which take a type.
    fn maker(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        let function = self.leaf("identifier");
        if !self.is(Token::Open(b'(')) || self.ended() {
            return Ok(function);
        }
        self.push("function", function);
        let (inner, opened) = (self.mark(), self.start());
        self.next();
        self.inside(|it| {
            if it.is(Token::Close(b')')) {
                return Ok(());
            }
            let ty = it.ty()?;
            it.push(NO_FIELD, ty);
            while it.eat(Token::Comma) && !it.is(Token::Close(b')')) {
                it.push_expression(NO_FIELD)?;
            }
            Ok(())
        })?;
        self.expect(Token::Close(b')'))?;
        let arguments = self.node_to_here("argument_list", inner, opened);
        self.push("arguments", arguments);
        Ok(self.node_to_here("call_expression", mark, start))
    }

    fn arguments(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.next();
        self.inside(|it| {
            while !it.is(Token::Close(b')')) {
                let (inner, start) = (it.mark(), it.start());
                let mut argument = it.expression()?;
                if it.eat(Token::Dots) {
                    it.push(NO_FIELD, argument);
                    argument = it.node_to_here("variadic_argument", inner, start);
                }
                it.push(NO_FIELD, argument);
                if !it.eat(Token::Comma) {
                    break;
                }
            }
            Ok(())
        })?;
        self.expect(Token::Close(b')'))?;
        Ok(self.node_to_here("argument_list", mark, start))
    }

    /// `[]byte(x)`
    fn conversion(&mut self, ty: Id, start: usize) -> Parsed<Id> {
        let mark = self.mark();
        self.push("type", ty);
        self.next();
        self.inside(|it| it.push_expression("operand"))?;
        self.eat(Token::Comma);
        self.expect(Token::Close(b')'))?;
        Ok(self.node_to_here("type_conversion_expression", mark, start))
    }

    fn closure(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.next();
        self.signature()?;
        // Otherwise the type of a function.
        if !self.is(Token::Open(b'{')) {
            return Err(Unsure);
        }
        let body = self.block()?;
        self.push("body", body);
        Ok(self.node_to_here("func_literal", mark, start))
    }

    fn literal(&mut self, ty: Id, start: usize) -> Parsed<Id> {
        let mark = self.mark();
        self.push("type", ty);
        let body = self.literal_value()?;
        self.push("body", body);
        Ok(self.node_to_here("composite_literal", mark, start))
    }

    fn literal_value(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.expect(Token::Open(b'{'))?;
        self.inside(|it| {
            while !it.is(Token::Close(b'}')) {
                let (inner, start) = (it.mark(), it.start());
                let mut element = it.literal_element()?;
                if it.eat(Token::Colon) {
                    it.push("key", element);
                    let value = it.literal_element()?;
                    it.push("value", value);
                    element = it.node_to_here("keyed_element", inner, start);
                }
                it.push(NO_FIELD, element);
                if !it.eat(Token::Comma) {
                    break;
                }
            }
            Ok(())
        })?;
        self.expect(Token::Close(b'}'))?;
        Ok(self.node_to_here("literal_value", mark, start))
    }

    fn literal_element(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        let inner = if self.is(Token::Open(b'{')) { self.deeper(Self::literal_value)? } else { self.expression()? };
        self.push(NO_FIELD, inner);
        Ok(self.node_to_here("literal_element", mark, start))
    }
}
