//! Work that runs elsewhere or later: goroutines, threads, tasks, futures.

use std::rc::Rc;

use super::callee::function_at;
use super::given_back::forget_written;
use super::machine::{Machine, Stop};
use super::netns::Netns;
use super::outcome::{Applied, Outcome, UNSEEN, Usage, failure, success};
use super::point::{Event, Use};
use super::shared::Shared;
use super::state::{Site, State};
use super::thread::{Entry, Escape, Executor, Region, Thread};
use super::value::{BoundCallee, Value};
use crate::facts::{Condition, Effect, Onto, Subject};
use crate::ir::Exit;
use crate::source::Span;

/// How many ways out of what runs ahead are told apart.
const LEFT: usize = 2;

impl<'a> Machine<'a> {
    /// Starts a goroutine, and comes back to this one: with what that stores, since nobody looks before it has.
    pub(super) fn spawn_goroutine(&mut self, callee: Value, args: Vec<Value>, site: Site, state: State) -> Vec<State> {
        let thread = self.escaping(site, &state);
        let started = self.in_tree(&callee, &args, &state);
        let uses_given = started.as_ref().is_some_and(|(id, frame, args)| {
            self.may_ask(*id, *frame, args, &state) || self.may_ask_elsewhere(*id, args, &state)
        });
        let outcomes = if uses_given
            || self.is_function_that_matters(&callee, &state)
            // `go wait.Until(func() { … }, period, stop)`
            || args.iter().any(|it| self.is_function_that_matters(it, &state))
            || thread.escaped.is_some() && self.opens_here(&callee, &state)
        {
            let started = State { thread, ..state.elsewhere(Entry::Task) };
            self.as_started(|it| it.invoke(&callee, args.clone(), site, UNSEEN, started))
        } else {
            Vec::new()
        };
        let after = self.after_goroutine(None, &outcomes, &state);
        let ended: Vec<State> = outcomes.into_iter().map(|it| it.state).collect();
        let after = after.unwrap_or_else(|| {
            let mut state = state;
            self.may_fill(args.iter().chain([&callee]), &mut state);
            vec![forget_written(state, ended.iter())]
        });
        let has = |mut state: State| {
            if state.open.is_empty() {
                return state;
            }
            if let Some((id, frame, args)) = &started {
                self.keep_for_ever((*id, *frame), args, site, &mut state);
            }
            self.share(&args, &ended, &mut state);
            self.share(&self.handed_over_with(&callee, &state), &ended, &mut state);
            state
        };
        after.into_iter().map(has).collect()
    }

    /// A library does its work on goroutines or threads of its own.
    pub(super) fn escape(
        &mut self,
        applied: Applied<'a, '_>,
        when: Option<&Condition>,
        (reads, future): (Option<usize>, bool),
        state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given, site, .. } = applied;
        if let Some(file) = reads {
            self.look(&given.of(Subject::Arg(file)), false, site, &state);
        }
        let holds = when.map_or(Some(true), |it| it.holds(given, &state, self.world.facts));
        if holds != Some(false) {
            self.observe(site, &state, Event::Escape { fact, certain: holds == Some(true) });
        }
        // Of a file the path says whether the namespace matters.
        if reads.is_none() {
            self.observe(site, &state, Event::Use(Use::Inherit(fact)));
        }
        if future {
            return self.promise(applied, (true, true), state);
        }
        vec![self.opaque(applied, state)]
    }

    /// A future of a library, which does nothing before somebody waits for it.
    pub(super) fn promise(
        &mut self,
        applied: Applied<'a, '_>,
        (opens, waits): (bool, bool),
        state: State,
    ) -> Vec<Outcome> {
        let opens = opens.then(|| applied.fact.path.as_str().into());
        let value = Value::Ready { opens, waits, made_in: state.thread.meant(), made_at: applied.site.span };
        vec![Outcome::on(state, vec![value])]
    }

    /// The process goes on twice.
    pub(super) fn fork(
        &mut self,
        applied: Applied<'a, '_>,
        child: Option<&str>,
        parent: Option<&str>,
        state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, usage, .. } = applied;
        let variant = |it: &str| Value::Path(it.into());
        let mut forked = state.clone();
        forked.thread.forked = Some(self.stack.len());
        let in_child = success(fact, usage, 0, child.map_or(Value::Int(0), variant));
        let in_parent = parent.map(|it| success(fact, usage, 0, variant(it)));
        let mut after = self.opaque(applied, state);
        after.values = in_parent.unwrap_or(after.values);
        vec![Outcome::on(forked, in_child), after]
    }

    /// What polls a future that is waited for on a runtime.
    pub(super) fn executor_of(&self, runtime: &Value, only: bool, state: &State) -> Executor {
        match runtime.inner() {
            // Nothing else runs on a thread while it drives a runtime of its own.
            Value::Runtime { single: true, .. } => Executor::Own,
            it if are_born_here(it, &state.thread) => Executor::Own,
            _ => Executor::Root { alone: false, only },
        }
    }

    pub(super) fn spawn(
        &mut self,
        applied: Applied<'a, '_>,
        callback: Subject,
        onto: Onto,
        mut state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given, site, usage } = applied;
        let function = match (function_at(callback, given), &fact.effect) {
            (value, Effect::Spawn { method: Some(name), .. }) if matches!(value.inner(), Value::Object(_)) => {
                Value::Bound { receiver: value.into(), callee: BoundCallee::Method(name.clone()) }
            }
            (function, _) => function,
        };
        let here = are_born_here(&given.of(Subject::Receiver), &state.thread);
        if matches!(fact.effect, Effect::Spawn { opens: true, .. }) {
            self.observe(site, &state, Event::Use(Use::Inherit(fact)));
        }
        let executor = state.thread.executor;
        if here {
            state.thread.executor = Executor::Own;
        }
        self.observe(site, &state, Event::Spawn { onto });
        if onto == Onto::InPlace {
            return self.invoke(&function, Vec::new(), Site { by_value: true, ..site }, usage, state);
        }
        let started = State { thread: self.thread_of(applied, onto, &state), ..state.elsewhere(Entry::Task) };
        let outcomes = self.work(&function, site, started);
        if onto == Onto::Ahead {
            // A thread that stays away ends with its goroutine, and what comes after does not run there.
            let is_over = |it: &&Outcome| it.stop.is_none() && !it.state.thread.is_away();
            let left: Vec<_> = outcomes.iter().filter(is_over).map(|it| it.state.clone()).collect();
            if (1..=LEFT).contains(&left.len()) {
                let after = left.into_iter().map(|it| it.stored_for(&state));
                return after.map(|it| self.opaque(applied, it)).collect();
            }
        }
        state.thread.executor = executor;
        self.after_spawn(applied, onto, &function, outcomes, state)
    }

    /// Who spawned goes on, with what the work gives back.
    fn after_spawn(
        &mut self,
        applied: Applied<'a, '_>,
        onto: Onto,
        function: &Value,
        outcomes: Vec<Outcome>,
        state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given, site, usage } = applied;
        let ended: Vec<State> = outcomes.iter().map(|it| it.state.clone()).collect();
        let has = |mut state: State| {
            self.share(std::slice::from_ref(function), &ended, &mut state);
            state
        };
        let works = match onto {
            Onto::Group => {
                let group = given.of(Subject::Receiver);
                if let Some(after) = self.after_goroutine(Some(&group), &outcomes, &state) {
                    return after.into_iter().map(|it| self.opaque(applied, has(it))).collect();
                }
                None
            }
            Onto::Thread | Onto::Task | Onto::Local | Onto::Pool => {
                let fails = outcomes.iter().any(|it| it.stop.is_none() && it.values.last() == Some(&Value::Bad));
                let may_fail =
                    onto == Onto::Thread && fails && function.inner().is_function() && self.may_move(function);
                self.after_work(&outcomes, site.name, may_fail, &state)
            }
            _ => None,
        };
        let goes_on = |it: State| forget_written(has(it), ended.iter());
        let Some(works) = works else { return vec![self.opaque(applied, goes_on(state))] };
        let mut after = Vec::new();
        if fact.fallible && usage.checked && works.iter().any(|it| it.1.is_some()) {
            after.push(Outcome::on(goes_on(state), failure(usage)));
        }
        after.extend(works.into_iter().map(|(state, work)| match work {
            Some(work) => Outcome::on(goes_on(state), success(fact, usage, 0, work)),
            None => self.opaque(applied, goes_on(state)),
        }));
        after
    }

    /// Runs what was spawned to its end.
    fn work(&mut self, function: &Value, site: Site, started: State) -> Vec<Outcome> {
        match function.inner() {
            Value::Future { .. } => {
                let ended = self.wait(function.clone(), site, started);
                ended.into_iter().map(|(state, value, stop)| Outcome { state, values: vec![value], stop }).collect()
            }
            it if it.is_function() => {
                let given = Usage { count: 1, checked: true };
                self.as_task(|it| it.invoke(function, Vec::new(), site, given, started))
            }
            _ => Vec::new(),
        }
    }

    /// The thread of what is spawned here.
    fn thread_of(&self, applied: Applied<'a, '_>, onto: Onto, state: &State) -> Shared<Thread> {
        let mut thread = self.escaping(applied.site, state);
        match onto {
            Onto::Thread | Onto::Child => {
                thread = state.thread.clone();
                if onto == Onto::Child {
                    thread.forked = Some(self.stack.len());
                } else if self.functions.first().is_some_and(|it| state.thread.is_main(it)) {
                    thread.main_inside = state.thread.regions.len();
                    thread.main = false;
                }
                thread.owned = true;
                thread.executor = Executor::Shared;
                thread.entry = Entry::Task;
            }
            // What the runtime of this thread runs besides waits until who runs now does: it may be back by then.
            Onto::Task | Onto::Local
                if matches!(state.thread.executor, Executor::Own | Executor::Root { alone: true, .. })
                    && state.thread.region().is_some_and(|it| it.driven) =>
            {
                thread.executor = Executor::Single;
                thread.doubt = true;
            }
            // Everything on a thread that drives a runtime of its own stays on it, and
            // the threads of its pool are born there.
            Onto::Task | Onto::Local | Onto::Pool
                if matches!(state.thread.executor, Executor::Own | Executor::Root { alone: true, .. }) =>
            {
                thread = state.thread.clone();
                // The root never waits for others; who is started beside it does.
                if onto != Onto::Pool && !thread.is_away() {
                    thread.executor = Executor::Single;
                }
            }
            // Where no runtime drives this thread yet, the tasks wait until it drives them: on a thread of its own
            // all of them are where it is.
            Onto::Local if state.thread.owned && state.thread.executor == Executor::Shared => {
                thread = state.thread.clone();
                thread.executor = Executor::Own;
            }
            Onto::Local => {
                thread.executor = Executor::Single;
                // A function that is no task itself may drive them before it leaves.
                let drives = applied.given.receiver.is_some() && !self.functions.iter().any(|it| it.is_async());
                thread.doubt |= drives && state.thread.executor == Executor::Shared;
            }
            _ => (),
        }
        thread
    }

    /// The thread of work that is started here and runs who knows where.
    pub(super) fn escaping(&self, site: Site, state: &State) -> Shared<Thread> {
        let mut thread = Thread::new(Entry::Task);
        thread.doubt = state.thread.doubt;
        // Who could not go back started it for where it would be.
        let region = state.thread.region().filter(|_| state.thread.failed_back.is_none());
        thread.escaped =
            region.map(|region| Rc::new(Escape { region: region.clone(), steps: self.steps(site), late: false }));
        thread.into()
    }

    /// What a future that was built elsewhere escaped from: it runs only where it is awaited.
    fn built_elsewhere(&self, made_in: &Netns, made_at: Span, state: &State) -> Option<Rc<Escape>> {
        let thread = &state.thread;
        if *made_in == Netns::Home || thread.is_away() || thread.escaped.is_some() {
            return None;
        }
        let steps = self.steps(Site { span: made_at, name: made_at, by_value: false });
        let region = Region { netns: made_in.clone(), steps: steps.clone(), closed: false, pins: 0, driven: false };
        Some(Rc::new(Escape { region: region.into(), steps, late: true }))
    }

    /// Runs a future to its end on this thread.
    pub(super) fn block_on(&mut self, executor: Executor, future: Value, site: Site, state: State) -> Vec<Outcome> {
        self.driven_by(executor, state, |it, state| {
            let waited = if future.is_function() || matches!(future.inner(), Value::Ready { waits: false, .. }) {
                it.wait(future, site, state)
            } else {
                vec![(state, Value::Unknown, None)]
            };
            waited.into_iter().map(|(state, value, stop)| Outcome { state, values: vec![value], stop }).collect()
        })
    }

    /// What runs meanwhile is polled by this executor, and what comes after by the one before.
    pub(super) fn driven_by(
        &mut self,
        executor: Executor,
        mut state: State,
        run: impl FnOnce(&mut Self, State) -> Vec<Outcome>,
    ) -> Vec<Outcome> {
        let before = std::mem::replace(&mut state.thread.executor, executor);
        let mut outcomes = run(self, state);
        outcomes.iter_mut().for_each(|it| it.state.thread.executor = before);
        outcomes
    }

    /// Waits for a future: runs it, as far as it is in sight.
    pub(super) fn wait(&mut self, future: Value, site: Site, state: State) -> Vec<(State, Value, Option<Stop>)> {
        match future.inner() {
            Value::Future { function, frame, args, made_in, made_at } => {
                let mut inside = state.clone();
                let late = self.built_elsewhere(made_in, *made_at, &state);
                let is_late = late.is_some();
                if is_late {
                    inside.thread.escaped = late;
                }
                match self.enter(*function, *frame, args.to_vec(), site, inside) {
                    Some(ended) => ended
                        .into_iter()
                        .map(|mut it| {
                            if is_late {
                                it.state.thread.escaped = None;
                            }
                            let stop = (it.exit == Exit::Unwind).then_some(Stop::Panic);
                            (it.state, it.values.into_iter().next().unwrap_or(Value::Unknown), stop)
                        })
                        .collect(),
                    None => {
                        let value = self.given(*function, 0, args, &state).map_or(Value::Unknown, Value::OneOf);
                        vec![(state, value, None)]
                    }
                }
            }
            Value::Ready { opens, waits, made_in, made_at } => {
                if *waits {
                    self.observe(site, &state, Event::Await);
                }
                let late = self.built_elsewhere(made_in, *made_at, &state);
                let opens = opens.as_ref().and_then(|it| self.world.facts.call(it));
                if let (Some(fact), Some(_)) = (opens, &late) {
                    let mut elsewhere = state.clone();
                    elsewhere.thread.escaped = late;
                    self.observe(site, &elsewhere, Event::Use(Use::Inherit(fact)));
                }
                vec![(state, Value::Unknown, None)]
            }
            // The end of a channel of which one thing comes is a future of that.
            it if let Some(work) = self.work_of(it, site.name, &state) => {
                self.observe(site, &state, Event::Await);
                work.gives().map(|it| (state.clone(), it, None)).into()
            }
            // What a request of a library answers is known before it is made.
            Value::Thing(_) => {
                self.observe(site, &state, Event::Await);
                vec![(state, future, None)]
            }
            _ => {
                self.observe(site, &state, Event::Await);
                vec![(state, Value::Unknown, None)]
            }
        }
    }
}

impl State {
    /// The same program on a thread of its own.
    fn elsewhere(&self, entry: Entry) -> State {
        State { thread: Thread::new(entry).into(), tests: Default::default(), at_end: Vec::new(), ..self.clone() }
    }
}

/// Whether the threads of this runtime were born where this thread is, away from where it began.
pub(super) fn are_born_here(runtime: &Value, thread: &Thread) -> bool {
    matches!(runtime.inner(), Value::Runtime { born: Some(born), .. } if thread.netns_is(born))
}
