//! Macros of the standard library and of well-known crates.

mod assertion;
mod futures;
mod text;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Macro, Token};

use super::call::Made;
use super::{Lowerer, Value, Want, seen};
use crate::ir::{Action, Call, Callee, Kind, Operand, Origin, Storage};
use crate::lang::rust::ty::{Ty, name};
use crate::lang::rust::{cfg, choice};
use text::concatenated;

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
            "ready" => match arguments(mac).first() {
                Some(polled) => self.ready_macro(mac, polled, want),
                None => Value::plain(),
            },
            "dbg" | "pin" | "addr_of" | "addr_of_mut" | "black_box" => match arguments(mac).first() {
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
            "cfg_if" | "cfg_select" => match choice::expression(mac) {
                Some(expr) => self.value_for(&expr, want),
                None => Value::unknown(),
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

    /// What a future gave, or a way out where it is not done.
    fn ready_macro(&mut self, mac: &Macro, polled: &Expr, want: Want) -> Value {
        let span = mac.path.span();
        let whole: Expr = syn::parse_quote_spanned! { span =>
            match #polled {
                ::std::task::Poll::Ready(value) => value,
                ::std::task::Poll::Pending => return ::std::task::Poll::Pending,
            }
        };
        self.value_for(&whole, want)
    }

    /// `defer! { … }` of scopeguard: a guard of which the body runs when the scope ends.
    fn defer_macro(&mut self, mac: &Macro) {
        let Ok(block) = syn::parse2::<syn::Block>(braced(mac.tokens.clone())) else { return };
        let span = self.mac_origin(mac).span();
        let id = self.nested(span, Kind::Closure);
        self.block_into(&block, Want::Nothing);
        self.end_nested(span);
        let place = self.temporary(Ty::Unknown);
        self.assign(place, Operand::Closure(id), Origin::Implied(span));
        let ty = Ty::named("scopeguard::ScopeGuard");
        let guard = self.place("_guard", Storage::Local, ty.clone());
        let call = Call {
            callee: Callee::Path("scopeguard::guard".into()),
            receiver: None,
            args: vec![Operand::Unknown, Operand::Place(place)],
            results: vec![Some(guard)],
            name: self.path_span(&mac.path),
            unwind: None,
        };
        self.build().step(Action::Call(call), Origin::Implied(span));
        self.drop_at_end(guard, &ty, span);
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
