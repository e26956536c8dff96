//! Reads what the items of a file declare.

use syn::visit::Visit;
use syn::{Attribute, Fields, FnArg, Item, ReceiverKind, UseTree, Visibility};

use super::cfg::{self, Cfg};
use super::declaration::{
    Constant, Declarations, Impl, Macro, Module, ModuleFile, Name, Receiver, Signature, Type, TypeKind, Value,
};
use super::ty::{self, Bounds, Ty, bounds, name, names, output, written};
use crate::lang::Chosen;

/// Reads the declarations of a file that is the module `path`.
pub(super) fn declare(items: &[Item], path: &str, test: bool, chosen: &Chosen) -> Declarations {
    let mut declarations = Declarations::default();
    let module = Module { path: path.into(), test, ..Module::default() };
    Reader { declarations: &mut declarations, module, chosen }.module(items.iter());
    declarations
}

struct Reader<'a> {
    declarations: &'a mut Declarations,
    module: Module,
    chosen: &'a Chosen,
}

impl Reader<'_> {
    fn module<'s>(mut self, items: impl Iterator<Item = &'s Item>) {
        for item in items {
            self.item(item);
        }
        self.declarations.modules.push(self.module);
    }

    /// Another module, below or within this one.
    fn inner<'s>(&mut self, name: &str, is_body: bool, test: bool, items: impl Iterator<Item = &'s Item>) {
        let path = format!("{}::{name}", self.module.path);
        let around = is_body.then(|| self.module.path.clone());
        let module = Module { path, around, test: self.module.test || test, ..Module::default() };
        Reader { declarations: self.declarations, module, chosen: self.chosen }.module(items);
    }

    fn defines(&mut self, name: &str) {
        self.module.names.insert(name.to_owned(), Name::Item);
    }

    fn item(&mut self, item: &Item) {
        let cfg = cfg::read(attributes(item), self.chosen);
        if cfg.absent {
            if let Item::Mod(it) = item
                && it.content.is_none()
            {
                self.module_file(it, cfg);
            }
            return;
        }
        match item {
            Item::Fn(it) => {
                let signature = signature(&it.sig, &it.attrs, &Bounds::new());
                self.body(&signature.name, &it.block);
                if !self.module.functions.iter().any(|it| it.name == signature.name) {
                    self.defines(&signature.name);
                    self.module.functions.push(signature);
                }
            }
            Item::Struct(it) => self.ty(&it.ident, TypeKind::Struct(fields(&it.fields, &ty::parameters(&it.generics)))),
            Item::Union(it) => {
                let fields = fields(&Fields::Named(it.fields.clone()), &ty::parameters(&it.generics));
                self.ty(&it.ident, TypeKind::Struct(fields));
            }
            Item::Enum(it) => {
                let bounds = ty::parameters(&it.generics);
                let variants = it.variants.iter().map(|it| (name(&it.ident), fields(&it.fields, &bounds)));
                self.ty(&it.ident, TypeKind::Enum(variants.collect()));
            }
            Item::Type(it) => self.ty(&it.ident, TypeKind::Alias(written(&it.ty, &ty::parameters(&it.generics)))),
            Item::Const(it) => self.value(&it.ident, written(&it.ty, &Bounds::new()), constant(&it.expr), false),
            Item::Static(it) => {
                let fixed = matches!(it.mutability, syn::StaticMutability::None);
                let constant = if fixed { constant(&it.expr) } else { None };
                self.value(&it.ident, written(&it.ty, &Bounds::new()), constant, true);
            }
            Item::Mod(it) => {
                self.defines(&name(&it.ident));
                match &it.content {
                    Some((_, items)) => self.inner(&name(&it.ident), false, cfg.test, items.iter()),
                    None => self.module_file(it, cfg),
                }
            }
            Item::Use(it) => {
                let prefix = it.leading_colon.map(|_| String::new()).into_iter().collect();
                self.tree(&it.tree, prefix);
            }
            Item::ExternCrate(it) => {
                let alias = it.rename.as_ref().map_or(&it.ident, |it| &it.1);
                let target = vec![String::new(), name(&it.ident)];
                self.module.names.insert(name(alias), Name::Use(target));
            }
            Item::Impl(it) => self.implementation(it),
            Item::Trait(it) => self.trait_(it),
            Item::Macro(it) => self.macro_item(it),
            Item::ForeignMod(it) => {
                for item in &it.items {
                    if let syn::ForeignItem::Fn(it) = item {
                        let signature = signature(&it.sig, &it.attrs, &Bounds::new());
                        self.defines(&signature.name);
                        self.module.functions.push(signature);
                    }
                }
            }
            _ => (),
        }
    }

    fn module_file(&mut self, it: &syn::ItemMod, cfg: Cfg) {
        self.declarations.files.push(ModuleFile {
            module: format!("{}::{}", self.module.path, name(&it.ident)),
            path: path_attribute(&it.attrs),
            test: self.module.test || cfg.test,
            absent: cfg.absent,
        });
    }

    fn ty(&mut self, ident: &syn::Ident, kind: TypeKind) {
        let name = name(ident);
        self.defines(&name);
        self.module.types.push(Type { name, kind });
    }

    fn value(&mut self, ident: &syn::Ident, ty: Ty, constant: Option<Constant>, is_static: bool) {
        let name = name(ident);
        self.defines(&name);
        self.module.values.push(Value { name, ty, constant, is_static });
    }

    fn tree(&mut self, tree: &UseTree, mut prefix: Vec<String>) {
        match tree {
            UseTree::Path(it) => {
                prefix.push(name(&it.ident));
                self.tree(&it.tree, prefix);
            }
            UseTree::Name(it) => {
                let mut alias = name(&it.ident);
                if alias == "self" {
                    alias = prefix.last().cloned().unwrap_or_default();
                } else {
                    prefix.push(alias.clone());
                }
                self.uses(alias, prefix);
            }
            UseTree::Rename(it) => {
                if it.ident != "self" {
                    prefix.push(name(&it.ident));
                }
                self.uses(name(&it.rename), prefix);
            }
            UseTree::Glob(_) => self.module.globs.push(prefix),
            UseTree::Group(it) => it.items.iter().for_each(|it| self.tree(it, prefix.clone())),
        }
    }

    fn uses(&mut self, alias: String, target: Vec<String>) {
        if alias != "_" {
            self.module.names.entry(alias).or_insert(Name::Use(target));
        }
    }

    fn implementation(&mut self, it: &syn::ItemImpl) {
        if it.modifiers.polarity.is_some() {
            return;
        }
        let bounds = bounds(&it.generics, &Bounds::new());
        let mut found = Impl {
            ty: written(&it.self_ty, &bounds),
            of: it.trait_.as_ref().map(|(path, _)| names(path)),
            functions: Vec::new(),
            values: Vec::new(),
            types: Vec::new(),
        };
        let short = match found.ty.path() {
            Some(path) => path.rsplit("::").next().unwrap_or("").to_owned(),
            None => String::new(),
        };
        for item in &it.items {
            match item {
                syn::ImplItem::Fn(it) if !cfg::read(&it.attrs, self.chosen).absent => {
                    let signature = signature(&it.sig, &it.attrs, &bounds);
                    self.body(&format!("{short}::{}", signature.name), &it.block);
                    found.functions.push(signature);
                }
                syn::ImplItem::Const(it) => found.values.push(Value {
                    name: name(&it.ident),
                    ty: written(&it.ty, &bounds),
                    constant: constant(&it.expr),
                    is_static: false,
                }),
                syn::ImplItem::Type(it) => found.types.push((name(&it.ident), written(&it.ty, &bounds))),
                _ => (),
            }
        }
        self.module.impls.push(found);
    }

    fn trait_(&mut self, it: &syn::ItemTrait) {
        let trait_name = name(&it.ident);
        self.defines(&trait_name);
        let bounds = bounds(&it.generics, &Bounds::new());
        let mut found =
            Impl { ty: Ty::named(&trait_name), of: None, functions: Vec::new(), values: Vec::new(), types: Vec::new() };
        for item in &it.items {
            if let syn::TraitItem::Fn(it) = item {
                let signature = signature(&it.sig, &it.attrs, &bounds);
                if let Some(block) = &it.default {
                    self.body(&format!("{trait_name}::{}", signature.name), block);
                }
                found.functions.push(signature);
            }
        }
        self.module.traits.push(found);
    }

    fn macro_item(&mut self, it: &syn::ItemMacro) {
        if let Some(ident) = &it.ident {
            let exported = it.attrs.iter().any(|it| it.path().is_ident("macro_export"));
            let rules = it.mac.tokens.to_string();
            let krate = self.module.path.split("::").next().unwrap_or("").to_owned();
            self.module.macros.push(Macro { name: name(ident), rules, exported, krate });
            return;
        }
        for it in super::statics::in_macro(&it.mac) {
            self.value(
                &it.ident,
                Ty::Named { path: it.wrapper.into(), args: vec![written(&it.ty, &Bounds::new())] },
                None,
                true,
            );
        }
    }

    /// The items within the body of the function `name`.
    fn body(&mut self, name: &str, block: &syn::Block) {
        let mut inner = Inner { items: Vec::new() };
        inner.visit_block(block);
        if !inner.items.is_empty() {
            self.inner(name, true, false, inner.items.into_iter());
        }
    }
}

/// Collects the items of a body, not those of the bodies in it.
struct Inner<'s> {
    items: Vec<&'s Item>,
}

impl<'s> Visit<'s> for Inner<'s> {
    fn visit_item(&mut self, item: &'s Item) {
        self.items.push(item);
    }
}

pub(super) fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(syn::ItemConst { attrs, .. })
        | Item::Enum(syn::ItemEnum { attrs, .. })
        | Item::ExternCrate(syn::ItemExternCrate { attrs, .. })
        | Item::Fn(syn::ItemFn { attrs, .. })
        | Item::ForeignMod(syn::ItemForeignMod { attrs, .. })
        | Item::Impl(syn::ItemImpl { attrs, .. })
        | Item::Macro(syn::ItemMacro { attrs, .. })
        | Item::Mod(syn::ItemMod { attrs, .. })
        | Item::Static(syn::ItemStatic { attrs, .. })
        | Item::Struct(syn::ItemStruct { attrs, .. })
        | Item::Trait(syn::ItemTrait { attrs, .. })
        | Item::Type(syn::ItemType { attrs, .. })
        | Item::Union(syn::ItemUnion { attrs, .. })
        | Item::Use(syn::ItemUse { attrs, .. }) => attrs,
        _ => &[],
    }
}

pub(super) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

pub(super) fn signature(sig: &syn::Signature, attributes: &[Attribute], outer: &Bounds) -> Signature {
    let bounds = bounds(&sig.generics, outer);
    let receiver = sig.receiver().map(|it| match &it.kind {
        ReceiverKind::Reference(..) => Receiver::Reference,
        ReceiverKind::Typed(_, ty) if matches!(**ty, syn::Type::Reference(_)) => Receiver::Reference,
        _ => Receiver::Value,
    });
    let params = sig.inputs.iter().filter_map(|it| match it {
        FnArg::Typed(it) => Some(written(&it.ty, &bounds)),
        FnArg::Receiver(_) => None,
    });
    Signature {
        params: params.collect(),
        name: name(&sig.ident),
        receiver,
        result: output(&sig.output, &bounds),
        asynchronous: sig.asyncness.is_some() && cfg::block_on(attributes, &name(&sig.ident)).is_none(),
    }
}

fn fields(fields: &Fields, bounds: &Bounds) -> Vec<(String, Ty)> {
    let named = |(at, it): (usize, &syn::Field)| {
        (it.ident.as_ref().map_or_else(|| at.to_string(), name), written(&it.ty, bounds))
    };
    fields.iter().enumerate().map(named).collect()
}

fn constant(expr: &syn::Expr) -> Option<Constant> {
    match expr {
        syn::Expr::Lit(it) => match &it.lit {
            syn::Lit::Str(it) => Some(Constant::Text(it.value())),
            syn::Lit::ByteStr(it) => String::from_utf8(it.value()).ok().map(Constant::Text),
            syn::Lit::CStr(it) => it.value().into_string().ok().map(Constant::Text),
            syn::Lit::Int(it) => it.base10_parse().ok().map(Constant::Int),
            syn::Lit::Bool(it) => Some(Constant::Bool(it.value)),
            _ => None,
        },
        syn::Expr::Path(it) if it.qself.is_none() => Some(Constant::Path(names(&it.path))),
        syn::Expr::Paren(it) => constant(&it.expr),
        syn::Expr::Group(it) => constant(&it.expr),
        syn::Expr::Cast(it) => constant(&it.expr),
        syn::Expr::Reference(it) => constant(&it.expr),
        _ => None,
    }
}

fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|it| match &it.meta {
        syn::Meta::NameValue(it) if it.path.is_ident("path") => match constant(&it.value) {
            Some(Constant::Text(path)) => Some(path),
            _ => None,
        },
        _ => None,
    })
}

/// The first token of a function after its visibility.
pub(super) fn first_of_signature(sig: &syn::Signature) -> proc_macro2::Span {
    let safety = match &sig.safety {
        syn::Safety::Unsafe(it) => Some(it.span),
        syn::Safety::Safe(it) => Some(it.span),
        _ => None,
    };
    let constness = sig.constness.map(|it| it.span);
    let asyncness = sig.asyncness.map(|it| it.span);
    constness.or(asyncness).or(safety).unwrap_or(sig.fn_token.span)
}
