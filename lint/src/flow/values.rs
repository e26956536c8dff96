//! Places, operands and tests: what a run reads, writes and decides.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::learn::Lasting;
use super::machine::{Machine, Run};
use super::overwritten::shown;
use super::point::Event;
use super::state::{Object, Site, State};
use super::text;
use super::value::{Frame, Handle, Hold, Netns, Opening, Reference, Text, Thing, Value};
use crate::ir::{Call, Callee, Operand, Place, Storage, Target, Test};
use crate::source::Span;

/// How long the name of a symbol may grow.
const SYMBOL: usize = 96;
/// How many tests a path remembers.
const TESTS: usize = 6;

/// How many objects of one step are told apart.
const MADE: u32 = 8;

impl<'a> Machine<'a> {
    /// The cell of a place, through closures to the function that owns it.
    pub(crate) fn cell(&self, run: Run<'a>, place: Place) -> (Frame, u32) {
        let (mut function, mut frame, mut place) = (run.function, run.frame, place);
        while let Storage::Captured(outer) = &function.variable(place).storage {
            let Some((id, parent)) = self.frames.parent(frame) else { break };
            let owner = self.world.program.get(id);
            if outer.0 as usize >= owner.variables.len() {
                break;
            }
            (function, frame, place) = (owner, parent, *outer);
        }
        (frame, place.0)
    }

    /// The package variable or static that a place is, also through closures.
    pub(crate) fn global(&self, run: Run<'a>, place: Place) -> Option<&'a str> {
        match &run.function.variable(place).storage {
            Storage::Global(path) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn read(&mut self, run: Run<'a>, place: Place, state: &State) -> Value {
        if let Some(path) = self.global(run, place) {
            let constant = || match self.world.constant(path)? {
                Operand::Closure(_) => Some(Value::Path(path.into())),
                // A test may put a tree of its own there, in a function that was not worth reading.
                Operand::Text(_) if self.functions.first().is_some_and(|it| it.test) && !path.contains("::") => None,
                other => literal(other),
            };
            let known = state.globals.get(path).cloned().or_else(constant);
            return known.unwrap_or_else(|| self.recall(&Lasting::Global(path.into()), Value::Symbol(path.into())));
        }
        let cell = self.cell(run, place);
        let unset = || match run.function.variable(place).name.as_str() {
            "" => Value::Unknown,
            name => Value::Symbol(format!("{name}#{}.{}", cell.0.0, cell.1).into()),
        };
        state.cells.get(&cell).cloned().unwrap_or_else(unset)
    }

    fn recall_field(&mut self, ty: &str, name: &str, otherwise: Value) -> Value {
        match self.world.function_in_field(ty, name) {
            Some(path) => Value::Path(path.into()),
            None => self.recall(&Lasting::Field(ty.to_owned(), name.to_owned()), otherwise),
        }
    }

    /// What an earlier round saw in a place that outlives calls.
    fn recall(&mut self, place: &Lasting, otherwise: Value) -> Value {
        self.asked.insert(place.clone());
        if self.world.learned.is_captured(place) {
            return Value::Netns(Reference {
                netns: Netns::Home,
                at: Opening { frame: Frame(u32::MAX), span: Span::new(crate::source::FileId(u32::MAX), 0, 0) },
                ty: None,
                captured: true,
                hold: Hold::Tied,
                of_main_thread: false,
            });
        }
        match self.world.learned.handles(place).as_slice() {
            [(true, at), ..] if matches!(place, Lasting::Global(_)) => Value::Handle(Handle {
                bound: Netns::Home,
                at: Opening { frame: Frame(u32::MAX), span: *at },
                ty: None,
                families: Rc::from([]),
                lasting: true,
                lazy: false,
                explicit: false,
            }),
            _ => otherwise,
        }
    }

    pub(crate) fn write(&mut self, run: Run<'a>, to: &Target, value: Value, span: Span, state: &mut State) {
        match to {
            Target::Place(place) => {
                if let Some(path) = self.global(run, *place) {
                    self.learned.write(Lasting::Global(path.into()), &value);
                    if let Some(before) = state.globals.get(path).cloned() {
                        self.overwrite(shown(path).into(), &before, &value, span, state);
                    }
                    self.keep(path, &value, span, state);
                    let value = value.lasting();
                    state.globals.insert(path.into(), value);
                } else {
                    let cell = self.cell(run, *place);
                    let stale = format!(" {}.{} ", cell.0.0, cell.1);
                    state.tests.retain(|key, _| !(key.starts_with('@') && key.contains(&stale)));
                    state.moved.remove(&cell);
                    state.cells.insert(cell, value);
                }
            }
            Target::Field(base, name) => {
                let base_value = self.evaluate(run, base, span, state);
                let id = match base_value.inner() {
                    Value::Object(id) => *id,
                    // A struct that came from outside gets a body once something is stored in it.
                    outside @ (Value::Symbol(_) | Value::Thing(_)) => {
                        // Not what is stored there, which the same step may make.
                        let id = self.frames.object(run.frame, span, MADE + depth(base));
                        let mut object = Object { ty: self.operand_ty(run, base, state), ..Object::default() };
                        object.fields.insert(OUTSIDE.into(), outside.clone());
                        state.objects.insert(id, object);
                        if let Operand::Place(place) | Operand::Move(place) = base {
                            self.write(run, &Target::Place(*place), Value::Object(id), span, state);
                        } else if let Operand::Field(outer, field) = base {
                            let to = Target::Field((**outer).clone(), field.clone());
                            self.write(run, &to, Value::Object(id), span, state);
                        }
                        id
                    }
                    _ => {
                        if let Some(ty) = self.operand_ty(run, base, state) {
                            self.learned.write(Lasting::Field(ty.to_string(), name.clone()), &value);
                        }
                        self.give_away(&value, state);
                        return;
                    }
                };
                // One element stands for all of a collection: the one before is still there.
                let outside = state.is_outside(id) && !self.is_part_of_lasting(run, base, id, state);
                if outside || matches!(name.as_str(), "[]" | "<-") {
                    self.give_away(&value, state);
                }
                if let Some(path) = self.lasting(run, base)
                    && let Some(before) = state.field(id, name).cloned()
                {
                    self.overwrite(format!("{}.{name}", shown(path)).into(), &before, &value, span, state);
                }
                let object = state.objects.entry(id).or_default();
                if let Some(ty) = &object.ty {
                    self.learned.write(Lasting::Field(ty.to_string(), name.clone()), &value);
                }
                object.fields.insert(name.as_str().into(), value);
            }
        }
    }

    /// A package variable gets a value.
    fn keep(&mut self, variable: &str, value: &Value, span: Span, state: &State) {
        let site = Site { span, name: span, by_value: false };
        let handle = match value.inner() {
            Value::Bound { receiver, .. } => receiver.inner(),
            other => other,
        };
        let Value::Handle(handle) = handle else { return };
        if matches!(value.inner(), Value::Handle(_)) && !handle.lazy && self.world.is_unopened(variable) {
            self.observe(site, state, Event::Bound { variable, handle });
        }
        let copied = |from: &str| {
            let here =
                state.globals.get(from).is_some_and(|it| matches!(it.inner(), Value::Handle(it) if it.at == handle.at));
            let learned = self.world.learned.handles(&Lasting::Global(from.into()));
            from != variable && (here || learned.iter().any(|it| it.1 == handle.at.span))
        };
        if handle.lasting
            && let Some((from, again)) = self.world.renewed(copied)
        {
            self.observe(site, state, Event::Copied { variable, from, handle, again });
        }
    }

    /// The type of what an operand stands for, if anything says it.
    pub(crate) fn operand_ty(&mut self, run: Run<'a>, operand: &Operand, state: &mut State) -> Option<Rc<str>> {
        if let Operand::Place(place) | Operand::Move(place) = operand
            && let Some(ty) = &run.function.variable(*place).ty
        {
            return Some(ty.as_str().into());
        }
        let value = self.evaluate(run, operand, run.function.span, state);
        state.ty(&value)
    }

    pub(crate) fn arguments(&mut self, run: Run<'a>, args: &[Operand], span: Span, state: &mut State) -> Vec<Value> {
        args.iter().map(|it| self.evaluate(run, it, span, state)).collect()
    }

    pub(crate) fn evaluate(&mut self, run: Run<'a>, operand: &Operand, span: Span, state: &mut State) -> Value {
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
                made_in: state.thread.netns(),
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
                Value::Text(Text { text: whole.into(), of: text::about(&values, state) })
            }
            Operand::Flags(items) => {
                let names = items.iter().map(|it| match self.evaluate(run, it, span, state) {
                    Value::Path(path) => path.to_string(),
                    Value::Int(bits) => bits.to_string(),
                    _ => "?".into(),
                });
                Value::Path(names.collect::<Vec<_>>().join("|").into())
            }
            Operand::Struct { ty, fields } => {
                let ty: Option<Rc<str>> = ty.as_deref().map(Into::into);
                let fields =
                    fields.iter().map(|(name, it)| (name.as_str().into(), self.evaluate(run, it, span, state)));
                let object = Object { ty, fields: fields.collect::<BTreeMap<_, _>>().into() };
                for (name, value) in object.fields.iter() {
                    if let Some(ty) = &object.ty {
                        self.learned.write(Lasting::Field(ty.to_string(), name.to_string()), value);
                    }
                }
                self.make(run, object, span, state)
            }
            Operand::List(items) => {
                let mut object = Object::default();
                let values: Vec<_> = items.iter().map(|it| self.evaluate(run, it, span, state)).collect();
                // One element stands for all; one that can be followed rather than one that cannot.
                let shows = values.iter().find(|it| text::is_path_of_namespace(it));
                let best = shows.or_else(|| values.iter().find(|it| !matches!(it, Value::Unknown)));
                if let Some(value) = best.or(values.first()) {
                    object.fields.insert("[]".into(), value.clone());
                }
                if values.len() > 1 {
                    values.iter().for_each(|it| self.give_away(it, state));
                }
                self.make(run, object, span, state)
            }
            Operand::Good(inner) => Value::Good(Rc::new(self.evaluate(run, inner, span, state))),
            Operand::Bad => Value::Bad,
        }
    }

    /// An element of a list that never changes; one stands for all.
    fn element(&self, run: Run<'a>, base: &Operand, name: &str) -> Option<Value> {
        let Operand::Place(place) = base else { return None };
        let path = self.global(run, *place)?;
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

    fn field(&mut self, run: Run<'a>, base: &Operand, value: &Value, name: &str, state: &mut State) -> Value {
        // What is inside of something good; a value that does not say is it already.
        if name == "?" && !matches!(value, Value::Symbol(_) | Value::Thing(_)) {
            return if let Value::Good(inner) = value { (**inner).clone() } else { value.clone() };
        }
        match value.inner() {
            Value::Object(id) => {
                if let Some(value) = state.field(*id, name) {
                    return value.clone();
                }
                let outside = state.field(*id, OUTSIDE).cloned();
                let ty = state.objects.get(id).and_then(|it| it.ty.clone());
                let symbol = outside.map_or(Value::Unknown, |it| member(&it, name));
                ty.map_or(symbol.clone(), |ty| self.recall_field(&ty, name, symbol))
            }
            Value::Symbol(_) | Value::Thing(_) => {
                let otherwise = member(value.inner(), name);
                match self.operand_ty(run, base, state) {
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
            _ => Value::Unknown,
        }
    }

    pub(crate) fn callee_value(&mut self, run: Run<'a>, call: &Call, span: Span, state: &mut State) -> Value {
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

    // Tests.

    /// The state for yes and the state for no; a way that cannot be is `None`.
    pub(crate) fn decide(&mut self, run: Run<'a>, test: &Test, mut state: State) -> (Option<State>, Option<State>) {
        let at = run.function.span;
        let (known, key, refined) = match test {
            Test::Nil(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                (value.is_nil(), key("nil", &value), Some((it, value == Value::Unknown, Value::Nil, Value::Bad)))
            }
            Test::Good(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                // What the callee is handed says by itself what was asked here.
                let asked = matches!(value, Value::Unknown | Value::Symbol(_));
                let good = Value::Good(Rc::new(value.clone()));
                (value.is_good(), key("good", &value), Some((it, asked, good, Value::Bad)))
            }
            Test::Zero(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                (value.is_zero(), key("zero", &value), Some((it, value == Value::Unknown, Value::Int(0), Value::Bad)))
            }
            Test::Valid(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                let refine = value == Value::Unknown;
                let mut open = false;
                value.openings(&mut |it| open |= state.open.contains_key(&it));
                let known = if open { Some(true) } else { value.is_valid() };
                (known, key("zero", &value), Some((it, refine, Value::Int(0), Value::Bad)))
            }
            Test::True(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                let known = if let Value::Bool(known) = value { Some(known) } else { None };
                let refine = value == Value::Unknown;
                (known, key("true", &value), Some((it, refine, Value::Bool(true), Value::Bool(false))))
            }
            Test::Equal(a, b) => {
                let left = self.evaluate(run, a, at, &mut state);
                let right = self.evaluate(run, b, at, &mut state);
                (equal(&left, &right), None, None)
            }
            Test::Opaque { key, mentions } => {
                let places = mentions.iter().map(|it| self.cell(run, *it));
                let places = places.map(|(frame, place)| format!(" {}.{place} ", frame.0)).collect::<String>();
                (None, Some(format!("@{}{places}{key}", run.frame.0)), None)
            }
        };
        let repeated = self.world.liveness[run.id.0 as usize].is_repeated(test);
        let key: Option<Rc<str>> = key.filter(|_| repeated).map(Into::into);
        let known = known.or_else(|| state.tests.get(key.as_ref()?).copied());
        let mut with = |came: bool, mut state: State| {
            if known.is_none() {
                match (&refined, &key) {
                    (Some((Operand::Place(place) | Operand::Move(place), true, yes, no)), _) => {
                        let value = if came { yes.clone() } else { no.clone() };
                        self.write(run, &Target::Place(*place), value, at, &mut state);
                    }
                    // So does the struct that a field of it was asked about.
                    (Some((Operand::Field(base, name), true, yes, no)), _) if matches!(test, Test::Good(_)) => {
                        let value = if came { yes.clone() } else { no.clone() };
                        self.write(run, &Target::Field((**base).clone(), name.clone()), value, at, &mut state);
                    }
                    (_, Some(key)) if state.tests.len() < TESTS => drop(state.tests.insert(key.clone(), came)),
                    _ => (),
                }
            }
            state
        };
        match known {
            Some(true) => (Some(with(true, state)), None),
            Some(false) => (None, Some(with(false, state))),
            None => (Some(with(true, state.clone())), Some(with(false, state))),
        }
    }
}

/// The field of an object from outside that holds what it was before something was stored in it.
pub const OUTSIDE: &str = "(outside)";

fn literal(operand: &Operand) -> Option<Value> {
    match operand {
        Operand::Text(text) => Some(Value::Text(text.as_str().into())),
        Operand::Int(value) => Some(Value::Int(*value)),
        Operand::Bool(value) => Some(Value::Bool(*value)),
        Operand::Path(path) => Some(Value::Path(path.as_str().into())),
        _ => None,
    }
}

/// The enum of a path that is spelled like a variant.
fn variant(path: &str) -> Option<&str> {
    let (of, name) = path.rsplit_once("::")?;
    let is_camel = |it: &str| it.starts_with(char::is_uppercase) && it.contains(char::is_lowercase);
    (is_camel(name) && is_camel(of.rsplit("::").next()?)).then_some(of)
}

fn member(base: &Value, name: &str) -> Value {
    match base {
        Value::Thing(it) => match member(&Value::Symbol(it.symbol.clone()), name) {
            Value::Symbol(symbol) => Value::Thing(Thing { symbol, ..it.clone() }),
            other => other,
        },
        Value::Symbol(symbol) if symbol.len() + name.len() < SYMBOL => {
            // The part behind `#` tells variables of one name apart; the field is what people see.
            Value::Symbol(format!("{symbol}.{name}").into())
        }
        _ => Value::Unknown,
    }
}

fn key(what: &str, value: &Value) -> Option<String> {
    match value.inner() {
        Value::Symbol(symbol) | Value::Thing(Thing { symbol, .. }) => Some(format!("{what} {symbol}")),
        _ => None,
    }
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left.inner(), right.inner()) {
        (Value::Text(a), Value::Text(b)) if !a.contains("{}") && !b.contains("{}") => Some(a == b),
        (Value::Int(a), Value::Int(b)) => Some(a == b),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Path(a), Value::Path(b)) if a == b => Some(true),
        // Two variants of one enum; two constants may be the same number.
        (Value::Path(a), Value::Path(b)) => match (variant(a), variant(b)) {
            (Some(a), Some(b)) if a == b => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// How many fields there are on the way to an operand.
fn depth(operand: &Operand) -> u32 {
    if let Operand::Field(base, _) = operand { 1 + depth(base) } else { 0 }
}
