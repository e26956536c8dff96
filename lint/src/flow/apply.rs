//! What a fact does to a path.

use litemap::LiteMap;
use std::rc::Rc;

use super::callee::function_at;
use super::drops::{INSIDE, WHEN_DROPPED};
use super::machine::{Machine, RECOVERED, Stop};
use super::outcome::{Outcome, Usage, success};
use super::places::stands_for_none;
use super::point::{Event, Given, Use};
use super::state::{Executor, Object, Site, State};
use super::tasks::are_born_here;
use super::text;
use super::value::{Handle, Hold, Reference, Text, Value};
use crate::facts::{Effect, Fact, Subject};
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
            state.touch();
        }
        match &fact.effect {
            Effect::Switch { to, flag_arg, gives } => {
                let mut outcomes = self.switch_by_flags(fact, *to, *flag_arg, &values, site, usage, state);
                if *gives {
                    for outcome in outcomes.iter_mut().filter(|it| it.state.thread.entered()) {
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
            Effect::Pin => self.pin(site, state),
            Effect::Unpin => self.unpin(site, state),
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
            Effect::Ioctl { request } => {
                let about_devices = text::is_about_devices(&values.of(Subject::Arg(*request)));
                let receiver = values.args.first().cloned();
                match receiver.filter(|it| about_devices && matches!(it.inner(), Value::Handle(_))) {
                    Some(socket) => {
                        self.receiver = self.name_of(&socket, &state);
                        let values = Given { receiver: Some(socket), ..values };
                        self.ask_through_handle(fact, &values, site, usage, state)
                    }
                    None => vec![self.opaque(fact, site, usage, state)],
                }
            }
            Effect::WhenDropped { value, callback } => {
                let inside = [(WHEN_DROPPED, callback), (INSIDE, value)];
                let fields: LiteMap<Rc<str>, Value> =
                    inside.into_iter().map(|(name, at)| (name.into(), values.of(Subject::Arg(*at)))).collect();
                let id = self.frames.object(self.frame(), site.span, 0);
                state.objects.insert(id, Object { ty: self.result_ty(fact), fields: fields.into() });
                vec![Outcome::on(state, vec![Value::Object(id)])]
            }
            Effect::UseHandle { .. } => self.ask_through_handle(fact, &values, site, usage, state),
            Effect::LookUp => self.ask_here(fact, &values, site, usage, state),
            Effect::Inherit => {
                self.observe(site, &state, Event::Use(Use::Inherit(fact)));
                self.ask_here(fact, &values, site, usage, state)
            }
            Effect::UseAmbient { sockets_in, .. } => {
                self.ask_ambient(fact, sockets_in.as_deref(), &values, site, usage, state)
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
            Effect::Run { callback, reads, registers, inside, keeps } => {
                if let Some(file) = reads {
                    self.look(&values.of(Subject::Arg(*file)), false, site, &state);
                }
                let function = function_at(Subject::Arg(*callback), &values);
                if !function.inner().is_function() {
                    return vec![self.opaque(fact, site, usage, state)];
                }
                let site = Site { by_value: true, ..site };
                let mut state = state;
                if fact.once && state.ran_before(&function, values.receiver.as_ref()) {
                    return vec![self.opaque(fact, site, usage, state)];
                }
                if *registers {
                    self.invoke(&function, Vec::new(), site, usage, state.clone());
                    return vec![self.opaque(fact, site, usage, state)];
                }
                if let (Some(inside), Some(value)) = (inside, &values.receiver)
                    && matches!(value, Value::Good(_) | Value::Bad)
                {
                    return self.on_success(value, &function, *inside, site, state);
                }
                if *keeps && let Some(first) = self.kept_before(fact, &values, usage, &state) {
                    return vec![first];
                }
                let mut outcomes = self.invoke(&function, Vec::new(), site, usage, state);
                if *keeps {
                    self.keep_first(&values, &mut outcomes);
                }
                // `catch_unwind`: a panic becomes an error.
                for outcome in outcomes.iter_mut().filter(|_| fact.fallible) {
                    let value = outcome.values.drain(..).next().unwrap_or(Value::Unknown);
                    let panicked = outcome.stop.take_if(|it| *it == Stop::Panic).is_some();
                    outcome.values = vec![if panicked { Value::Bad } else { Value::Good(Rc::new(value)) }];
                }
                outcomes
            }
            Effect::Spawn { callback, onto, .. } => {
                let function = function_at(*callback, &values);
                let here = are_born_here(&values.of(Subject::Receiver), &state.thread);
                self.spawn(fact, function, (*onto, here), site, usage, state)
            }
            Effect::Gather => match values.of(Subject::Receiver) {
                work if matches!(work.inner(), Value::Work(_)) => vec![Outcome::on(state, vec![work])],
                _ => vec![self.opaque(fact, site, usage, state)],
            },
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
            Effect::View { path, gives_file } => self.view(fact, *path, *gives_file, &values, site, usage, state),
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
            Effect::Same { of, owner } => self.same(fact, *of, *owner, &values, site, usage, state),
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
            Effect::BlockOn { future, on, only } => {
                let executor = match values.of(*on).inner() {
                    // Nothing else runs on a thread while it drives a runtime of its own.
                    Value::Runtime { single: true, .. } => Executor::Own,
                    it if are_born_here(it, &state.thread) => Executor::Own,
                    _ => Executor::Root { alone: false, only: *only },
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
            Effect::Ready { opens } => {
                if *opens {
                    self.observe(site, &state, Event::Use(Use::Inherit(fact)));
                }
                vec![Outcome::on(state, vec![Value::Ready])]
            }
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
            Effect::Forget { what } => self.forget(fact, &values.of(*what), site, usage, state),
            Effect::Drop { what } => {
                let states = self.drop_value(&values.of(*what), site, state);
                states.into_iter().map(|it| Outcome::on(it, Vec::new())).collect()
            }
            Effect::Failure => {
                let mut values = vec![Value::Unknown; usage.count.saturating_sub(1)];
                values.push(Value::Bad);
                vec![Outcome::on(state, values)]
            }
            Effect::FailureOfAny => {
                let value = match &values.args {
                    args if args.contains(&Value::Bad) => Value::Bad,
                    args if args.iter().all(|it| *it == Value::Nil) => Value::Nil,
                    _ => Value::Unknown,
                };
                vec![Outcome::on(state, vec![value])]
            }
            Effect::Which { of } => self.ask_which(fact, &values.of(*of), site, usage, state),
            Effect::SameNetns { of, other } => {
                self.ask_same(fact, [&values.of(*of), &values.of(*other)], site, usage, state)
            }
            // It may keep what it is given: `append`, `Store`.
            Effect::Nothing => {
                let asked = self.go_on_asking(fact, &values, site, &mut state);
                values.args.iter().for_each(|it| self.give_away(it, &mut state));
                vec![self.answer(fact, asked, site, usage, state)]
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
