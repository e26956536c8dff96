//! Runs a function without running it: step by step, on every path that the
//! text allows, into the functions of the tree that it calls.
//!
//! A state is explored once a block. Where too many paths meet, those that
//! agree on the thread are merged and the rest is dropped and counted.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::point::{Event, Observer, Point, Stop};
use super::state::{Object, State};
use super::value::{Frame, ObjectId, Reference, Value};
use crate::facts::{Effect, Facts};
use crate::ir::{
    Action, Affinity, BlockId, Call, Callee, End, Exit, Function, FunctionId, Operand, Place, Program, Storage, Target,
    Test,
};
use crate::source::Span;
use crate::summary::Relevance;

/// How many states a block keeps apart.
const STATES: usize = 24;
/// How deep calls are followed.
const DEPTH: usize = 24;
/// How many steps one root may take.
const FUEL: usize = 60_000;
/// How long the name of a symbol may grow.
const SYMBOL: usize = 96;

pub struct Machine<'a> {
    pub program: &'a Program,
    pub facts: &'a Facts,
    pub relevance: &'a Relevance,
    pub observer: &'a mut dyn Observer,
    /// The calls that led here from the root.
    pub stack: Vec<Span>,
    running: Vec<FunctionId>,
    frames: HashMap<(Option<Frame>, FunctionId, Span), Frame>,
    /// The frame whose variables a closure's frame shares, by frame.
    parents: Vec<(FunctionId, Option<Frame>)>,
    objects: HashMap<(Frame, Span), ObjectId>,
    fuel: usize,
    pub resolved: usize,
    pub unknown: usize,
    /// Whether something was left out because it was too much.
    pub gave_up: bool,
}

/// One way in which a function ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ended {
    pub state: State,
    pub exit: Exit,
    pub values: Vec<Value>,
}

/// A deferred call, with what was evaluated where it stood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Deferred {
    span: Span,
    callee: Value,
    args: Vec<Value>,
}

/// A state in the middle of a function: deferred calls belong to the run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Path {
    state: State,
    deferred: Vec<Deferred>,
}

impl<'a> Machine<'a> {
    pub fn new(
        program: &'a Program,
        facts: &'a Facts,
        relevance: &'a Relevance,
        observer: &'a mut dyn Observer,
    ) -> Self {
        Machine {
            program,
            facts,
            relevance,
            observer,
            stack: Vec::new(),
            running: Vec::new(),
            frames: HashMap::new(),
            parents: Vec::new(),
            objects: HashMap::new(),
            fuel: FUEL,
            resolved: 0,
            unknown: 0,
            gave_up: false,
        }
    }

    /// Runs a function that nobody in the tree calls.
    pub fn root(&mut self, id: FunctionId, state: State) -> Vec<Ended> {
        self.fuel = FUEL;
        let function = self.program.get(id);
        let frame = self.frame(None, id, function.span);
        self.run(id, frame, state)
    }

    pub fn frame(&mut self, parent: Option<Frame>, function: FunctionId, at: Span) -> Frame {
        let next = Frame(self.parents.len() as u32);
        let found = *self.frames.entry((parent, function, at)).or_insert(next);
        if found == next {
            self.parents.push((function, parent));
        }
        found
    }

    pub fn function(&self) -> &'a Function {
        let id = self.running.last().expect("a step is of a running function");
        self.program.get(*id)
    }

    /// Whether a call of it can be followed now.
    pub fn can_enter(&self, id: FunctionId) -> bool {
        self.running.len() < DEPTH && self.running.iter().filter(|it| **it == id).count() < 2
    }

    pub fn run(&mut self, id: FunctionId, frame: Frame, state: State) -> Vec<Ended> {
        let function = self.program.get(id);
        self.running.push(id);
        let mut ended: BTreeSet<Ended> = BTreeSet::new();
        let entry = state.clone();
        let mut seen: Vec<Vec<Path>> = vec![Vec::new(); function.blocks.len()];
        let first = Path { state, deferred: Vec::new() };
        let mut work = vec![(BlockId(0), first)];
        while let Some((block, path)) = work.pop() {
            let known = &mut seen[block.0 as usize];
            if known.contains(&path) {
                continue;
            }
            if known.len() >= STATES {
                self.gave_up = true;
                continue;
            }
            known.push(path.clone());
            let mut paths = vec![path];
            for step in &function.block(block).steps {
                let span = step.origin.span();
                let mut after = Vec::new();
                for path in paths {
                    if self.fuel == 0 {
                        self.gave_up = true;
                        continue;
                    }
                    self.fuel -= 1;
                    self.step(function, frame, &step.action, span, path, &mut after, &mut ended);
                }
                after.sort();
                after.dedup();
                after.truncate(STATES);
                paths = after;
            }
            for path in paths {
                self.end(function, frame, block, path, &mut work, &mut ended);
            }
        }
        let ended: Vec<_> = ended.into_iter().collect();
        self.leave(function, &entry, &ended);
        self.running.pop();
        ended
    }

    /// Tells the rules how a function ended, all ways together.
    fn leave(&mut self, function: &'a Function, entry: &State, ended: &[Ended]) {
        let point = Point {
            function,
            span: function.span,
            state: entry,
            stack: &self.stack,
            program: self.program,
            depth: self.running.len(),
            event: Event::Left { ended },
        };
        self.observer.look(&point);
    }

    fn end(
        &mut self,
        function: &'a Function,
        frame: Frame,
        block: BlockId,
        path: Path,
        work: &mut Vec<(BlockId, Path)>,
        ended: &mut BTreeSet<Ended>,
    ) {
        match &function.block(block).end {
            End::Goto(next) => work.push((*next, path)),
            End::Choice(ways) => work.extend(ways.iter().rev().map(|way| (*way, path.clone()))),
            End::Branch { test, yes, no } => {
                let (when_yes, when_no) = self.decide(function, frame, test, &path.state);
                let deferred = path.deferred;
                if let Some(state) = when_no {
                    work.push((*no, Path { state, deferred: deferred.clone() }));
                }
                if let Some(state) = when_yes {
                    work.push((*yes, Path { state, deferred }));
                }
            }
            End::Leave(exit, _) => self.run_deferred(function, frame, *exit, path, ended),
            End::Stop => (),
        }
    }

    /// Control leaves: deferred calls run, last first, then the results are read.
    fn run_deferred(&mut self, function: &'a Function, frame: Frame, exit: Exit, path: Path, ended: &mut BTreeSet<Ended>) {
        let mut states = vec![path.state];
        for deferred in path.deferred.into_iter().rev() {
            let mut after = Vec::new();
            for state in states {
                let outcomes = self.call_value(frame, &deferred.callee, deferred.args.clone(), deferred.span, 0, state);
                after.extend(outcomes.into_iter().map(|(state, _)| state));
            }
            after.sort();
            after.dedup();
            after.truncate(STATES);
            states = after;
        }
        for mut state in states {
            let values = function.results.iter().map(|it| self.read(function, frame, *it, &state)).collect();
            state.forget(frame);
            ended.insert(Ended { state, exit, values });
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step, where it stands, and the two ways out of it")]
    fn step(
        &mut self,
        function: &'a Function,
        frame: Frame,
        action: &'a Action,
        span: Span,
        mut path: Path,
        after: &mut Vec<Path>,
        ended: &mut BTreeSet<Ended>,
    ) {
        match action {
            Action::Assign { to, value } => {
                let value = self.evaluate(function, frame, value, span, &mut path.state);
                self.write(function, frame, to, value, span, &mut path.state);
                after.push(path);
            }
            Action::Call(call) => {
                let deferred = path.deferred.clone();
                for (state, stop) in self.call(function, frame, call, span, path.state) {
                    let path = Path { state, deferred: deferred.clone() };
                    match stop {
                        None => after.push(path),
                        Some(Stop::Process) => (),
                        Some(Stop::Task | Stop::Panic) => self.run_deferred(function, frame, Exit::Unwind, path, ended),
                    }
                }
            }
            Action::Defer(call) => {
                let callee = self.callee_value(function, frame, call, span, &mut path.state);
                let args = self.arguments(function, frame, &call.args, span, &mut path.state);
                let deferred = Deferred { span, callee, args };
                if !path.deferred.iter().any(|it| it.span == span && *it == deferred) && path.deferred.len() < 16 {
                    path.deferred.push(deferred);
                }
                after.push(path);
            }
            Action::Spawn(call) => {
                let callee = self.callee_value(function, frame, call, span, &mut path.state);
                let args = self.arguments(function, frame, &call.args, span, &mut path.state);
                path.state = self.spawn_goroutine(frame, callee, args, span, path.state);
                after.push(path);
            }
            Action::Await { future, result } => {
                let value = self.evaluate(function, frame, future, span, &mut path.state);
                let deferred = path.deferred.clone();
                for (mut state, values) in self.wait(frame, value, span, path.state) {
                    if let Some(place) = result {
                        let value = values.into_iter().next().unwrap_or(Value::Unknown);
                        self.write(function, frame, &Target::Place(*place), value, span, &mut state);
                    }
                    after.push(Path { state, deferred: deferred.clone() });
                }
            }
            Action::Drop(place) => {
                let value = self.read_if_set(function, frame, *place, &path.state);
                let deferred = path.deferred.clone();
                if let Some(value) = value {
                    let cell = self.cell(function, frame, *place);
                    path.state.cells.remove(&cell);
                    let dropped = self.drop_value(frame, &value, span, path.state);
                    after.extend(dropped.into_iter().map(|state| Path { state, deferred: deferred.clone() }));
                } else {
                    after.push(path);
                }
            }
        }
    }

    // Places.

    /// The cell of a place, through closures to the function that owns it.
    fn cell(&self, function: &Function, frame: Frame, place: Place) -> (Frame, u32) {
        let (mut function, mut frame, mut place) = (function, frame, place);
        for _ in 0..DEPTH {
            let Storage::Captured(outer) = &function.variable(place).storage else { break };
            let Some(parent) = self.parents[frame.0 as usize].1 else { break };
            let id = self.parents[parent.0 as usize].0;
            let owner = self.program.get(id);
            if function.parent != Some(id) || outer.0 as usize >= owner.variables.len() {
                break;
            }
            (function, frame, place) = (owner, parent, *outer);
        }
        (frame, place.0)
    }

    fn read_if_set(&self, function: &Function, frame: Frame, place: Place, state: &State) -> Option<Value> {
        state.cells.get(&self.cell(function, frame, place)).cloned()
    }

    pub fn read(&self, function: &Function, frame: Frame, place: Place, state: &State) -> Value {
        let variable = function.variable(place);
        if let Storage::Global(path) = &variable.storage {
            let known = state.globals.get(path.as_str()).cloned();
            return known.unwrap_or_else(|| Value::Symbol(path.as_str().into()));
        }
        let cell = self.cell(function, frame, place);
        let unset = || match variable.name.as_str() {
            "" => Value::Unknown,
            name => Value::Symbol(format!("{name}#{}.{}", cell.0.0, cell.1).into()),
        };
        state.cells.get(&cell).cloned().unwrap_or_else(unset)
    }

    pub fn write(&mut self, function: &Function, frame: Frame, to: &Target, value: Value, span: Span, state: &mut State) {
        match to {
            Target::Place(place) => {
                if let Storage::Global(path) = &function.variable(*place).storage {
                    state.globals.insert(path.as_str().into(), value);
                } else {
                    let cell = self.cell(function, frame, *place);
                    state.cells.insert(cell, value);
                }
            }
            Target::Field(base, name) => {
                let base_value = self.evaluate(function, frame, base, span, state);
                let id = match base_value.inner() {
                    Value::Object(id) => *id,
                    // A struct that came from outside gets a body once something is stored in it.
                    _ => {
                        let Operand::Place(place) = base else { return };
                        let id = self.object(frame, span);
                        state.objects.insert(id, Object::default());
                        self.write(function, frame, &Target::Place(*place), Value::Object(id), span, state);
                        id
                    }
                };
                state.objects.entry(id).or_default().fields.insert(name.as_str().into(), value);
            }
        }
    }

    fn object(&mut self, frame: Frame, span: Span) -> ObjectId {
        let next = ObjectId(self.objects.len() as u32);
        *self.objects.entry((frame, span)).or_insert(next)
    }

    // Values.

    pub fn arguments(
        &mut self,
        function: &'a Function,
        frame: Frame,
        args: &[Operand],
        span: Span,
        state: &mut State,
    ) -> Vec<Value> {
        args.iter().map(|it| self.evaluate(function, frame, it, span, state)).collect()
    }

    fn evaluate(&mut self, function: &Function, frame: Frame, operand: &Operand, span: Span, state: &mut State) -> Value {
        match operand {
            Operand::Unknown => Value::Unknown,
            Operand::Place(place) => self.read(function, frame, *place, state),
            Operand::Field(base, name) => {
                let base = self.evaluate(function, frame, base, span, state);
                field(&base, name, state)
            }
            Operand::Closure(id) => Value::Closure { function: *id, frame },
            Operand::Async(id) => Value::Future { function: *id, frame, args: Rc::from([]) },
            Operand::Path(path) => Value::Path(path.as_str().into()),
            Operand::Method { receiver, callee } => {
                let receiver = self.evaluate(function, frame, receiver, span, state);
                Value::Bound { receiver: Rc::new(receiver), callee: (&**callee).into() }
            }
            Operand::Text(text) => Value::Text(text.as_str().into()),
            Operand::Int(value) => Value::Int(*value),
            Operand::Bool(value) => Value::Bool(*value),
            Operand::Nil => Value::Nil,
            Operand::Concat(items) => {
                let mut text = String::new();
                for item in items {
                    text.push_str(&super::text::piece(&self.evaluate(function, frame, item, span, state)));
                }
                Value::Text(text.into())
            }
            Operand::Flags(items) => {
                let mut names = Vec::new();
                for item in items {
                    match self.evaluate(function, frame, item, span, state) {
                        Value::Path(path) => names.push(path.to_string()),
                        Value::Int(bits) => names.push(bits.to_string()),
                        _ => names.push("?".into()),
                    }
                }
                Value::Path(names.join("|").into())
            }
            Operand::Struct { ty, fields } => {
                let id = self.object(frame, span);
                let mut object = Object { ty: ty.as_deref().map(Into::into), ..Object::default() };
                for (name, item) in fields {
                    let value = self.evaluate(function, frame, item, span, state);
                    object.fields.insert(name.as_str().into(), value);
                }
                state.objects.insert(id, object);
                Value::Object(id)
            }
            Operand::List(items) => {
                let id = self.object(frame, span);
                let mut object = Object::default();
                if let Some(item) = items.first() {
                    let value = self.evaluate(function, frame, item, span, state);
                    object.fields.insert("[]".into(), value);
                }
                state.objects.insert(id, object);
                Value::Object(id)
            }
            Operand::Good(inner) => Value::Good(Rc::new(self.evaluate(function, frame, inner, span, state))),
            Operand::Bad => Value::Bad,
        }
    }

    fn callee_value(&mut self, function: &'a Function, frame: Frame, call: &Call, span: Span, state: &mut State) -> Value {
        match (&call.callee, &call.receiver) {
            (Callee::Value(value), _) => self.evaluate(function, frame, value, span, state),
            (Callee::Path(path), None) => Value::Path(path.as_str().into()),
            (callee, Some(receiver)) => {
                let receiver = self.evaluate(function, frame, receiver, span, state);
                Value::Bound { receiver: Rc::new(receiver), callee: callee.into() }
            }
            (Callee::Method(_), None) => Value::Unknown,
        }
    }

    // Tests.

    /// The state for yes and the state for no; a way that cannot be is `None`.
    fn decide(&mut self, function: &'a Function, frame: Frame, test: &Test, state: &State) -> (Option<State>, Option<State>) {
        let mut scratch = state.clone();
        let mut value = |it: &Operand| self.evaluate(function, frame, it, function.span, &mut scratch);
        let (known, key) = match test {
            Test::Nil(it) => {
                let value = value(it);
                (value.is_nil(), Some(format!("nil {it:?}")))
            }
            Test::Good(it) => {
                let value = value(it);
                (value.is_good(), Some(format!("good {it:?}")))
            }
            Test::Zero(it) => {
                let value = value(it);
                (value.is_zero(), Some(format!("zero {it:?}")))
            }
            Test::True(it) => {
                let value = value(it);
                let known = if let Value::Bool(known) = value { Some(known) } else { None };
                (known, Some(format!("true {it:?}")))
            }
            Test::Equal(a, b) => {
                let (left, right) = (value(a), value(b));
                let known = match (&left, &right) {
                    (Value::Text(a), Value::Text(b)) if !a.contains('{') && !b.contains('{') => Some(a == b),
                    (Value::Int(a), Value::Int(b)) => Some(a == b),
                    (Value::Bool(a), Value::Bool(b)) => Some(a == b),
                    _ => None,
                };
                (known, Some(format!("{a:?} == {b:?}")))
            }
            Test::Opaque { key, .. } => (None, Some(key.clone())),
        };
        let key: Option<Rc<str>> = key.map(Into::into);
        let known = known.or_else(|| key.as_ref().and_then(|key| state.tests.get(&(frame, key.clone())).copied()));
        let with = |came: bool| {
            let mut state = state.clone();
            // Whether a value is there is remembered only where it can matter: paths differ.
            if known.is_none() && state.thread.has_switched | (state.thread.pins > 0)
                && let Some(key) = &key
                && state.tests.len() < 4
            {
                state.tests.insert((frame, key.clone()), came);
            }
            state
        };
        match known {
            Some(true) => (Some(with(true)), None),
            Some(false) => (None, Some(with(false))),
            None => (Some(with(true)), Some(with(false))),
        }
    }

    pub fn steps(&self, span: Span) -> Vec<Span> {
        self.stack.iter().copied().chain([span]).collect()
    }

    pub fn observe(&mut self, span: Span, state: &State, event: Event<'_>) {
        let function = self.function();
        let point = Point {
            function,
            span,
            state,
            stack: &self.stack,
            program: self.program,
            depth: self.running.len(),
            event,
        };
        self.observer.look(&point);
    }

    /// Runs a function of the tree and comes back to the caller.
    pub fn enter(
        &mut self,
        id: FunctionId,
        closure: Option<Frame>,
        args: Vec<Value>,
        span: Span,
        mut state: State,
    ) -> Vec<Ended> {
        let function = self.program.get(id);
        let parent = if function.is_nested() { closure } else { None };
        // A frame is one run: the same call from the same place is the same frame.
        let at = self.stack.iter().fold(span, |at, outer| Span {
            file: at.file,
            start: at.start.wrapping_mul(31).wrapping_add(outer.start),
            end: at.end.wrapping_mul(31).wrapping_add(outer.end ^ outer.file.0),
        });
        let frame = self.frame(parent, id, at);
        for (place, value) in function.params.iter().zip(args) {
            state.cells.insert((frame, place.0), value);
        }
        self.stack.push(span);
        let ended = self.run(id, frame, state);
        self.stack.pop();
        ended
    }

    pub fn affinity(&self) -> Affinity {
        self.function().affinity
    }

    pub fn flagged(effect: &Effect) -> Option<usize> {
        match effect {
            Effect::Switch { flag_arg, .. } => *flag_arg,
            _ => None,
        }
    }
}

pub fn field(base: &Value, name: &str, state: &State) -> Value {
    match base.inner() {
        Value::Object(id) => {
            let object = state.objects.get(id);
            object.and_then(|it| it.fields.get(name)).cloned().unwrap_or(Value::Unknown)
        }
        Value::Symbol(symbol) if symbol.len() + name.len() < SYMBOL => Value::Symbol(format!("{symbol}.{name}").into()),
        Value::Netns(Reference { .. }) | Value::Handle { .. } => base.inner().clone(),
        _ => Value::Unknown,
    }
}

impl Value {
    fn is_nil(&self) -> Option<bool> {
        match self {
            Value::Nil => Some(true),
            Value::Unknown | Value::Symbol(_) | Value::Path(_) => None,
            _ => Some(false),
        }
    }

    fn is_good(&self) -> Option<bool> {
        match self {
            Value::Good(_) => Some(true),
            Value::Bad | Value::Nil => Some(false),
            _ => None,
        }
    }

    fn is_zero(&self) -> Option<bool> {
        match self {
            Value::Good(_) | Value::Int(0) | Value::Nil => Some(true),
            Value::Bad | Value::Int(_) => Some(false),
            _ => None,
        }
    }
}
