//! Calls of macros that the tree defines.

use std::rc::Rc;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{Block, Expr, Macro};

use super::{Lowerer, Value, Want};
use crate::ir::Place;
use crate::lang::rust::macro_rules::Rules;
use crate::lang::rust::ty::name;

/// How deep expansions may be nested.
const NESTED: usize = 24;

impl Lowerer<'_> {
    /// The value of a call of a macro of the tree; `None` if it is none.
    pub(super) fn expanded(&mut self, mac: &Macro, want: Want) -> Option<Value> {
        let written = self.expansion(mac)?;
        let expr = syn::parse2::<Expr>(written.clone());
        let block = if expr.is_err() { syn::parse2::<Block>(braced(written)).ok() } else { None };
        self.within(mac, |lowerer| match (expr, block) {
            (Ok(expr), _) => Some(lowerer.value_for(&expr, want)),
            (Err(_), Some(block)) => Some(lowerer.block_into(&block, want)),
            (Err(_), None) => None,
        })
    }

    /// The same where a statement stands: what the macro declares with a name
    /// of the caller's is seen in the rest of the block. Says whether it was one.
    pub(super) fn expanded_statements(&mut self, mac: &Macro) -> bool {
        let Some(written) = self.expansion(mac) else { return false };
        let Ok(block) = syn::parse2::<Block>(braced(written)) else { return false };
        self.within(mac, |lowerer| block.stmts.iter().for_each(|it| lowerer.statement(it)));
        true
    }

    fn within<T>(&mut self, mac: &Macro, run: impl FnOnce(&mut Self) -> T) -> T {
        let call = self.mac_origin(mac).span();
        self.expanding.push(call);
        self.expansions += 1;
        self.marks.push(self.expansions);
        let result = run(self);
        self.marks.pop();
        self.expanding.pop();
        result
    }

    fn expansion(&mut self, mac: &Macro) -> Option<TokenStream> {
        let last = mac.path.segments.last()?;
        if self.expanding.len() >= NESTED || self.expansions >= 4_000 {
            return None;
        }
        let krate = self.scope.module.split("::").next().unwrap_or("").to_owned();
        let known = self.index.rules(&name(&last.ident), &krate)?;
        let (of, text) = (known.krate.clone(), &known.rules);
        let rules = match self.rules.get(text.as_str()) {
            Some(rules) => rules.clone(),
            None => {
                let rules = Rules::read(text).map(Rc::new);
                self.rules.insert(text.clone(), rules.clone());
                rules
            }
        };
        rules?.expand(mac.tokens.clone(), (of != krate).then_some(of.as_str()))
    }

    /// The name under which a variable is kept: one that a macro declares is
    /// not what the caller means by the same name.
    pub(super) fn key(&self, ident: &syn::Ident) -> String {
        match self.marks.last() {
            Some(mark) if ident.span().byte_range().is_empty() => format!("{}#{mark}", name(ident)),
            _ => name(ident),
        }
    }

    /// The variable that an identifier means.
    pub(super) fn variable_of(&mut self, ident: &syn::Ident) -> Option<Place> {
        let plain = name(ident);
        if ident.span().byte_range().is_empty() {
            let marks = self.marks.clone();
            if let Some(place) = marks.iter().rev().find_map(|mark| self.variable(&format!("{plain}#{mark}"))) {
                return Some(place);
            }
        }
        self.variable(&plain)
    }
}

fn braced(tokens: TokenStream) -> TokenStream {
    TokenTree::Group(Group::new(Delimiter::Brace, tokens)).into()
}
