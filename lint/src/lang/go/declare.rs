//! What a file declares: names, types, signatures and constants, without any body.

use std::collections::HashMap;
use std::sync::Arc;

use super::constant;
use super::items::ItemKind;
use super::package::{File, Imports};
use super::tree::{self, Node};
use super::types::{Names, Signature, Type};
use crate::ir::Operand;
use crate::lang::Unread;
use crate::source::{Sources, Span};

/// What one file adds to its package.
#[derive(Default)]
pub(super) struct Declared {
    /// By full path.
    pub(super) entries: Vec<(String, Declaration)>,
    /// Type, method name, signature.
    pub(super) methods: Vec<(String, String, Arc<Signature>)>,
    /// `var _ Interface = T{}`.
    pub(super) asserted: Vec<(Type, Origin)>,
    pub(super) unread: Vec<Unread>,
}

#[derive(Clone, Debug)]
pub(super) enum Declaration {
    Function(Arc<Signature>),
    Type {
        alias: bool,
        /// What stands behind the name.
        written: Type,
        span: Span,
        /// Whether a test file declares it.
        test: bool,
    },
    Variable(Origin),
    /// With the names in it as [`Operand::Path`].
    Constant(Operand),
}

/// Where a package-level variable's type comes from.
#[derive(Clone, Debug, Default)]
pub(super) enum Origin {
    #[default]
    Unknown,
    Of(Type),
    /// A function, variable or type, by its full path.
    Name(String),
    Result(Box<Origin>, usize),
    Member(Box<Origin>, String),
    Element(Box<Origin>),
}

/// What a file and the type parameters around make of a name.
pub(super) struct FileNames<'a> {
    pub(super) package: &'a str,
    pub(super) imports: &'a Imports,
    pub(super) params: HashMap<String, Type>,
}

impl Names for FileNames<'_> {
    fn named(&self, name: &str) -> Type {
        match self.params.get(name) {
            Some(ty) => ty.clone(),
            None if name == "any" => Type::Interface(Arc::default()),
            None if PREDECLARED.contains(&name) => Type::Named(name.into()),
            None => Type::Named(format!("{}.{name}", self.package).into()),
        }
    }

    fn qualified(&self, package: &str, name: &str) -> Type {
        self.imports.path(package).map_or(Type::Unknown, |path| Type::Named(format!("{path}.{name}").into()))
    }
}

/// The types that need no import.
pub(super) const PREDECLARED: &[&str] = &[
    "bool",
    "byte",
    "comparable",
    "complex128",
    "complex64",
    "error",
    "float32",
    "float64",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "rune",
    "string",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
];

impl<'a> FileNames<'a> {
    pub(super) fn of(file: &'a File) -> Self {
        FileNames { package: &file.package, imports: &file.imports, params: HashMap::new() }
    }

    /// With the type parameters of a declaration, or those that its receiver names.
    pub(super) fn with_parameters(mut self, node: Node<'_>) -> Self {
        for declaration in node.field("type_parameters").map_or_else(Vec::new, Node::children) {
            let constraint = declaration.field("type").map_or(Type::Unknown, |it| Type::read(it, &self));
            for name in declaration.fields("name") {
                self.params.insert(name.text().to_owned(), constraint.clone());
            }
        }
        let arguments = receiver(node).and_then(|it| it.field("type_arguments"));
        for argument in arguments.map_or_else(Vec::new, Node::children) {
            self.params.insert(argument.text().to_owned(), Type::Unknown);
        }
        self
    }

    fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.package)
    }
}

/// The receiver's type without pointer and parentheses.
fn receiver(method: Node<'_>) -> Option<Node<'_>> {
    let mut ty = method.field("receiver")?.child()?.field("type")?;
    while matches!(ty.kind(), "pointer_type" | "parenthesized_type") {
        ty = ty.child()?;
    }
    Some(ty)
}

/// `T` of `func (t *T[X]) m()`.
pub(super) fn receiver_name(method: Node<'_>) -> Option<&str> {
    let ty = receiver(method)?;
    Some(if ty.is("generic_type") { ty.field("type")?.text() } else { ty.text() })
}

pub(super) fn declare(sources: &Sources, file: &File) -> Declared {
    let mut declared = Declared::default();
    let mut parser = tree::parser();
    let text = &sources.get(file.id).text;
    for item in &file.items {
        let end = item.body.unwrap_or(item.range.end);
        let span = Span::new(file.id, item.range.start, item.range.end);
        match item.kind {
            ItemKind::Package | ItemKind::Import => continue,
            ItemKind::Stray => {
                declared.unread.push(Unread { span, why: "syntax error".into() });
                continue;
            }
            ItemKind::Const | ItemKind::Type | ItemKind::Var | ItemKind::Func => (),
        }
        match tree::parse(&mut parser, text, file.id, item, end) {
            // The error of a function is named when its body is read.
            Ok(parsed) if item.kind == ItemKind::Func => {
                parsed.root().children().into_iter().for_each(|it| function(it, file, &mut declared));
            }
            Ok(parsed) => {
                if parsed.root().has_error() {
                    declared.unread.push(Unread { span, why: "syntax error".into() });
                }
                parsed.root().children().into_iter().for_each(|it| names(it, file, &mut declared));
            }
            Err(_) if item.kind == ItemKind::Func => (),
            Err(why) => declared.unread.push(Unread { span, why }),
        }
    }
    declared
}

fn function(node: Node<'_>, file: &File, declared: &mut Declared) {
    if !matches!(node.kind(), "function_declaration" | "method_declaration") {
        return;
    }
    let names = FileNames::of(file).with_parameters(node);
    let Some(name) = node.field("name") else { return };
    let signature = Arc::new(Signature::read(node, &names));
    if node.is("method_declaration") {
        let Some(ty) = receiver_name(node) else { return };
        declared.methods.push((names.path(ty), name.text().to_owned(), signature));
    } else {
        declared.entries.push((names.path(name.text()), Declaration::Function(signature)));
    }
}

fn names(node: Node<'_>, file: &File, declared: &mut Declared) {
    match node.kind() {
        "type_spec" | "type_alias" => {
            let names = FileNames::of(file).with_parameters(node);
            if let (Some(name), Some(written)) = (node.field("name"), node.field("type")) {
                let entry = Declaration::Type {
                    alias: node.is("type_alias"),
                    written: Type::read(written, &names),
                    span: node.span(),
                    test: file.test,
                };
                declared.entries.push((names.path(name.text()), entry));
            }
        }
        "const_declaration" => {
            let names = FileNames::of(file);
            let value = |it: Node<'_>| named(it, &names).map_or(Operand::Unknown, Operand::Path);
            for (name, value) in constants(node, &value) {
                declared.entries.push((names.path(name.text()), Declaration::Constant(value)));
            }
        }
        "var_spec" => variables(node, file, declared),
        "type_declaration" | "var_declaration" | "var_spec_list" => {
            node.children().into_iter().for_each(|it| self::names(it, file, declared));
        }
        _ => (),
    }
}

/// The names of a constant declaration and their values.
pub(super) fn constants<'t>(node: Node<'t>, named: &dyn Fn(Node<'_>) -> Operand) -> Vec<(Node<'t>, Operand)> {
    let mut found = Vec::new();
    let mut repeated: Vec<Node<'_>> = Vec::new();
    for (iota, spec) in node.children().into_iter().filter(|it| it.is("const_spec")).enumerate() {
        if let Some(values) = spec.field("value") {
            repeated = values.children();
        }
        let written = spec.fields("name").into_iter().filter(|it| it.is("identifier"));
        for (index, name) in written.enumerate() {
            let value = repeated.get(index).map_or(Operand::Unknown, |it| constant::read(*it, iota as i64, named));
            found.push((name, value));
        }
    }
    found
}

/// The path that `name` or `package.name` has at the level of the package.
pub(super) fn named(node: Node<'_>, names: &FileNames<'_>) -> Option<String> {
    if node.is("identifier") {
        return Some(names.path(node.text()));
    }
    let (package, name) = (node.field("operand")?, node.field("field")?);
    Some(format!("{}.{}", names.imports.path(package.text())?, name.text()))
}

fn variables(node: Node<'_>, file: &File, declared: &mut Declared) {
    let names = FileNames::of(file);
    let values = node.field("value").map_or_else(Vec::new, Node::children);
    let ty = node.field("type").map(|it| Type::read(it, &names));
    let written = node.fields("name");
    for (index, name) in written.iter().enumerate() {
        let value = match values[..] {
            [value] if written.len() > 1 => match origin(value, &names) {
                Origin::Result(of, _) => Origin::Result(of, index),
                other if index == 0 => other,
                _ => Origin::Unknown,
            },
            _ => values.get(index).map_or(Origin::Unknown, |it| origin(*it, &names)),
        };
        if let ("_", Some(ty)) = (name.text(), &ty) {
            declared.asserted.push((ty.clone(), value));
            continue;
        }
        let origin = ty.clone().map_or(value, Origin::Of);
        declared.entries.push((names.path(name.text()), Declaration::Variable(origin)));
    }
}

/// What gives an expression its type.
fn origin(node: Node<'_>, names: &FileNames<'_>) -> Origin {
    let of = |name: &str| node.field(name).map_or(Origin::Unknown, |it| origin(it, names));
    let written = |name: &str| node.field(name).map_or(Origin::Unknown, |it| Origin::Of(Type::read(it, names)));
    match node.kind() {
        "identifier" => Origin::Name(names.path(node.text())),
        "selector_expression" => match (named(node, names), node.field("field")) {
            (Some(path), _) => Origin::Name(path),
            (None, Some(field)) => Origin::Member(of("operand").into(), field.text().to_owned()),
            (None, None) => Origin::Unknown,
        },
        "call_expression" => {
            let argument = node.field("arguments").and_then(Node::child);
            match (node.field("function").map_or("", Node::text), argument) {
                ("make" | "new", Some(ty)) => match Type::read(ty, names) {
                    Type::Unknown => origin(ty, names),
                    ty => Origin::Of(ty),
                },
                // The method of an error is rare enough, its text common.
                _ => match of("function") {
                    Origin::Unknown => Origin::Unknown,
                    function => Origin::Result(function.into(), 0),
                },
            }
        }
        "composite_literal" | "type_conversion_expression" | "type_assertion_expression" => written("type"),
        "func_literal" => Origin::Of(Type::Func(Signature::read(node, names).into())),
        "interpreted_string_literal" | "raw_string_literal" => Origin::Of(Type::Named("string".into())),
        "int_literal" => Origin::Of(Type::Named("int".into())),
        "true" | "false" => Origin::Of(Type::Named("bool".into())),
        "index_expression" => Origin::Element(of("operand").into()),
        "slice_expression" => of("operand"),
        "parenthesized_expression" => match node.child() {
            // `(*T)(nil)`
            Some(inner) if inner.is("unary_expression") => origin(inner, names),
            Some(inner) => origin(inner, names),
            None => Origin::Unknown,
        },
        "unary_expression" => match node.operator() {
            "&" | "*" => of("operand"),
            "<-" => Origin::Element(of("operand").into()),
            _ => Origin::Unknown,
        },
        _ => Origin::Unknown,
    }
}
