//! Items: functions, methods, statics, modules.

use proc_macro2::Span as Token;
use syn::spanned::Spanned;
use syn::{Attribute, Block, Expr, FnArg, Item, Signature, Visibility};

use super::{Lowerer, Want};
use crate::ir::{Kind, Operand, Origin, Root, Storage};
use crate::lang::rust::cfg;
use crate::lang::rust::declare::{self, attributes, is_public};
use crate::lang::rust::index::{Scope, impl_path};
use crate::lang::rust::statics;
use crate::lang::rust::ty::{self, Bounds, Ty, bounds, name, names, written};

impl Lowerer<'_> {
    pub(super) fn items(&mut self, items: &[Item]) {
        for item in items {
            self.item(item);
        }
    }

    pub(super) fn item(&mut self, item: &Item) {
        let cfg = cfg::read(attributes(item), self.chosen);
        if cfg.absent {
            let all = item.span();
            self.absent.push(self.span(all, all));
            return;
        }
        let test = self.test;
        self.test |= cfg.test;
        match item {
            Item::Fn(it) => {
                let path = format!("{}::{}", self.scope.module, name(&it.sig.ident));
                let short = name(&it.sig.ident);
                self.function(Written::new(&it.attrs, &it.vis, &it.sig, &it.block, item), path, short, None);
            }
            Item::Struct(it) => self.structure(it),
            Item::Impl(it) => self.implementation(it),
            Item::Trait(it) => self.trait_(it),
            Item::Mod(it) => {
                if let Some((_, items)) = &it.content {
                    let module = format!("{}::{}", self.scope.module, name(&it.ident));
                    let outer = std::mem::replace(&mut self.scope, Scope { module, ..Scope::default() });
                    self.items(items);
                    self.scope = outer;
                }
            }
            Item::Static(it) if !self.is_left_out(it.static_token.span) => {
                self.initialiser(&it.ident, &it.ty, &it.expr, None);
            }
            Item::Const(it) if it.ident != "_" && !self.is_left_out(it.const_token.span) => {
                self.initialiser(&it.ident, &it.ty, &it.expr, None);
            }
            Item::Macro(it) if it.ident.is_none() && !(self.wanted.only_bodies && self.bodies.is_empty()) => {
                for it in statics::in_macro(&it.mac) {
                    self.initialiser(&it.ident, &it.ty, &it.init, Some(it.wrapper));
                }
            }
            _ => (),
        }
        self.test = test;
    }

    fn is_left_out(&self, keyword: Token) -> bool {
        let at = keyword.byte_range();
        !at.is_empty() && (self.wanted.left_out)(at.start + self.base)
    }

    fn implementation(&mut self, it: &syn::ItemImpl) {
        if it.modifiers.polarity.is_some() {
            return self.refusal(it);
        }
        let outer = self.scope.clone();
        let bounds = bounds(&it.generics, &Bounds::new());
        let ty = self.index.ty(&written(&it.self_ty, &bounds), &self.scope);
        let of = it.trait_.as_ref().map(|(path, _)| self.index.path(&self.scope, &names(path)));
        if let Some(path) = impl_path(&ty, of.as_deref()) {
            self.scope.of = Some(ty);
            self.scope.bounds = bounds;
            let short = path.rsplit("::").next().unwrap_or("").to_owned();
            for item in &it.items {
                if let syn::ImplItem::Fn(function) = item {
                    let mut written =
                        Written::new(&function.attrs, &function.vis, &function.sig, &function.block, function);
                    written.public |= it.trait_.is_some();
                    self.method_item(written, &path, &short);
                }
            }
        }
        self.scope = outer;
    }

    fn trait_(&mut self, it: &syn::ItemTrait) {
        let outer = self.scope.clone();
        let short = name(&it.ident);
        let path = format!("{}::{short}", self.scope.module);
        self.scope.bounds = bounds(&it.generics, &Bounds::new());
        self.scope.of = Some(Ty::Trait(path.clone()));
        for item in &it.items {
            if let syn::TraitItem::Fn(function) = item
                && let Some(block) = &function.default
            {
                self.method_item(Written::new(&function.attrs, &it.vis, &function.sig, block, function), &path, &short);
            }
        }
        self.scope = outer;
    }

    fn method_item(&mut self, written: Written<'_>, path: &str, short: &str) {
        let cfg = cfg::read(written.attributes, self.chosen);
        if cfg.absent {
            self.absent.push(self.span(written.first, written.block.brace_token.span.close()));
            return;
        }
        let test = self.test;
        self.test |= cfg.test;
        let method = name(&written.signature.ident);
        let body = format!("{}::{short}::{method}", self.scope.module);
        self.function(written, format!("{path}::{method}"), format!("{short}::{method}"), Some(body));
        self.test = test;
    }

    /// `body`: the module of the items in the body, if that is not the path.
    fn function(&mut self, it: Written<'_>, path: String, short: String, body: Option<String>) {
        if self.is_left_out(it.signature.fn_token.span) {
            return;
        }
        let outer = self.scope.clone();
        self.scope.bounds = bounds(&it.signature.generics, &outer.bounds);
        let module = body.unwrap_or_else(|| path.clone());
        if self.index.has_module(&module) {
            self.scope.module = module;
        }
        let block_on = cfg::block_on(it.attributes, &name(&it.signature.ident));
        let kind = match block_on {
            Some(multi_thread) => Kind::BlockOn { multi_thread },
            None if it.signature.asyncness.is_some() => Kind::Async,
            None => Kind::Named,
        };
        let span = self.span(it.first, it.block.brace_token.span.close());
        let is_main = self.bodies.is_empty() && path == format!("{}::main", self.home.krate) && !self.home.test;
        self.begin(path, short, span, kind);
        let root = cfg::root(it.attributes).filter(|_| block_on.is_none()).or(is_main.then_some(Root::Main));
        let function = &mut self.build().function;
        function.root = root;
        function.test |= cfg::is_test(it.attributes);
        let is_test = function.test;
        self.build().function.exported = it.public && self.home.library && !is_test;

        if !gives_nothing(&it.signature.output) {
            let result = ty::output(&it.signature.output, &self.scope.bounds);
            let result = self.index.ty(&result, &self.scope);
            self.give(result);
        }
        self.params(it.signature);
        self.run_body(it.block);
        self.finish(self.span(it.block.brace_token.span.close(), it.block.brace_token.span.close()));
        self.scope = outer;
    }

    /// The statements of the body and what they give.
    pub(super) fn run_body(&mut self, block: &Block) {
        let want = self.body().result.map_or(Want::Nothing, Want::Into);
        self.block_into(block, want);
    }

    fn params(&mut self, signature: &Signature) {
        let mut patterns = Vec::new();
        for input in &signature.inputs {
            let (text, ty) = match input {
                FnArg::Receiver(it) => {
                    let of = self.scope.of.clone().unwrap_or_default();
                    let by_reference = match &it.kind {
                        syn::ReceiverKind::Reference(..) => true,
                        syn::ReceiverKind::Typed(_, ty) => matches!(**ty, syn::Type::Reference(_)),
                        _ => false,
                    };
                    ("self".to_owned(), if by_reference { Ty::Reference(Box::new(of)) } else { of })
                }
                FnArg::Typed(it) => {
                    let ty = self.index.ty(&written(&it.ty, &self.scope.bounds), &self.scope);
                    match &*it.pat {
                        syn::Pat::Ident(it) if it.subpat.is_none() => (self.key(&it.ident), ty),
                        _ => (String::new(), ty),
                    }
                }
            };
            let place = if text.is_empty() {
                self.place("", Storage::Local, ty.clone())
            } else {
                self.declare(&text, ty.clone())
            };
            self.build().function.params.push(place);
            let span = self.span(input.span(), input.span());
            self.drop_at_end(place, &ty, span);
            if let FnArg::Typed(it) = input
                && text.is_empty()
            {
                patterns.push((&*it.pat, place, ty));
            }
        }
        for (pattern, place, ty) in patterns {
            self.bind(pattern, &Operand::Place(place), &ty);
        }
    }

    /// `static X: T = …`: the value goes to the variable of the whole program.
    fn initialiser(&mut self, ident: &syn::Ident, ty: &syn::Type, init: &Expr, wrapper: Option<&str>) {
        let short = name(ident);
        let path = format!("{}::{short}", self.scope.module);
        let ty = self.index.ty(&written(ty, &Bounds::new()), &self.scope);
        let ty = match wrapper {
            Some(it) => Ty::Named { path: it.into(), args: vec![ty] },
            None => ty,
        };
        let span = self.span(ident.span(), crate::lang::rust::extent::last(init));
        self.begin(path.clone(), short, span, Kind::Initialiser);
        let place = self.global(&path, ty);
        let scope = self.build().scope();
        if wrapper.is_some() {
            // What runs at the first use is a function of its own, held by the static.
            let id = self.thunk(init);
            self.assign(place, Operand::Closure(id), Origin::Written(span));
        } else {
            let value = self.value_for(init, Want::Value);
            self.assign(place, value.operand, Origin::Written(span));
        }
        self.build().end_scope(scope, span);
        self.finish(span);
    }
}

fn gives_nothing(output: &syn::ReturnType) -> bool {
    match output {
        syn::ReturnType::Default => true,
        syn::ReturnType::Type(_, ty) => match &**ty {
            syn::Type::Tuple(it) => it.elems.is_empty(),
            syn::Type::Never(_) => true,
            _ => false,
        },
    }
}

/// A function as written.
struct Written<'s> {
    attributes: &'s [Attribute],
    public: bool,
    signature: &'s Signature,
    block: &'s Block,
    first: Token,
}

impl<'s> Written<'s> {
    fn new(
        attributes: &'s [Attribute],
        visibility: &Visibility,
        signature: &'s Signature,
        block: &'s Block,
        _item: &impl Spanned,
    ) -> Self {
        let first = match visibility {
            Visibility::Public(it) => it.span,
            Visibility::Restricted(it) => it.pub_token.span,
            _ => declare::first_of_signature(signature),
        };
        Written { attributes, public: is_public(visibility), signature, block, first }
    }
}
