//! Who has to close what: a descriptor belongs to the path that opened it until
//! it is closed, or until somebody out of sight may hold it.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::liveness::{self, mentions};
use super::machine::{Machine, Run};
use super::netns::Netns;
use super::outcome::{Applied, Outcome, failure, success};
use super::point::Event;
use super::state::{Opened, Site, State};
use super::store::OUTSIDE;
use super::value::{Frame, ObjectId, Opening, Reference, Value};
use super::world::Meaning;
use crate::facts::{Effect, Fact, Subject};
use crate::ir::{Action, BlockId, Call, Callee, End, FunctionId, Operand, Place, Step, Storage, Target};

/// The field that an object has once somebody out of sight may reach it.
pub(super) const GIVEN: &str = "(given away)";

/// How many calls may lead to a loop that nothing ends.
const ENDLESS: u8 = 2;

impl<'a> Machine<'a> {
    /// Opens something that lives until it is closed.
    pub(super) fn open(&mut self, applied: Applied<'a, '_>, result: usize, value: Value, state: State) -> Vec<Outcome> {
        let Applied { fact, site, usage, .. } = applied;
        let mut outcomes = Vec::new();
        if fact.fallible && usage.checked {
            let mut failed = failure(usage);
            // `netns.None()`: whoever goes there all the same fails once more.
            if let (Value::Netns(_), Some(nothing)) = (value.inner(), failed.get_mut(result)) {
                *nothing = Value::Bad;
            }
            outcomes.push(Outcome::on(state.clone(), failed));
        }
        let mut opened = state;
        self.note_opened(fact, site, &mut opened);
        outcomes.push(Outcome::on(opened, success(fact, usage, result, value)));
        outcomes
    }

    /// Something is closed.
    pub(super) fn close(
        &mut self,
        applied: Applied<'a, '_>,
        what: Subject,
        by_number: bool,
        mut state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given, site, .. } = applied;
        if by_number {
            self.observe(site, &state, Event::Numbered { fact });
        }
        match given.of(what).inner() {
            Value::Netns(it) => state.close(it.at),
            Value::Handle(it) => state.close(it.at),
            _ => (),
        }
        vec![self.opaque(applied, state)]
    }

    /// A descriptor is open from here on, and nobody owns it. What cannot fail only hands out one that is kept elsewhere.
    pub(crate) fn note_opened(&self, fact: &Fact, site: Site, state: &mut State) {
        let opening = self.opening(site);
        state.closed.remove(&opening);
        // What has no socket yet has nothing to close.
        let lazy = matches!(fact.effect, Effect::OpenHandle { lazy: true, .. });
        if fact.fallible && !lazy && (fact.gives_errors_last() || self.world.gives_a_number(site.span.file, fact)) {
            state.open.insert(opening, Rc::new(Opened::new(self.steps(site), fact)));
        }
    }

    /// The owner of what the value holds is gone: it is open, and nobody closes it by itself.
    pub(crate) fn release(&self, fact: &Fact, value: &Value, site: Site, state: &mut State) {
        let mut openings = BTreeSet::new();
        value.openings(&mut |it| {
            openings.insert(it);
        });
        for at in openings {
            // Where it was opened, if that is in sight.
            let here = at.frame == self.frame();
            let site = if here { Site { span: at.span, name: at.span, by_value: false } } else { site };
            state.open.insert(at, Rc::new(Opened::new(self.steps(site), fact)));
        }
    }

    /// Somebody out of sight may keep the value, and close what it holds.
    pub(crate) fn give_away(&self, value: &Value, state: &mut State) {
        if value.is_function() && state.thread.is_away() && self.may_leave(value) {
            state.thread.hands_back = true;
        }
        if !value.leads_on() {
            return;
        }
        let (openings, objects) = self.held_by(value, state);
        state.open.retain(|it, _| !openings.contains(it));
        for id in objects {
            let guards = |ty: &Rc<str>| self.world.moves_when_dropped(ty);
            if state.thread.is_away() && state.objects.get(&id).and_then(|it| it.ty.as_ref()).is_some_and(guards) {
                state.thread.hands_back = true;
            }
            if state.field(id, GIVEN).is_none()
                && let Some(object) = state.objects.get_mut(&id)
            {
                object.fields.insert(GIVEN.into(), Value::Nil);
            }
        }
    }

    /// What was started with these values runs to its end at some time: what it
    /// closes or keeps is not this path's any more.
    pub(crate) fn share(&self, values: &[Value], ended: &[State], state: &mut State) {
        for value in values {
            let (openings, _) = self.held_by(value, state);
            let kept = |it: &Opening| !ended.is_empty() && ended.iter().all(|end| end.open.contains_key(it));
            state.open.retain(|it, open| !openings.contains(it) || kept(it) || open.kept_by.is_some());
        }
    }

    /// A goroutine gets these arguments, or shares variables. The sockets of another namespace among them that it only looks
    /// at, in a loop that nothing ends, are its for ever, and nobody closes them: they stay open.
    pub(crate) fn keep_for_ever(
        &self,
        (id, frame): (FunctionId, Option<Frame>),
        args: &[Value],
        site: Site,
        state: &mut State,
    ) {
        if state.open.is_empty() || !self.is_endless(id, 0) {
            return;
        }
        let params = self.world.program.get(id).params.iter().copied();
        let shared = frame.into_iter().flat_map(|it| self.shared_with(id, it, state));
        let given: Vec<_> = params.zip(args).chain(shared).map(|(place, it)| (place, it.clone())).collect();
        for (place, value) in given {
            let Value::Handle(handle) = value.inner() else { continue };
            if handle.bound == Netns::Home || handle.lasting || !self.borrows(id, place, 0) {
                continue;
            }
            if let Some(opened) = state.open.get(&handle.at) {
                let opened = Opened { kept_by: Some(site.span), ..(**opened).clone() };
                state.open.insert(handle.at, Rc::new(opened));
            }
        }
    }

    /// What is handed over with a function that is started: itself, or if it never ends, all that it shares.
    pub(super) fn handed_over_with(&self, function: &Value, state: &State) -> Vec<Value> {
        match function.inner() {
            Value::Closure { function, frame } if self.is_endless(*function, 0) => {
                self.shared_with(*function, *frame, state).map(|it| it.1.clone()).collect()
            }
            other => vec![other.clone()],
        }
    }

    /// Whether no way through the function ends, or comes past what it calls.
    fn is_endless(&self, id: FunctionId, depth: u8) -> bool {
        let function = self.world.program.get(id);
        let stays = |it: &Step| match &it.action {
            Action::Call(call) if depth < ENDLESS => match self.world.called(call) {
                Some(Meaning::Tree(id)) => self.is_endless(id, depth + 1),
                _ => false,
            },
            _ => false,
        };
        let (mut seen, mut work) = (BTreeSet::new(), vec![BlockId(0)]);
        while let Some(id) = work.pop() {
            let block = function.block(id);
            if !seen.insert(id) || block.steps.iter().any(stays) {
                continue;
            }
            if matches!(block.end, End::Leave(..) | End::Stop) {
                return false;
            }
            work.extend(liveness::successors(&block.end));
        }
        true
    }

    /// The descriptors and objects that can be reached through a value.
    pub(super) fn held_by(&self, value: &Value, state: &State) -> (BTreeSet<Opening>, BTreeSet<ObjectId>) {
        let (mut openings, mut objects) = (BTreeSet::new(), BTreeSet::new());
        let mut closures = BTreeSet::new();
        let mut work = vec![value.clone()];
        while let Some(value) = work.pop() {
            value.openings(&mut |it| {
                openings.insert(it);
            });
            match value.inner() {
                Value::Object(id) if objects.insert(*id) => {
                    work.extend(state.objects.get(id).into_iter().flat_map(|it| it.fields.values().cloned()));
                }
                Value::Closure { function, frame } | Value::Future { function, frame: Some(frame), .. }
                    if closures.insert((*function, *frame)) =>
                {
                    work.extend(self.captured(*function, *frame, state));
                }
                Value::Bound { receiver, .. } => work.push((**receiver).clone()),
                _ => (),
            }
            if let Value::Future { args, .. } = value.inner() {
                work.extend(args.iter().cloned());
            }
        }
        (openings, objects)
    }

    /// What the variables hold that a closure does more with than look.
    fn captured(&self, id: FunctionId, frame: Frame, state: &State) -> Vec<Value> {
        let shared = self.shared_with(id, frame, state);
        shared.filter(|it| !self.borrows(id, it.0, 0)).map(|it| it.1.clone()).collect()
    }

    /// The variables that a closure shares, as it names them, and what they hold.
    pub(super) fn shared_with<'s>(
        &'s self,
        id: FunctionId,
        frame: Frame,
        state: &'s State,
    ) -> impl Iterator<Item = (Place, &'s Value)> {
        let closure = self.world.program.get(id);
        let run = closure.parent.map(|id| Run { function: self.world.program.get(id), id, frame });
        let places = (0..closure.variables.len() as u32).map(Place);
        places.filter_map(move |it| match closure.variable(it).storage {
            Storage::Captured(outer) => Some((it, state.cells.get(&self.cell(run?, outer))?)),
            _ => None,
        })
    }

    /// Whether what is handed to the function is open and may be closed by it.
    pub(crate) fn may_close(&self, id: FunctionId, frame: Option<Frame>, args: &[Value], state: &State) -> bool {
        if state.open.is_empty() || !self.world.relevance.closes(id) {
            return false;
        }
        let captured = frame.into_iter().flat_map(|it| self.captured(id, it, state));
        args.iter().cloned().chain(captured).any(|it| {
            let (openings, _) = self.held_by(&it, state);
            openings.iter().any(|it| state.open.contains_key(it))
        })
    }

    /// Whether a handle is handed to the function, and it asks through one: which families that
    /// has, and whether it is still open, is known here.
    pub(crate) fn may_ask(&self, id: FunctionId, frame: Option<Frame>, args: &[Value], state: &State) -> bool {
        if !self.world.relevance.asks(id) {
            return false;
        }
        let handles: BTreeSet<_> = state.handles().map(|it| it.at).collect();
        if handles.is_empty() {
            return false;
        }
        let captured = frame.into_iter().flat_map(|it| self.captured(id, it, state));
        args.iter().cloned().chain(captured).any(|it| !self.held_by(&it, state).0.is_disjoint(&handles))
    }

    /// Whether the function is handed something of another namespace than the thread's, and may ask about it.
    pub(crate) fn may_ask_elsewhere(&self, id: FunctionId, args: &[Value], state: &State) -> bool {
        let foreign = |it: &Value| matches!(it.inner(), Value::Thing(it) if !state.thread.netns_is(&it.of));
        let any = || state.objects.values().any(|it| it.fields.values().any(foreign));
        let holds = |it: &Value| match it.inner() {
            Value::Object(id) => {
                let (_, objects) = self.held_by(&Value::Object(*id), state);
                let fields = objects.iter().filter_map(|it| state.objects.get(it)).flat_map(|it| it.fields.values());
                fields.into_iter().any(foreign)
            }
            _ => foreign(it),
        };
        let is_asked = self.world.relevance.touches(id);
        is_asked && args.iter().any(|it| foreign(it) || matches!(it.inner(), Value::Object(_)) && any() && holds(it))
    }

    /// Gives away what a function of the tree that is not followed is handed,
    /// but for what it only looks at.
    pub(crate) fn give_away_to(&self, id: FunctionId, frame: Option<Frame>, args: &[Value], state: &mut State) {
        if let Some(frame) = frame {
            self.captured(id, frame, state).iter().for_each(|it| self.give_away(it, state));
        }
        for (nth, value) in args.iter().enumerate() {
            let place = self.world.program.get(id).params.get(nth).copied();
            if place.is_none_or(|it| !self.borrows(id, it, 0)) {
                self.give_away(value, state);
            }
        }
    }

    /// Whether a function only looks at what the place holds: it asks it, or hands
    /// it to what does the same.
    fn borrows(&self, id: FunctionId, place: Place, depth: u8) -> bool {
        let function = self.world.program.get(id);
        if depth > 3 || self.world.liveness[id.0 as usize].is_shared(place) || function.is_async() {
            return false;
        }
        let mut steps = function.blocks.iter().flat_map(|it| &it.steps);
        steps.all(|step| match &step.action {
            Action::Assign { to, value } => !mentions(value, place) && !matches!(to, Target::Place(it) if *it == place),
            Action::Call(call) | Action::Defer(call) => self.call_borrows(call, place, depth),
            Action::Spawn(call) => !call.receiver.iter().chain(&call.args).any(|it| mentions(it, place)),
            Action::Await { future, .. } => !mentions(future, place),
            Action::Drop(it) => *it != place,
        })
    }

    fn call_borrows(&self, call: &Call, place: Place, depth: u8) -> bool {
        let receiver = call.receiver.as_ref();
        let in_receiver = receiver.is_some_and(|it| mentions(it, place));
        if !in_receiver && !call.args.iter().any(|it| mentions(it, place)) {
            return !matches!(&call.callee, Callee::Value(it) if mentions(it, place));
        }
        match self.world.called(call) {
            Some(Meaning::Fact(fact)) => match &fact.effect {
                Effect::Nothing => !call.args.iter().any(|it| mentions(it, place)),
                effect => {
                    effect.is_root()
                        || matches!(
                            effect,
                            Effect::Failure
                                | Effect::FailureOfAny
                                | Effect::Format { .. }
                                | Effect::IsOpen { .. }
                                | Effect::Print
                        )
                }
            },
            Some(Meaning::Tree(id)) => {
                let params = &self.world.program.get(id).params;
                let given = receiver.into_iter().chain(&call.args).enumerate().filter(|(_, it)| mentions(it, place));
                given.into_iter().all(|(nth, it)| {
                    *it == Operand::Place(place) && params.get(nth).is_some_and(|it| self.borrows(id, *it, depth + 1))
                })
            }
            // What the methods of a described type do beyond that, they do by themselves.
            None => in_receiver && matches!(&call.callee, Callee::Path(path) if self.world.is_described(path)),
        }
    }
}

impl State {
    /// The descriptors that these values, or any place that is left, hold.
    pub fn held(&self, values: &[Value], visit: &mut dyn FnMut(Opening)) {
        values.iter().chain(self.values()).for_each(|it| it.openings(visit));
    }

    /// What the places hold that are left.
    fn values(&self) -> impl Iterator<Item = &Value> {
        let fields = self.objects.values().flat_map(|it| it.fields.values());
        let at_end = self.at_end.iter().map(|(_, value)| value);
        self.cells.values().chain(self.globals.values()).chain(fields).chain(at_end)
    }

    /// Whether somebody out of sight may reach the object.
    pub(crate) fn is_outside(&self, id: ObjectId) -> bool {
        let object = self.objects.get(&id);
        object.is_some_and(|it| it.fields.contains_key(OUTSIDE) || it.fields.contains_key(GIVEN))
    }

    /// The descriptors have an owner, who closes them.
    pub(crate) fn own(&mut self, value: &Value) {
        value.openings(&mut |it| drop(self.open.remove(&it)));
    }

    /// The life of an owner ends. What was made of it (a clone, the inside of a struct) may go on, and who uses that has
    /// the compiler's word that it is open; only a number says nothing.
    pub(super) fn end(&mut self, at: Opening) {
        self.open.remove(&at);
        let is_number = |it: &Value| matches!(it.inner(), Value::Netns(it) if it.number && it.at == at);
        if self.values().any(is_number) {
            self.closed.insert(at);
        }
    }

    /// An owner is used, which only one can be that is alive.
    pub(super) fn must_live(&mut self, owner: &Value) {
        if let Value::Netns(Reference { at, number: false, .. }) = owner.inner()
            && self.closed.contains(at)
        {
            self.closed.remove(at);
        }
    }

    pub(crate) fn close(&mut self, at: Opening) {
        self.open.remove(&at);
        self.closed.insert(at);
    }
}
