//! Declarations.

use super::lexer::Token;
use super::{Id, NO_FIELD, Parsed, Parser, Unsure};

impl Parser<'_> {
    /// One declaration of the outermost level and nothing else.
    pub(super) fn item(&mut self) -> Parsed<()> {
        self.with(false, true, |it| {
            let item = match it.token() {
                Token::Func => it.function()?,
                Token::Import => it.import()?,
                Token::Const | Token::Type | Token::Var => it.declaration()?,
                _ => return Err(Unsure),
            };
            it.push(NO_FIELD, item);
            if it.is(Token::End) { Ok(()) } else { Err(Unsure) }
        })
    }

    fn function(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.next();
        let method = self.is(Token::Open(b'('));
        if method {
            let receiver = self.parameters()?;
            self.push("receiver", receiver);
        }
        let name = self.identifier(if method { "field_identifier" } else { "identifier" })?;
        self.push("name", name);
        if self.is(Token::Open(b'[')) {
            if method {
                return Err(Unsure);
            }
            let parameters = self.type_parameters()?;
            self.push("type_parameters", parameters);
        }
        self.signature()?;
        if self.is(Token::Open(b'{')) && !self.ended() {
            let body = self.block()?;
            self.push("body", body);
        }
        Ok(self.node_to_here(if method { "method_declaration" } else { "function_declaration" }, mark, start))
    }

    fn import(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.next();
        if self.is(Token::Open(b'(')) {
            let (inner, start) = (self.mark(), self.start());
            self.each_of_group(Self::import_spec)?;
            let list = self.node_to_here("import_spec_list", inner, start);
            self.push(NO_FIELD, list);
        } else {
            let spec = self.import_spec()?;
            self.push(NO_FIELD, spec);
        }
        Ok(self.node_to_here("import_declaration", mark, start))
    }

    fn import_spec(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        let name = match self.token() {
            Token::Dot => Some(self.leaf("dot")),
            Token::Word if self.word() == b"_" => Some(self.leaf("blank_identifier")),
            Token::Word => Some(self.leaf("package_identifier")),
            _ => None,
        };
        if let Some(name) = name {
            self.push("name", name);
        }
        if !matches!(self.token(), Token::Text | Token::RawText) {
            return Err(Unsure);
        }
        let path = self.string();
        self.push("path", path);
        Ok(self.node_to_here("import_spec", mark, start))
    }

    /// `( … )`, each with an end of its own.
    fn each_of_group(&mut self, one: fn(&mut Self) -> Parsed<Id>) -> Parsed<()> {
        self.next();
        self.with(false, true, |it| {
            while !it.is(Token::Close(b')')) {
                let spec = one(it)?;
                it.push(NO_FIELD, spec);
                it.terminator(Token::Close(b')'))?;
            }
            Ok(())
        })?;
        self.expect(Token::Close(b')'))
    }

    pub(super) fn declaration(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        let (kind, one): (_, fn(&mut Self) -> Parsed<Id>) = match self.token() {
            Token::Const => ("const_declaration", Self::const_spec),
            Token::Type => ("type_declaration", Self::type_spec),
            _ => ("var_declaration", Self::var_spec),
        };
        self.next();
        if self.is(Token::Open(b'(')) {
            let (inner, start) = (self.mark(), self.start());
            self.each_of_group(one)?;
            if kind == "var_declaration" {
                let list = self.node_to_here("var_spec_list", inner, start);
                self.push(NO_FIELD, list);
            }
        } else {
            let spec = one(self)?;
            self.push(NO_FIELD, spec);
        }
        Ok(self.node_to_here(kind, mark, start))
    }

    fn names(&mut self) -> Parsed<()> {
        loop {
            let name = self.identifier("identifier")?;
            self.push("name", name);
            if self.ended() || !self.eat(Token::Comma) {
                return Ok(());
            }
        }
    }

    fn const_spec(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.names()?;
        if !self.ended() && self.at_type() {
            let ty = self.ty()?;
            self.push("type", ty);
            // A type alone is none of the grammar.
            if !self.is(Token::Assign) {
                return Err(Unsure);
            }
        }
        self.values()?;
        Ok(self.node_to_here("const_spec", mark, start))
    }

    fn var_spec(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.names()?;
        let mut complete = false;
        if !self.ended() && self.at_type() {
            let ty = self.ty()?;
            self.push("type", ty);
            complete = true;
        }
        complete |= self.values()?;
        if complete { Ok(self.node_to_here("var_spec", mark, start)) } else { Err(Unsure) }
    }

    /// `= a, b`, if that is here.
    fn values(&mut self) -> Parsed<bool> {
        if self.ended() || !self.is(Token::Assign) {
            return Ok(false);
        }
        self.next();
        let values = self.expression_list()?;
        self.push("value", values);
        Ok(true)
    }

    fn type_spec(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        let name = self.identifier("type_identifier")?;
        self.push("name", name);
        if self.is(Token::Open(b'[')) {
            let mut ahead = self.lexer.clone();
            ahead.next();
            match ahead.token {
                Token::Close(_) | Token::Int => (),
                Token::Word => {
                    ahead.next();
                    // `[N]T` and `[P *T]` are left to the grammar.
                    if !matches!(ahead.token, Token::Word | Token::Interface | Token::Comma | Token::Tilde) {
                        return Err(Unsure);
                    }
                    let parameters = self.type_parameters()?;
                    self.push("type_parameters", parameters);
                }
                _ => return Err(Unsure),
            }
        }
        let alias = self.eat(Token::Assign);
        let ty = self.ty()?;
        self.push("type", ty);
        Ok(self.node_to_here(if alias { "type_alias" } else { "type_spec" }, mark, start))
    }
}
