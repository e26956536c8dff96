//! What places hold: what a run reads and writes.

use std::rc::Rc;

use super::evaluate::{MADE, literal};
use super::learn::Lasting;
use super::machine::{Machine, Run};
use super::netns::{NOT_HOME, Netns};
use super::overwritten::shown;
use super::point::Event;
use super::state::{Object, Site, State};
use super::value::{Frame, Handle, Hold, Opening, Reference, Value};
use crate::ir::{Operand, Place, Storage, Target};
use crate::source::Span;

/// The field of an object from outside that holds what it was before something was stored in it.
pub const OUTSIDE: &str = "(outside)";

impl<'a> Machine<'a> {
    /// The cell of a place, through closures to the function that owns it.
    pub(super) fn cell(&self, run: Run<'a>, place: Place) -> (Frame, u32) {
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
    pub(super) fn global(&self, run: Run<'a>, place: Place) -> Option<&'a str> {
        match &run.function.variable(place).storage {
            Storage::Global(path) => Some(path),
            _ => None,
        }
    }

    pub(super) fn read(&mut self, run: Run<'a>, place: Place, state: &State) -> Value {
        if let Some(path) = self.global(run, place) {
            let constant = || match self.world.constant(path)? {
                Operand::Closure(_) if !self.world.learned.handles(&Lasting::Global(path.into())).is_empty() => None,
                Operand::Closure(_) => Some(Value::Path(path.into())),
                Operand::Path(_) if self.world.runs_once(path) => Some(Value::Path(path.into())),
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

    pub(super) fn write(&mut self, run: Run<'a>, to: &Target, value: Value, span: Span, state: &mut State) {
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
                    if state.tests.keys().any(|it| it.starts_with('@')) {
                        let stale = format!(" {}.{} ", cell.0.0, cell.1);
                        state.tests.retain(|key, _| !(key.starts_with('@') && key.contains(&stale)));
                    }
                    state.moved.remove(&cell);
                    state.cells.insert(cell, value);
                }
            }
            Target::Field(base, name) => {
                if matches!(name.as_str(), "[]" | "<-") {
                    self.end_at_failure(std::slice::from_ref(&value), state);
                }
                let base_value = self.evaluate(run, base, span, state);
                let declared = self.is_declared(run, base, &base_value);
                let begins = base_value == Value::Nil && name == "[]";
                let id = match base_value.inner() {
                    Value::Object(id) => *id,
                    // A struct gets a body once something is stored in it, if it came from outside or is one of a library;
                    // a list that was none, with its first element.
                    outside if declared || begins || matches!(outside, Value::Symbol(_) | Value::Thing(_)) => {
                        // Not what is stored there, which the same step may make.
                        let id = self.frames.object(run.frame, span, MADE + depth(base));
                        let mut object = Object { ty: self.operand_ty(run, base, state), ..Object::default() };
                        if !begins {
                            object.fields.insert(OUTSIDE.into(), outside.clone());
                        }
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
                if name == "[]" {
                    self.number(id, &value, state);
                }
                let object = state.objects.entry(id).or_default();
                if let Some(ty) = &object.ty {
                    self.learned.write(Lasting::Field(ty.to_string(), name.clone()), &value);
                }
                // Another error that is none: whether the list holds one is as before.
                if name != "[]" || value != Value::Nil {
                    object.fields.insert(name.as_str().into(), value);
                }
            }
        }
    }

    /// Whether it is a variable of this function that holds nothing that is known, and is a struct of Go: it has fields.
    fn is_declared(&self, run: Run<'a>, base: &Operand, value: &Value) -> bool {
        let Operand::Place(place) = base else { return false };
        let variable = run.function.variable(*place);
        let of_library = || variable.ty.as_deref().is_some_and(|it| it.contains('.') && !it.contains("::"));
        *value == Value::Unknown && matches!(variable.storage, Storage::Local) && of_library()
    }

    pub(super) fn recall_field(&mut self, ty: &str, name: &str, otherwise: Value) -> Value {
        match self.world.held_by_field(ty, name) {
            Some(held) => held,
            None => self.recall(&Lasting::Field(ty.to_owned(), name.to_owned()), otherwise),
        }
    }

    /// What an earlier round saw in a place that outlives calls.
    pub(super) fn recall(&mut self, place: &Lasting, otherwise: Value) -> Value {
        self.asked.insert(place.clone());
        if self.world.learned.is_captured(place) {
            return Value::Netns(Reference {
                netns: Netns::Home,
                at: Opening { frame: Frame(u32::MAX), span: Span::new(crate::source::FileId(u32::MAX), 0, 0) },
                ty: None,
                captured: true,
                hold: Hold::Tied,
                of_main_thread: false,
                inside: None,
                number: false,
            });
        }
        if let (Lasting::Field(ty, name), Some(at)) = (place, self.world.learned.elsewhere(place)) {
            let netns = Netns::At(format!("{NOT_HOME}{ty}.{name}").into());
            return Value::Handle(Handle { explicit: true, ..self.seen(at, netns) });
        }
        // A variable that is filled on first use is bound wherever that is, and at home as likely as not.
        let of_home = self.world.learned.handles(place).into_iter().find(|it| it.0);
        match of_home.filter(|_| matches!(place, Lasting::Global(_))) {
            Some((_, at)) => Value::Handle(Handle { lasting: true, ..self.seen(at, Netns::Home) }),
            None => otherwise,
        }
    }

    /// A field of a struct that the root was handed, which somebody made before: of several each may have a handle of its
    /// own, so that all of them have to be of home.
    pub(super) fn recall_given(&mut self, ty: &str, name: &str, otherwise: Value) -> Value {
        let place = Lasting::Field(ty.to_owned(), name.to_owned());
        let handles = self.world.learned.handles(&place);
        match handles.first().filter(|_| handles.iter().all(|it| it.0)) {
            Some((_, at)) => Value::Handle(self.seen(*at, Netns::Home)),
            None => self.recall_field(ty, name, otherwise),
        }
    }

    /// A handle that an earlier round saw opened.
    fn seen(&self, at: Span, bound: Netns) -> Handle {
        Handle {
            bound,
            at: Opening { frame: Frame(u32::MAX), span: at },
            ty: self.world.learned.type_of(at).map(Into::into),
            families: Rc::from([]),
            lasting: false,
            lazy: false,
            explicit: false,
        }
    }

    /// Whether it is a parameter of the function that nobody in sight calls, or a struct in one that is made in sight.
    pub(super) fn is_given_to_root(&self, value: &Value) -> bool {
        let (Value::Symbol(symbol), Some(root), Some((_, frame))) =
            (value, self.functions.first(), self.running.first())
        else {
            return false;
        };
        let place = symbol.rsplit_once('#').and_then(|it| it.1.split_once('.'));
        place.is_some_and(|(of, place)| {
            let (place, part) = place.split_once('.').map_or((place, None), |it| (it.0, Some(it.1)));
            let Some(place) = place.parse().ok().map(Place).filter(|it| root.params.contains(it)) else { return false };
            // A part of it, if all who fill that make what they put there.
            let made = |name: &str| {
                let ty = root.variable(place).ty.clone();
                ty.is_some_and(|ty| self.world.learned.is_made(&Lasting::Field(ty, name.to_owned())))
            };
            of.parse() == Ok(frame.0) && part.is_none_or(made)
        })
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
}

/// How many fields there are on the way to an operand.
fn depth(operand: &Operand) -> u32 {
    if let Operand::Field(base, _) = operand { 1 + depth(base) } else { 0 }
}
