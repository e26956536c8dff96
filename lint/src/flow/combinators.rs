//! What the methods of an `Option` or a `Result` do with what is inside.

use std::rc::Rc;

use super::callee::function_at;
use super::machine::{Machine, Stop};
use super::outcome::{Applied, Outcome, UNSEEN, Usage, success};
use super::point::Given;
use super::state::{Site, State};
use super::value::{Symbol, Value};
use super::world::last;
use crate::facts::{Effect, Inside, Otherwise, Owner, Subject};

impl<'a> Machine<'a> {
    /// The same value in another dress, or the closure that takes its place.
    pub(super) fn same(
        &mut self,
        applied: Applied<'a, '_>,
        of: Subject,
        owner: Owner,
        mut state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given: values, site, usage } = applied;
        self.go_on_asking(applied, &mut state);
        let value = values.of(of);
        if value != Value::Bad {
            self.end_at_failure(&values.args, &mut state);
        }
        if of == Subject::Receiver
            && let Some(function) = self.function_that_matters(&values.args, &state)
        {
            return self.on_failure(value, &function, site, state);
        }
        let value = match owner {
            Owner::Unchanged => value,
            Owner::Lent | Owner::Kept => {
                state.must_live(&value);
                value.numbered(true)
            }
            Owner::Nobody => {
                self.release(fact, &value, site, &mut state);
                value.numbered(true)
            }
            Owner::Result => {
                state.own(&value);
                value.numbered(false)
            }
        };
        // A status that says so is a failure in any dress.
        let values = if fact.fallible && value != Value::Bad { success(fact, usage, 0, value) } else { vec![value] };
        vec![Outcome::on(state, values)]
    }

    /// What a text or number says, as something else.
    pub(super) fn parse(&mut self, applied: Applied<'a, '_>, of: Subject, state: State) -> Outcome {
        let Applied { fact, given, site, usage } = applied;
        let is_constant = match given.of(of).inner() {
            Value::Text(it) => !it.contains("{}"),
            other => matches!(other, Value::Int(_)),
        };
        let symbol = Value::Symbol(Symbol::given_by(last(&fact.path), site.span, 0));
        Outcome::on(state, if is_constant { success(fact, usage, 0, symbol) } else { vec![symbol] })
    }

    /// What is inside of a value, or what a closure makes of what is not.
    pub(super) fn look_inside(
        &mut self,
        applied: Applied<'a, '_>,
        of: Subject,
        panics: bool,
        state: State,
    ) -> Vec<Outcome> {
        let value = applied.given.of(of);
        let Some(function) = self.function_that_matters(&applied.given.args, &state) else {
            return self.inner(value, panics, state);
        };
        let mut outcomes = self.on_failure(value, &function, applied.site, state);
        for it in outcomes.iter_mut().flat_map(|it| &mut it.values) {
            *it = it.inner().clone();
        }
        outcomes
    }

    /// A library runs a function that it is handed, here.
    pub(super) fn run_given(&mut self, applied: Applied<'a, '_>, mut state: State) -> Vec<Outcome> {
        let Applied { fact, given, site, usage } = applied;
        let Effect::Run { callback, reads, registers, inside, otherwise, keeps } = &fact.effect else {
            return vec![self.opaque(applied, state)];
        };
        if let Some(file) = reads {
            self.look(&given.of(Subject::Arg(*file)), false, site, &state);
        }
        let function = function_at(Subject::Arg(*callback), given);
        let site = Site { by_value: true, ..site };
        let receiver = given.receiver.as_ref();
        if !function.inner().is_function() || fact.once && self.ran_before(&function, receiver, site, &mut state) {
            return vec![self.opaque(applied, state)];
        }
        if *registers {
            self.invoke(&function, Vec::new(), site, usage, state.clone());
            return vec![self.opaque(applied, state)];
        }
        if let (Some(inside), Some(value @ (Value::Good(_) | Value::Bad))) = (inside, &given.receiver) {
            let runs = value.is_good() == Some(*inside != Inside::Instead);
            return match (inside, otherwise) {
                (_, Some(otherwise)) if !runs => self.otherwise(*otherwise, given, site, state),
                (Inside::Instead, _) => self.on_nothing(value, &function, site, state),
                _ => self.on_success(value, &function, *inside, site, state),
            };
        }
        // `FutureExt::map` and its kin: it runs when somebody waits for the future.
        if let Some(future @ (Value::Future { .. } | Value::Ready { .. })) = &given.receiver {
            return vec![Outcome::on(state, vec![future.clone()])];
        }
        if let (Some(inside @ (Inside::Chained | Inside::Instead)), None, Some(value)) = (inside, otherwise, receiver)
            && is_of_interest(value)
        {
            return self.on_either(value, &function, *inside, site, state);
        }
        if *keeps && let Some(first) = self.kept_before(applied, &state) {
            return vec![first];
        }
        let mut outcomes = self.invoke(&function, Vec::new(), site, usage, state);
        if let (Some(Inside::Kept), Some(value)) = (inside, &given.receiver) {
            outcomes.iter_mut().filter(|it| it.stop.is_none()).for_each(|it| it.values = vec![value.clone()]);
        }
        if *keeps {
            self.keep_first(given, &mut outcomes);
        }
        // `catch_unwind`: a panic becomes an error.
        for outcome in outcomes.iter_mut().filter(|_| fact.fallible) {
            let value = outcome.values.drain(..).next().unwrap_or(Value::Unknown);
            let panicked = outcome.stop.take_if(|it| *it == Stop::Panic).is_some();
            outcome.values = vec![if panicked { Value::Bad } else { Value::Good(Rc::new(value)) }];
        }
        outcomes
    }

    pub(super) fn inner(&mut self, value: Value, panics: bool, state: State) -> Vec<Outcome> {
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

    /// `map_err(|e| …)` and its kin: the closure runs where the value is not good.
    pub(super) fn on_failure(&mut self, value: Value, function: &Value, site: Site, state: State) -> Vec<Outcome> {
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

    /// `map(|it| …)` and its kin: the closure runs with what is inside of the value, where that is good.
    pub(super) fn on_success(
        &mut self,
        value: &Value,
        function: &Value,
        inside: Inside,
        site: Site,
        state: State,
    ) -> Vec<Outcome> {
        let Value::Good(inner) = value else { return vec![Outcome::on(state, vec![value.clone()])] };
        // Who only looks at it does not end its life.
        let given = if inside == Inside::Kept { Value::Unknown } else { (**inner).clone() };
        let mut outcomes = self.run_with(vec![given], function, site, state);
        for it in outcomes.iter_mut().filter(|it| it.stop.is_none()) {
            let given = it.values.drain(..).next().unwrap_or(Value::Unknown);
            it.values = vec![match inside {
                Inside::Replaced => Value::Good(Rc::new(given)),
                Inside::Kept => value.clone(),
                Inside::Chained | Inside::Instead => given,
            }];
        }
        outcomes
    }

    /// `or_else(|_| …)`: the closure runs where there is nothing inside of the value, and gives the result.
    fn on_nothing(&mut self, value: &Value, function: &Value, site: Site, state: State) -> Vec<Outcome> {
        match value {
            Value::Good(_) => vec![Outcome::on(state, vec![value.clone()])],
            _ => self.run_with(vec![Value::Unknown], function, site, state),
        }
    }

    /// The same where it is not known whether there is anything inside: what there may be, is.
    fn on_either(&mut self, value: &Value, function: &Value, inside: Inside, site: Site, state: State) -> Vec<Outcome> {
        let good = Value::Good(Rc::new(value.clone()));
        let (mut outcomes, other) = match inside {
            Inside::Instead => (self.on_nothing(&Value::Bad, function, site, state.clone()), good),
            _ => (self.on_success(&good, function, inside, site, state.clone()), Value::Bad),
        };
        outcomes.push(Outcome::on(state, vec![other]));
        outcomes
    }

    /// What a combinator gives that does not run its closure.
    fn otherwise(&mut self, otherwise: Otherwise, given: &Given, site: Site, state: State) -> Vec<Outcome> {
        let value = match otherwise {
            Otherwise::False => Value::Bool(false),
            Otherwise::True => Value::Bool(true),
            Otherwise::First => match given.of(Subject::Arg(0)) {
                function if function.is_function() => {
                    return self.run_with(vec![Value::Unknown], &function, site, state);
                }
                value => value,
            },
        };
        vec![Outcome::on(state, vec![value])]
    }

    /// Runs what a combinator is handed. What it gives may be what it is given, in another dress.
    fn run_with(&mut self, given: Vec<Value>, function: &Value, site: Site, state: State) -> Vec<Outcome> {
        let followed = match function {
            Value::Closure { function: id, frame } if !self.world.program.get(*id).is_async() => {
                self.enter(*id, Some(*frame), given.clone(), site, state.clone())
            }
            _ => None,
        };
        match followed {
            Some(ended) => ended.into_iter().map(Outcome::from).collect(),
            None => self.invoke(function, given, site, Usage { count: 1, checked: true }, state),
        }
    }

    pub(super) fn function_that_matters(&self, args: &[Value], state: &State) -> Option<Value> {
        args.iter().find(|it| it.is_function() && self.is_function_that_matters(it, state)).cloned()
    }
}

/// Whether it says more than that there may be a value.
fn is_of_interest(value: &Value) -> bool {
    matches!(
        value,
        Value::Thing(_)
            | Value::Netns(_)
            | Value::Handle(_)
            | Value::Object(_)
            | Value::Guard { .. }
            | Value::Restorer { .. }
            | Value::Runtime { .. }
            | Value::Work(_)
    )
}
