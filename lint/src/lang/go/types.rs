//! Types, as far as they are needed to find out whose method is called.

use std::sync::Arc;

use super::tree::Node;

/// A type without its pointers and type arguments.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Type {
    #[default]
    Unknown,
    /// `string`, `error`, or a full path.
    Named(Arc<str>),
    /// A slice or an array.
    List(Arc<Type>),
    Map(Arc<(Type, Type)>),
    Chan(Arc<Type>),
    Func(Arc<Signature>),
    Struct(Arc<[Field]>),
    Interface(Arc<Interface>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Signature {
    /// Without the receiver; the last one of a variadic function is a list.
    pub(super) params: Vec<Type>,
    pub(super) results: Vec<Type>,
    /// Whether the last parameter takes any number of arguments.
    pub(super) variadic: bool,
    /// The results whose types the arguments say.
    pub(super) inferred: Vec<Inferred>,
}

/// A result whose type is a type parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Inferred {
    pub(super) result: usize,
    /// The argument that is of the same type, or a function that gives one.
    pub(super) argument: usize,
    /// Which of its results that function gives it as.
    pub(super) given: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) embedded: bool,
    /// Whether it begins as `nil` and is filled as a whole, by the way in which its type is written.
    pub(super) nil: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Interface {
    pub(super) methods: Vec<(String, Arc<Signature>)>,
    pub(super) embedded: Vec<Type>,
}

/// What names of types mean where a type is written.
pub(super) trait Names {
    fn named(&self, name: &str) -> Type;
    fn qualified(&self, package: &str, name: &str) -> Type;
}

impl Type {
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Type::Named(path) => Some(path),
            _ => None,
        }
    }

    pub(super) fn of_path(path: &str) -> Type {
        match path {
            "" => Type::Unknown,
            _ => match path.strip_prefix("[]") {
                Some(element) => Type::List(Type::of_path(element).into()),
                None => Type::Named(path.trim_start_matches('*').into()),
            },
        }
    }

    /// Reads a type expression.
    pub(super) fn read(node: Node<'_>, names: &dyn Names) -> Type {
        let of = |name: &str| node.field(name).map_or(Type::Unknown, |it| Type::read(it, names));
        match node.kind() {
            "type_identifier" | "identifier" => names.named(node.text()),
            "qualified_type" => match (node.field("package"), node.field("name")) {
                (Some(package), Some(name)) => names.qualified(package.text(), name.text()),
                _ => Type::Unknown,
            },
            // A type in the place of an expression, as in `new(pkg.T)`.
            "selector_expression" => match (node.field("operand"), node.field("field")) {
                (Some(package), Some(name)) if package.is("identifier") => names.qualified(package.text(), name.text()),
                _ => Type::Unknown,
            },
            "unary_expression" => match node.operator() {
                "*" => of("operand"),
                _ => Type::Unknown,
            },
            "index_expression" => of("operand"),
            "generic_type" | "type_instantiation_expression" => of("type"),
            "pointer_type" | "parenthesized_type" | "parenthesized_expression" | "type_elem" | "type_constraint" => {
                match node.children()[..] {
                    [inner] => Type::read(inner, names),
                    _ => Type::Unknown,
                }
            }
            "slice_type" | "array_type" | "implicit_length_array_type" => Type::List(of("element").into()),
            "map_type" => Type::Map((of("key"), of("value")).into()),
            "channel_type" => Type::Chan(of("value").into()),
            "function_type" => Type::Func(Signature::read(node, names).into()),
            "struct_type" => Type::Struct(fields(node, names).into()),
            "interface_type" => Type::Interface(interface(node, names).into()),
            _ => Type::Unknown,
        }
    }
}

impl Signature {
    /// Of anything with `parameters` and `result`.
    pub(super) fn read(node: Node<'_>, names: &dyn Names) -> Signature {
        let params = node.field("parameters").map_or_else(Vec::new, |it| parameters(it, names));
        let results = node.field("result").map_or_else(Vec::new, |it| results(it, names));
        let types = |them: Vec<(Option<Node<'_>>, Type)>| them.into_iter().map(|(_, ty)| ty).collect();
        let list = node.field("parameters").map_or_else(Vec::new, Node::children);
        let variadic = list.last().is_some_and(|it| it.is("variadic_parameter_declaration"));
        Signature { params: types(params), results: types(results), variadic, inferred: inferred(node) }
    }
}

/// Which results of a generic function have the type of an argument, or of what one gives.
fn inferred(node: Node<'_>) -> Vec<Inferred> {
    let Some(generic) = node.field("type_parameters") else { return Vec::new() };
    let names: Vec<_> = generic.children().into_iter().flat_map(|it| it.fields("name")).map(Node::text).collect();
    let params = node.field("parameters").map_or_else(Vec::new, written);
    let says = |(argument, param): (usize, Node<'_>), name: &str| {
        let given = match bare(param) {
            it if it.is("function_type") => {
                let results = it.field("result").map_or_else(Vec::new, written);
                Some(results.into_iter().position(|it| bare(it).text() == name)?)
            }
            it if it.text() == name => None,
            _ => return None,
        };
        Some((argument, given))
    };
    let results = node.field("result").map_or_else(Vec::new, written).into_iter().enumerate();
    let typed = results.map(|(nth, it)| (nth, bare(it).text())).filter(|(_, it)| names.contains(it));
    let found = typed.filter_map(|(result, name)| {
        let (argument, given) = params.iter().copied().enumerate().find_map(|it| says(it, name))?;
        Some(Inferred { result, argument, given })
    });
    found.collect()
}

/// The types of parameters or results as they are written; one entry each.
fn written<'t>(list: Node<'t>) -> Vec<Node<'t>> {
    if !list.is("parameter_list") {
        return vec![list];
    }
    let each = |it: Node<'t>| {
        let names = it.fields("name").len().max(1);
        it.field("type").filter(|_| !it.is("variadic_parameter_declaration")).map(|ty| vec![ty; names])
    };
    list.children().into_iter().map_while(each).flatten().collect()
}

/// Without the pointers to it.
fn bare(mut ty: Node<'_>) -> Node<'_> {
    while matches!(ty.kind(), "pointer_type" | "parenthesized_type")
        && let Some(inner) = ty.child()
    {
        ty = inner;
    }
    ty
}

/// Names and types of the results, as the `result` of a signature says.
pub(super) fn results<'t>(node: Node<'t>, names: &dyn Names) -> Vec<(Option<Node<'t>>, Type)> {
    match node.kind() {
        "parameter_list" => parameters(node, names),
        _ => vec![(None, Type::read(node, names))],
    }
}

/// Names and types of a parameter list; one entry a parameter.
pub(super) fn parameters<'t>(node: Node<'t>, names: &dyn Names) -> Vec<(Option<Node<'t>>, Type)> {
    let mut found = Vec::new();
    for declaration in node.children() {
        let mut ty = declaration.field("type").map_or(Type::Unknown, |it| Type::read(it, names));
        if declaration.is("variadic_parameter_declaration") {
            ty = Type::List(ty.into());
        }
        let named = declaration.fields("name");
        if named.is_empty() {
            found.push((None, ty));
        } else {
            found.extend(named.into_iter().map(|name| (Some(name), ty.clone())));
        }
    }
    found
}

fn fields(node: Node<'_>, names: &dyn Names) -> Vec<Field> {
    let mut found = Vec::new();
    let list = node.children().into_iter().filter(|it| it.is("field_declaration_list")).flat_map(Node::children);
    for declaration in list.filter(|it| it.is("field_declaration")) {
        let Some(written) = declaration.field("type") else { continue };
        let ty = Type::read(written, names);
        // A list grows where it is, without an assignment.
        let nil = begins_as_nil(written) && !matches!(written.kind(), "slice_type" | "map_type" | "channel_type");
        let named = declaration.fields("name");
        if named.is_empty() {
            found.push(Field { name: embedded_name(written).to_owned(), ty: ty.clone(), embedded: true, nil });
        }
        for name in named {
            found.push(Field { name: name.text().to_owned(), ty: ty.clone(), embedded: false, nil });
        }
    }
    found
}

/// Whether a variable of the type is `nil` before anything is assigned, as far as the text of the type says.
pub(super) fn begins_as_nil(written: Node<'_>) -> bool {
    match written.kind() {
        "pointer_type" | "slice_type" | "map_type" | "channel_type" | "function_type" | "interface_type" => true,
        "parenthesized_type" => written.child().is_some_and(begins_as_nil),
        _ => false,
    }
}

/// `Mutex` of `*sync.Mutex`.
fn embedded_name(written: Node<'_>) -> &str {
    let text = written.text();
    let text = text.split('[').next().unwrap_or(text);
    text.rsplit(['.', '*']).next().unwrap_or(text).trim()
}

fn interface(node: Node<'_>, names: &dyn Names) -> Interface {
    let mut interface = Interface::default();
    for element in node.children() {
        if element.is("method_elem") {
            let name = element.field("name").map_or("", Node::text);
            interface.methods.push((name.to_owned(), Signature::read(element, names).into()));
        } else {
            match Type::read(element, names) {
                Type::Unknown => (),
                ty => interface.embedded.push(ty),
            }
        }
    }
    interface
}
