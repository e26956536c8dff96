//! What a fact does to a path: which room says so.

use super::machine::{Machine, RECOVERED, Stop};
use super::netns::Exact;
use super::outcome::{Applied, Outcome, Usage, failure, success};
use super::point::{Event, Given, Use};
use super::state::{Site, State};
use super::text;
use super::value::{Text, Value};
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
        let given = &Given { receiver, args };
        let applied = Applied { fact, given, site, usage };
        // To let go of a namespace is part of the way back.
        let is_of_way_back = match fact.effect {
            Effect::Unpin | Effect::Switch { .. } | Effect::Pin => true,
            Effect::Close { what, .. } => matches!(given.of(what).inner(), Value::Netns(_) | Value::Unknown),
            _ => false,
        };
        if !is_of_way_back {
            state.touch();
        }
        if fact.unless.is_some_and(|it| it.holds(given, &state, self.world.facts) == Some(true)) {
            return vec![self.opaque(applied, state)];
        }
        match &fact.effect {
            Effect::Switch { to, flag_arg, gives } => self.switch_to(applied, *to, *flag_arg, *gives, state),
            Effect::Syscall { number } => self.system_call(applied, *number, state),
            Effect::Guard { to } => {
                let guard = Value::Guard { back: state.thread.netns(), made_by: fact.path.as_str().into() };
                self.enter_with(applied, *to, 0, guard, state)
            }
            Effect::Restorer { to, result, pins, .. } => {
                let (back, made_by) = (state.thread.netns(), fact.path.as_str().into());
                if *pins {
                    state.thread.pin();
                }
                self.enter_with(applied, *to, *result, Value::Restorer { back, unpins: *pins, made_by }, state)
            }
            Effect::RunInside { callback, at, own_thread, unwind_safe } => {
                self.run_inside(applied, (*at, *callback), (*own_thread, *unwind_safe), state)
            }
            Effect::Pin => self.pin(site, state),
            Effect::Unpin => self.unpin(site, state),
            Effect::PinGlobal => vec![self.opaque(applied, state)],

            Effect::Capture { locks } => self.capture(applied, *locks, state),
            Effect::OpenNetns { from } => self.open_netns(applied, *from, state),
            Effect::OpenHandle { .. } => self.open_handle(applied, state),
            Effect::NoNetns => vec![Outcome::on(state, vec![Value::Int(-1)])],
            Effect::Close { what, by_number } => self.close(applied, *what, *by_number, state),
            Effect::Forget { what } => self.forget(applied, *what, state),
            Effect::Drop { what } => {
                let states = self.drop_value(&given.of(*what), site, state);
                states.into_iter().map(|it| Outcome::on(it, Vec::new())).collect()
            }
            Effect::WhenDropped { value, callback } => self.drop_later(applied, *value, *callback, state),
            Effect::AtEnd { callback } => self.run_later(applied, *callback, state),
            // Not here, and not now.
            Effect::Program { .. } => vec![self.opaque(applied, state)],

            Effect::UseHandle { .. } => self.ask_through_handle(applied, state),
            Effect::UseAmbient { sockets_in, .. } => self.ask_ambient(applied, sockets_in.as_deref(), state),
            Effect::LookUp => self.ask_here(applied, state),
            Effect::Inherit => {
                self.observe(site, &state, Event::Use(Use::Inherit(fact)));
                self.ask_here(applied, state)
            }
            Effect::Ioctl { request } => self.ask_by_ioctl(applied, *request, state),

            Effect::View { path, gives_file } => self.view(applied, *path, *gives_file, state),
            Effect::Reads { file } => {
                self.look(&Value::Text(file.as_str().into()), false, site, &state);
                vec![self.opaque(applied, state)]
            }
            Effect::Mount { source, kind } => {
                self.look(&given.of(Subject::Arg(*source)), false, site, &state);
                let kind = kind.map(|it| given.of(Subject::Arg(it)));
                if matches!(kind.as_ref().map(Value::inner), Some(Value::Text(it)) if &**it == "sysfs") {
                    state.thread.sysfs_of = Some(state.thread.netns());
                }
                vec![self.opaque(applied, state)]
            }

            Effect::Spawn { callback, onto, .. } => self.spawn(applied, *callback, *onto, state),
            Effect::Escape { when, reads, future } => self.escape(applied, when.as_ref(), (*reads, *future), state),
            Effect::Fork { child, parent } => self.fork(applied, child.as_deref(), parent.as_deref(), state),
            Effect::Gather => match given.of(Subject::Receiver) {
                work if matches!(work.inner(), Value::Work(_)) => vec![Outcome::on(state, vec![work])],
                _ => vec![self.opaque(applied, state)],
            },
            Effect::Wait { what } => {
                let work = given.of(*what);
                if let Value::Work(work) = work.inner() {
                    if work.may_fail {
                        self.observe(site, &state, Event::Waited { started: work.started });
                    }
                    work.gives().map(|it| Outcome::on(state.clone(), vec![it])).into()
                } else if self.has_failed(&work, &state) {
                    vec![Outcome::on(state, failure(usage))]
                } else {
                    vec![self.opaque(applied, state)]
                }
            }
            Effect::Channel => self.channel(applied, state),
            Effect::Send { what } => self.send(applied, *what, state),
            Effect::Receive { future } => self.receive(applied, *future, state),
            Effect::Runtime { single } => {
                self.observe(site, &state, Event::Runtime { single: *single });
                let born = state.thread.region().map(|it| it.netns.clone());
                vec![Outcome::on(state, success(fact, usage, 0, Value::Runtime { single: *single, born }))]
            }
            Effect::BlockOn { future, on, only } => {
                let executor = self.executor_of(&given.of(*on), *only, &state);
                self.block_on(executor, given.of(Subject::Arg(*future)), site, state)
            }
            Effect::Ready { opens } => {
                if *opens {
                    self.observe(site, &state, Event::Use(Use::Inherit(fact)));
                }
                self.promise(applied, (*opens, false), state)
            }

            Effect::Run { .. } => self.run_given(applied, state),
            Effect::Same { of, owner } => self.same(applied, *of, *owner, state),
            Effect::Parse { of } => vec![self.parse(applied, *of, state)],
            Effect::Inner { of, panics } => self.look_inside(applied, *of, *panics, state),
            Effect::IsOpen { of } => self.ask_open(applied, *of, state),
            Effect::Which { of } => self.ask_which(applied, *of, state),
            Effect::SameNetns { of, other } => self.ask_same(applied, [*of, *other], state),

            Effect::Format { format } => {
                let rest = given.args.get(format + 1..).unwrap_or_default();
                let (text, parts) = match given.of(Subject::Arg(*format)).inner() {
                    Value::Text(text) => (text::format(text, rest), rest),
                    _ => ("{}".into(), &[Value::Unknown][..]),
                };
                let exact = Exact::of_parts(parts, self.opening(site));
                let text = Text { text: text.into(), of: text::about(&given.args, &state), exact };
                vec![Outcome::on(state, vec![Value::Text(text)])]
            }
            Effect::Join => {
                let parts: Vec<_> = given.receiver.iter().chain(&given.args).cloned().collect();
                let pieces: Vec<_> = parts.iter().flat_map(|it| pieces(it, &state)).collect();
                let exact = Exact::of_parts(&parts, self.opening(site));
                let text = Text { text: text::join(&pieces).into(), of: text::about(&parts, &state), exact };
                vec![Outcome::on(state, vec![Value::Text(text)])]
            }
            Effect::Pid => vec![Outcome::on(state, vec![Value::Path(text::PID.into())])],
            Effect::Tid => vec![Outcome::on(state, vec![Value::Path(text::TID.into())])],

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
            Effect::Failure => vec![Outcome::on(state, failure(usage))],
            Effect::FailureOfAny => {
                let value = match &given.args {
                    args if args.iter().any(|it| state.is_failure(it)) => Value::Bad,
                    args if args.iter().all(|it| state.holds_failure(it) == Some(false)) => Value::Nil,
                    _ => Value::Unknown,
                };
                vec![Outcome::on(state, vec![value])]
            }
            Effect::Print => {
                let asked = self.go_on_asking(applied, &mut state);
                vec![self.answer(applied, asked, state)]
            }
            // It may keep what it is given: `append`, `Store`.
            Effect::Nothing => {
                let asked = self.go_on_asking(applied, &mut state);
                given.args.iter().for_each(|it| self.give_away(it, &mut state));
                vec![self.answer(applied, asked, state)]
            }
        }
    }
}

fn pieces(value: &Value, state: &State) -> Vec<String> {
    match value.inner() {
        Value::Object(id) => state.field(*id, "[]").map(text::piece).into_iter().collect(),
        other => vec![text::piece(other)],
    }
}
