//! Macros that make or show texts.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Expr, Macro};

use super::arguments;
use crate::ir::Operand;
use crate::lang::rust::format;
use crate::lang::rust::lower::{Lowerer, Value, Want};
use crate::lang::rust::ty::{Ty, name};

impl Lowerer<'_> {
    pub(super) fn format_macro(&mut self, mac: &Macro, want: Want) -> Value {
        let given = arguments(mac);
        let mut args = Vec::new();
        let text = match given.first() {
            Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(it), .. })) => Some(it.value()),
            _ => None,
        };
        let (mut unnamed, mut named) = (Vec::new(), Vec::new());
        for it in given.iter().skip(1) {
            match it {
                Expr::Assign(it) => {
                    if let Expr::Path(path) = &*it.left
                        && let Some(ident) = path.path.get_ident()
                    {
                        let value = self.borrow(&it.right).operand;
                        named.push((name(ident), value));
                    }
                }
                it => unnamed.push(self.borrow(it).operand),
            }
        }
        match text {
            Some(text) => {
                let pieces = format::placeholders(&text);
                args.push(Operand::Text(text));
                let mut next = 0;
                for piece in pieces {
                    let operand = match piece {
                        format::Placeholder::Next => {
                            next += 1;
                            unnamed.get(next - 1).cloned()
                        }
                        format::Placeholder::At(at) => unnamed.get(at).cloned(),
                        format::Placeholder::Named(wanted) => match named.iter().find(|it| it.0 == wanted) {
                            Some((_, operand)) => Some(operand.clone()),
                            None => self.format_name(&wanted),
                        },
                    };
                    args.push(operand.unwrap_or(Operand::Unknown));
                }
            }
            None => args.push(Operand::Unknown),
        }
        self.call_macro(mac, "std::format!", args, Ty::named("std::string::String"), want)
    }

    /// The variables that stand in the tokens, or in the braces of a text there.
    pub(super) fn note_shown(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(it) => self.note_shown(it.stream()),
                TokenTree::Ident(it) => self.note_shown_by_name(&name(&it)),
                TokenTree::Literal(it) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&it.to_string()) {
                        for piece in format::placeholders(&text.value()) {
                            if let format::Placeholder::Named(wanted) = piece {
                                self.note_shown_by_name(&wanted);
                            }
                        }
                    }
                }
                TokenTree::Punct(_) => (),
            }
        }
    }

    pub(super) fn show(&mut self, expr: &Expr) {
        if let Operand::Place(place) | Operand::Move(place) = self.borrow(expr).operand {
            self.build().function.variables[place.0 as usize].shown = true;
        }
    }

    /// `{name}` in a format: a variable or a constant.
    fn format_name(&mut self, name: &str) -> Option<Operand> {
        if let Some(place) = self.variable(name) {
            return Some(Operand::Place(place));
        }
        let expr = syn::parse_str::<Expr>(name).ok()?;
        Some(self.borrow(&expr).operand)
    }

    fn note_shown_by_name(&mut self, name: &str) {
        for body in self.bodies.iter_mut().rev() {
            if let Some(place) = body.names.iter().rev().find_map(|it| it.get(name)) {
                body.builder.function.variables[place.0 as usize].shown = true;
                return;
            }
            if !body.builder.function.is_nested() {
                return;
            }
        }
    }
}

/// `concat!("/proc", "/net")`, if all of it is texts.
pub(super) fn concatenated(mac: &Macro) -> Value {
    let piece = |it: &Expr| match it {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(it), .. }) => Some(it.value()),
        _ => None,
    };
    match arguments(mac).iter().map(piece).collect() {
        Some(text) => Value::of(Operand::Text(text), Ty::Reference(Box::new(Ty::named("str")))),
        None => Value::plain(),
    }
}
