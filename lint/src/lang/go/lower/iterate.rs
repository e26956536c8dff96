//! Loops.

use super::{Lowering, Node, Value};
use crate::ir::{Action, BEGIN, BlockId, Call, Callee, END, End, Exit, Loop, Operand, Origin, Place, Storage, Test};
use crate::lang::go::types::Type;
use crate::source::Span;

/// A loop body that an iterator function calls: a closure in the representation,
/// but `return` and jumps to labels further out mean the function around it.
pub(super) struct Iteration {
    /// Of the function around: which of the ways out was taken, counted from 1.
    taken: Place,
    ways: Vec<Way>,
    /// Ends the iteration.
    stop: BlockId,
}

/// A way out of a loop body and out of the iterator function that calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Return,
    Break(Option<String>),
    Continue(Option<String>),
}

impl Way {
    pub(super) fn jump(label: Option<&str>, again: bool) -> Way {
        let label = label.map(str::to_owned);
        if again { Way::Continue(label) } else { Way::Break(label) }
    }
}

impl Lowering<'_> {
    pub(super) fn for_loop(&mut self, node: Node<'_>) {
        let label = self.body().label.take();
        self.scopes.push(Vec::new());
        let clause = node.children().into_iter().find(|it| !it.is("block"));
        let body = node.field("body");
        match clause.filter(|_| body.is_some()) {
            Some(clause) if clause.is("range_clause") => self.range(clause, body.expect("filtered"), label),
            clause => self.plain_loop(clause, body, label),
        }
        self.scopes.pop();
    }

    fn plain_loop(&mut self, clause: Option<Node<'_>>, body: Option<Node<'_>>, label: Option<String>) {
        let three = clause.filter(|it| it.is("for_clause"));
        if let Some(initialiser) = three.and_then(|it| it.field("initializer")) {
            self.statement(initialiser);
        }
        let condition = match three {
            Some(three) => three.field("condition"),
            None => clause,
        };
        let begins = three.is_some_and(|it| self.begins_at_once(it));
        let builder = self.builder();
        let (head, inside, again, after) = (builder.block(), builder.block(), builder.block(), builder.block());
        builder.goto(if begins { inside } else { head });
        builder.go_on_in(head);
        match condition {
            Some(condition) => self.condition(condition, inside, after),
            None => builder.goto(inside),
        }
        self.builder().go_on_in(inside);
        self.enter_loop(label, Some(again), after);
        if let Some(body) = body {
            self.statement(body);
        }
        self.leave_loop();
        self.builder().goto(again);
        self.builder().go_on_in(again);
        if let Some(update) = three.and_then(|it| it.field("update")) {
            self.statement(update);
        }
        self.builder().goto(head);
        self.builder().go_on_in(after);
    }

    /// `for i := 0; i < 3; …`: there is a first turn, whatever becomes of `i`.
    fn begins_at_once(&mut self, clause: Node<'_>) -> bool {
        let mut holds = || {
            let (first, condition) = (clause.field("initializer")?, clause.field("condition")?);
            let (name, start) = (only(first.field("left")?)?, only(first.field("right")?)?);
            let asked = condition.field("left")?;
            let same = name.is("identifier") && asked.is("identifier") && name.text() == asked.text();
            let is_set = first.operator_is_plain();
            let (start, bound) = (self.number(start)?, self.number(condition.field("right")?)?);
            let holds = match condition.operator() {
                "<" => start < bound,
                "<=" => start <= bound,
                ">" => start > bound,
                ">=" => start >= bound,
                "!=" => start != bound,
                _ => false,
            };
            Some(same && is_set && holds)
        };
        holds().unwrap_or(false)
    }

    /// A number that stands in the text, or has a name there.
    fn number(&mut self, node: Node<'_>) -> Option<i64> {
        let plain = ["int_literal", "identifier"].iter().any(|it| node.is(it));
        match plain.then(|| self.operand(node).operand)? {
            Operand::Int(number) => Some(number),
            _ => None,
        }
    }

    fn range(&mut self, clause: Node<'_>, body: Node<'_>, label: Option<String>) {
        let Some(right) = clause.field("right") else { return };
        let left = clause.field("left").map_or_else(Vec::new, Node::children);
        let over = self.operand(right);
        let over = if matches!(over.operand, Operand::Path(_)) { over } else { self.settle(over, right.span()) };
        if self.is_iterator(&over) {
            return self.iterate(clause, &left, over, body, label);
        }
        let failures = self.is_list_of_errors(&over.ty);
        let in_turn = self.is_list_of_functions(&over.ty);
        if in_turn {
            self.take_part(&over, BEGIN, right.span());
        }
        let builder = self.builder();
        let (head, inside, after) = (builder.block(), builder.block(), builder.block());
        let done = if in_turn { builder.block() } else { after };
        match over.operand {
            Operand::Int(1..) => builder.goto(inside),
            // Where one is known to be there, there is a first turn.
            _ if failures => {
                let key = format!("@{} begins", right.span().start);
                let test = Test::Opaque { key, mentions: Vec::new(), value: over.operand.clone() };
                builder.end(End::Branch { test, yes: inside, no: head });
            }
            _ => builder.goto(head),
        }
        builder.go_on_in(head);
        builder.end(End::Choice(vec![inside, done]));
        if in_turn {
            builder.go_on_in(done);
            self.take_part(&over, END, right.span());
            self.builder().goto(after);
        }
        self.builder().go_on_in(inside);
        let (key, value) = self.ranged(&over);
        self.loop_variables(clause, &left, [key, value]);
        self.enter_loop(label, Some(head), after);
        self.statement(body);
        self.leave_loop();
        self.builder().goto(head);
        self.builder().go_on_in(after);
    }

    /// Says where a loop is that goes through a list.
    fn take_part(&mut self, over: &Value, part: &str, span: Span) {
        let place = self.temporary(Type::Unknown);
        self.assign(place, Operand::Field(Box::new(over.operand.clone()), part.into()), span);
    }

    /// Whether the elements are functions, or structs that hold some: which one is called is what matters.
    fn is_list_of_functions(&self, ty: &Type) -> bool {
        let is_function = |it: &Type| matches!(self.index.underlying(it), Type::Func(_));
        let element = match self.index.underlying(ty) {
            Type::List(element) => (*element).clone(),
            Type::Map(both) => both.1.clone(),
            _ => return false,
        };
        match self.index.underlying(&element) {
            Type::Func(_) => true,
            Type::Struct(fields) => fields.iter().any(|it| is_function(&it.ty)),
            _ => false,
        }
    }

    /// What the two variables of `range` get.
    fn ranged(&self, over: &Value) -> (Value, Value) {
        let element = |name: &str, ty: Type| {
            let ty = self.index.canonical(&ty);
            Value::new(Operand::Field(Box::new(over.operand.clone()), name.into()), ty)
        };
        let number = Value::named(Operand::Unknown, "int");
        match self.index.underlying(&over.ty) {
            Type::Chan(item) => (element("<-", (*item).clone()), Value::default()),
            Type::Map(both) => {
                (Value::new(Operand::Unknown, self.index.canonical(&both.0)), element("[]", both.1.clone()))
            }
            Type::List(item) => (number, element("[]", (*item).clone())),
            Type::Named(path) if &*path == "int" || &*path == "string" => (number.clone(), number),
            _ => (Value::default(), element("[]", Type::Unknown)),
        }
    }

    fn loop_variables(&mut self, clause: Node<'_>, left: &[Node<'_>], values: [Value; 2]) {
        for (name, value) in left.iter().zip(values) {
            let target = if clause.has_token(":=") { self.defined(*name, value.ty) } else { self.target(*name) };
            self.set(target, value.operand, name.span());
        }
    }

    /// Whether it is a function of the tree, or one of the types that say so.
    fn is_iterator(&self, over: &Value) -> bool {
        let named = matches!(over.ty.path(), Some("iter.Seq" | "iter.Seq2"));
        named || self.index.called(&over.ty).is_some()
    }

    /// `for x := range f`: `f` calls the body.
    fn iterate(&mut self, clause: Node<'_>, left: &[Node<'_>], over: Value, body: Node<'_>, label: Option<String>) {
        let taken = self.temporary(Type::Named("int".into()));
        self.assign(taken, Operand::Int(0), clause.span());
        let id = self.begin_closure(body);
        self.scopes.push(Vec::new());
        let yielded = match self.index.called(&over.ty).and_then(|it| it.params.first().cloned()) {
            Some(ty) => self.index.called(&ty).map_or_else(Vec::new, |it| it.params.clone()),
            None => Vec::new(),
        };
        for (index, name) in left.iter().enumerate() {
            let ty = self.index.canonical(&yielded.get(index).cloned().unwrap_or_default());
            let defined = clause.has_token(":=") && name.text() != "_";
            let place = if defined { self.declare(name.text(), ty) } else { self.variable("", Storage::Local, ty) };
            self.builder().function.params.push(place);
            if !defined {
                let target = self.target(*name);
                self.set(target, Operand::Place(place), name.span());
            }
        }
        let more = self.temporary(Type::Named("bool".into()));
        self.builder().function.results.push(more);
        let (again, stop) = (self.builder().block(), self.builder().block());
        self.body().iteration = Some(Iteration { taken, ways: Vec::new(), stop });
        self.enter_loop(label, Some(again), stop);
        self.statement(body);
        self.leave_loop();
        self.builder().goto(again);
        for (block, goes_on) in [(stop, false), (again, true)] {
            self.builder().go_on_in(block);
            self.assign(more, Operand::Bool(goes_on), clause.span());
            if !goes_on {
                self.builder().leave(Exit::Return, clause.span());
            }
        }
        let ways = self.body().iteration.take().map_or_else(Vec::new, |it| it.ways);
        self.finish(body);
        let span = clause.field("right").map_or(clause.span(), Node::span);
        let callee = match over.operand {
            Operand::Path(path) => Callee::Path(path),
            value => Callee::Value(value),
        };
        let call = Call {
            callee,
            receiver: None,
            args: vec![Operand::Closure(id)],
            results: Vec::new(),
            name: span,
            unwind: None,
        };
        self.builder().step(Action::Call(call), Origin::Written(span));
        for (way, number) in ways.into_iter().zip(1..) {
            let builder = self.builder();
            let (yes, no) = (builder.block(), builder.block());
            self.ask(Test::Equal(Operand::Place(taken), Operand::Int(number)), true, yes, no);
            self.builder().go_on_in(yes);
            self.take(way, clause.span());
            self.builder().go_on_in(no);
        }
    }

    fn take(&mut self, way: Way, span: Span) {
        match way {
            Way::Return if self.leave_iteration(Way::Return, span) => (),
            Way::Return => self.builder().leave(Exit::Return, span),
            Way::Break(label) => self.jump_to(label.as_deref(), false, span),
            Way::Continue(label) => self.jump_to(label.as_deref(), true, span),
        }
    }

    /// Leaves a loop body that an iterator function calls, if this is one and
    /// the way leads out of it.
    pub(super) fn leave_iteration(&mut self, way: Way, span: Span) -> bool {
        let body = self.body();
        if let Way::Break(label) | Way::Continue(label) = &way
            && label.as_ref().is_none_or(|it| body.open.contains(&Some(it.clone())))
        {
            return false;
        }
        let Some(iteration) = &mut body.iteration else { return false };
        let known = iteration.ways.iter().position(|it| *it == way);
        let index = known.unwrap_or_else(|| {
            iteration.ways.push(way);
            iteration.ways.len() - 1
        });
        let (taken, stop) = (iteration.taken, iteration.stop);
        let taken = self.capture(self.bodies.len() - 2, taken);
        self.assign(taken, Operand::Int(index as i64 + 1), span);
        self.builder().goto(stop);
        true
    }

    /// The places that `return` fills, seen from here.
    pub(super) fn result_places(&mut self) -> Vec<Place> {
        let level = self.bodies.iter().rposition(|it| it.iteration.is_none()).unwrap_or(0);
        let places = self.bodies[level].builder.function.results.clone();
        places.into_iter().map(|it| self.capture(level, it)).collect()
    }

    pub(super) fn enter_loop(&mut self, label: Option<String>, again: Option<BlockId>, after: BlockId) {
        let body = self.body();
        body.open.push(label.clone());
        body.builder.enter_loop(Loop { label, again, after, unnamed: true, result: None });
    }

    pub(super) fn leave_loop(&mut self) {
        let body = self.body();
        body.open.pop();
        body.builder.leave_loop();
    }
}

/// The only one of a list.
fn only(list: Node<'_>) -> Option<Node<'_>> {
    match list.children().as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
