//! Functions, methods, closures and package-level initialisers.

use rustc_hash::FxHashMap as HashMap;

use super::{Body, Lowering, Node, Value};
use crate::ir::{Affinity, Builder, Function, FunctionId, Kind, Operand, Root, Target};
use crate::lang::go::declare::{FileNames, receiver_name};
use crate::lang::go::types::{self, Signature, Type};
use crate::source::Span;

/// Who is handed one of these is run by a test, in whatever file it stands.
const TESTS: [&str; 4] = ["testing.T", "testing.B", "testing.F", "testing.TB"];

impl Lowering<'_> {
    pub(super) fn item(&mut self, node: Node<'_>) {
        match node.kind() {
            "function_declaration" | "method_declaration" => self.function(node),
            "var_spec" => self.initialiser(node),
            "var_declaration" | "var_spec_list" => node.children().into_iter().for_each(|it| self.item(it)),
            _ => (),
        }
    }

    fn function(&mut self, node: Node<'_>) {
        let (Some(name), Some(block)) = (node.field("name"), node.field("body")) else { return };
        let (package, name) = (&self.file.package, name.text());
        let (path, shown) = match receiver_name(node) {
            Some(ty) => {
                let written = node.field("receiver").map_or("", Node::text);
                let shown = if written.contains('*') { format!("(*{ty}).{name}") } else { format!("{ty}.{name}") };
                (format!("{package}.{ty}.{name}"), shown)
            }
            None => (format!("{package}.{name}"), name.to_owned()),
        };
        self.params = FileNames::of(self.file, &|it| self.index.knows(it)).with_parameters(node).params;
        self.begin(path, shown, node, Kind::Named);
        let root = self.root(node, name);
        let exported = self.is_exported(name);
        let function = &mut self.builder().function;
        function.root = root;
        function.exported = exported;
        self.signature(node);
        self.statements(block);
        self.finish(block);
        self.params.clear();
    }

    fn root(&self, node: Node<'_>, name: &str) -> Option<Root> {
        if node.is("method_declaration") {
            return None;
        }
        let tests = ["Test", "Benchmark", "Fuzz", "Example"];
        // `Testify` is no test, `Test_x` and `TestX` are.
        let is_test = tests.iter().filter_map(|it| name.strip_prefix(it)).any(|it| !it.starts_with(char::is_lowercase));
        match name {
            "init" => Some(Root::Init),
            "main" if self.file.name == "main" => Some(Root::Main),
            _ if self.file.test && is_test => Some(Root::Test),
            _ => None,
        }
    }

    fn is_exported(&self, name: &str) -> bool {
        let outside = self.file.name != "main" && !self.file.test;
        let inside = self.file.package.split('/').any(|it| it == "internal");
        outside && !inside && name.starts_with(char::is_uppercase)
    }

    /// `var x = …` at package level.
    fn initialiser(&mut self, node: Node<'_>) {
        let Some(values) = node.field("value") else { return };
        let names = node.fields("name");
        let shown = names.iter().map(|it| it.text()).collect::<Vec<_>>().join(", ");
        self.begin(format!("{}.{{init}}", self.file.package), format!("var {shown}"), node, Kind::Initialiser);
        self.builder().function.root = Some(Root::Init);
        self.scopes.push(Vec::new());
        let ty = node.field("type").map(|it| self.read_type(it));
        let package = self.file.package.clone();
        let targets = names.iter().map(|it| match it.text() {
            "_" => None,
            name => Some(Target::Place(self.global(&format!("{package}.{name}")))),
        });
        let targets = targets.collect();
        self.assign_values(targets, &values.children(), ty.as_ref(), node.span());
        self.finish(node);
    }

    /// A function literal, with its body lowered.
    pub(super) fn closure(&mut self, node: Node<'_>) -> Value {
        let ty = Type::Func(Signature::read(node, self).into());
        let Some(block) = node.field("body") else { return Value::new(Operand::Unknown, ty) };
        let id = self.begin_closure(node);
        self.signature(node);
        self.statements(block);
        self.finish(block);
        Value::new(Operand::Closure(id), ty)
    }

    pub(super) fn begin_closure(&mut self, node: Node<'_>) -> FunctionId {
        let parent = self.body();
        parent.closures += 1;
        let path = format!("{}.{{closure}}", parent.builder.function.path);
        let name = format!("{}.func{}", parent.builder.function.name, parent.closures);
        let (parent, test) = (parent.id, parent.builder.function.test);
        let id = self.begin(path, name, node, Kind::Closure);
        let function = &mut self.builder().function;
        function.parent = Some(parent);
        function.test |= test;
        id
    }

    fn begin(&mut self, path: String, name: String, node: Node<'_>, kind: Kind) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        self.functions.push(None);
        let mut builder = Builder::new(path, name, node.span(), kind, Affinity::UntilPinned);
        builder.function.test = self.file.test || self.file.imports.asserts();
        self.bodies.push(Body {
            id,
            builder,
            types: Vec::new(),
            captured: HashMap::default(),
            globals: HashMap::default(),
            results: Vec::new(),
            labels: HashMap::default(),
            closures: 0,
            open: Vec::new(),
            label: None,
            next_case: None,
            iteration: None,
        });
        id
    }

    /// Declares receiver, parameters and results in a scope of their own.
    fn signature(&mut self, node: Node<'_>) {
        self.scopes.push(Vec::new());
        for list in [node.field("receiver"), node.field("parameters")].into_iter().flatten() {
            for (name, ty) in types::parameters(list, self) {
                let ty = self.index.canonical(&ty);
                self.builder().function.test |= ty.path().is_some_and(|it| TESTS.contains(&it));
                let place = self.declare(name.map_or("_", Node::text), ty);
                self.builder().function.params.push(place);
            }
        }
        let Some(result) = node.field("result") else { return };
        let written = if result.is("parameter_list") { result.children() } else { Vec::new() };
        let mut zeros = Vec::new();
        for declaration in &written {
            let ty = declaration.field("type");
            zeros.extend(declaration.fields("name").iter().map(|_| ty));
        }
        for (index, (name, ty)) in types::results(result, self).into_iter().enumerate() {
            let ty = self.index.canonical(&ty);
            let place = match name.map(Node::text) {
                None | Some("_") => self.temporary(ty.clone()),
                Some(name) => self.declare(name, ty.clone()),
            };
            if let (Some(name), Some(Some(written))) = (name, zeros.get(index)) {
                let zero = self.zero(*written);
                self.assign(place, zero, name.span());
            }
            let body = self.body();
            body.results.push(ty);
            body.builder.function.results.push(place);
        }
    }

    /// Ends the innermost function, whose last byte is that of `node`.
    pub(super) fn finish(&mut self, node: Node<'_>) -> FunctionId {
        self.scopes.pop();
        let body = self.bodies.pop().expect("every function that ends began");
        let span = node.span();
        let brace = Span { start: span.end.saturating_sub(1), ..span };
        let function: Function = body.builder.finish(brace);
        self.functions[body.id.0 as usize] = Some(function);
        body.id
    }
}
