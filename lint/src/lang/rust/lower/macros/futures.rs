//! Macros that wait for several futures.

use proc_macro2::TokenTree;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Macro, Pat, Token};

use super::arguments;
use crate::ir::Operand;
use crate::lang::rust::lower::branch::either;
use crate::lang::rust::lower::{Lowerer, Value, Want};
use crate::lang::rust::ty::Ty;

impl Lowerer<'_> {
    pub(super) fn select_macro(&mut self, mac: &Macro, want: Want) -> Value {
        let Ok(branches) = select_branches.parse2(mac.tokens.clone()) else { return self.unknown_macro(mac, want) };
        let origin = self.mac_origin(mac);
        let mut futures = Vec::new();
        for branch in &branches {
            let value = branch.future.as_ref().map(|it| (self.value(it), self.origin_of(it)));
            futures.push(value.map(|(value, origin)| (self.placed(value, origin), origin)));
        }
        let place = match want {
            Want::Into(place) => Some(place),
            Want::Value => Some(self.temporary(Ty::Unknown)),
            Want::Nothing => None,
        };
        let after = self.build().block();
        let ways = self.build().choice(branches.len());
        let mut ty = Ty::Plain;
        for ((branch, future), way) in branches.iter().zip(futures).zip(ways) {
            self.build().go_on_in(way);
            let scope = self.build().scope();
            self.enter_block();
            if let (Some((future, _)), Some(pattern)) = (future, &branch.pattern) {
                let output = match future.ty.peel() {
                    Ty::Future(output) => (**output).clone(),
                    _ => Ty::Unknown,
                };
                let result = self.temporary(output.clone());
                self.wait(future.operand, Some(result), origin);
                self.bind(pattern, &Operand::Move(result), &output);
            }
            match place {
                Some(place) => ty = either(ty, self.into(&branch.handler, place)),
                None => self.effect(&branch.handler),
            }
            self.leave_block();
            self.build().end_scope(scope, origin.span());
            self.build().goto(after);
        }
        self.build().go_on_in(after);
        match place {
            Some(place) => {
                if want == Want::Value {
                    self.retype(place, &ty);
                }
                Value { operand: Operand::Move(place), ty, fresh: want == Want::Value }
            }
            None => Value::plain(),
        }
    }

    pub(super) fn join_macro(&mut self, mac: &Macro, fallible: bool) -> Value {
        let futures: Vec<_> = arguments(mac).iter().map(|it| self.value(it)).collect();
        let origin = self.mac_origin(mac);
        let (mut fields, mut types) = (Vec::new(), Vec::new());
        for (at, future) in futures.into_iter().enumerate() {
            let output = match future.ty.peel() {
                Ty::Future(output) => (**output).clone(),
                _ => Ty::Unknown,
            };
            let result = self.temporary(output.clone());
            self.wait(future.operand, Some(result), origin);
            fields.push((at.to_string(), Operand::Move(result)));
            types.push(if fallible { output.inside() } else { output });
        }
        if fallible {
            return Value::of(Operand::Unknown, Ty::result(Ty::Tuple(types)));
        }
        Value::of(Operand::literal(None, fields), Ty::Tuple(types))
    }
}

/// One branch of `select!`.
struct Branch {
    pattern: Option<Pat>,
    future: Option<Expr>,
    handler: Expr,
}

fn select_branches(input: ParseStream<'_>) -> syn::Result<Vec<Branch>> {
    let mut branches = Vec::new();
    if input.peek(syn::Ident) && input.peek2(Token![;]) {
        input.parse::<syn::Ident>()?;
        input.parse::<Token![;]>()?;
    }
    while !input.is_empty() {
        let alone = input.peek(Token![else]) || input.peek(Token![default]) || input.peek(syn::Ident);
        let (pattern, future) = if alone && input.peek2(Token![=>]) {
            input.parse::<TokenTree>()?;
            (None, None)
        } else {
            let pattern = Pat::parse_multi_with_leading_vert(input)?;
            input.parse::<Token![=]>()?;
            let future: Expr = input.parse()?;
            if input.peek(Token![,]) && input.peek2(Token![if]) {
                input.parse::<Token![,]>()?;
                input.parse::<Token![if]>()?;
                input.parse::<Expr>()?;
            }
            (Some(pattern), Some(future))
        };
        input.parse::<Token![=>]>()?;
        let handler = Expr::parse_with_earlier_boundary_rule(input)?;
        input.parse::<Option<Token![,]>>()?;
        branches.push(Branch { pattern, future, handler });
    }
    Ok(branches)
}
