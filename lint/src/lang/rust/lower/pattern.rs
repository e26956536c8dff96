//! What patterns ask.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Lit, Pat};

use super::{Lowerer, Value, seen};
use crate::ir::{BlockId, Operand, Place, Test};
use crate::lang::rust::ty::{Ty, names};

/// What the outermost part of a pattern asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing.
    Any,
    Good,
    Bad,
    Yes,
    No,
    Zero,
    MinusOne,
    Other,
}

impl Class {
    /// Whether it asks nothing but which of both a truth value is.
    pub(super) fn is_of_bool(self) -> bool {
        matches!(self, Class::Yes | Class::No | Class::Any)
    }

    /// Whether a value that this one refused may fit the other.
    pub(super) fn may_follow(self, other: &Class) -> bool {
        !matches!(
            (self, other),
            (Class::Good, Class::Bad) | (Class::Bad, Class::Good) | (Class::Yes, Class::No) | (Class::No, Class::Yes)
        )
    }
}

impl Lowerer<'_> {
    pub(super) fn class(&self, pattern: &Pat) -> Class {
        match pattern {
            Pat::Wild(_) | Pat::Rest(_) => Class::Any,
            Pat::Ident(it) => match &it.subpat {
                Some((_, inner)) => self.class(inner),
                None if it.ident == "None" => Class::Bad,
                None if starts_upper(&it.ident) => Class::Other,
                None => Class::Any,
            },
            Pat::Guard(it) => self.class(&it.pat),
            Pat::Paren(it) => self.class(&it.pat),
            Pat::Reference(it) => self.class(&it.pat),
            Pat::Type(it) => self.class(&it.pat),
            Pat::TupleStruct(it) => self.path_class(&it.path),
            Pat::Path(it) => self.path_class(&it.path),
            Pat::Or(it) => {
                let mut classes = it.cases.iter().map(|it| self.class(it));
                let first = classes.next().unwrap_or(Class::Other);
                // The inner patterns of alternatives are not followed: `Other` asks for all of it.
                let plain =
                    it.cases.iter().all(|it| !matches!(it, Pat::TupleStruct(it) if !it.elems.iter().all(is_free)));
                if plain && classes.all(|it| it == first) { first } else { Class::Other }
            }
            Pat::Lit(it) => match &it.lit {
                Lit::Bool(it) => {
                    if it.value {
                        Class::Yes
                    } else {
                        Class::No
                    }
                }
                Lit::Int(it) if it.base10_digits() == "0" => Class::Zero,
                Lit::Int(it) if it.base10_digits() == "-1" => Class::MinusOne,
                _ => Class::Other,
            },
            Pat::Tuple(it) if it.elems.iter().all(|it| self.class(it) == Class::Any) => Class::Any,
            Pat::Struct(_) if self.is_certain(pattern) => Class::Any,
            Pat::Verbatim(it) if it.to_string().replace(' ', "") == "-1" => Class::MinusOne,
            _ => Class::Other,
        }
    }

    pub(super) fn path_class(&self, path: &syn::Path) -> Class {
        match self.index.path(&self.scope, &names(path)).as_str() {
            "std::result::Result::Ok" | "std::option::Option::Some" => Class::Good,
            "std::result::Result::Err" | "std::option::Option::None" => Class::Bad,
            _ => Class::Other,
        }
    }

    /// Whether the pattern fits every value of its type.
    pub(super) fn is_certain(&self, pattern: &Pat) -> bool {
        match pattern {
            Pat::Struct(it) => self.is_struct(&it.path) && it.fields.iter().all(|it| self.is_certain(&it.pat)),
            Pat::TupleStruct(it) => self.is_struct(&it.path) && it.elems.iter().all(|it| self.is_certain(it)),
            Pat::Tuple(it) => it.elems.iter().all(|it| self.is_certain(it)),
            Pat::Paren(it) => self.is_certain(&it.pat),
            Pat::Reference(it) => self.is_certain(&it.pat),
            Pat::Type(it) => self.is_certain(&it.pat),
            other => self.class(other) == Class::Any,
        }
    }

    fn is_struct(&self, path: &syn::Path) -> bool {
        let path = self.index.path(&self.scope, &names(path));
        self.index.is_own(&path) && self.index.variant_of(&path).is_none()
    }

    /// Goes on where the pattern fits; where it does not, what was registered
    /// since `outer` acts and control goes to `no`.
    pub(super) fn matches(
        &mut self,
        pattern: &Pat,
        operand: &Operand,
        ty: &Ty,
        key: &TokenStream,
        no: BlockId,
        outer: usize,
    ) {
        if self.depth >= super::DEPTH {
            return;
        }
        self.depth += 1;
        let value = Value::of(operand.clone(), ty.clone());
        match pattern {
            Pat::Paren(it) => self.matches(&it.pat, operand, ty, key, no, outer),
            Pat::Reference(it) => self.matches(&it.pat, operand, ty, key, no, outer),
            Pat::Type(it) => self.matches(&it.pat, operand, ty, key, no, outer),
            Pat::Ident(it) if it.subpat.is_some() => {
                if let Some((_, inner)) = &it.subpat {
                    self.matches(inner, operand, ty, key, no, outer);
                }
            }
            _ => match self.class(pattern) {
                Class::Any => (),
                Class::Good => {
                    self.require(Test::Good(seen(operand)), false, no, outer, pattern);
                    if let Pat::TupleStruct(it) = pattern
                        && let Some(inner) = it.elems.first()
                    {
                        self.matches(inner, &self.inside(&seen(operand), ty), &ty.inside(), key, no, outer);
                    }
                }
                Class::Bad => self.require(Test::Good(seen(operand)), true, no, outer, pattern),
                Class::Yes => self.require(Test::True(seen(operand)), false, no, outer, pattern),
                Class::No => self.require(Test::True(seen(operand)), true, no, outer, pattern),
                Class::Zero => self.require(Test::Zero(seen(operand)), false, no, outer, pattern),
                Class::MinusOne => self.require(Test::Zero(seen(operand)), true, no, outer, pattern),
                Class::Other if self.is_certain(pattern) => (),
                Class::Other => self.matches_inside(pattern, &value, key, no, outer),
            },
        }
        self.depth -= 1;
    }

    /// The same for a pattern whose outermost part is nothing in particular.
    pub(super) fn matches_inside(
        &mut self,
        pattern: &Pat,
        value: &Value,
        key: &TokenStream,
        no: BlockId,
        outer: usize,
    ) {
        match pattern {
            Pat::Tuple(it) => {
                for (at, inner) in it.elems.iter().enumerate() {
                    let part = part(&value.operand, &at.to_string());
                    let ty = self.index.field(&value.ty, None, &at.to_string());
                    self.matches(inner, &part, &ty, key, no, outer);
                }
            }
            Pat::Lit(it) => match &it.lit {
                Lit::Str(text) => {
                    let test = Test::Equal(seen(&value.operand), Operand::Text(text.value()));
                    self.require(test, false, no, outer, pattern);
                }
                Lit::Int(number) => {
                    let number = number.base10_parse().map_or(Operand::Unknown, Operand::Int);
                    self.require(Test::Equal(seen(&value.operand), number), false, no, outer, pattern);
                }
                _ => self.require_opaque(value, key, no, outer, pattern),
            },
            Pat::Path(it) => {
                let path = self.index.path(&self.scope, &names(&it.path));
                self.require(Test::Equal(seen(&value.operand), Operand::Path(path)), false, no, outer, pattern);
            }
            _ => self.require_opaque(value, key, no, outer, pattern),
        }
    }

    fn require_opaque(&mut self, value: &Value, key: &TokenStream, no: BlockId, outer: usize, pattern: &Pat) {
        let mut test = self.opaque_test(key);
        if let Test::Opaque { mentions, .. } = &mut test
            && let Operand::Place(place) | Operand::Move(place) = value.operand
            && !mentions.contains(&place)
        {
            mentions.push(place);
        }
        self.require(test, false, no, outer, pattern);
    }

    fn require(&mut self, test: Test, negated: bool, no: BlockId, outer: usize, pattern: &Pat) {
        let span = self.spanned(pattern);
        let (yes, fails) = self.build().branch(test);
        let (yes, fails) = if negated { (fails, yes) } else { (yes, fails) };
        self.build().go_on_in(fails);
        self.build().clean_up(outer, span);
        self.build().goto(no);
        self.build().go_on_in(yes);
    }

    /// A test that only agrees with itself.
    pub(super) fn opaque_test(&mut self, tokens: &TokenStream) -> Test {
        let mut mentions = Vec::new();
        self.mentioned(tokens.clone(), &mut mentions);
        Test::Opaque { key: tokens.to_string(), mentions, value: Operand::Unknown }
    }

    fn mentioned(&mut self, tokens: TokenStream, found: &mut Vec<Place>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if let Some(place) = self.variable_of(&ident)
                        && !found.contains(&place)
                    {
                        found.push(place);
                    }
                }
                TokenTree::Group(it) => self.mentioned(it.stream(), found),
                _ => (),
            }
        }
    }

    /// What a good value of this type holds.
    pub(super) fn inside(&self, operand: &Operand, ty: &Ty) -> Operand {
        if self.is_single(&ty.inside()) { operand.clone() } else { part(operand, "?") }
    }

    /// `matches!(value, pattern)`: goes on where it fits. Says whether it could be read.
    pub(super) fn matches_macro(&mut self, mac: &syn::Macro, no: BlockId) -> bool {
        let parser = |input: syn::parse::ParseStream<'_>| {
            let value: Expr = input.parse()?;
            input.parse::<syn::Token![,]>()?;
            let pattern = Pat::parse_multi_with_leading_vert(input)?;
            let guard: Option<Expr> =
                if input.parse::<Option<syn::Token![if]>>()?.is_some() { Some(input.parse()?) } else { None };
            input.parse::<Option<syn::Token![,]>>()?;
            Ok((value, pattern, guard))
        };
        let Ok((value, pattern, guard)) = mac.parse_body_with(parser) else { return false };
        let outer = self.build().scope();
        let origin = self.origin_of(&value);
        let value = self.borrow(&value);
        let value = self.placed(value, origin);
        self.enter_block();
        self.matches(&pattern, &value.operand, &value.ty, &mac.to_token_stream(), no, outer);
        if let Some(guard) = guard {
            self.bind(&pattern, &seen(&value.operand), &value.ty);
            self.condition(&guard, no, outer);
        }
        self.leave_block();
        true
    }
}

/// A part of a value; what is not in a place cannot be taken apart.
pub(super) fn part(operand: &Operand, field: &str) -> Operand {
    match operand {
        Operand::Struct(it) => it.fields.iter().find(|it| it.0 == field).map_or(Operand::Unknown, |it| it.1.clone()),
        Operand::Place(_) | Operand::Move(_) | Operand::Field(..) => {
            Operand::Field(Box::new(operand.clone()), field.into())
        }
        _ => Operand::Unknown,
    }
}

pub(super) fn starts_upper(ident: &syn::Ident) -> bool {
    ident.to_string().starts_with(char::is_uppercase)
}

fn is_free(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Wild(_) | Pat::Rest(_))
        || matches!(pattern, Pat::Ident(it) if it.subpat.is_none() && !starts_upper(&it.ident))
}
