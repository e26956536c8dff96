//! Types, signatures and parameters.

use super::lexer::Token;
use super::{Id, NO_FIELD, Parsed, Parser, Unsure};

/// A word alone is a name or a type: the others say.
struct Parameter {
    name: Option<Id>,
    variadic: bool,
    ty: Option<Id>,
}

impl Parser<'_> {
    /// Whether a type may begin here.
    pub(super) fn at_type(&self) -> bool {
        matches!(
            self.token(),
            Token::Word
                | Token::Open(b'(' | b'[')
                | Token::Binary("*", _)
                | Token::Arrow
                | Token::Chan
                | Token::Func
                | Token::Interface
                | Token::Map
                | Token::Struct
        )
    }

    pub(super) fn ty(&mut self) -> Parsed<Id> {
        self.deeper(Self::any_type)
    }

    fn any_type(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        let kind = match self.token() {
            Token::Word => return self.named_type(),
            Token::Binary("*", _) => {
                self.next();
                self.push_type(NO_FIELD)?;
                "pointer_type"
            }
            Token::Open(b'(') => {
                self.next();
                self.inside(|it| it.push_type(NO_FIELD))?;
                self.expect(Token::Close(b')'))?;
                "parenthesized_type"
            }
            Token::Open(b'[') => {
                self.next();
                match self.token() {
                    Token::Close(b']') => {
                        self.next();
                        self.push_type("element")?;
                        "slice_type"
                    }
                    Token::Dots => {
                        self.next();
                        self.expect(Token::Close(b']'))?;
                        self.push_type("element")?;
                        "implicit_length_array_type"
                    }
                    _ => {
                        self.inside(|it| it.push_expression("length"))?;
                        self.expect(Token::Close(b']'))?;
                        self.push_type("element")?;
                        "array_type"
                    }
                }
            }
            Token::Map => {
                self.next();
                self.expect(Token::Open(b'['))?;
                self.inside(|it| it.push_type("key"))?;
                self.expect(Token::Close(b']'))?;
                self.push_type("value")?;
                "map_type"
            }
            Token::Chan => {
                self.next();
                self.eat(Token::Arrow);
                self.push_type("value")?;
                "channel_type"
            }
            Token::Arrow => {
                self.next();
                self.expect(Token::Chan)?;
                self.push_type("value")?;
                "channel_type"
            }
            Token::Func => {
                self.next();
                self.signature()?;
                "function_type"
            }
            Token::Struct => {
                self.next();
                self.fields()?;
                "struct_type"
            }
            Token::Interface => {
                self.next();
                self.members()?;
                "interface_type"
            }
            _ => return Err(Unsure),
        };
        Ok(self.node_to_here(kind, mark, start))
    }

    fn push_type(&mut self, field: &'static str) -> Parsed<()> {
        let ty = self.ty()?;
        self.push(field, ty);
        Ok(())
    }

    /// `T`, `package.T`, either with type arguments.
    fn named_type(&mut self) -> Parsed<Id> {
        let start = self.start();
        let mut ty = self.identifier("type_identifier")?;
        if self.is(Token::Dot) && !self.ended() {
            ty = self.qualified(ty, start)?;
        }
        if self.is(Token::Open(b'[')) && !self.ended() {
            let mark = self.mark();
            self.push("type", ty);
            let arguments = self.type_arguments()?;
            self.push("type_arguments", arguments);
            ty = self.node_to_here("generic_type", mark, start);
        }
        Ok(ty)
    }

    fn qualified(&mut self, package: Id, start: usize) -> Parsed<Id> {
        let mark = self.mark();
        self.arena.set_kind(package, "package_identifier");
        self.push("package", package);
        self.expect(Token::Dot)?;
        let name = self.identifier("type_identifier")?;
        self.push("name", name);
        Ok(self.node_to_here("qualified_type", mark, start))
    }

    fn type_arguments(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.expect(Token::Open(b'['))?;
        self.inside(|it| {
            loop {
                let element = it.type_element("type_elem")?;
                it.push(NO_FIELD, element);
                if !it.eat(Token::Comma) || it.is(Token::Close(b']')) {
                    return Ok(());
                }
            }
        })?;
        self.expect(Token::Close(b']'))?;
        Ok(self.node_to_here("type_arguments", mark, start))
    }

    /// `A | ~B`
    fn type_element(&mut self, kind: &'static str) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        loop {
            let inner_start = self.start();
            if self.eat(Token::Tilde) {
                let inner = self.mark();
                self.push_type(NO_FIELD)?;
                let negated = self.node_to_here("negated_type", inner, inner_start);
                self.push(NO_FIELD, negated);
            } else {
                self.push_type(NO_FIELD)?;
            }
            if self.ended() || !self.is(Token::Binary("|", 4)) {
                return Ok(self.node_to_here(kind, mark, start));
            }
            self.next();
        }
    }

    /// `[T any, U ~int]`
    pub(super) fn type_parameters(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.expect(Token::Open(b'['))?;
        self.inside(|it| {
            loop {
                let (inner, start) = (it.mark(), it.start());
                loop {
                    let name = it.identifier("identifier")?;
                    it.push("name", name);
                    if !it.eat(Token::Comma) {
                        break;
                    }
                }
                let constraint = it.type_element("type_constraint")?;
                it.push("type", constraint);
                let declaration = it.node_to_here("type_parameter_declaration", inner, start);
                it.push(NO_FIELD, declaration);
                if !it.eat(Token::Comma) || it.is(Token::Close(b']')) {
                    return Ok(());
                }
            }
        })?;
        self.expect(Token::Close(b']'))?;
        Ok(self.node_to_here("type_parameter_list", mark, start))
    }

    /// Parameters and results.
    pub(super) fn signature(&mut self) -> Parsed<()> {
        let parameters = self.parameters()?;
        self.push("parameters", parameters);
        if self.ended() || !self.at_type() {
            return Ok(());
        }
        let result = if self.is(Token::Open(b'(')) { self.parameters()? } else { self.ty()? };
        self.push("result", result);
        Ok(())
    }

    pub(super) fn parameters(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        self.expect(Token::Open(b'('))?;
        self.inside(Self::parameter_declarations)?;
        self.expect(Token::Close(b')'))?;
        Ok(self.node_to_here("parameter_list", mark, start))
    }

    fn parameter_declarations(&mut self) -> Parsed<()> {
        let mut read = Vec::new();
        while !self.is(Token::Close(b')')) {
            read.push(self.parameter()?);
            if !self.eat(Token::Comma) {
                break;
            }
        }
        if !read.iter().any(|it| it.name.is_some() && it.ty.is_some()) {
            return self.types_alone(read);
        }
        // Each has a name, and several may share a type.
        let mut names = Vec::new();
        for Parameter { name, variadic, ty } in read {
            names.push(name.ok_or(Unsure)?);
            let Some(ty) = ty else { continue };
            if variadic && names.len() > 1 {
                return Err(Unsure);
            }
            let (mark, start) = (self.mark(), self.start_of(names[0]));
            names.drain(..).for_each(|it| self.push("name", it));
            self.declare_parameter(mark, start, variadic, ty);
        }
        if names.is_empty() { Ok(()) } else { Err(Unsure) }
    }

    fn types_alone(&mut self, read: Vec<Parameter>) -> Parsed<()> {
        for Parameter { name, variadic, ty } in read {
            let ty = match (name, ty) {
                (Some(word), None) => {
                    self.arena.set_kind(word, "type_identifier");
                    word
                }
                (None, Some(ty)) if !variadic => ty,
                _ => return Err(Unsure),
            };
            let (mark, start) = (self.mark(), self.start_of(ty));
            self.declare_parameter(mark, start, false, ty);
        }
        Ok(())
    }

    fn declare_parameter(&mut self, mark: usize, start: usize, variadic: bool, ty: Id) {
        let end = self.arena.end(ty);
        self.push("type", ty);
        let kind = if variadic { "variadic_parameter_declaration" } else { "parameter_declaration" };
        let declaration = self.node(kind, mark, start, end);
        self.push(NO_FIELD, declaration);
    }

    fn parameter(&mut self) -> Parsed<Parameter> {
        if !self.is(Token::Word) || !self.is_name_of_parameter()? {
            // A variadic one without a name is left to the grammar.
            return Ok(Parameter { name: None, variadic: false, ty: Some(self.ty()?) });
        }
        let name = Some(self.leaf("identifier"));
        if self.is(Token::Comma) || self.is(Token::Close(b')')) {
            return Ok(Parameter { name, variadic: false, ty: None });
        }
        let variadic = self.eat(Token::Dots);
        Ok(Parameter { name, variadic, ty: Some(self.ty()?) })
    }

    /// Whether the word is by itself or before a type, rather than a part of one.
    fn is_name_of_parameter(&self) -> Parsed<bool> {
        let mut ahead = self.lexer.clone();
        ahead.next();
        match ahead.token {
            Token::Dot => Ok(false),
            Token::Open(b'[') => {
                ahead.next();
                // `a [2]T` is no `A[B]`; a constant is not told from a type.
                if matches!(ahead.token, Token::Close(b']') | Token::Int) { Ok(true) } else { Err(Unsure) }
            }
            _ => Ok(true),
        }
    }

    fn fields(&mut self) -> Parsed<()> {
        let (mark, start) = (self.mark(), self.start());
        self.expect(Token::Open(b'{'))?;
        self.with(false, true, |it| {
            while !it.is(Token::Close(b'}')) {
                let field = it.field()?;
                it.push(NO_FIELD, field);
                it.terminator(Token::Close(b'}'))?;
            }
            Ok(())
        })?;
        self.expect(Token::Close(b'}'))?;
        let list = self.node_to_here("field_declaration_list", mark, start);
        self.push(NO_FIELD, list);
        Ok(())
    }

    fn field(&mut self) -> Parsed<Id> {
        let (mark, start) = (self.mark(), self.start());
        if self.is(Token::Binary("*", 5)) {
            self.next();
            let ty = self.named_type()?;
            self.push("type", ty);
        } else {
            let name = self.identifier("field_identifier")?;
            let plain = self.ended()
                || matches!(self.token(), Token::Semicolon | Token::Close(_) | Token::Text | Token::RawText);
            if plain || self.is(Token::Dot) {
                self.arena.set_kind(name, "type_identifier");
                let ty = if plain { name } else { self.qualified(name, start)? };
                if !plain && self.is(Token::Open(b'[')) && !self.ended() {
                    return Err(Unsure);
                }
                self.push("type", ty);
            } else {
                self.push("name", name);
                while self.eat(Token::Comma) {
                    let name = self.identifier("field_identifier")?;
                    self.push("name", name);
                }
                if self.is(Token::Open(b'[')) {
                    let mut ahead = self.lexer.clone();
                    ahead.next();
                    // An array may be the type arguments of an embedded type.
                    if !matches!(ahead.token, Token::Close(_) | Token::Int) {
                        return Err(Unsure);
                    }
                }
                self.push_type("type")?;
            }
        }
        if !self.ended() && matches!(self.token(), Token::Text | Token::RawText) {
            let tag = self.string();
            self.push("tag", tag);
        }
        Ok(self.node_to_here("field_declaration", mark, start))
    }

    fn members(&mut self) -> Parsed<()> {
        self.expect(Token::Open(b'{'))?;
        self.with(false, true, |it| {
            while !it.is(Token::Close(b'}')) {
                let mut ahead = it.lexer.clone();
                ahead.next();
                let member = if it.is(Token::Word) && ahead.token == Token::Open(b'(') {
                    let (mark, start) = (it.mark(), it.start());
                    let name = it.leaf("field_identifier");
                    it.push("name", name);
                    it.signature()?;
                    it.node_to_here("method_elem", mark, start)
                } else {
                    it.type_element("type_elem")?
                };
                it.push(NO_FIELD, member);
                it.terminator(Token::Close(b'}'))?;
            }
            Ok(())
        })?;
        self.expect(Token::Close(b'}'))
    }
}
