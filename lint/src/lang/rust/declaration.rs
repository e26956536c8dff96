//! What a file declares, in owned form: nothing here holds syntax.

use std::collections::BTreeMap;

use super::ty::Ty;

/// What one file declares.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    pub(super) modules: Vec<Module>,
    /// `mod x;`, also where it is not part of the build.
    pub(super) files: Vec<ModuleFile>,
}

#[derive(Debug)]
pub(super) struct ModuleFile {
    pub(super) module: String,
    pub(super) path: Option<String>,
    pub(super) test: bool,
    /// Not part of the build, as it is said here.
    pub(super) absent: bool,
}

/// A module, or the items in the body of a function.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) path: String,
    /// The module that surrounds a body's items: names not found here are looked for there.
    pub(super) around: Option<String>,
    pub(super) test: bool,
    pub(super) names: BTreeMap<String, Name>,
    pub(super) globs: Vec<Vec<String>>,
    pub(super) types: Vec<Type>,
    pub(super) functions: Vec<Signature>,
    pub(super) values: Vec<Value>,
    pub(super) impls: Vec<Impl>,
    pub(super) traits: Vec<Impl>,
    pub(super) macros: Vec<Macro>,
}

#[derive(Clone, Debug)]
pub(super) enum Name {
    /// An item of the module itself.
    Item,
    /// `use`: a path as written.
    Use(Vec<String>),
}

#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: String,
    pub(super) kind: TypeKind,
}

#[derive(Clone, Debug)]
pub(super) enum TypeKind {
    /// Field names (`0`, `1`, … of a tuple struct).
    Struct(Vec<(String, Ty)>),
    Enum(Vec<(String, Vec<(String, Ty)>)>),
    Alias(Ty),
}

#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) name: String,
    pub(super) receiver: Option<Receiver>,
    /// Without the receiver.
    pub(super) params: Vec<Ty>,
    pub(super) result: Ty,
    pub(super) asynchronous: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiver {
    Value,
    Reference,
}

/// A `const` or `static`.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) ty: Ty,
    pub(super) constant: Option<Constant>,
    pub(super) is_static: bool,
}

/// A value that is plain to see.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Text(String),
    Int(i64),
    Bool(bool),
    Path(Vec<String>),
}

/// An `impl`, or a trait as what its default methods implement.
#[derive(Debug)]
pub(super) struct Impl {
    pub(super) ty: Ty,
    pub(super) of: Option<Vec<String>>,
    pub(super) functions: Vec<Signature>,
    pub(super) values: Vec<Value>,
    /// Associated types.
    pub(super) types: Vec<(String, Ty)>,
}

#[derive(Clone, Debug)]
pub(super) struct Macro {
    pub(super) name: String,
    /// The rules as text, to be read on the thread that expands them.
    pub(super) rules: String,
    pub(super) exported: bool,
    pub(super) krate: String,
}
