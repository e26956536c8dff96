//! What a fact does to a path.

use std::rc::Rc;

use super::call::{Outcome, UNSEEN, Usage};
use super::machine::{Machine, RECOVERED, Stop};
use super::point::{Event, Given, Holder, Switch, Use};
use super::state::{Entry, Executor, Passed, Region, Site, State, Thread};
use super::text::{self, Shows};
use super::value::{Handle, Hold, Netns, Opening, Reference, Text, Thing, Value};
use crate::facts::{Effect, Fact, Onto, Owner, Subject};
use crate::ir::Affinity;

impl<'a> Machine<'a> {
    pub(crate) fn apply(
        &mut self,
        fact: &'a Fact,
        receiver: Option<Value>,
        args: Vec<Value>,
        site: Site,
        usage: Usage,
        mut state: State,
    ) -> Vec<Outcome> {
        let values = Given { receiver, args };
        if !matches!(fact.effect, Effect::Unpin | Effect::Switch { .. } | Effect::Pin | Effect::Close { .. }) {
            state.thread.touch();
        }
        match &fact.effect {
            Effect::Switch { to, flag_arg, gives } => {
                let mut outcomes = self.switch_by_flags(fact, *to, *flag_arg, &values, site, usage, state);
                if *gives {
                    for outcome in outcomes.iter_mut().filter(|it| !it.state.thread.failed_to_enter) {
                        let reference = self.reference(fact, outcome.state.thread.netns(), site);
                        self.note_opened(fact, site, &mut outcome.state);
                        outcome.values = success(fact, usage, 0, Value::Netns(reference));
                    }
                }
                outcomes
            }
            Effect::Syscall { number } => {
                let (to, flags) = match text::system_call(&values.of(Subject::Arg(*number))) {
                    Some("setns") => (Subject::Arg(number + 1), number + 2),
                    Some("unshare") => (Subject::New, number + 1),
                    _ => return vec![self.opaque(fact, site, usage, state)],
                };
                self.switch_by_flags(fact, to, Some(flags), &values, site, usage, state)
            }
            Effect::Capture { locks } => {
                let mut reference = self.reference(fact, state.thread.netns(), site);
                reference.captured = true;
                reference.hold = match self.hold(&state) {
                    Hold::Never if *locks => Hold::Ended,
                    hold => hold,
                };
                self.observe(site, &state, Event::Capture(&reference));
                self.open(fact, 0, Value::Netns(reference), site, usage, state)
            }
            Effect::OpenNetns { from } => {
                let value = values.of(*from);
                let (netns, known) = self.place(*from, &values, site, &state);
                let mut reference = self.reference(fact, netns, site);
                if let Some(known) = known {
                    reference.captured = known.captured;
                    reference.hold = known.hold;
                    reference.of_main_thread = known.of_main_thread;
                }
                self.look(&value, true, site, &state);
                self.open(fact, 0, Value::Netns(reference), site, usage, state)
            }
            Effect::Pin => {
                let by = self.opening(site);
                // The same again in a loop is another turn.
                let same_run = |last: Opening| last.frame == by.frame && last.span != by.span;
                let twice = state.thread.locked_by.is_some_and(|(last, twice)| twice || same_run(last));
                state.thread.locked_by = Some((by, twice));
                state.thread.pins = state.thread.pins.saturating_add(1);
                vec![Outcome::on(state, Vec::new())]
            }
            Effect::Unpin => {
                let left = state.thread.pins.saturating_sub(1);
                if state.thread.pins > 0 {
                    self.observe(site, &state, Event::Unpin { left });
                }
                state.thread.pins = left;
                let twice = state.thread.locked_by.is_some_and(|it| it.1);
                state.thread.half_unlocked = (left == 1 && twice && state.thread.is_away()).then_some(site);
                if left == 0 {
                    state.thread.locked_by = None;
                    state.let_go();
                }
                if left == 0 && state.thread.is_away() && state.thread.unlocked_away.is_none() {
                    state.thread.unlocked_away = Some((site, false));
                }
                vec![Outcome::on(state, Vec::new())]
            }
            Effect::OpenHandle { at, at_field, back, families, families_from, result, lazy } => {
                let named = self.named_namespace(*at, at_field.as_deref(), &values, &state);
                let back = back.and_then(|it| self.place(it, &values, site, &state).1);
                self.observe(site, &state, Event::Opened { fact, named: named.as_ref(), back: back.as_ref() });
                let named = named.filter(|it| !stands_for_none(it));
                let explicit = named.is_some();
                let (bound, lazy) = match named {
                    None => {
                        if !lazy {
                            self.observe(site, &state, Event::Use(Use::Open(fact)));
                        }
                        (state.thread.netns(), *lazy)
                    }
                    Some(value) => (self.place_of(&value, site, &state).0, false),
                };
                let named = families_from.map(|it| values.args.iter().skip(it).map(family).collect::<Vec<_>>());
                let families = named.filter(|it| !it.is_empty()).unwrap_or_else(|| families.clone());
                let ty = fact.results.get(*result).filter(|it| !it.is_empty()).map(|it| it.as_str().into());
                let handle = Handle {
                    bound,
                    at: self.opening(site),
                    ty,
                    families: families.into(),
                    lasting: false,
                    lazy,
                    explicit,
                };
                self.open(fact, *result, Value::Handle(handle), site, usage, state)
            }
            Effect::AtEnd { callback } => {
                let function = values.of(Subject::Arg(*callback));
                if state.at_end.len() < 8 {
                    state.at_end.push((site, function));
                } else {
                    self.give_away(&function, &mut state);
                }
                vec![Outcome::on(state, Vec::new())]
            }
            Effect::UseHandle { .. } => {
                let value = values.of(Subject::Receiver);
                let handle = if let Value::Handle(handle) = value.inner() { Some(handle) } else { None };
                let name = self.receiver.clone().unwrap_or_default();
                let holder =
                    if handle.is_some_and(|it| it.lasting) { Holder::Global(&name) } else { Holder::Local(&name) };
                self.observe(site, &state, Event::Request { handle, holder, fact, given: &values });
                let asked = handle.map(|it| if it.lazy { state.thread.netns() } else { it.bound.clone() });
                self.ask_about(fact, asked.as_ref(), &values, site, &mut state);
                vec![self.answer(fact, asked, site, usage, state)]
            }
            Effect::LookUp => {
                let asked = Some(state.thread.netns());
                self.ask_about(fact, asked.as_ref(), &values, site, &mut state);
                vec![self.answer(fact, asked, site, usage, state)]
            }
            Effect::Inherit => {
                self.observe(site, &state, Event::Use(Use::Inherit(fact)));
                let asked = Some(state.thread.netns());
                self.ask_about(fact, asked.as_ref(), &values, site, &mut state);
                vec![self.answer(fact, asked, site, usage, state)]
            }
            Effect::UseAmbient { .. } => {
                self.observe(site, &state, Event::Use(Use::Ambient(fact)));
                let asked = Some(state.thread.netns());
                self.ask_about(fact, asked.as_ref(), &values, site, &mut state);
                vec![self.answer(fact, asked, site, usage, state)]
            }
            Effect::RunInside { callback, at, own_thread, unwind_safe } => {
                let (netns, _) = self.place(*at, &values, site, &state);
                let function = values.of(Subject::Arg(*callback));
                let given = fact.callback_gets.iter().map(|it| match it {
                    Subject::Current => {
                        let reference = self.reference(fact, state.thread.netns(), site);
                        Value::Netns(Reference { captured: true, ..reference })
                    }
                    other => values.of(*other),
                });
                let given = given.collect();
                self.run_inside(fact, netns, function, given, (*own_thread, *unwind_safe), site, usage, state)
            }
            Effect::Run { callback, reads } => {
                if let Some(file) = reads {
                    self.look(&values.of(Subject::Arg(*file)), false, site, &state);
                }
                let function = values.of(Subject::Arg(*callback));
                if !function.inner().is_function() {
                    return vec![self.opaque(fact, site, usage, state)];
                }
                let site = Site { by_value: true, ..site };
                let mut outcomes = self.invoke(&function, Vec::new(), site, usage, state);
                // `catch_unwind`: a panic becomes an error.
                for outcome in outcomes.iter_mut().filter(|_| fact.fallible) {
                    let value = outcome.values.drain(..).next().unwrap_or(Value::Unknown);
                    let panicked = outcome.stop.take_if(|it| *it == Stop::Panic).is_some();
                    outcome.values = vec![if panicked { Value::Bad } else { Value::Good(Rc::new(value)) }];
                }
                outcomes
            }
            Effect::Spawn { callback, onto } => {
                let function = values.of(*callback);
                let here = are_born_here(&values.of(Subject::Receiver), &state.thread);
                self.spawn(fact, function, (*onto, here), site, usage, state)
            }
            Effect::Wait { what } => {
                if let Value::Work(started) = values.of(*what).inner() {
                    self.observe(site, &state, Event::Waited { started: *started });
                }
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::Escape { when, reads } => {
                if let Some(file) = reads {
                    self.look(&values.of(Subject::Arg(*file)), false, site, &state);
                }
                let holds = when.map_or(Some(true), |it| it.holds(&values, &state));
                let certain = holds == Some(true);
                if holds != Some(false) {
                    self.observe(site, &state, Event::Escape { fact, certain });
                }
                // Of a file the path says whether the namespace matters.
                if reads.is_none() {
                    self.observe(site, &state, Event::Use(Use::Inherit(fact)));
                }
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::Close { what, by_number } => {
                if *by_number {
                    self.observe(site, &state, Event::Numbered { fact });
                }
                match values.of(*what).inner() {
                    Value::Netns(it) => state.close(it.at),
                    Value::Handle(it) => state.close(it.at),
                    _ => (),
                }
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::IsOpen { of } => {
                let mut open = false;
                values.of(*of).openings(&mut |it| open |= state.open.contains_key(&it));
                if open {
                    return vec![Outcome::on(state, vec![Value::Bool(true)])];
                }
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::Guard { to } => {
                let back = state.thread.netns();
                let (netns, reference) = self.place(*to, &values, site, &state);
                let guard = Value::Guard { back, made_by: fact.path.as_str().into() };
                self.enter_with(fact, netns, reference, 0, guard, site, usage, state)
            }
            Effect::Restorer { to, result, pins } => {
                let back = state.thread.netns();
                let (netns, reference) = self.place(*to, &values, site, &state);
                if *pins {
                    state.thread.pins = state.thread.pins.saturating_add(1);
                }
                let restorer = Value::Restorer { back, unpins: *pins, made_by: fact.path.as_str().into() };
                self.enter_with(fact, netns, reference, *result, restorer, site, usage, state)
            }
            Effect::View { path, gives_file } => {
                let value = values.of(*path);
                let shows = self.look(&value, *gives_file, site, &state);
                let refers =
                    matches!(shows, Shows::MainThreadReference | Shows::ThreadReference | Shows::OtherReference);
                if refers && *gives_file {
                    let (netns, known) = self.place(*path, &values, site, &state);
                    let reference = known.unwrap_or_else(|| self.reference(fact, netns, site));
                    let reference = Reference { ty: self.result_ty(fact), ..reference };
                    return self.open(fact, 0, Value::Netns(reference), site, usage, state);
                }
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::Reads { file } => {
                self.look(&Value::Text(file.as_str().into()), false, site, &state);
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::Mount { kind } => {
                if matches!(values.of(Subject::Arg(*kind)).inner(), Value::Text(it) if &**it == "sysfs") {
                    state.thread.sysfs_of = Some(state.thread.netns());
                }
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::Format { format } => {
                let rest = values.args.get(format + 1..).unwrap_or_default();
                let text = match values.of(Subject::Arg(*format)).inner() {
                    Value::Text(text) => text::format(text, rest),
                    _ => "{}".into(),
                };
                let text = Text { text: text.into(), of: text::about(&values.args, &state) };
                vec![Outcome::on(state, vec![Value::Text(text)])]
            }
            Effect::Join => {
                let parts: Vec<_> = values.receiver.iter().chain(&values.args).cloned().collect();
                let pieces: Vec<_> = parts.iter().flat_map(|it| pieces(it, &state)).collect();
                let text = Text { text: text::join(&pieces).into(), of: text::about(&parts, &state) };
                vec![Outcome::on(state, vec![Value::Text(text)])]
            }
            Effect::Pid => vec![Outcome::on(state, vec![Value::Path(text::PID.into())])],
            Effect::Tid => vec![Outcome::on(state, vec![Value::Path(text::TID.into())])],
            Effect::Same { of, owner } => {
                let value = values.of(*of);
                if *of == Subject::Receiver
                    && let Some(function) = self.function_that_matters(&values.args, &state)
                {
                    return self.on_failure(value, &function, site, state);
                }
                match owner {
                    Owner::Unchanged | Owner::Lent => (),
                    Owner::Nobody => self.release(fact, &value, site, &mut state),
                    Owner::Result => state.own(&value),
                }
                let values = if fact.fallible { success(fact, usage, 0, value) } else { vec![value] };
                vec![Outcome::on(state, values)]
            }
            Effect::Inner { of, panics } => {
                let value = values.of(*of);
                match self.function_that_matters(&values.args, &state) {
                    Some(function) => {
                        let mut outcomes = self.on_failure(value, &function, site, state);
                        for it in outcomes.iter_mut().flat_map(|it| &mut it.values) {
                            *it = it.inner().clone();
                        }
                        outcomes
                    }
                    None => self.inner(value, *panics, state),
                }
            }
            Effect::BlockOn { future, on } => {
                let executor = match values.of(*on).inner() {
                    // Nothing else runs on a thread while it drives a runtime of its own.
                    Value::Runtime { single: true, .. } => Executor::Own,
                    it if are_born_here(it, &state.thread) => Executor::Own,
                    _ => Executor::Root { alone: false },
                };
                self.block_on(executor, values.of(Subject::Arg(*future)), site, state)
            }
            Effect::Runtime { single } => {
                self.observe(site, &state, Event::Runtime { single: *single });
                let born = state.thread.region().map(|it| it.netns.clone());
                let runtime = Value::Runtime { single: *single, born };
                vec![Outcome::on(state, success(fact, usage, 0, runtime))]
            }
            Effect::NoNetns => vec![Outcome::on(state, vec![Value::Int(-1)])],
            Effect::Ready => vec![Outcome::on(state, vec![Value::Ready])],
            Effect::Exit => vec![Outcome { state, values: Vec::new(), stop: Some(Stop::Process) }],
            Effect::EndTask => vec![Outcome { state, values: Vec::new(), stop: Some(Stop::Task) }],
            Effect::Panic => {
                // Who cannot go back and says so with a panic means the process to end.
                let stranded = state.thread.failed_back.is_some() && self.affinity() == Affinity::UntilPinned;
                let stop = if stranded { Stop::Process } else { Stop::Panic };
                vec![Outcome { state, values: Vec::new(), stop: Some(stop) }]
            }
            Effect::Recover => {
                state.tests.insert(RECOVERED.into(), true);
                vec![Outcome::on(state, vec![Value::Unknown])]
            }
            Effect::Forget { what } => {
                self.release(fact, &values.of(*what), site, &mut state);
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::Drop { what } => {
                let states = self.drop_value(&values.of(*what), site, state);
                states.into_iter().map(|it| Outcome::on(it, Vec::new())).collect()
            }
            Effect::Failure => {
                let mut values = vec![Value::Unknown; usage.count.saturating_sub(1)];
                values.push(Value::Bad);
                vec![Outcome::on(state, values)]
            }
            // It may keep what it is given: `append`, `Store`.
            Effect::Nothing => {
                values.args.iter().for_each(|it| self.give_away(it, &mut state));
                vec![self.opaque(fact, site, usage, state)]
            }
            Effect::Fork { child, parent } => {
                let variant = |it: &String| Value::Path(it.as_str().into());
                let mut forked = state.clone();
                forked.thread.forked = Some(self.stack.len());
                let zero = Value::Int(0);
                let in_child = success(fact, usage, 0, child.as_ref().map_or(zero, variant));
                let in_parent = parent.as_ref().map(|it| success(fact, usage, 0, variant(it)));
                let mut after = self.opaque(fact, site, usage, state);
                after.values = in_parent.unwrap_or(after.values);
                vec![Outcome::on(forked, in_child), after]
            }
            Effect::PinGlobal => vec![self.opaque(fact, site, usage, state)],
        }
    }

    /// The namespace that the arguments name for a handle; `None` if they leave it
    /// to the thread.
    fn named_namespace(&self, at: Subject, field: Option<&str>, values: &Given, state: &State) -> Option<Value> {
        let absent = matches!(at, Subject::Arg(nth) if nth >= values.args.len());
        if at == Subject::Current || absent {
            return None;
        }
        let value = values.of(at);
        let value = match (field, value.inner()) {
            (Some(field), Value::Object(id)) => state.field(*id, field).cloned()?,
            _ => value,
        };
        let leaves_it_open = match value.inner() {
            Value::Nil | Value::Int(0) => true,
            Value::Text(text) => text.is_empty(),
            _ => false,
        };
        (!leaves_it_open).then_some(value)
    }

    /// Moves the thread if the flags say that it is about a network namespace;
    /// where they do not say what it is about, the rest of the path is in doubt.
    #[expect(clippy::too_many_arguments, reason = "a fact, where it moves to, and where it stands")]
    fn switch_by_flags(
        &mut self,
        fact: &'a Fact,
        to: Subject,
        flags: Option<usize>,
        values: &Given,
        site: Site,
        usage: Usage,
        mut state: State,
    ) -> Vec<Outcome> {
        let network = flags.map_or(Some(true), |at| is_about_networks(&values.of(Subject::Arg(at))));
        if network == Some(false) {
            return vec![self.opaque(fact, site, usage, state)];
        }
        let (netns, reference) = self.place(to, values, site, &state);
        state.thread.doubt |= network.is_none() && reference.is_none();
        // Perhaps the way back: nothing says where it goes.
        let unsaid = matches!(to, Subject::Receiver | Subject::Arg(_))
            && match values.of(to).inner() {
                Value::Unknown => true,
                Value::Symbol(name) => name.contains("()#"),
                _ => false,
            };
        state.thread.doubt |= unsaid && state.thread.is_away() && !state.thread.netns_is(&netns);
        // A way back for somebody who is not in sight.
        let goes_home = |it: &Value| matches!(it.inner(), Value::Symbol(name) if text::suggests_home(name));
        state.thread.doubt |= !state.thread.is_away() && goes_home(&values.of(to));
        self.switch(fact, netns, reference.as_ref(), site, usage, state)
    }

    /// Moves the thread, or does not: both ways if the text looks at the result.
    pub(crate) fn switch(
        &mut self,
        fact: &'a Fact,
        to: Netns,
        reference: Option<&Reference>,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let back = state.thread.is_way_back(&to);
        let closed = reference.is_some_and(|it| state.closed.contains(&it.at));
        // To where it is: nothing moves.
        if state.thread.netns_is(&to) && !closed {
            let mut state = state;
            if reference.is_some_and(|it| self.is_late(it, &state)) {
                state.thread.late_back = Some(site);
            }
            let mut outcomes = vec![Outcome::on(state.clone(), success(fact, usage, usize::MAX, Value::Nil))];
            if fact.fallible && usage.checked {
                outcomes.push(Outcome::on(state, failure(usage)));
            }
            return outcomes;
        }
        let event = Switch { to: to.clone(), reference, back, checked: usage.checked, closed, fact };
        self.observe(site, &state, Event::Switch(event));
        let mut outcomes = Vec::new();
        // Only an unlock makes a way back that failed unseen a matter of its own.
        let matters = usage.checked || self.affinity() == Affinity::UntilPinned;
        if fact.fallible && ((back && matters) || usage.checked) {
            let mut failed = state.clone();
            if back {
                failed.thread.failed_back = Some((site, usage.checked));
            } else {
                failed.thread.failed_to_enter = true;
            }
            outcomes.push(Outcome::on(failed, failure(usage)));
        }
        let mut moved = state;
        if !closed {
            let before = moved.thread.regions.clone();
            // Who goes elsewhere begins anew.
            moved.thread.passed.take_if(|it| !back && !it.over.contains(&to));
            moved.thread.go(to, self.steps(site), false);
            let left = before.get(moved.thread.regions.len()..).unwrap_or_default();
            if let ([first, _, ..], true) = (left, back) {
                let over = left[..left.len() - 1].iter().map(|it| it.netns.clone()).collect();
                let passed = Passed { steps: self.steps(site), made: first.steps.clone(), over };
                moved.thread.passed = Some(Rc::new(passed));
            }
        }
        outcomes.push(Outcome::on(moved, success(fact, usage, usize::MAX, Value::Nil)));
        if closed {
            // It cannot work: one way on, on which the thread stays.
            outcomes.truncate(1);
            outcomes[0].state.thread.failed_back = None;
            outcomes[0].state.thread.closed_back = back.then_some(site);
        }
        outcomes
    }

    /// Whether a way back was remembered only after this function had left where it should lead: it leads to here.
    fn is_late(&self, back: &Reference, state: &State) -> bool {
        let entered_here = |it: &Region| it.steps.len() == self.stack.len() + 1 && it.steps.starts_with(&self.stack);
        let Some(region) = state.thread.region().filter(|it| entered_here(it) && !it.closed) else { return false };
        // Who made the namespace may want to keep it.
        let entered = !matches!(&region.netns, Netns::At(name) if name.starts_with("a new namespace#"));
        let here = back.captured && back.at.frame == self.frame();
        here && entered && !state.thread.failed_to_enter
    }

    #[expect(clippy::too_many_arguments, reason = "a fact, what it enters and gives, and where")]
    fn enter_with(
        &mut self,
        fact: &'a Fact,
        netns: Netns,
        reference: Option<Reference>,
        result: usize,
        gives: Value,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let mut outcomes = self.switch(fact, netns, reference.as_ref(), site, usage, state);
        for outcome in outcomes.iter_mut().filter(|it| !it.state.thread.failed_to_enter) {
            outcome.values = success(fact, usage, result, gives.clone());
        }
        outcomes
    }

    /// Opens something that lives until it is closed.
    fn open(
        &mut self,
        fact: &'a Fact,
        result: usize,
        value: Value,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        if fact.fallible && usage.checked {
            outcomes.push(Outcome::on(state.clone(), failure(usage)));
        }
        let mut opened = state;
        self.note_opened(fact, site, &mut opened);
        outcomes.push(Outcome::on(opened, success(fact, usage, result, value)));
        outcomes
    }

    #[expect(clippy::too_many_arguments, reason = "a fact, what runs where, and where it stands")]
    fn run_inside(
        &mut self,
        fact: &'a Fact,
        netns: Netns,
        function: Value,
        given: Vec<Value>,
        (own_thread, unwind_safe): (bool, bool),
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let before = state.thread.clone();
        let mut inside = state.clone();
        if own_thread {
            let regions = std::mem::take(&mut inside.thread.regions);
            inside.thread = Thread { regions, owned: true, doubt: before.doubt, ..Thread::new(Entry::Task) };
        }
        inside.thread.pins = inside.thread.pins.saturating_add(1);
        inside.thread.go(netns, self.steps(site), true);
        if !function.inner().is_function() {
            return vec![self.opaque(fact, site, usage, state)];
        }
        let site = Site { by_value: true, ..site };
        let mut outcomes = self.invoke(&function, given, site, usage, inside);
        for outcome in &mut outcomes {
            let panicked = outcome.stop == Some(Stop::Panic);
            if !panicked || unwind_safe {
                outcome.state.thread = before.clone();
            }
            let value = outcome.values.drain(..).next();
            outcome.values = match value {
                Some(value) if !fact.gives_errors_last() => vec![Value::Good(Rc::new(value))],
                // The error of the closure is that of the call.
                Some(error @ (Value::Nil | Value::Bad)) if usage.count == 1 => vec![error],
                _ => vec![Value::Unknown; usage.count],
            };
        }
        if outcomes.is_empty() {
            outcomes.push(self.opaque(fact, site, usage, state));
        }
        outcomes
    }

    fn spawn(
        &mut self,
        fact: &'a Fact,
        function: Value,
        (onto, here): (Onto, bool),
        site: Site,
        usage: Usage,
        mut state: State,
    ) -> Vec<Outcome> {
        let executor = state.thread.executor;
        if here {
            state.thread.executor = Executor::Own;
        }
        self.observe(site, &state, Event::Spawn { onto });
        if onto == Onto::InPlace {
            return self.invoke(&function, Vec::new(), Site { by_value: true, ..site }, usage, state);
        }
        let mut thread = self.escaping(site, &state);
        match onto {
            Onto::Thread | Onto::Child => {
                thread = Thread { owned: true, ..state.thread.clone() };
                thread.executor = Executor::Shared;
                thread.entry = Entry::Task;
            }
            // Everything on a thread that drives a runtime of its own stays on it, and
            // the threads of its pool are born there.
            Onto::Task | Onto::Local | Onto::Pool
                if matches!(state.thread.executor, Executor::Own | Executor::Root { alone: true }) =>
            {
                thread = state.thread.clone();
                // The root never waits for others; who is started beside it does.
                if onto != Onto::Pool && !thread.is_away() {
                    thread.executor = Executor::Single;
                }
            }
            Onto::Local => thread.executor = Executor::Single,
            _ => (),
        }
        let started = State { thread, ..state.elsewhere(Entry::Task) };
        let mut fails = false;
        let others: Vec<State> = match function.inner() {
            Value::Future { .. } => self.wait(function.clone(), site, started).into_iter().map(|it| it.0).collect(),
            it if it.is_function() => {
                let given = Usage { count: 1, checked: true };
                let outcomes = self.as_task(|it| it.invoke(&function, Vec::new(), site, given, started));
                fails = outcomes.iter().any(|it| it.stop.is_none() && it.values.last() == Some(&Value::Bad));
                outcomes.into_iter().map(|it| it.state).collect()
            }
            _ => Vec::new(),
        };
        let works_inside = onto == Onto::Thread && fails && self.may_move(&function);
        state.thread.executor = executor;
        self.share(&[function], &others, &mut state);
        let state = super::call::forget_written(state, others.iter());
        if !works_inside {
            return vec![self.opaque(fact, site, usage, state)];
        }
        let mut outcomes = Vec::new();
        if fact.fallible && usage.checked {
            outcomes.push(Outcome::on(state.clone(), failure(usage)));
        }
        outcomes.push(Outcome::on(state, success(fact, usage, 0, Value::Work(site.name))));
        outcomes
    }

    fn inner(&mut self, value: Value, panics: bool, state: State) -> Vec<Outcome> {
        if !panics {
            return vec![Outcome::on(state, vec![value])];
        }
        let inner = value.inner().clone();
        match value.is_good() {
            Some(true) => vec![Outcome::on(state, vec![inner])],
            Some(false) => vec![Outcome { state, values: Vec::new(), stop: Some(Stop::Panic) }],
            None if state.thread.is_away() => vec![
                Outcome::on(state.clone(), vec![inner]),
                Outcome { state, values: Vec::new(), stop: Some(Stop::Panic) },
            ],
            None => vec![Outcome::on(state, vec![inner])],
        }
    }

    /// A path is opened or read.
    fn look(&mut self, path: &Value, gives_file: bool, site: Site, state: &State) -> Shows {
        let text = text::path(path);
        let shows = match text::shows(&text) {
            // Whether there is such a file says nothing of a device.
            Shows::ThreadView if text == text::TUN && !gives_file => Shows::Nothing,
            shows => shows,
        };
        if shows != Shows::Nothing {
            let of = text::about(std::slice::from_ref(path), state);
            self.observe(site, state, Event::View { shows, path: &text, of: of.as_ref(), gives_file });
        }
        shows
    }

    /// A request in the namespace `asked` about what it is given.
    fn ask_about(&mut self, fact: &Fact, asked: Option<&Netns>, given: &Given, site: Site, state: &mut State) {
        let Some(asked) = asked.filter(|_| !fact.objects.taken.is_empty()) else { return };
        let moved_to = fact.objects.moved_to.map(|it| self.place(it, given, site, state).0);
        let made_in = self.made_in(fact, given, site, state);
        let (moved_to, made_in) = (moved_to.as_ref(), made_in.as_ref());
        self.observe(site, state, Event::About { fact, asked, given, moved_to, made_in });
        // It has another number there, perhaps.
        for subject in fact.objects.taken.iter().filter(|_| moved_to.is_some()) {
            if let Value::Thing(it) = given.of(*subject).inner() {
                state.closed.insert(it.at);
            }
        }
    }

    /// The namespace that a device was to be made in, as the struct says that describes it.
    fn made_in(&self, fact: &Fact, given: &Given, site: Site, state: &State) -> Option<Netns> {
        let subject = fact.objects.taken.first().filter(|_| !fact.objects.made)?;
        let Value::Object(id) = *given.of(*subject).inner() else { return None };
        let attributes = match state.field(id, "LinkAttrs").map(Value::inner) {
            Some(Value::Object(inner)) => *inner,
            _ => id,
        };
        // A number written by hand is meant for whatever is asked.
        if state.field(id, "Index").or_else(|| state.field(attributes, "Index")).is_some() {
            return None;
        }
        let named = state.field(id, "Namespace").or_else(|| state.field(attributes, "Namespace"))?;
        (!matches!(named.inner(), Value::Unknown | Value::Nil)).then(|| self.place_of(named, site, state).0)
    }

    /// A call that changes nothing here.
    pub(crate) fn opaque(&self, fact: &Fact, site: Site, usage: Usage, state: State) -> Outcome {
        self.answer(fact, None, site, usage, state)
    }

    /// The same, of a request in the namespace `asked`.
    fn answer(&self, fact: &Fact, asked: Option<Netns>, site: Site, usage: Usage, state: State) -> Outcome {
        let last = usage.count.saturating_sub(1);
        let name = super::world::split(&fact.path).map_or(fact.path.as_str(), |it| it.1);
        let values = (0..usage.count).map(|nth| match nth {
            nth if nth == last && fact.fallible && (nth > 0 || fact.gives_errors_last()) => Value::Unknown,
            nth => {
                let symbol = format!("{name}()#{}.{}.{nth}", site.span.file.0, site.span.start).into();
                match &asked {
                    Some(of) if fact.objects.given.contains(&nth) => {
                        Value::Thing(Thing { symbol, of: of.clone(), at: self.opening(site) })
                    }
                    // A `Result` of which nothing is known.
                    _ if fact.fallible && nth == last => Value::Unknown,
                    _ => Value::Symbol(symbol),
                }
            }
        });
        let values = values.collect();
        Outcome::on(state, values)
    }

    /// Whether the code may be on another thread a step later.
    pub(crate) fn can_move(&self, state: &State) -> bool {
        self.affinity() == Affinity::UntilPinned && state.thread.pins == 0
    }

    fn hold(&self, state: &State) -> Hold {
        if self.can_move(state) { Hold::Never } else { Hold::Tied }
    }

    pub(crate) fn opening(&self, site: Site) -> Opening {
        Opening { frame: self.frame(), span: site.span }
    }

    fn result_ty(&self, fact: &Fact) -> Option<Rc<str>> {
        fact.results.first().filter(|it| !it.is_empty()).map(|it| it.as_str().into())
    }

    fn reference(&self, fact: &Fact, netns: Netns, site: Site) -> Reference {
        Reference {
            netns,
            at: self.opening(site),
            ty: self.result_ty(fact),
            captured: false,
            hold: Hold::Tied,
            of_main_thread: false,
        }
    }

    /// Which namespace a subject stands for.
    fn place(&self, subject: Subject, values: &Given, site: Site, state: &State) -> (Netns, Option<Reference>) {
        let here = |what: &str| Netns::At(format!("{what}#{}.{}", site.span.file.0, site.span.start).into());
        match subject {
            Subject::Current => (state.thread.netns(), None),
            Subject::New => (here("a new namespace"), None),
            Subject::Other => (here("another namespace"), None),
            Subject::Receiver | Subject::Arg(_) => self.place_of(&values.of(subject), site, state),
        }
    }

    pub(crate) fn place_of(&self, value: &Value, site: Site, state: &State) -> (Netns, Option<Reference>) {
        let captured = |netns: Netns, of_main_thread: bool| Reference {
            netns,
            at: self.opening(site),
            ty: None,
            captured: true,
            hold: if of_main_thread { Hold::Tied } else { self.hold(state) },
            of_main_thread,
        };
        match value.inner() {
            Value::Netns(reference) => (reference.netns.clone(), Some(reference.clone())),
            Value::Symbol(name) => {
                let back = state.thread.is_away() && text::suggests_home(name);
                (if back { Netns::Home } else { Netns::At(name.clone()) }, None)
            }
            Value::Text(path) => match text::shows(path) {
                Shows::ThreadReference => (state.thread.netns(), Some(captured(state.thread.netns(), false))),
                Shows::MainThreadReference => (Netns::Home, Some(captured(Netns::Home, true))),
                _ => (Netns::At(path.text.clone()), None),
            },
            Value::Path(path) if &**path == text::PID => (Netns::Home, Some(captured(Netns::Home, true))),
            Value::Path(path) if &**path == text::TID => {
                (state.thread.netns(), Some(captured(state.thread.netns(), false)))
            }
            Value::Path(path) => (Netns::At(path.clone()), None),
            // A struct around a descriptor.
            Value::Object(id) => {
                let fields = state.objects.get(id).into_iter().flat_map(|it| it.fields.values());
                let inside = fields.map(Value::inner).find(|it| matches!(it, Value::Netns(_)));
                match inside {
                    Some(inside) => self.place_of(&inside.clone(), site, state),
                    None => (Netns::At(format!("object#{}", id.0).into()), None),
                }
            }
            Value::Int(number) => (Netns::At(number.to_string().into()), None),
            _ => (Netns::At(format!("a namespace#{}.{}", site.span.file.0, site.span.start).into()), None),
        }
    }
}

impl Machine<'_> {
    fn function_that_matters(&self, args: &[Value], state: &State) -> Option<Value> {
        args.iter().find(|it| it.is_function() && self.is_function_that_matters(it, state)).cloned()
    }

    /// `map_err(|e| …)` and its kin: the closure runs where the value is not good.
    fn on_failure(&mut self, value: Value, function: &Value, site: Site, state: State) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let good = value.is_good();
        if good != Some(true) {
            let site = Site { by_value: true, ..site };
            let mut ran = self.invoke(function, vec![Value::Unknown], site, UNSEEN, state.clone());
            ran.iter_mut().for_each(|it| it.values = vec![Value::Bad]);
            outcomes.extend(ran);
        }
        if good != Some(false) {
            let value = if good.is_some() { value } else { Value::Good(Rc::new(value)) };
            outcomes.push(Outcome::on(state, vec![value]));
        }
        outcomes
    }
}

/// A number that is no descriptor.
fn stands_for_none(value: &Value) -> bool {
    matches!(value.inner(), Value::Int(-1))
}

/// The results of a call that worked; `value` is the one at `index`.
fn success(fact: &Fact, usage: Usage, index: usize, value: Value) -> Vec<Value> {
    if !fact.gives_errors_last() {
        return vec![if fact.fallible { Value::Good(Rc::new(value)) } else { value }];
    }
    let mut values = vec![Value::Unknown; usage.count];
    if fact.fallible
        && let Some(last) = values.last_mut()
    {
        *last = Value::Nil;
    }
    if let Some(place) = values.get_mut(index) {
        *place = value;
    }
    values
}

/// The results of a call that did not.
fn failure(usage: Usage) -> Vec<Value> {
    let mut values = vec![Value::Unknown; usage.count.saturating_sub(1)];
    values.push(Value::Bad);
    values
}

/// Whether flags of `setns` or `unshare` name a network namespace; `None` if that is not known.
fn is_about_networks(flags: &Value) -> Option<bool> {
    match flags.inner() {
        Value::Int(0) => None,
        Value::Int(bits) => Some(bits & 0x4000_0000 != 0),
        Value::Path(names) => {
            let net = names.contains("NEWNET") || names.contains("::Network") || names.contains(".Network");
            let flags = ["CLONE_", "CloneFlags", "Namespace", "NameSpace"].iter().any(|it| names.contains(it));
            if net || flags { Some(net) } else { None }
        }
        // A constant of the program says by its name what it is.
        Value::Symbol(name) if name.rsplit([':', '.']).next().is_some_and(|it| it.contains("NET")) => Some(true),
        _ => None,
    }
}

/// `unix.NETLINK_ROUTE` → `ROUTE`.
fn family(value: &Value) -> String {
    match value.inner() {
        Value::Path(path) => match path.rsplit_once("NETLINK_").map_or(&**path, |it| it.1) {
            // Its older name; the number is the same.
            "INET_DIAG" => "SOCK_DIAG".into(),
            name => name.to_owned(),
        },
        _ => String::new(),
    }
}

fn pieces(value: &Value, state: &State) -> Vec<String> {
    match value.inner() {
        Value::Object(id) => state.field(*id, "[]").map(text::piece).into_iter().collect(),
        other => vec![text::piece(other)],
    }
}

/// Whether the threads of this runtime were born where this thread is, away from where it began.
fn are_born_here(runtime: &Value, thread: &Thread) -> bool {
    matches!(runtime.inner(), Value::Runtime { born: Some(born), .. } if thread.netns_is(born))
}
