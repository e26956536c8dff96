//! What names and selectors mean.

use std::sync::Arc;

use super::{Entity, Lowering, Node, Value};
use crate::ir::{Callee, Operand};
use crate::lang::go::declare::{Declaration, PREDECLARED};
use crate::lang::go::index::MemberKind;
use crate::lang::go::types::{Signature, Type};

/// What an expression in the place of a callee is.
pub(super) enum Named {
    Value(Value),
    /// A function by its path.
    Function(String),
    Type(Type),
    Builtin(String),
    /// A method of a value.
    Method {
        receiver: Operand,
        callee: Callee,
        signature: Option<Arc<Signature>>,
    },
}

const BUILTINS: &[&str] = &[
    "append", "cap", "clear", "close", "complex", "copy", "delete", "imag", "len", "make", "max", "min", "new",
    "panic", "print", "println", "real", "recover",
];

/// The arithmetic types of C, whose calls are conversions.
const C_TYPES: &[&str] = &[
    "char",
    "double",
    "float",
    "int",
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "long",
    "longlong",
    "schar",
    "short",
    "size_t",
    "uchar",
    "uint",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "uintptr_t",
    "ulong",
    "ulonglong",
    "ushort",
];

impl Lowering<'_> {
    /// Reads a name, a selector, or any other expression.
    pub(super) fn named_thing(&mut self, node: Node<'_>) -> Named {
        match node.kind() {
            "identifier" => self.identifier(node.text()),
            "selector_expression" => self.selector(node),
            "type_identifier" => self.identifier(node.text()),
            "parenthesized_expression" => match node.child() {
                Some(inner) if inner.is("unary_expression") && inner.operator() == "*" => {
                    match self.as_pointer(inner) {
                        Some(ty) => Named::Type(ty),
                        None => self.named_thing(inner),
                    }
                }
                Some(inner) => self.named_thing(inner),
                None => Named::Value(Value::default()),
            },
            "index_expression" | "type_instantiation_expression" | "generic_type" => {
                let generic = node.field("operand").or_else(|| node.field("type")).filter(|it| self.is_generic(*it));
                match generic {
                    Some(generic) => self.named_thing(generic),
                    None if node.is("index_expression") => Named::Value(self.value(node)),
                    None => Named::Value(Value::default()),
                }
            }
            "qualified_type" => match self.read_type(node) {
                Type::Named(path) => self.global_thing(path.to_string()),
                _ => Named::Value(Value::default()),
            },
            "slice_type" | "array_type" | "map_type" | "channel_type" | "function_type" | "interface_type"
            | "struct_type" | "pointer_type" | "parenthesized_type" => Named::Type(self.read_type(node)),
            _ => Named::Value(self.value(node)),
        }
    }

    /// Whether what stands before `[` is a function or a type rather than a value.
    fn is_generic(&mut self, node: Node<'_>) -> bool {
        match node.kind() {
            "type_identifier" | "qualified_type" => true,
            "identifier" => matches!(self.identifier(node.text()), Named::Function(_) | Named::Type(_)),
            "selector_expression" => match self.imported(node) {
                Some(path) => !matches!(self.index.declaration(&path), Some(Declaration::Variable(_))),
                None => false,
            },
            _ => false,
        }
    }

    /// The type in `(*T)(x)`.
    fn as_pointer(&mut self, node: Node<'_>) -> Option<Type> {
        let pointed = node.field("operand")?;
        // A library's variable that points to a function is not called so.
        let library = self.imported(pointed).map(|path| self.index.canonical(&Type::of_path(&path)));
        library.or_else(|| self.as_type(pointed))
    }

    /// The type that an expression names, if it names one.
    pub(super) fn as_type(&mut self, node: Node<'_>) -> Option<Type> {
        match node.kind() {
            "identifier" => match self.identifier(node.text()) {
                Named::Type(ty) => Some(ty),
                _ => None,
            },
            "selector_expression" => {
                let path = self.imported(node)?;
                self.is_type(&path).then(|| self.index.canonical(&Type::of_path(&path)))
            }
            "parenthesized_expression" => self.as_type(node.child()?),
            "unary_expression" if node.operator() == "*" => self.as_type(node.field("operand")?),
            "index_expression" => self.as_type(node.field("operand")?),
            kind if kind.ends_with("_type") || kind == "type_identifier" => Some(self.read_type(node)),
            _ => None,
        }
    }

    fn identifier(&mut self, name: &str) -> Named {
        match self.lookup(name) {
            Some(Entity::Variable { place, .. }) => {
                let ty = self.ty(place);
                return Named::Value(Value::new(Operand::Place(place), ty));
            }
            Some(Entity::Constant(value, ty)) => return Named::Value(constant_value(value, ty)),
            Some(Entity::Type(ty)) => return Named::Type(ty),
            None => (),
        }
        if let Some(constraint) = self.params.get(name) {
            return Named::Type(constraint.clone());
        }
        let path = format!("{}.{name}", self.file.package);
        if self.index.declaration(&path).is_some() {
            return self.global_thing(path);
        }
        let dots = self.file.imports.dots.iter().map(|it| format!("{it}.{name}"));
        let dots: Vec<_> = dots.collect();
        let known = |it: &&String| self.index.declaration(it).is_some() || self.index.facts.call(it).is_some();
        if let Some(path) = dots.iter().find(known) {
            return self.global_thing(path.clone());
        }
        if BUILTINS.contains(&name) {
            return Named::Builtin(name.to_owned());
        }
        if PREDECLARED.contains(&name) || name == "any" {
            return Named::Type(Type::Named(name.into()));
        }
        match &dots[..] {
            // Some file of the package that was not given declares it.
            [] => self.global_thing(path),
            // It may be that package's, or this one's by a file that was not given.
            _ => Named::Value(Value::default()),
        }
    }

    /// What a path at the level of a package is.
    fn global_thing(&mut self, path: String) -> Named {
        match self.index.declaration(&path) {
            Some(Declaration::Variable(_)) => {
                let place = self.global(&path);
                let ty = self.ty(place);
                Named::Value(Value::new(Operand::Place(place), ty))
            }
            Some(Declaration::Constant(..)) => {
                let (value, ty) = self.index.constant(&path).unwrap_or((Operand::Unknown, Type::Unknown));
                Named::Value(constant_value(value, self.index.canonical(&ty)))
            }
            Some(Declaration::Type { .. }) => Named::Type(self.index.canonical(&Type::of_path(&path))),
            Some(Declaration::Function(_)) => Named::Function(path),
            None if self.is_type(&path) => Named::Type(Type::of_path(&path)),
            None => Named::Function(path),
        }
    }

    fn is_type(&self, path: &str) -> bool {
        let in_c = path.strip_prefix("C.").is_some_and(|it| C_TYPES.contains(&it) || it.starts_with("struct_"));
        in_c || path == "unsafe.Pointer" || self.index.is_type(path)
    }

    /// The path of `package.name`, unless a variable hides the package.
    pub(super) fn imported(&mut self, node: Node<'_>) -> Option<String> {
        let (package, name) = (node.field("operand")?, node.field("field")?);
        if !package.is("identifier") || self.lookup(package.text()).is_some() {
            return None;
        }
        // The other files of the package may declare a variable by the name of an import that is only guessed.
        let path = self.file.imports.path(package.text())?;
        Some(format!("{path}.{}", name.text()))
    }

    fn selector(&mut self, node: Node<'_>) -> Named {
        if let Some(path) = self.imported(node) {
            return self.global_thing(path);
        }
        let (Some(base), Some(name)) = (node.field("operand"), node.field("field")) else {
            return Named::Value(Value::default());
        };
        // `T.Method`, `(*T).Method`
        if let Some(ty) = self.as_type(base) {
            let path = match self.index.member(&ty, name.text()).map(|it| it.kind) {
                Some(MemberKind::Method { path: Some(path), .. } | MemberKind::Library(path)) => path,
                _ => return Named::Value(Value::default()),
            };
            return Named::Function(path);
        }
        let base = self.operand(base);
        self.member(base, name.text())
    }

    /// `base.name`; a field of an unknown type looks like a method of one.
    pub(super) fn member(&mut self, base: Value, name: &str) -> Named {
        let Some(found) = self.index.member(&base.ty, name) else {
            return Named::Method { receiver: base.operand, callee: Callee::Method(name.to_owned()), signature: None };
        };
        let through = found.through.into_iter();
        let base = through.fold(base.operand, |base, field| Operand::Field(Box::new(base), field));
        match found.kind {
            MemberKind::Field(ty) => Named::Value(Value::new(Operand::Field(Box::new(base), name.to_owned()), ty)),
            MemberKind::Method { path, signature } => {
                let callee = path.map_or_else(|| Callee::Method(name.to_owned()), Callee::Path);
                Named::Method { receiver: base, callee, signature: Some(signature) }
            }
            MemberKind::Library(path) => Named::Method { receiver: base, callee: Callee::Path(path), signature: None },
        }
    }

    /// The value of a name or selector that is not called.
    pub(super) fn mentioned(&mut self, node: Node<'_>) -> Value {
        match self.named_thing(node) {
            Named::Value(value) => value,
            Named::Function(path) => {
                let ty = self.index.variable(&path);
                Value::new(Operand::Path(path), ty)
            }
            Named::Method { receiver, callee, signature } => {
                let name = node.field("field").map_or("", Node::text);
                // A method of an unknown type may as well be a field, and only a method that the tree
                // or the catalogue has is surely one.
                let is_method = match &callee {
                    Callee::Path(path) => signature.is_some() || self.index.facts.call(path).is_some(),
                    _ => signature.is_some(),
                };
                if is_method {
                    let ty = signature.map_or(Type::Unknown, Type::Func);
                    return Value::new(Operand::Method { receiver: receiver.into(), callee: callee.into() }, ty);
                }
                Value::new(Operand::Field(receiver.into(), name.to_owned()), Type::Unknown)
            }
            Named::Type(_) | Named::Builtin(_) => Value::default(),
        }
    }
}

/// A constant with the type that it is given, or that which it has by itself.
fn constant_value(value: Operand, ty: Type) -> Value {
    let own = match value {
        _ if ty != Type::Unknown => return Value::new(value, ty),
        Operand::Text(_) | Operand::Concat(_) => "string",
        Operand::Int(_) => "int",
        Operand::Bool(_) => "bool",
        _ => return Value::new(value, Type::Unknown),
    };
    Value::named(value, own)
}
