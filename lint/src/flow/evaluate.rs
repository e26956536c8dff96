//! From an operand to the value that it has on a path.

use std::rc::Rc;

use litemap::LiteMap;

use super::kinds;
use super::learn::Lasting;
use super::machine::{Machine, Run};
use super::netns::Exact;
use super::state::{Object, State};
use super::store::OUTSIDE;
use super::tables;
use super::text;
use super::value::{Handle, Opening, Reference, Text, Thing, Value};
use crate::ir::{Call, Callee, Operand};
use crate::source::Span;

/// How long the name of a symbol may grow.
const SYMBOL: usize = 96;
/// How many objects of one step are told apart.
pub(super) const MADE: u32 = 8;

impl<'a> Machine<'a> {
    pub(super) fn callee_value(&mut self, run: Run<'a>, call: &Call, span: Span, state: &mut State) -> Value {
        match (&call.callee, &call.receiver) {
            (Callee::Value(value), _) => self.evaluate(run, value, span, state),
            (Callee::Path(path), None) => Value::Path(path.as_str().into()),
            (callee, Some(receiver)) => {
                let receiver = self.evaluate(run, receiver, span, state);
                Value::Bound { receiver: Rc::new(receiver), callee: callee.into() }
            }
            (Callee::Method(_), None) => Value::Unknown,
        }
    }

    pub(super) fn arguments(&mut self, run: Run<'a>, args: &[Operand], span: Span, state: &mut State) -> Vec<Value> {
        args.iter().map(|it| self.evaluate(run, it, span, state)).collect()
    }

    pub(super) fn evaluate(&mut self, run: Run<'a>, operand: &Operand, span: Span, state: &mut State) -> Value {
        match operand {
            Operand::Unknown => Value::Unknown,
            Operand::Place(place) => self.read(run, *place, state),
            Operand::Move(place) => {
                let value = self.read(run, *place, state);
                state.moved.insert(self.cell(run, *place));
                value
            }
            Operand::Field(base, name) if let Some(value) = self.element(run, base, name) => value,
            Operand::Field(base, name) => {
                let base_value = self.evaluate(run, base, span, state);
                self.field(run, base, &base_value, name, state)
            }
            Operand::Closure(id) => Value::Closure { function: *id, frame: run.frame },
            Operand::Async(id) => Value::Future {
                function: *id,
                frame: Some(run.frame),
                args: Rc::from([]),
                made_in: state.thread.meant(),
                made_at: span,
            },
            Operand::Path(path) => Value::Path(path.as_str().into()),
            Operand::Method { receiver, callee } => {
                let receiver = self.evaluate(run, receiver, span, state);
                Value::Bound { receiver: Rc::new(receiver), callee: (&**callee).into() }
            }
            Operand::Text(text) => Value::Text(text.as_str().into()),
            Operand::Int(value) => Value::Int(*value),
            Operand::Bool(value) => Value::Bool(*value),
            Operand::Nil => Value::Nil,
            Operand::Concat(items) => {
                let values: Vec<_> = items.iter().map(|it| self.evaluate(run, it, span, state)).collect();
                let whole: String = values.iter().map(text::piece).collect();
                let exact = Exact::of_parts(&values, Opening { frame: run.frame, span });
                Value::Text(Text { text: whole.into(), of: text::about(&values, state), exact })
            }
            Operand::Flags(items) => {
                let names = items.iter().map(|it| match self.evaluate(run, it, span, state) {
                    Value::Path(path) => path.to_string(),
                    Value::Int(bits) => bits.to_string(),
                    _ => "?".into(),
                });
                Value::Path(names.collect::<Vec<_>>().join("|").into())
            }
            Operand::Struct(literal) => {
                let ty: Option<Rc<str>> = literal.ty.as_deref().map(Into::into);
                let fields =
                    literal.fields.iter().map(|(name, it)| (name.as_str().into(), self.evaluate(run, it, span, state)));
                let object = Object { ty, fields: fields.collect::<LiteMap<_, _>>().into() };
                for (name, value) in object.fields.iter() {
                    if let Some(ty) = &object.ty {
                        let place = Lasting::Field(ty.to_string(), name.to_string());
                        if self.is_named_by_caller(run, value) {
                            self.learned.write_other(place.clone());
                        }
                        if let (Value::Object(_), Some(part)) = (value.inner(), state.ty(value)) {
                            self.learned.note_part(place.clone(), &part);
                        }
                        self.learned.write(place, value);
                    }
                }
                self.make(run, object, span, state)
            }
            Operand::List(items) => {
                let mut object = Object::default();
                let values: Vec<_> = items.iter().map(|it| self.evaluate(run, it, span, state)).collect();
                self.end_at_failure(&values, state);
                // One element stands for all; one that can be followed rather than one that cannot.
                let shows = values.iter().find(|it| text::is_path_of_namespace(it));
                let best = shows.or_else(|| values.iter().find(|it| !matches!(it, Value::Unknown)));
                if let Some(value) = self.one_of(&values, state).or(best.or(values.first()).cloned()) {
                    object.fields.insert("[]".into(), value);
                }
                if values.len() > 1 {
                    values.iter().for_each(|it| self.give_away(it, state));
                }
                if self.is_table(&values, state) {
                    tables::keep(values, &mut object);
                }
                self.make(run, object, span, state)
            }
            Operand::Good(inner) => Value::Good(Rc::new(self.evaluate(run, inner, span, state))),
            Operand::Bad => Value::Bad,
        }
    }

    /// One of several values of different types, which stand for an interface.
    fn one_of(&self, values: &[Value], state: &State) -> Option<Value> {
        let kinds: Vec<_> = values.iter().map(|it| state.kinds(it)).collect();
        let stand_for_one = |it: &Vec<Rc<str>>| !it.is_empty() && it.iter().all(|it| self.world.is_implementer(it));
        if !kinds.iter().all(stand_for_one) || kinds.windows(2).all(|it| it[0] == it[1]) {
            return None;
        }
        Some(kinds::either(&kinds.concat(), &kinds[0]))
    }

    /// Whether a namespace is the current one only because the caller says so, and others may say otherwise:
    /// `Namespace::open(path)`, which `Namespace::current()` calls.
    fn is_named_by_caller(&self, run: Run<'a>, value: &Value) -> bool {
        let Value::Netns(Reference { at, captured: true, .. }) = value.inner() else { return false };
        let Some(opener) = self.frames.owner(at.frame) else { return false };
        let exported = run.function.exported || self.world.program.get(opener).exported;
        exported && !self.world.program.get(opener).params.is_empty() && !self.world.relevance.moves_itself(opener)
    }

    /// The type of what an operand stands for, if anything says it.
    pub(super) fn operand_ty(&mut self, run: Run<'a>, operand: &Operand, state: &mut State) -> Option<Rc<str>> {
        if let Operand::Place(place) | Operand::Move(place) = operand
            && let Some(ty) = &run.function.variable(*place).ty
        {
            return Some(ty.as_str().into());
        }
        let value = self.evaluate(run, operand, run.function.span, state);
        state.ty(&value)
    }

    /// An element of a list that never changes; one stands for all.
    fn element(&self, run: Run<'a>, base: &Operand, name: &str) -> Option<Value> {
        let Operand::Place(place) = base else { return None };
        let path = self.global(run, *place)?;
        if name == "[]"
            && let Some(kinds) = self.world.kinds_in(path)
        {
            return Some(kinds::either(&kinds, &kinds));
        }
        let Operand::List(items) = self.world.constant(path)? else { return None };
        let shows = |it: &Value| text::is_path_of_namespace(it);
        let mut values = items.iter().filter(|_| name == "[]").map(literal);
        values.clone().flatten().find(shows).or_else(|| values.next().flatten())
    }

    /// A new object; one step can make several, told apart by their order.
    fn make(&mut self, run: Run<'a>, object: Object, span: Span, state: &mut State) -> Value {
        let id = (0..MADE).map(|nth| self.frames.object(run.frame, span, nth)).find(|id| {
            let same = |it: &Object| {
                let names = it.fields.keys().filter(|it| &***it != super::ownership::GIVEN);
                it.ty == object.ty && names.eq(object.fields.keys())
            };
            state.objects.get(id).is_none_or(same)
        });
        let id = id.unwrap_or_else(|| self.frames.object(run.frame, span, 0));
        state.objects.insert(id, object);
        Value::Object(id)
    }

    /// The type of a part of a struct, as those say who make one.
    fn part_ty(&mut self, run: Run<'a>, base: &Operand, state: &mut State) -> Option<Rc<str>> {
        let Operand::Field(outer, name) = base else { return None };
        // Where it is at home, nothing is foreign to it.
        if !state.thread.may_be_away() {
            return None;
        }
        let outer = self.operand_ty(run, outer, state)?;
        let place = Lasting::Field(outer.to_string(), name.clone());
        self.asked.insert(place.clone());
        self.world.learned.part(&place).map(Into::into)
    }

    fn field(&mut self, run: Run<'a>, base: &Operand, value: &Value, name: &str, state: &mut State) -> Value {
        // What is inside of something good; a value that does not say is it already.
        if name == "?" && !matches!(value, Value::Symbol(_) | Value::Thing(_)) {
            return if let Value::Good(inner) = value { (**inner).clone() } else { value.clone() };
        }
        match value.inner() {
            Value::Object(id) => {
                if let Some(value) = state.field(*id, name) {
                    return if name == "[]" { value.clone().one_of_many() } else { value.clone() };
                }
                let outside = state.field(*id, OUTSIDE).cloned();
                let ty = state.objects.get(id).and_then(|it| it.ty.clone());
                let symbol = outside.map_or(Value::Unknown, |it| member(&it, name));
                ty.map_or(symbol.clone(), |ty| self.recall_field(&ty, name, symbol))
            }
            Value::Symbol(_) | Value::Thing(_) => {
                let otherwise = member(value.inner(), name);
                match self.operand_ty(run, base, state).or_else(|| self.part_ty(run, base, state)) {
                    Some(ty) if self.is_given_to_root(value.inner()) => self.recall_given(&ty, name, otherwise),
                    Some(ty) => self.recall_field(&ty, name, otherwise),
                    None => otherwise,
                }
            }
            // A part of a handle asks through the same socket.
            Value::Handle(handle) => {
                let ty = handle.ty.as_deref().and_then(|it| self.world.facts.ty(it));
                let part = ty.and_then(|it| it.fields.get(name)).map(|it| it.as_str().into());
                Value::Handle(Handle { ty: part.or_else(|| handle.ty.clone()), ..handle.clone() })
            }
            Value::Netns(_) => value.inner().clone(),
            // One of several stands for all.
            Value::Work(_) if name == "[]" => value.inner().clone(),
            _ => Value::Unknown,
        }
    }
}

pub(super) fn literal(operand: &Operand) -> Option<Value> {
    match operand {
        Operand::Text(text) => Some(Value::Text(text.as_str().into())),
        Operand::Int(value) => Some(Value::Int(*value)),
        Operand::Bool(value) => Some(Value::Bool(*value)),
        Operand::Path(path) => Some(Value::Path(path.as_str().into())),
        _ => None,
    }
}

fn member(base: &Value, name: &str) -> Value {
    match base {
        Value::Thing(it) => match member(&Value::Symbol(it.symbol.clone().into()), name) {
            Value::Symbol(symbol) => Value::Thing(Thing { symbol: symbol.text, ..it.clone() }),
            other => other,
        },
        Value::Symbol(symbol) if symbol.len() + name.len() < SYMBOL => {
            // The part behind `#` tells variables of one name apart; the field is what people see.
            Value::Symbol(format!("{}.{name}", symbol.text).into())
        }
        _ => Value::Unknown,
    }
}
