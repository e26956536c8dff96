//! Assignments and declarations.

use super::call::Called;
use super::{Entity, Lowering, Node, Value};
use crate::ir::{Action, Operand, Origin, Target};
use crate::lang::go::constant;
use crate::lang::go::declare::{self, FileNames};
use crate::lang::go::types::Type;
use crate::source::Span;

impl Lowering<'_> {
    pub(super) fn assignment(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else { return };
        let (left, right) = (left.children(), right.children());
        match node.operator() {
            "=" => {
                let targets: Vec<_> = left.iter().map(|it| self.target(*it)).collect();
                let (mut values, types) = self.evaluate(targets.len(), &right, None);
                if left.iter().any(|it| is_pointed_to(*it)) {
                    values = self.kept(values, &types);
                }
                self.bind_values(targets, values, node.span());
            }
            operator => {
                let ([left], [right]) = (&left[..], &right[..]) else { return };
                let (old, new) = (self.operand(*left), self.operand(*right));
                let text =
                    matches!(&new.operand, Operand::Text(_) | Operand::Concat(_)) || old.ty.path() == Some("string");
                let value = match operator {
                    "+=" if text => constant::binary("+", old.operand, new.operand),
                    "|=" => constant::binary("|", old.operand, new.operand),
                    _ => Operand::Unknown,
                };
                let target = self.target(*left);
                self.set(target, value, node.span());
            }
        }
    }

    /// `x++`, `x--`.
    pub(super) fn step_by_one(&mut self, node: Node<'_>) {
        let target = node.child().and_then(|it| self.target(it));
        self.set(target, Operand::Unknown, node.span());
    }

    pub(super) fn send(&mut self, node: Node<'_>) {
        let (Some(channel), Some(value)) = (node.field("channel"), node.field("value")) else { return };
        let (channel, value) = (self.operand(channel), self.operand(value));
        self.set(Some(Target::Field(channel.operand, "<-".into())), value.operand, node.span());
    }

    /// `a, b := …`
    pub(super) fn define(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else { return };
        self.define_names(&left.children(), &right.children(), node.span());
    }

    pub(super) fn define_names(&mut self, left: &[Node<'_>], right: &[Node<'_>], span: Span) {
        let (values, types) = self.evaluate(left.len(), right, None);
        let targets = left.iter().zip(types).map(|(name, ty)| self.defined(*name, ty)).collect();
        self.bind_values(targets, values, span);
    }

    /// The variable on the left of `:=`: a new one unless this very scope has it.
    pub(super) fn defined(&mut self, name: Node<'_>, ty: Type) -> Option<Target> {
        let text = name.text();
        if text == "_" {
            return None;
        }
        let level = self.bodies.len() - 1;
        let scope = self.scopes.last().expect("a statement is in a scope");
        let known = scope.iter().rev().find(|(it, _)| it == text).map(|(_, entity)| entity.clone());
        match known {
            Some(Entity::Variable { level: its, place }) if its == level => Some(Target::Place(place)),
            _ => Some(Target::Place(self.declare(text, ty))),
        }
    }

    /// `var a, b T = …` inside a function.
    pub(super) fn local_variables(&mut self, node: Node<'_>) {
        let written = node.field("type");
        let ty = written.map(|it| self.read_type(it));
        let names = node.fields("name");
        let Some(values) = node.field("value") else {
            for name in names {
                let zero = written.map_or(Operand::Unknown, |it| self.zero(it));
                let place = self.declare(name.text(), ty.clone().unwrap_or_default());
                self.assign(place, zero, node.span());
            }
            return;
        };
        let (values, types) = self.evaluate(names.len(), &values.children(), ty.as_ref());
        let mut targets = Vec::new();
        for (name, found) in names.iter().zip(types) {
            let place = (name.text() != "_").then(|| self.declare(name.text(), ty.clone().unwrap_or(found)));
            targets.push(place.map(Target::Place));
        }
        self.bind_values(targets, values, node.span());
    }

    pub(super) fn local_constants(&mut self, node: Node<'_>) {
        let scopes = &self.scopes;
        let lookup = |it: Node<'_>| {
            let found = scopes.iter().rev().flat_map(|it| it.iter().rev()).find(|(name, _)| name == it.text());
            match found {
                Some((_, Entity::Constant(value, _))) => value.clone(),
                Some(_) => Operand::Unknown,
                None => {
                    let path = declare::named(it, &FileNames::of(self.file, &|it| self.index.knows(it)));
                    path.map_or(Operand::Unknown, |path| match self.index.constant(&path) {
                        Some((value, _)) => value,
                        None => Operand::Path(path),
                    })
                }
            }
        };
        for constant in declare::constants(node, &lookup) {
            let ty = constant.ty.map_or(Type::Unknown, |it| self.read_type(it));
            self.bind(constant.name.text(), Entity::Constant(constant.value, ty));
        }
    }

    /// What stands on the left of `=`; `None` for `_`.
    pub(super) fn target(&mut self, node: Node<'_>) -> Option<Target> {
        match node.kind() {
            "identifier" if node.text() == "_" => None,
            "parenthesized_expression" => self.target(node.child()?),
            "unary_expression" if node.operator() == "*" => self.target(node.field("operand")?),
            "index_expression" => {
                let base = node.field("operand").map(|it| self.operand(it))?;
                if let Some(index) = node.field("index") {
                    self.value(index);
                }
                Some(Target::Field(base.operand, "[]".into()))
            }
            _ => match self.value(node).operand {
                Operand::Place(place) => Some(Target::Place(place)),
                Operand::Field(base, name) => Some(Target::Field(*base, name)),
                // A method's name, as it seems: a field of a type that nobody knows.
                Operand::Method { receiver, .. } => {
                    Some(Target::Field(*receiver, node.field("field")?.text().to_owned()))
                }
                _ => None,
            },
        }
    }

    /// Assigns all values at once.
    pub(super) fn assign_values(
        &mut self,
        targets: Vec<Option<Target>>,
        right: &[Node<'_>],
        ty: Option<&Type>,
        span: Span,
    ) {
        let (values, _) = self.evaluate(targets.len(), right, ty);
        self.bind_values(targets, values, span);
    }

    /// Evaluates the right side for `count` variables on the left.
    pub(super) fn evaluate(&mut self, count: usize, right: &[Node<'_>], ty: Option<&Type>) -> (Values, Vec<Type>) {
        if let [only] = right {
            let inner = bare(*only);
            if Self::is_call(inner) {
                match self.prepare(inner) {
                    Called::Call(prepared) => {
                        let mut types = prepared.types.clone();
                        types.resize(count, Type::Unknown);
                        return (Values::Call(Box::new(prepared)), types);
                    }
                    Called::Value(value) => {
                        let types = vec![value.ty.clone(); count.min(1)];
                        return (Values::Listed(vec![value.operand]), types);
                    }
                }
            }
            // The second value of `x.(T)`, `m[k]` and `<-c` says whether the first is there.
            let value = self.value(inner);
            if count > 1 && inner.is("type_assertion_expression") {
                self.ask_type(&value.operand, inner.span());
            }
            let mut types = vec![value.ty];
            types.resize(count, Type::Named("bool".into()));
            let mut operands = vec![value.operand];
            operands.resize(count, Operand::Unknown);
            return (Values::Listed(operands), types);
        }
        let values: Vec<Value> = right.iter().map(|it| self.operand(*it)).collect();
        let (mut operands, mut types): (Vec<_>, Vec<_>) = values.into_iter().map(|it| (it.operand, it.ty)).unzip();
        operands.resize(count, Operand::Unknown);
        types.resize(count, Type::Unknown);
        if let Some(ty) = ty {
            types.fill(ty.clone());
        }
        (Values::Listed(operands), types)
    }

    pub(super) fn bind_values(&mut self, targets: Vec<Option<Target>>, values: Values, span: Span) {
        match values {
            Values::Call(prepared) => {
                let mut results = Vec::new();
                let mut stored = Vec::new();
                for (index, target) in targets.into_iter().enumerate() {
                    results.push(match target {
                        None => None,
                        Some(Target::Place(place)) => Some(place),
                        Some(target) => {
                            let place = self.temporary(prepared.types.get(index).cloned().unwrap_or_default());
                            stored.push((target, place));
                            Some(place)
                        }
                    });
                }
                self.call(*prepared, results);
                for (target, place) in stored {
                    self.set(Some(target), Operand::Place(place), span);
                }
            }
            Values::Listed(mut operands) => {
                // `a, b = b, a`
                for later in 1..targets.len() {
                    let overwritten = targets[..later].iter().flatten().any(|it| reads(&operands[later], it));
                    if overwritten {
                        let value = Value::new(operands[later].clone(), Type::Unknown);
                        operands[later] = Operand::Place(self.store(value, span));
                    }
                }
                // Those that an assignment before them would change were read first; the stores stand in order.
                for (target, operand) in targets.into_iter().zip(operands) {
                    self.set(target, operand, span);
                }
            }
        }
    }

    /// `*failed = call()`: who pointed there looks at what the call gave, so that it is not written over the pointer.
    fn kept(&mut self, values: Values, types: &[Type]) -> Values {
        let Values::Call(prepared) = values else { return values };
        let places: Vec<_> = types.iter().map(|it| self.temporary(it.clone())).collect();
        self.call(*prepared, places.iter().copied().map(Some).collect());
        Values::Listed(places.into_iter().map(Operand::Place).collect())
    }

    pub(super) fn set(&mut self, target: Option<Target>, value: Operand, span: Span) {
        if let Some(to) = target {
            // `s = append(s, x)`: the list is the same one.
            if matches!((&to, &value), (Target::Place(a), Operand::Place(b)) if a == b) {
                return;
            }
            self.builder().step(Action::Assign { to, value }, Origin::Written(span));
        }
    }
}

/// The right side of an assignment, evaluated.
pub(super) enum Values {
    Listed(Vec<Operand>),
    Call(Box<super::call::Prepared>),
}

fn is_pointed_to(target: Node<'_>) -> bool {
    target.is("unary_expression") && target.operator() == "*"
}

/// Without the parentheses around it.
pub(super) fn bare(mut node: Node<'_>) -> Node<'_> {
    while node.is("parenthesized_expression")
        && let Some(inner) = node.child()
    {
        node = inner;
    }
    node
}

fn reads(operand: &Operand, target: &Target) -> bool {
    match (operand, target) {
        (Operand::Place(a), Target::Place(b)) => a == b,
        (Operand::Field(base, name), Target::Field(other, changed)) => {
            **base == *other && name == changed || reads(base, target)
        }
        (Operand::Field(base, _), _) => reads(base, target),
        (Operand::Concat(items) | Operand::Flags(items), _) => items.iter().any(|it| reads(it, target)),
        _ => false,
    }
}
