//! Calls, conversions and builtins.

use super::name::Named;
use super::{Lowering, Node, Value};
use crate::ir::{Action, Call, Callee, Operand, Origin, Place, Target};
use crate::lang::go::index::{Member, MemberKind};
use crate::lang::go::types::{Signature, Type};
use crate::source::Span;

/// What a call expression turned out to be.
pub(super) enum Called {
    /// A conversion or a builtin that is no call.
    Value(Value),
    Call(Prepared),
}

/// A call whose operands are evaluated and whose results go nowhere yet.
pub(super) struct Prepared {
    pub(super) call: Call,
    /// Of the results as far as they are known; empty too if there are none.
    pub(super) types: Vec<Type>,
    span: Span,
}

impl Lowering<'_> {
    pub(super) fn prepare(&mut self, node: Node<'_>) -> Called {
        let Some(function) = node.field("function").or_else(|| node.field("type")) else {
            return Called::Value(Value::default());
        };
        let arguments = match node.field("operand") {
            Some(only) => vec![only],
            None => node.field("arguments").map_or_else(Vec::new, Node::children),
        };
        let (callee, receiver, signature) = match self.named_thing(function) {
            Named::Type(ty) => {
                let value = arguments.first().map_or_else(Value::default, |it| self.value(*it));
                return Called::Value(Value::new(value.operand, ty));
            }
            Named::Builtin(name) => return self.builtin(&name, &arguments, function, node.span()),
            Named::Function(path) => {
                let signature = self.index.called(&self.index.variable(&path));
                (Callee::Path(path), None, signature)
            }
            Named::Method { receiver, callee, signature } => (callee, Some(receiver), signature),
            Named::Value(value) => {
                let signature = self.index.called(&value.ty);
                (Callee::Value(self.with_typed_base(value.operand, function.span())), None, signature)
            }
        };
        let mut types = match (&signature, &callee) {
            (Some(signature), _) => signature.results.clone(),
            (None, Callee::Path(path)) => self.index.library_results(path),
            (None, _) => Vec::new(),
        };
        types.iter_mut().for_each(|it| *it = self.index.canonical(it));
        let values = self.arguments(&arguments);
        if let Some(signature) = &signature {
            self.infer(signature, &values, &mut types);
        }
        if self.suite(&callee, &values, function.span(), node) {
            return Called::Value(Value::default());
        }
        if let (true, Callee::Path(path)) = (types.is_empty() && signature.is_none(), &callee)
            && let Some(given) = self.index.gives_back(path).and_then(|it| values.get(it))
        {
            types.push(self.index.function_type(given.ty.clone()));
        }
        let mut args: Vec<_> = values.into_iter().map(|it| it.operand).collect();
        if let Some(signature) = signature
            && !matches!(&callee, Callee::Path(path) if self.index.facts.call(path).is_some())
        {
            self.gather_variadic(&signature, &arguments, &mut args);
        }
        let call = Call { callee, receiver, args, results: Vec::new(), name: function.span(), unwind: None };
        Called::Call(Prepared { call, types, span: node.span() })
    }

    /// A call that happens here, and stands nowhere.
    pub(super) fn implied(&mut self, callee: Callee, receiver: Option<Operand>, args: Vec<Operand>, span: Span) {
        let call = Call { callee, receiver, args, results: Vec::new(), name: span, unwind: None };
        self.builder().step(Action::Call(call), Origin::Implied(span));
    }

    /// The types of results that the arguments of a generic function say.
    fn infer(&self, signature: &Signature, values: &[Value], types: &mut [Type]) {
        for it in &signature.inferred {
            let (Some(value), Some(result)) = (values.get(it.argument), types.get_mut(it.result)) else { continue };
            let ty = match (it.given, self.index.called(&value.ty), &value.operand) {
                (None, ..) => Some(value.ty.clone()),
                (Some(nth), Some(signature), _) => signature.results.get(nth).cloned(),
                (Some(nth), None, Operand::Path(path)) => self.index.library_results(path).get(nth).cloned(),
                _ => None,
            };
            if let Some(ty) = ty.filter(|it| *it != Type::Unknown) {
                *result = self.index.canonical(&ty);
            }
        }
    }

    /// A function in a field of a field, with the struct that has it in a place of its own: which function that is, the
    /// type of the struct may say.
    fn with_typed_base(&mut self, callee: Operand, span: Span) -> Operand {
        let Operand::Field(base, name) = callee else { return callee };
        if !matches!(*base, Operand::Field(..)) {
            return Operand::Field(base, name);
        }
        let ty = self.type_of(&base);
        if ty.path().is_none() {
            return Operand::Field(base, name);
        }
        let place = self.temporary(ty);
        self.builder().assign(place, *base, Origin::Implied(span));
        Operand::Field(Box::new(Operand::Place(place)), name)
    }

    /// The type of a variable, or of a field of one.
    fn type_of(&mut self, operand: &Operand) -> Type {
        match operand {
            Operand::Place(place) => self.ty(*place),
            Operand::Field(base, name) => {
                let base = self.type_of(base);
                match self.index.member(&base, name) {
                    Some(Member { through, kind: MemberKind::Field(ty) }) if through.is_empty() => {
                        self.index.canonical(&ty)
                    }
                    _ => Type::Unknown,
                }
            }
            _ => Type::Unknown,
        }
    }

    /// Whether it may be a call: `f[T](x)` reads as a conversion too.
    pub(super) fn is_call(node: Node<'_>) -> bool {
        let generic = || node.field("type").is_some_and(|it| it.is("generic_type"));
        node.is("call_expression") || node.is("type_conversion_expression") && generic()
    }

    pub(super) fn arguments(&mut self, nodes: &[Node<'_>]) -> Vec<Value> {
        // `f(g())` with several results.
        if let [only] = nodes
            && Self::is_call(*only)
        {
            return match self.prepare(*only) {
                Called::Value(value) => vec![self.place_literal(value, only.span())],
                Called::Call(prepared) => {
                    let places = self.temporaries(&prepared.types);
                    self.call(prepared, places.iter().copied().map(Some).collect());
                    let typed = places.into_iter().map(|it| Value::new(Operand::Place(it), self.ty(it)));
                    typed.collect()
                }
            };
        }
        nodes.iter().map(|it| self.operand(*it)).collect()
    }

    /// One for each type, one if none is known.
    pub(super) fn temporaries(&mut self, types: &[Type]) -> Vec<Place> {
        match types {
            [] => vec![self.temporary(Type::Unknown)],
            _ => types.iter().map(|it| self.temporary(it.clone())).collect(),
        }
    }

    pub(super) fn call(&mut self, prepared: Prepared, results: Vec<Option<Place>>) {
        let call = Call { results, ..prepared.call };
        self.builder().step(Action::Call(call), Origin::Written(prepared.span));
    }

    /// A call in the place of one value.
    pub(super) fn call_value(&mut self, node: Node<'_>) -> Value {
        match self.prepare(node) {
            Called::Value(value) => value,
            Called::Call(prepared) => {
                let ty = prepared.types.first().cloned().unwrap_or_default();
                let place = self.temporary(ty.clone());
                let mut results = vec![None; prepared.types.len().max(1)];
                results[0] = Some(place);
                self.call(prepared, results);
                Value::new(Operand::Place(place), ty)
            }
        }
    }

    /// A call whose results nobody takes.
    pub(super) fn call_statement(&mut self, node: Node<'_>) {
        if let Called::Call(prepared) = self.prepare(node) {
            let results = vec![None; prepared.types.len()];
            self.call(prepared, results);
        }
    }

    /// `defer` and `go`.
    pub(super) fn call_later(&mut self, node: Node<'_>, action: fn(Call) -> Action) {
        let call = match node.child() {
            Some(call) if Self::is_call(call) => call,
            // `defer (f())` is as legal as it is rare.
            _ => return,
        };
        if let Called::Call(prepared) = self.prepare(call) {
            self.builder().step(action(prepared.call), Origin::Written(prepared.span));
        }
    }

    fn builtin(&mut self, name: &str, arguments: &[Node<'_>], function: Node<'_>, span: Span) -> Called {
        let value = match (name, arguments) {
            ("new", [ty]) => match self.as_type(*ty) {
                Some(ty) => self.zero_of(ty, span),
                None => self.operand(*ty),
            },
            ("make", [ty, sizes @ ..]) => {
                sizes.iter().for_each(|it| _ = self.value(*it));
                let ty = self.read_type(*ty);
                Value::new(Operand::List(Vec::new()), ty)
            }
            ("append", [to, items @ ..]) => self.append(*to, items),
            ("copy", [to, from]) => {
                let (to, from) = (self.operand(*to), self.operand(*from));
                let element = Operand::Field(Box::new(from.operand), "[]".into());
                self.set_element(to.operand, element, span);
                Value::named(Operand::Unknown, "int")
            }
            ("panic" | "recover", _) => {
                let args = self.arguments(arguments).into_iter().map(|it| it.operand).collect();
                let callee = Callee::Path(format!("builtin.{name}"));
                let call =
                    Call { callee, receiver: None, args, results: Vec::new(), name: function.span(), unwind: None };
                return Called::Call(Prepared { call, types: Vec::new(), span });
            }
            (_, arguments) => {
                let types: Vec<_> = arguments.iter().map(|it| self.value(*it).ty).collect();
                let ty = match name {
                    "min" | "max" => types.into_iter().next().unwrap_or_default(),
                    _ => Type::Named("int".into()),
                };
                Value::new(Operand::Unknown, ty)
            }
        };
        Called::Value(value)
    }

    /// `append` stores into the list that it is given, and is that list.
    fn append(&mut self, to: Node<'_>, items: &[Node<'_>]) -> Value {
        let list = self.value(to);
        let mut values = Vec::new();
        for item in items {
            if item.is("variadic_argument") {
                let more = item.child().map_or_else(Value::default, |it| self.operand(it));
                values.push((Operand::Field(Box::new(more.operand), "[]".into()), item.span()));
            } else {
                values.push((self.operand(*item).operand, item.span()));
            }
        }
        match list.operand {
            Operand::Place(_) | Operand::Field(..) => {
                for (value, span) in values {
                    self.set_element(list.operand.clone(), value, span);
                }
                list
            }
            _ => Value::new(Operand::List(values.into_iter().map(|(value, _)| value).collect()), list.ty),
        }
    }

    fn set_element(&mut self, list: Operand, value: Operand, span: Span) {
        if matches!(list, Operand::Place(_) | Operand::Field(..)) {
            let action = Action::Assign { to: Target::Field(list, "[]".into()), value };
            self.builder().step(action, Origin::Written(span));
        }
    }

    /// The last parameter of a variadic function of the tree gets a list, unless the text gives one.
    fn gather_variadic(&mut self, signature: &Signature, written: &[Node<'_>], args: &mut Vec<Operand>) {
        let spread = written.last().is_some_and(|it| it.is("variadic_argument"));
        let fixed = signature.params.len().saturating_sub(1);
        if !signature.variadic || spread || args.len() <= fixed {
            return;
        }
        let rest = args.split_off(fixed);
        let (Some(first), Some(last)) = (written.get(fixed).or(written.first()), written.last()) else { return };
        let span = Span { end: last.span().end, ..first.span() };
        let ty = signature.params.last().cloned().unwrap_or_default();
        let list = self.store(Value::new(Operand::List(rest), ty), span);
        args.push(Operand::Place(list));
    }
}
