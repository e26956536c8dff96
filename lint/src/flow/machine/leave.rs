//! Control leaves a function: what was deferred runs, and the results are read.

use super::step::Ways;
use super::{Deferred, Ended, Machine, Path, Run, STATES, Set, Stop};
use crate::flow::outcome::{DROPPED, Outcome};
use crate::flow::state::State;
use crate::flow::value::Value;
use crate::ir::{Exit, Target};
use crate::source::Span;

/// The test under which a path remembers that it caught its panic.
pub(in crate::flow) const RECOVERED: &str = "the panic was recovered";

impl<'a> Machine<'a> {
    /// Control leaves: deferred calls run, last first, then the results are read.
    pub(super) fn leave(&mut self, run: Run<'a>, exit: Exit, at: Span, path: Path, ways: &mut Ways) {
        let mut path = path;
        let unsaid = self.say_failure(run, exit, &mut path.state);
        let mut states = Set::from_iter([(path.state, exit)]);
        for deferred in path.deferred.iter().rev() {
            let mut after = Set::default();
            for (state, exit) in states {
                after.extend(self.run_deferred(deferred, state, exit));
            }
            states = after.into_iter().take(STATES).collect();
        }
        if self.running.len() == self.outermost {
            states = states.into_iter().flat_map(|(it, exit)| self.run_at_end(it, exit)).collect();
        }
        for (mut state, exit) in states {
            let recovered = state.tests.remove(RECOVERED).is_some();
            let exit = if recovered && exit == Exit::Unwind { Exit::Return } else { exit };
            let values: Vec<_> = run.function.results.iter().map(|it| self.read(run, *it, &state)).collect();
            // A deferred call asked whether it worked, and the text does not say.
            if unsaid && values.last().is_some_and(|it| *it != Value::Bad) {
                state.open.clear();
            }
            ways.ended.insert(Ended { state, exit, at, values });
        }
    }

    /// Where everything else that is returned is nothing, the last result is an
    /// error. Gives whether it is still not known, and a closure may ask.
    fn say_failure(&mut self, run: Run<'a>, exit: Exit, state: &mut State) -> bool {
        let [others @ .., last] = run.function.results.as_slice() else { return false };
        let is_error = run.function.variable(*last).ty.as_deref() == Some("error");
        let unsaid = matches!(self.read(run, *last, state), Value::Unknown | Value::Symbol(_));
        if !is_error || exit != Exit::Return || !unsaid {
            return false;
        }
        let is_nothing = |it: &Value| match it {
            Value::Nil | Value::Int(0) => true,
            Value::Text(text) => text.is_empty(),
            _ => false,
        };
        if others.is_empty() || !others.iter().all(|it| is_nothing(&self.read(run, *it, state))) {
            return self.world.liveness[run.id.0 as usize].is_shared(*last);
        }
        self.write(run, &Target::Place(*last), Value::Bad, run.function.span, state);
        false
    }

    /// Gives how control goes on to leave: as it did, unless the deferred call panics or ends the task.
    fn run_deferred(&mut self, deferred: &Deferred, state: State, exit: Exit) -> Vec<(State, Exit)> {
        let regions = state.thread.regions.len();
        let mut outcomes = self.invoke(&deferred.callee, deferred.args.clone(), deferred.site, DROPPED, state);
        for Outcome { state, values, .. } in outcomes.iter_mut().filter(|it| it.state.thread.regions.len() > regions) {
            if self.gives_restorer(&deferred.callee) || values.iter().any(|it| self.is_thrown_away(it, state)) {
                state.thread.thrown_back = Some((deferred.site, true));
            }
        }
        let alive = outcomes.into_iter().filter(|it| it.stop != Some(Stop::Process));
        alive.map(|it| (it.state, if it.stop.is_some() { Exit::Unwind } else { exit })).collect()
    }

    /// The task is over: what was left for its end runs, last first.
    fn run_at_end(&mut self, mut state: State, exit: Exit) -> Set<(State, Exit)> {
        let left = std::mem::take(&mut state.at_end);
        let mut states = Set::from_iter([(state, exit)]);
        for (site, callee) in left.into_iter().rev() {
            let deferred = Deferred { site, callee, args: Vec::new() };
            let ran = states.into_iter().flat_map(|(it, exit)| self.run_deferred(&deferred, it, exit));
            states = ran.take(STATES).collect();
        }
        states
    }
}
