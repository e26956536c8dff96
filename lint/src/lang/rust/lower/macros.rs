//! Macros of the standard library and of well-known crates.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Macro, Pat, Token};

use super::branch::either;
use super::call::Made;
use super::{Lowerer, Value, Want, seen};
use crate::ir::{Action, Call, Callee, End, Kind, Operand, Origin};
use crate::lang::rust::ty::{Ty, name};
use crate::lang::rust::{cfg, format};

impl Lowerer<'_> {
    pub(super) fn macro_call(&mut self, mac: &Macro, want: Want) -> Value {
        if let Some(value) = self.expanded(mac, want) {
            return value;
        }
        let Some(last) = mac.path.segments.last() else { return Value::unknown() };
        self.note_shown(mac.tokens.clone());
        match name(&last.ident).as_str() {
            "format" | "format_args" => self.format_macro(mac, want),
            "println" | "print" | "eprintln" | "eprint" | "write" | "writeln" | "trace" | "debug" | "info" | "warn"
            | "error" | "log" | "event" | "trace_span" | "debug_span" | "info_span" | "warn_span" | "error_span" => {
                self.evaluate_args(mac);
                Value::plain()
            }
            "dbg" | "pin" | "ready" | "addr_of" | "addr_of_mut" | "black_box" => match arguments(mac).first() {
                Some(it) => self.value_for(it, want),
                None => Value::plain(),
            },
            "vec" | "array" | "smallvec" => self.vec_macro(mac),
            "assert" | "debug_assert" => self.assert_macro(mac),
            "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => self.assert_eq_macro(mac),
            "panic" | "unreachable" | "todo" | "unimplemented" => {
                self.evaluate_args(mac);
                self.panic(mac);
                Value::plain()
            }
            "matches" => {
                let expr = Expr::Macro(syn::ExprMacro { attrs: Vec::new(), mac: mac.clone() });
                self.condition_value(&expr, want)
            }
            "bail" => {
                self.evaluate_args(mac);
                let span = self.mac_origin(mac).span();
                self.fail(span);
                Value::plain()
            }
            "ensure" => {
                self.ensure_macro(mac);
                Value::plain()
            }
            "anyhow" | "eyre" | "format_err" => {
                self.evaluate_args(mac);
                Value::of(Operand::Bad, Ty::Plain)
            }
            "select" | "select_biased" => self.select_macro(mac, want),
            "join" => self.join_macro(mac, false),
            "try_join" => self.join_macro(mac, true),
            "concat" => concatenated(mac),
            "stringify" | "env" | "option_env" | "include_str" | "include_bytes" | "line" | "file" | "column"
            | "module_path" => Value::plain(),
            "cfg" => match cfg::of_macro(mac.tokens.clone(), self.chosen) {
                Some(holds) => Value::of(Operand::Bool(holds), Ty::Plain),
                None => Value::plain(),
            },
            "thread_local" | "lazy_static" => Value::plain(),
            "defer" => {
                self.defer_macro(mac);
                Value::plain()
            }
            _ => self.unknown_macro(mac, want),
        }
    }

    /// The arguments, run for what they do.
    fn evaluate_args(&mut self, mac: &Macro) {
        for it in arguments(mac) {
            match &it {
                // `name = value`
                Expr::Assign(it) if matches!(&*it.left, Expr::Path(_)) => self.show(&it.right),
                it => self.show(it),
            };
        }
    }

    fn show(&mut self, expr: &Expr) {
        if let Operand::Place(place) | Operand::Move(place) = self.borrow(expr).operand {
            self.build().function.variables[place.0 as usize].shown = true;
        }
    }

    /// The variables that stand in the tokens, or in the braces of a text there.
    fn note_shown(&mut self, tokens: TokenStream) {
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

    fn format_macro(&mut self, mac: &Macro, want: Want) -> Value {
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

    /// `{name}` in a format: a variable or a constant.
    fn format_name(&mut self, name: &str) -> Option<Operand> {
        if let Some(place) = self.variable(name) {
            return Some(Operand::Place(place));
        }
        let expr = syn::parse_str::<Expr>(name).ok()?;
        Some(self.borrow(&expr).operand)
    }

    fn call_macro(&mut self, mac: &Macro, path: &str, args: Vec<Operand>, ty: Ty, want: Want) -> Value {
        let origin = match self.mac_origin(mac) {
            Origin::Expanded(span) if self.expanding.is_empty() => Origin::Written(span),
            other => other,
        };
        let name = self.path_span(&mac.path);
        self.make(Made { callee: Callee::Path(path.into()), receiver: None, args, name, origin }, ty, want)
    }

    fn vec_macro(&mut self, mac: &Macro) -> Value {
        let repeat = |input: ParseStream<'_>| {
            let item: Expr = input.parse()?;
            input.parse::<Token![;]>()?;
            let length: Expr = input.parse()?;
            Ok((item, length))
        };
        let (operands, types) = match mac.parse_body_with(repeat) {
            Ok((item, length)) => {
                let value = self.operands(std::iter::once(&item));
                self.borrow(&length);
                value
            }
            Err(_) => self.operands(arguments(mac).iter()),
        };
        let element = types.into_iter().next().unwrap_or_default();
        let ty = Ty::Named { path: "std::vec::Vec".into(), args: vec![element] };
        Value::of(Operand::List(operands), ty)
    }

    fn assert_macro(&mut self, mac: &Macro) -> Value {
        let given = arguments(mac);
        if let Some(condition) = given.first() {
            let no = self.build().block();
            let outer = self.build().scope();
            self.condition(condition, no, outer);
            self.otherwise_panic(mac, no);
        }
        Value::plain()
    }

    fn assert_eq_macro(&mut self, mac: &Macro) -> Value {
        let given = arguments(mac);
        for it in given.iter().take(2) {
            self.borrow(it);
        }
        let test = self.opaque_test(&mac.tokens);
        let negated = mac.path.segments.last().is_some_and(|it| it.ident.to_string().ends_with("ne"));
        let (yes, no) = self.build().branch(test);
        let _ = negated;
        self.build().go_on_in(yes);
        self.otherwise_panic(mac, no);
        Value::plain()
    }

    fn otherwise_panic(&mut self, mac: &Macro, no: crate::ir::BlockId) {
        let here = self.build().here();
        self.build().go_on_in(no);
        self.panic(mac);
        self.build().go_on_in(here);
    }

    fn panic(&mut self, mac: &Macro) {
        self.call_macro(mac, "std::panic!", Vec::new(), Ty::Plain, Want::Nothing);
        self.build().end(End::Stop);
    }

    fn ensure_macro(&mut self, mac: &Macro) {
        let given = arguments(mac);
        let Some(condition) = given.first() else { return };
        let span = self.mac_origin(mac).span();
        let no = self.build().block();
        let outer = self.build().scope();
        self.condition(condition, no, outer);
        let here = self.build().here();
        self.build().go_on_in(no);
        self.fail(span);
        self.build().go_on_in(here);
    }

    fn select_macro(&mut self, mac: &Macro, want: Want) -> Value {
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
                self.build().step(Action::Await { future: future.operand, result: Some(result) }, origin);
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

    fn join_macro(&mut self, mac: &Macro, fallible: bool) -> Value {
        let futures: Vec<_> = arguments(mac).iter().map(|it| self.value(it)).collect();
        let origin = self.mac_origin(mac);
        let (mut fields, mut types) = (Vec::new(), Vec::new());
        for (at, future) in futures.into_iter().enumerate() {
            let output = match future.ty.peel() {
                Ty::Future(output) => (**output).clone(),
                _ => Ty::Unknown,
            };
            let result = self.temporary(output.clone());
            self.build().step(Action::Await { future: future.operand, result: Some(result) }, origin);
            fields.push((at.to_string(), Operand::Move(result)));
            types.push(if fallible { output.inside() } else { output });
        }
        if fallible {
            return Value::of(Operand::Unknown, Ty::result(Ty::Tuple(types)));
        }
        Value::of(Operand::Struct { ty: None, fields }, Ty::Tuple(types))
    }

    /// `defer! { … }` of scopeguard: the body runs when the scope ends.
    fn defer_macro(&mut self, mac: &Macro) {
        let Ok(block) = syn::parse2::<syn::Block>(braced(mac.tokens.clone())) else { return };
        let span = self.mac_origin(mac).span();
        let id = self.nested(span, Kind::Closure);
        self.block_into(&block, Want::Nothing);
        self.end_nested(span);
        let place = self.temporary(Ty::Unknown);
        self.assign(place, Operand::Closure(id), Origin::Implied(span));
        let call = Call {
            callee: Callee::Value(Operand::Place(place)),
            receiver: None,
            args: Vec::new(),
            results: vec![None],
            name: self.path_span(&mac.path),
            unwind: None,
        };
        self.build().on_exit(Action::Call(call), span);
    }

    /// What its arguments do happens; what the macro does is not known.
    fn unknown_macro(&mut self, mac: &Macro, want: Want) -> Value {
        let path = format!("{}!", self.macro_path(&mac.path));
        let args: Vec<_> = arguments(mac).iter().map(|it| seen(&self.borrow(it).operand)).collect();
        let name = self.path_span(&mac.path);
        let origin = self.mac_origin(mac);
        self.make(Made { callee: Callee::Path(path), receiver: None, args, name, origin }, Ty::Unknown, want)
    }
}

/// `concat!("/proc", "/net")`, if all of it is texts.
fn concatenated(mac: &Macro) -> Value {
    let piece = |it: &Expr| match it {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(it), .. }) => Some(it.value()),
        _ => None,
    };
    match arguments(mac).iter().map(piece).collect() {
        Some(text) => Value::of(Operand::Text(text), Ty::Reference(Box::new(Ty::named("str")))),
        None => Value::plain(),
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

/// The arguments of a macro that takes expressions; what is none is left out.
pub(super) fn arguments(mac: &Macro) -> Vec<Expr> {
    if let Ok(all) = mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
        return all.into_iter().collect();
    }
    if let Ok(block) = syn::parse2::<syn::Block>(braced(mac.tokens.clone())) {
        return vec![Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block })];
    }
    let mut found = Vec::new();
    let mut piece: Vec<TokenTree> = Vec::new();
    for token in mac.tokens.clone() {
        if matches!(&token, TokenTree::Punct(it) if matches!(it.as_char(), ',' | ';')) {
            found.extend(lenient(std::mem::take(&mut piece)));
        } else {
            piece.push(token);
        }
    }
    found.extend(lenient(piece));
    found
}

/// An argument of a logging macro: `target: x`, `name = %value`, `?value`.
fn lenient(tokens: Vec<TokenTree>) -> Option<Expr> {
    (0..tokens.len().min(4)).find_map(|skip| {
        let rest: TokenStream = tokens[skip..].iter().cloned().collect();
        syn::parse2::<Expr>(rest).ok()
    })
}

fn braced(tokens: TokenStream) -> TokenStream {
    TokenTree::Group(proc_macro2::Group::new(proc_macro2::Delimiter::Brace, tokens)).into()
}
