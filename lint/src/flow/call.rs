//! What a call leads to: a function of the tree, a fact, or something unknown.

use std::rc::Rc;

use super::failures::{failed_before, goes_back};
use super::machine::{Ended, Machine, Run, Stop};
use super::outcome::{Outcome, Usage};
use super::overwritten::Closer;
use super::point::Event;
use super::state::{Object, Site, State};
use super::text;
use super::unseen::Runs;
use super::value::{BoundCallee, Frame, Symbol, Thing, Value};
use super::world::{Meaning, last};
use crate::facts::{Effect, Fact};
use crate::ir::{BlockId, Call, Callee, Exit, Function, FunctionId, Kind, Operand, Place, Target};
use crate::source::Span;

impl<'a> Machine<'a> {
    pub(crate) fn call(
        &mut self,
        run: Run<'a>,
        (block, step): (BlockId, usize),
        call: &'a Call,
        span: Span,
        mut state: State,
    ) -> Vec<(State, Option<Stop>)> {
        if let Callee::Value(value) = &call.callee {
            let alternatives = self.alternatives(run, value, span, &mut state);
            if alternatives.len() > 1 {
                // Which one it is decides the run.
                let doubt = state.thread.doubt;
                state.doubt_if(true);
                let each = alternatives.into_iter();
                let after = each.flat_map(|it| self.call_of(run, (block, step), call, it, span, state.clone()));
                let mut after: Vec<_> = after.collect();
                after.iter_mut().for_each(|it| it.0.thread.doubt = doubt);
                return after;
            }
        }
        let callee = self.callee_value(run, call, span, &mut state);
        self.call_of(run, (block, step), call, callee, span, state)
    }

    /// The same, where it is known what is called.
    fn call_of(
        &mut self,
        run: Run<'a>,
        (block, step): (BlockId, usize),
        call: &'a Call,
        callee: Value,
        span: Span,
        mut state: State,
    ) -> Vec<(State, Option<Stop>)> {
        let site = Site::of(call, span);
        let args = self.arguments(run, &call.args, span, &mut state);
        let liveness = &self.world.liveness[run.id.0 as usize];
        let looked_at = |place: Place| liveness.is_looked_at(run.function, block, step, place);
        let checked = call.results.last().is_some_and(|it| it.is_some_and(looked_at));
        let usage = Usage { count: call.results.len(), checked };
        self.receiver = call.receiver.as_ref().and_then(|it| name(run, it));
        let regions = state.thread.regions.len();
        let unwraps = self.unwraps(call);
        let pushed = pushes(call).zip(args.first().filter(|it| matches!(it.inner(), Value::Work(_))).cloned());
        let mut outcomes = self.invoke(&callee, args, site, usage, state);
        self.note_sent(run, call, &callee, site, &mut outcomes);
        for Outcome { state, .. } in &mut outcomes {
            let thread = &state.thread;
            let idle = thread.regions.len() > regions || (thread.idle && unwraps && thread.is_away());
            if thread.idle != idle {
                state.thread.idle = idle;
            }
        }
        let mut after = Vec::with_capacity(outcomes.len());
        for Outcome { mut state, values, stop } in outcomes {
            if stop.is_some() {
                state.settle();
            } else {
                if let Some((list, work)) = &pushed {
                    self.write(run, &Target::Field((*list).clone(), "[]".into()), work.clone(), span, &mut state);
                }
                let mut values = values.into_iter();
                for place in &call.results {
                    let value = values.next().unwrap_or(Value::Unknown);
                    let Some(place) = place else {
                        if state.thread.regions.len() > regions && self.is_thrown_away(&value, &state) {
                            state.thread.thrown_back = Some((site, false));
                        }
                        continue;
                    };
                    let is_error = run.function.variable(*place).ty.as_deref() == Some("error");
                    let value = if is_error && matches!(value, Value::Symbol(_)) { Value::Unknown } else { value };
                    let value = named(value, &run.function.variable(*place).name);
                    self.write(run, &Target::Place(*place), value, span, &mut state);
                }
            }
            after.push((state, stop));
        }
        after
    }

    /// What comes out of the channels that a subscription was handed is of the namespace of its socket.
    fn note_sent(&mut self, run: Run<'a>, call: &'a Call, callee: &Value, site: Site, outcomes: &mut [Outcome]) {
        let Value::Path(path) = callee.inner() else { return };
        let Some(fact) = self.world.facts.call(path).filter(|it| !it.objects.sent.is_empty()) else { return };
        for Outcome { state, values, .. } in outcomes.iter_mut() {
            let Some(Value::Handle(handle)) = values.pop_if(|it| matches!(it, Value::Handle(_))) else { continue };
            let symbol = Symbol::given_by(last(path), site.span, 0).text;
            let thing = Value::Thing(Thing { symbol, of: handle.bound, at: self.opening(site) }).one_of_many();
            for channel in fact.objects.sent.iter().filter_map(|it| call.args.get(*it)) {
                let to = Target::Field(channel.clone(), "<-".into());
                self.write(run, &to, thing.clone(), site.span, state);
            }
        }
    }

    /// Whether a call only looks into what it is called on: `unwrap`, `is_ok`.
    fn unwraps(&self, call: &Call) -> bool {
        let (Callee::Path(name) | Callee::Method(name)) = &call.callee else { return false };
        let fact = match name.strip_prefix("?.").or(matches!(call.callee, Callee::Method(_)).then_some(name)) {
            Some(name) => self.world.any_method(name),
            None => None,
        };
        let Some(Meaning::Fact(fact)) = fact else { return false };
        matches!(
            fact.effect,
            Effect::Inner { .. } | Effect::Same { .. } | Effect::Nothing | Effect::Run { inside: Some(_), .. }
        )
    }

    pub(crate) fn invoke(
        &mut self,
        callee: &Value,
        args: Vec<Value>,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        match callee.inner() {
            Value::Closure { function, frame } => self.enter_tree(*function, Some(*frame), args, site, usage, state),
            Value::Path(path) => match self.world.meaning(path) {
                Some(Meaning::Fact(fact)) => self.apply(fact, None, args, site, usage, state),
                Some(Meaning::Tree(id)) => {
                    let outcomes = self.enter_tree(id, None, args, site, usage, state);
                    if self.world.runs_once(path) { self.given_once(path, outcomes) } else { outcomes }
                }
                None if let Some(made) = self.derived_default(path, &args) => self.make_default(made, site, state),
                None => {
                    if let Some(fact) = self.ending(path) {
                        return self.apply(fact, None, args, site, usage, state);
                    }
                    let mut state = state;
                    self.may_close_lasting(Closer::Named(path), &mut state);
                    // It has a name in the text, and is no function value of a caller.
                    let site = Site { by_value: false, ..site };
                    let called = (last(path), Runs::Here);
                    if self.world.is_unread(path) {
                        return self.unread(called, args, site, usage, state);
                    }
                    self.unknown(called, args, site, usage, state)
                }
            },
            Value::Bound { receiver, callee } => {
                let name = callee.name();
                let general = || match callee {
                    BoundCallee::Method(name) => self.world.any_method(name),
                    // Methods of the standard library do what their names say.
                    BoundCallee::Path(path) if path.starts_with("std::") => self.world.any_method(last(path)),
                    BoundCallee::Path(_) => None,
                };
                match self.bound_meaning(receiver, callee, &state).or_else(general) {
                    Some(Meaning::Fact(fact)) => self.apply(fact, Some((**receiver).clone()), args, site, usage, state),
                    Some(Meaning::Tree(id)) => {
                        let args: Vec<_> = std::iter::once((**receiver).clone()).chain(args).collect();
                        let mut outcomes = self.overridden(id, callee, &args, site, usage, &state);
                        outcomes.extend(self.enter_tree(id, None, args, site, usage, state));
                        outcomes
                    }
                    None => {
                        let (mut outcomes, rest) = self.dispatch(receiver, name, &args, site, usage, &state);
                        if !rest {
                            return outcomes;
                        }
                        if let Some(fact) = self.ending(name) {
                            outcomes.extend(self.apply(fact, None, args, site, usage, state));
                            return outcomes;
                        }
                        let mut state = state;
                        self.may_close_lasting(Closer::of(callee), &mut state);
                        if !matches!(callee, BoundCallee::Path(path) if self.world.is_described(path)) {
                            self.give_away(receiver, &mut state);
                        }
                        let runs = self.runs_given_to(Some(callee));
                        outcomes.extend(self.unknown((name, runs), args, site, usage, state));
                        outcomes
                    }
                }
            }
            Value::Restorer { back, unpins, made_by } => {
                let Some(fact) = self.world.facts.call(made_by) else { return vec![Outcome::on(state, Vec::new())] };
                if matches!(fact.effect, Effect::Restorer { moves_back: false, .. }) {
                    return self.unpin(site, state);
                }
                let mut outcomes = self.switch(fact, back.clone(), None, site, usage, state);
                if *unpins {
                    outcomes.iter_mut().for_each(|it| it.state.thread.unpin());
                }
                outcomes
            }
            other => {
                let mut state = state;
                self.may_close_lasting(Closer::Unknown, &mut state);
                self.end_at_unseen(&mut state);
                let name = if let Value::Symbol(symbol) = other { &**symbol } else { "" };
                self.unknown((name, self.runs_given_to(None)), args, site, usage, state)
            }
        }
    }

    /// The struct of the tree whose `Default` nobody wrote.
    fn derived_default(&self, path: &str, args: &[Value]) -> Option<Rc<str>> {
        let ty = path.strip_suffix("::default").filter(|_| args.is_empty())?;
        self.world.structure(ty).map(|it| it.path.as_str().into())
    }

    /// A struct of which nothing is known but its type.
    fn make_default(&mut self, ty: Rc<str>, site: Site, mut state: State) -> Vec<Outcome> {
        let id = self.frames.object(self.frame(), site.span, 0);
        state.objects.insert(id, Object { ty: Some(ty), ..Object::default() });
        vec![Outcome::on(state, vec![Value::Object(id)])]
    }

    /// What everybody calls that ends the program, whose ever it is: `log.Fatalf`.
    fn ending(&self, path: &str) -> Option<&'a Fact> {
        let Some(Meaning::Fact(fact)) = self.world.any_method(last(path)) else { return None };
        (fact.effect == Effect::Exit).then_some(fact)
    }

    pub(super) fn enter_tree(
        &mut self,
        id: FunctionId,
        frame: Option<Frame>,
        args: Vec<Value>,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let Kind::BlockOn { multi_thread } = self.world.program.get(id).kind else {
            return self.enter_function(id, frame, args, site, usage, state);
        };
        let born = state.thread.region().map(|it| it.netns.clone());
        let runtime = Value::Runtime { single: !multi_thread, born };
        let executor = self.executor_of(&runtime, false, &state);
        self.driven_by(executor, state, |it, state| it.enter_function(id, frame, args, site, usage, state))
    }

    fn enter_function(
        &mut self,
        id: FunctionId,
        frame: Option<Frame>,
        args: Vec<Value>,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let function = self.world.program.get(id);
        if function.is_async() {
            let (made_in, made_at) = (state.thread.meant(), site.span);
            let future = Value::Future { function: id, frame, args: args.into(), made_in, made_at };
            return vec![Outcome::on(state, vec![future])];
        }
        let follows = self.world.relevance.matters(id, &state.thread)
            || args.iter().any(|it| self.is_function_that_matters(it, &state))
            || frame.is_some_and(|it| self.shares_one_that_matters(id, it, &state, 0))
            || args.iter().any(text::is_path_of_namespace);
        let follows = follows || self.may_look(id, frame, &args, &state);
        let follows = follows || self.may_close(id, frame, &args, &state) || self.may_ask(id, frame, &args, &state);
        let follows = follows || self.may_ask_elsewhere(id, &args, &state);
        let follows =
            follows || self.may_dispatch(id, frame, &args, &state) || self.ends_a_path(id, frame, &args, &state);
        let follows = follows || self.may_give(id, usage);
        let asks = !follows && self.is_asked(id, frame, &args, usage, &state) && !self.is_assertion(&args);
        if asks && let Some(answers) = self.ask(id, frame, &args, site, &state) {
            return answers;
        }
        if !follows {
            let mut state = state;
            self.give_away_to(id, frame, &args, &mut state);
            self.may_fill(frame.map(|frame| Value::Closure { function: id, frame }).iter().chain(&args), &mut state);
            self.may_close_lasting(Closer::Known(id), &mut state);
            let site = Site { by_value: site.by_value && !self.is_own(function, &state), ..site };
            let outcomes = self.aside((last(&function.path), Runs::Here), args.clone(), site, usage, state);
            return self.with_kinds(id, &args, outcomes);
        }
        let was_away = state.thread.is_away();
        let Some(mut ended) = self.enter(id, frame, args.clone(), site, state.clone()) else {
            let name = function.path.clone();
            let mut state = state;
            self.may_close_lasting(Closer::Known(id), &mut state);
            self.give_away_to(id, frame, &args, &mut state);
            let mut outcomes = self.unknown((last(&name), Runs::Here), args.clone(), site, usage, state);
            // What was not followed to its end may have moved the thread.
            let doubt = self.world.relevance.leaves(id);
            outcomes.iter_mut().for_each(|it| it.state.doubt_if(doubt));
            return self.with_kinds(id, &args, outcomes);
        };
        let mut outcomes = Vec::with_capacity(ended.len());
        if was_away && goes_back(&ended, &state) && self.only_moves(id) {
            failed_before(&mut ended, &state, (site, usage.checked));
        }
        if function.gives_error() {
            let dropped = (!usage.checked).then_some(site).filter(|_| function.results.len() == 1);
            let call = state.thread.missed().map(|_| self.steps(site));
            ended.iter_mut().for_each(|it| it.tell_failure(&state, call.as_deref(), dropped));
        }
        // Who only could not go back did not enter for what follows, and neither did who says that it failed.
        let stays = |it: &&Ended| {
            it.state.thread.failed_back.is_none() && it.exit == Exit::Return && it.values.last() != Some(&Value::Bad)
        };
        let entered = ended.iter().filter(stays).find_map(|it| {
            let region = it.state.thread.region().filter(|_| !was_away)?;
            region.steps.last().copied()
        });
        let said = |it: &Ended| {
            it.state.thread.failed_to_enter.is_some() && it.values.last().is_some_and(|it| *it == Value::Bad)
        };
        let lost = !usage.checked && state.thread.failed_to_enter.is_none() && ended.iter().any(said);
        let lost = lost && !self.is_last_act(site);
        if let Some(entered) = entered.filter(|_| lost) {
            self.observe(site, &state, Event::Dropped { entered });
        }
        for it in ended {
            if lost && entered.is_some() && said(&it) {
                continue;
            }
            outcomes.push(Outcome::from(it));
        }
        outcomes
    }

    /// Whether the function that runs writes a closure itself, which is then no function value of a caller, unless it
    /// runs as one.
    fn is_own(&self, closure: &Function, state: &State) -> bool {
        let entered = state.thread.region().map_or(0, |it| it.steps.len());
        closure.parent.is_some_and(|it| self.running.last().is_some_and(|by| by.0 == it))
            && !self.stack.iter().skip(entered.saturating_sub(1)).any(|it| it.by_value)
    }
}

/// What nobody knows is what its variable says, if that says where it leads.
pub(super) fn named(value: Value, variable: &str) -> Value {
    match &value {
        Value::Symbol(symbol) if text::suggests_home(variable) && !text::suggests_home(symbol) => {
            let rest = symbol.split_once('#').map_or("", |it| it.1);
            Value::Symbol(format!("{variable}#{rest}").into())
        }
        _ => value,
    }
}

/// The list that gets another element, as the text names it.
fn pushes(call: &Call) -> Option<&Operand> {
    let (Callee::Path(name) | Callee::Method(name)) = &call.callee else { return None };
    let list = call.receiver.as_ref().filter(|it| matches!(it, Operand::Place(_)));
    list.filter(|_| matches!(last(name), "push" | "push_back"))
}

/// The variable or field that an operand is.
fn name(run: Run<'_>, operand: &Operand) -> Option<String> {
    match operand {
        Operand::Place(place) | Operand::Move(place) => Some(run.function.variable(*place).name.clone()),
        Operand::Field(_, name) => Some(name.clone()),
        _ => None,
    }
}
