//! What a file declares: names, types, signatures and constants, without any body.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap as HashMap;

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
    /// With the names in it as [`Operand::Path`], and the type that it is given.
    Constant(Operand, Type),
}

/// Where a package-level variable's type comes from.
#[derive(Clone, Debug, Default)]
pub(super) enum Origin {
    #[default]
    Unknown,
    Of(Type),
    /// A function, variable or type, by its full path.
    Name(String),
    /// Of calling the first, the one of that number; the other is the first argument.
    Result(Box<Origin>, usize, Box<Origin>),
    Member(Box<Origin>, String),
    Element(Box<Origin>),
}

/// What a file and the type parameters around make of a name.
pub(super) struct FileNames<'a> {
    pub(super) package: &'a str,
    pub(super) imports: &'a Imports,
    pub(super) params: HashMap<String, Type>,
    /// Whether the tree declares a path: decides what a name means beside `import . "path"`.
    pub(super) declares: &'a dyn Fn(&str) -> bool,
    /// The paths that the file has named so far, if it names many that are kept.
    named: Option<&'a Named>,
}

/// Paths of types, to be shared by all in a file who name them.
type Named = RefCell<HashMap<String, Arc<str>>>;

impl Names for FileNames<'_> {
    fn named(&self, name: &str) -> Type {
        match self.params.get(name) {
            Some(ty) => ty.clone(),
            None if name == "any" => Type::Interface(Arc::default()),
            None => {
                if let Some(known) = NAMED.get(name) {
                    return Type::Named(known.clone());
                }
                let own = format!("{}.{name}", self.package);
                if self.imports.dots.is_empty() || (self.declares)(&own) {
                    return self.shared(own);
                }
                let dotted = self.imports.dots.iter().map(|it| format!("{it}.{name}"));
                dotted.into_iter().find(|it| (self.declares)(it)).map_or(Type::Unknown, |it| Type::Named(it.into()))
            }
        }
    }

    fn qualified(&self, package: &str, name: &str) -> Type {
        self.imports.path(package).map_or(Type::Unknown, |path| self.shared(format!("{path}.{name}")))
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

/// The same, to be shared by all who name them.
static NAMED: LazyLock<HashMap<&str, Arc<str>>> =
    LazyLock::new(|| PREDECLARED.iter().map(|it| (*it, Arc::from(*it))).collect());

impl<'a> FileNames<'a> {
    pub(super) fn of(file: &'a File, declares: &'a dyn Fn(&str) -> bool) -> Self {
        FileNames { package: &file.package, imports: &file.imports, params: HashMap::default(), declares, named: None }
    }

    fn shared(&self, path: String) -> Type {
        let Some(named) = self.named else { return Type::Named(path.into()) };
        let mut named = named.borrow_mut();
        if let Some(known) = named.get(&path) {
            return Type::Named(known.clone());
        }
        let shared: Arc<str> = path.as_str().into();
        named.insert(path, shared.clone());
        Type::Named(shared)
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

/// With `declares` as in [`FileNames`]; `None` if nothing is known yet.
pub(super) fn declare(sources: &Sources, file: &File, declares: &dyn Fn(&str) -> bool) -> Declared {
    let mut declared = Declared::default();
    let mut parser = tree::parser();
    let text = &sources.get(file.id).text;
    let named = Named::default();
    let names = || FileNames { named: Some(&named), ..FileNames::of(file, declares) };
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
                parsed.root().children().into_iter().for_each(|it| function(it, names(), &mut declared));
            }
            Ok(parsed) => {
                if parsed.root().has_error() {
                    declared.unread.push(Unread { span, why: "syntax error".into() });
                }
                let mut reader = Reader { file, names: names(), declared: &mut declared };
                parsed.root().children().into_iter().for_each(|it| reader.read(it));
            }
            Err(_) if item.kind == ItemKind::Func => (),
            Err(why) => declared.unread.push(Unread { span, why }),
        }
    }
    declared
}

fn function(node: Node<'_>, names: FileNames<'_>, declared: &mut Declared) {
    if !matches!(node.kind(), "function_declaration" | "method_declaration") {
        return;
    }
    let names = names.with_parameters(node);
    let Some(name) = node.field("name") else { return };
    let signature = Arc::new(Signature::read(node, &names));
    if node.is("method_declaration") {
        let Some(ty) = receiver_name(node) else { return };
        declared.methods.push((names.path(ty), name.text().to_owned(), signature));
    } else {
        declared.entries.push((names.path(name.text()), Declaration::Function(signature)));
    }
}

/// Reads types, constants and variables.
struct Reader<'a> {
    file: &'a File,
    names: FileNames<'a>,
    declared: &'a mut Declared,
}

impl Reader<'_> {
    fn read(&mut self, node: Node<'_>) {
        match node.kind() {
            "type_spec" | "type_alias" => self.ty(node),
            "const_declaration" => {
                let value = |it: Node<'_>| named(it, &self.names).map_or(Operand::Unknown, Operand::Path);
                for constant in constants(node, &value) {
                    let ty = constant.ty.map_or(Type::Unknown, |it| Type::read(it, &self.names));
                    let entry = Declaration::Constant(constant.value, ty);
                    self.declared.entries.push((self.names.path(constant.name.text()), entry));
                }
            }
            "var_spec" => self.variables(node),
            "type_declaration" | "var_declaration" | "var_spec_list" => {
                node.children().into_iter().for_each(|it| self.read(it));
            }
            _ => (),
        }
    }

    fn ty(&mut self, node: Node<'_>) {
        let names = FileNames { params: HashMap::default(), ..self.names }.with_parameters(node);
        let (Some(name), Some(written)) = (node.field("name"), node.field("type")) else { return };
        let entry = Declaration::Type {
            alias: node.is("type_alias"),
            written: Type::read(written, &names),
            span: node.span(),
            test: self.file.test,
        };
        self.declared.entries.push((names.path(name.text()), entry));
    }

    fn variables(&mut self, node: Node<'_>) {
        let names = &self.names;
        let values = node.field("value").map_or_else(Vec::new, Node::children);
        let ty = node.field("type").map(|it| Type::read(it, names));
        let written = node.fields("name");
        for (index, name) in written.iter().enumerate() {
            let value = match values[..] {
                [value] if written.len() > 1 => match origin(value, names) {
                    Origin::Result(of, _, argument) => Origin::Result(of, index, argument),
                    other if index == 0 => other,
                    _ => Origin::Unknown,
                },
                _ => values.get(index).map_or(Origin::Unknown, |it| origin(*it, names)),
            };
            if let ("_", Some(ty)) = (name.text(), &ty) {
                self.declared.asserted.push((ty.clone(), value));
                continue;
            }
            let origin = ty.clone().map_or(value, Origin::Of);
            self.declared.entries.push((names.path(name.text()), Declaration::Variable(origin)));
        }
    }
}

/// One name of a constant declaration.
pub(super) struct Constant<'t> {
    pub(super) name: Node<'t>,
    pub(super) value: Operand,
    /// As written, here or in a conversion.
    pub(super) ty: Option<Node<'t>>,
}

pub(super) fn constants<'t>(node: Node<'t>, named: &dyn Fn(Node<'_>) -> Operand) -> Vec<Constant<'t>> {
    let mut found = Vec::new();
    // A line without a value repeats the one before, with the next `iota`.
    let (mut values, mut ty): (Vec<Node<'_>>, _) = (Vec::new(), None);
    for (iota, spec) in node.children().into_iter().filter(|it| it.is("const_spec")).enumerate() {
        if let Some(written) = spec.field("value") {
            values = written.children();
            ty = spec.field("type");
        }
        let written = spec.fields("name").into_iter().filter(|it| it.is("identifier"));
        for (index, name) in written.enumerate() {
            let value = values.get(index).map_or(Operand::Unknown, |it| constant::read(*it, iota as i64, named));
            let ty = ty.or_else(|| values.get(index).and_then(|it| constant::converted(*it)));
            found.push(Constant { name, value, ty });
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
                (_, argument) => match of("function") {
                    Origin::Unknown => Origin::Unknown,
                    function => {
                        let argument = argument.map_or(Origin::Unknown, |it| origin(it, names));
                        Origin::Result(function.into(), 0, argument.into())
                    }
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
