//! Calls of what is not in sight, and what they may do with what they are given.

use super::callee::functions_in;
use super::machine::{Machine, Stop};
use super::outcome::{Outcome, UNSEEN, Usage};
use super::state::{Site, State};
use super::thread::Entry;
use super::value::{BoundCallee, Symbol, Value};
use crate::ir::Affinity;

/// Where a function runs that something unseen is given.
#[derive(Clone, Copy, Debug)]
pub(super) enum Runs {
    /// Here, as far as anybody can tell, and once: a function of a library.
    Here,
    /// Here or on another thread, wherever that is then, or not at all: what is given to an interface or a function
    /// value, which is how a program is told where to run something.
    Somewhere,
}

impl Machine<'_> {
    /// Where what is given to a method or function value runs that nobody sees. In Rust, what is unknown is mostly an
    /// iterator, a result or a future.
    pub(super) fn runs_given_to(&self, callee: Option<&BoundCallee>) -> Runs {
        let of_interface = |it: &BoundCallee| matches!(it, BoundCallee::Path(path) if self.world.is_of_interface(path));
        match self.affinity() {
            Affinity::UntilPinned => Runs::Somewhere,
            Affinity::UntilSuspended if callee.is_some_and(of_interface) => Runs::Somewhere,
            Affinity::UntilSuspended => Runs::Here,
        }
    }

    /// A call of something that is not in sight: its function arguments may run here, it may keep what it is given, and
    /// move a device.
    pub(super) fn unknown(
        &mut self,
        called: (&str, Runs),
        args: Vec<Value>,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let mut outcomes = self.unread(called, args.clone(), site, usage, state);
        outcomes.iter_mut().for_each(|it| may_move_device(&args, &mut it.state));
        outcomes
    }

    /// A call of a function of the tree that nobody read, since it leads to nothing that asks for or moves anything.
    pub(super) fn unread(
        &mut self,
        called: (&str, Runs),
        args: Vec<Value>,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let mut outcomes = self.aside(called, args.clone(), site, usage, state);
        for outcome in &mut outcomes {
            args.iter().for_each(|it| self.give_away(it, &mut outcome.state));
            self.may_fill(args.iter(), &mut outcome.state);
        }
        outcomes
    }

    /// In a test, a call that gets an error which is one is an assertion.
    pub(super) fn is_assertion(&self, args: &[Value]) -> bool {
        self.functions.last().is_some_and(|it| it.test) && args.contains(&Value::Bad)
    }

    /// A call of something that is not followed: its function arguments may run here.
    pub(super) fn aside(
        &mut self,
        (name, runs): (&str, Runs),
        args: Vec<Value>,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let last = usage.count.saturating_sub(1);
        let values: Vec<_> = (0..usage.count)
            .map(|nth| match nth {
                nth if nth == last && nth > 0 => Value::Unknown,
                nth => Value::Symbol(Symbol::given_by(name, site.span, nth)),
            })
            .collect();
        if self.is_assertion(&args) {
            return vec![Outcome { state, values: Vec::new(), stop: Some(Stop::Task) }];
        }
        // What it was given runs, as far as anybody can tell, once.
        let mut after = vec![state.clone()];
        self.end_at_failure(&args, &mut after[0]);
        for function in args.iter().flat_map(|it| functions_in(it, &state)) {
            if self.is_function_that_matters(&function, &after[0]) {
                after = after.into_iter().flat_map(|it| self.maybe_run((&function, runs), site, it)).collect();
            }
        }
        after.iter_mut().for_each(State::touch);
        let mut outcomes: Vec<_> = after.into_iter().map(|it| Outcome::on(it, values.clone())).collect();
        // A function value of the caller may panic; elsewhere that is nobody's business.
        if site.by_value && state.thread.is_away() && self.affinity() == Affinity::UntilSuspended {
            let mut state = state;
            state.thread.callback_panicked = true;
            outcomes.push(Outcome { state, values: Vec::new(), stop: Some(Stop::Panic) });
        }
        outcomes
    }

    /// Runs a function that something unknown was given: perhaps here. The thread
    /// is afterwards where it was.
    fn maybe_run(&mut self, (function, runs): (&Value, Runs), site: Site, state: State) -> Vec<State> {
        let before = state.thread.clone();
        let open: Vec<_> = state.open.keys().copied().collect();
        let prepared = before.is_away() || before.pins > 0;
        let left_alone = state.clone();
        let mut within = state.clone();
        within.doubt_if(prepared && before.entry != Entry::Program);
        let site = Site { by_value: true, ..site };
        let outcomes: Vec<State> = match function {
            Value::Future { .. } => self.wait(function.clone(), site, within).into_iter().map(|it| it.0).collect(),
            _ => {
                let outcomes = self.invoke(function, Vec::new(), site, UNSEEN, within);
                outcomes.into_iter().filter(|it| it.stop.is_none()).map(|it| it.state).collect()
            }
        };
        let came_back = |it: &State| it.thread.regions == before.regions && it.thread.pins == before.pins;
        let mut ways: Vec<_> = outcomes.into_iter().filter(came_back).collect();
        if ways.is_empty() {
            ways.push(state);
        }
        for after in &mut ways {
            after.thread = before.clone();
            // What it opens and leaves open is between it and whoever runs it.
            after.open.retain(|it, _| open.contains(it));
        }
        ways.dedup();
        match runs {
            Runs::Here => ways,
            // What it keeps was opened wherever it ran.
            Runs::Somewhere => vec![ways.iter().fold(left_alone, |whole, it| whole.merge(it))],
        }
    }
}

/// Code that is not in sight may move a device that it is handed with more than texts: to a namespace, say.
fn may_move_device(args: &[Value], state: &mut State) {
    let is_text = |it: &&Value| matches!(it.inner(), Value::Text(_) | Value::Bool(_) | Value::Nil);
    // Who is given a sentence tells it to people: `log.Debugf("using %v with %v", link, mtu)`.
    let is_sentence = |it: &Value| matches!(it, Value::Text(it) if it.contains([' ', '%']));
    if args.iter().filter(|it| !is_text(it)).count() > 1 && !args.iter().any(is_sentence) {
        let devices = args.iter().filter_map(|it| if let Value::Thing(it) = it.inner() { Some(it) } else { None });
        state.closed.extend(devices.filter(|it| !is_told(&it.symbol)).map(|it| it.at));
    }
}

/// Whether it is only said of a device, and does not lead to it.
fn is_told(symbol: &str) -> bool {
    ["Index", "HardwareAddr", "MTU", "Flags", "OperState"].iter().any(|it| symbol.ends_with(it))
}
