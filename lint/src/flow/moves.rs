//! What moves the thread.

use std::rc::Rc;

use super::machine::{Machine, Stop};
use super::netns::Netns;
use super::outcome::{Applied, Outcome, Usage, failure, success};
use super::point::{Event, Point, Switch};
use super::state::{Site, State};
use super::text;
use super::thread::{Entry, Passed, Region, Thread};
use super::value::{Hold, Reference, Value};
use super::world::split;
use crate::facts::{Fact, Subject};
use crate::ir::{Affinity, Function, Operand};

impl<'a> Machine<'a> {
    /// A call that moves the thread; one that gives the namespace opens it.
    pub(super) fn switch_to(
        &mut self,
        applied: Applied<'a, '_>,
        to: Subject,
        flags: Option<usize>,
        gives: bool,
        state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, site, usage, .. } = applied;
        let mut outcomes = self.switch_by_flags(applied, to, flags, state);
        for outcome in outcomes.iter_mut().filter(|it| gives && it.state.thread.entered()) {
            let reference = self.reference(fact, outcome.state.thread.netns(), site);
            self.note_opened(fact, site, &mut outcome.state);
            outcome.values = success(fact, usage, 0, Value::Netns(reference));
        }
        outcomes
    }

    /// A system call by its number.
    pub(super) fn system_call(&mut self, applied: Applied<'a, '_>, number: usize, state: State) -> Vec<Outcome> {
        let (to, flags) = match text::system_call(&applied.given.of(Subject::Arg(number))) {
            Some("setns") => (Subject::Arg(number + 1), number + 2),
            Some("unshare") => (Subject::New, number + 1),
            _ => return vec![self.opaque(applied, state)],
        };
        self.switch_by_flags(applied, to, Some(flags), state)
    }

    /// Moves the thread if the flags say that it is about a network namespace;
    /// where they do not say what it is about, the rest of the path is in doubt.
    pub(super) fn switch_by_flags(
        &mut self,
        applied: Applied<'a, '_>,
        to: Subject,
        flags: Option<usize>,
        mut state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given: values, site, usage } = applied;
        let network = flags.map_or(Some(true), |at| is_about_networks(&values.of(Subject::Arg(at))));
        if network == Some(false) {
            return vec![self.opaque(applied, state)];
        }
        if !matches!(to, Subject::Current | Subject::Home | Subject::New | Subject::Other)
            && values.of(to) == Value::Bad
        {
            return self.cannot_switch(site, usage, state);
        }
        let (netns, reference) = self.place(to, applied, &state);
        state.doubt_if(network.is_none() && reference.is_none());
        // Perhaps the way back: nothing says where it goes.
        let unsaid = matches!(to, Subject::Receiver | Subject::Arg(_))
            && match values.of(to).inner() {
                Value::Unknown => true,
                it @ Value::Symbol(name) => name.contains("()#") || self.is_either_of_two(it, &state),
                _ => false,
            };
        state.doubt_if(unsaid && state.thread.is_away() && !state.thread.netns_is(&netns));
        // A way back for somebody who is not in sight, or the end of a guard of which nobody knows what it remembers.
        let goes_home = |it: &Value| match it.inner() {
            Value::Symbol(name) => text::suggests_home(name) || self.is_drop(),
            Value::Unknown => self.is_drop(),
            _ => false,
        };
        state.doubt_if(!state.thread.is_away() && goes_home(&values.of(to)));
        self.switch(fact, netns, reference.as_ref(), site, usage, state)
    }

    /// Whether what runs is the end of a value's life.
    fn is_drop(&self) -> bool {
        let running = self.running.last().map(|it| (it.0, self.world.program.get(it.0)));
        running.is_some_and(|(id, it)| split(&it.path).is_some_and(|(ty, _)| self.world.drop_of(ty) == Some(id)))
    }

    /// The number of what could not be opened refers to nothing: the thread stays. Where nobody looks at that, nothing
    /// is told of what follows.
    fn cannot_switch(&self, site: Site, usage: Usage, mut state: State) -> Vec<Outcome> {
        if !usage.checked {
            return vec![Outcome { state, values: Vec::new(), stop: Some(Stop::Process) }];
        }
        if state.thread.is_away() {
            state.thread.failed_back = Some((site, true));
        } else {
            state.thread.failed_to_enter = Some(self.steps(site).into());
        }
        vec![Outcome::on(state, failure(usage))]
    }

    /// Whether the caller, who is out of sight, says where to go after it said where to go before, and nothing else says
    /// where the thread came from: `Move(from, to)`.
    fn is_either_of_two(&self, to: &Value, state: &State) -> bool {
        let is_home = |it: &Value| matches!(it.inner(), Value::Netns(it) if it.captured && it.netns == Netns::Home);
        let mut fields = state.objects.values().flat_map(|it| it.fields.values());
        let moved_here = |it: &Region| it.steps.len() == self.stack.len() + 1 && it.steps.starts_with(&self.stack);
        state.thread.entry == Entry::Unseen { exported: true }
            && state.thread.region().is_some_and(|it| moved_here(it))
            && self.is_given_to_root(to)
            && !state.cells.values().any(is_home)
            && !fields.any(is_home)
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
        // Of an owner the compiler says that it is open.
        let by_number = |it: &Reference| it.number || self.affinity() == Affinity::UntilPinned;
        let closed = reference.is_some_and(|it| state.closed.contains(&it.at) && by_number(it));
        // To where it is: nothing moves.
        if state.thread.netns_is(&to) && !closed {
            let mut state = state;
            if state.thread.missed().is_some() {
                self.observe(site, &state, Event::Stayed);
                state.settle();
            }
            if reference.is_some_and(|it| self.is_late(it, site, &state)) {
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
                failed.thread.failed_to_enter = Some(self.steps(site).into());
            }
            outcomes.push(Outcome::on(failed, failure(usage)));
        }
        let mut moved = state;
        if !closed {
            moved.settle();
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

    /// Whether a way back was remembered only after the function that remembered it had left where it should lead: it leads
    /// to here, whoever takes it, a guard or a helper.
    fn is_late(&self, back: &Reference, site: Site, state: &State) -> bool {
        let Some(region) = state.thread.region().filter(|it| !it.closed) else { return false };
        let Some(by) = region.steps.len().checked_sub(1) else { return false };
        let Some((_, frame)) = self.running.get(by).filter(|_| self.stack.starts_with(&region.steps[..by])) else {
            return false;
        };
        // Who made the namespace may want to keep it, unless it is called the one to go back to.
        let here = back.captured && back.at.frame == *frame && back.hold != Hold::Never;
        let called_home = || *frame == self.frame() && self.functions.last().is_some_and(|it| is_called_home(it, site));
        here && (!region.netns.is_new() || called_home()) && state.thread.failed_to_enter.is_none()
    }

    /// Moves the thread, and gives something that moves it back.
    pub(super) fn enter_with(
        &mut self,
        applied: Applied<'a, '_>,
        to: Subject,
        result: usize,
        gives: Value,
        state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, site, usage, .. } = applied;
        let (netns, reference) = self.place(to, applied, &state);
        let mut outcomes = self.switch(fact, netns, reference.as_ref(), site, usage, state);
        for outcome in outcomes.iter_mut().filter(|it| it.state.thread.entered()) {
            outcome.values = success(fact, usage, result, gives.clone());
        }
        outcomes
    }

    /// Runs a function elsewhere, and leads the thread back after it.
    pub(super) fn run_inside(
        &mut self,
        applied: Applied<'a, '_>,
        (at, callback): (Subject, usize),
        (own_thread, unwind_safe): (bool, bool),
        state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given: values, site, usage } = applied;
        let (netns, _) = self.place(at, applied, &state);
        let function = values.of(Subject::Arg(callback));
        let given = fact.callback_gets.iter().map(|it| match it {
            Subject::Current => {
                let reference = self.reference(fact, state.thread.netns(), site);
                Value::Netns(Reference { captured: true, ..reference })
            }
            other => values.of(*other),
        });
        let given = given.collect();
        let before = state.thread.clone();
        let mut inside = state.clone();
        if own_thread {
            let regions = std::mem::take(&mut inside.thread.regions);
            let thread = Thread { regions, owned: true, doubt: before.doubt, ..Thread::new(Entry::Task) };
            inside.thread = thread.into();
        }
        inside.thread.pin();
        inside.thread.go(netns, self.steps(site), true);
        if !function.inner().is_function() {
            return vec![self.opaque(applied, state)];
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
            outcomes.push(self.opaque(applied, state));
        }
        outcomes
    }
}

impl Point<'_> {
    /// Whether the text goes to something new, and does not name what it goes to next as where the thread came from.
    pub fn may_mean_to_stay(&self, region: &Region) -> bool {
        region.netns.is_new() && !is_called_home(self.function, self.site)
    }
}

/// Whether the text of a call names what it is given as where the thread came from.
fn is_called_home(function: &Function, site: Site) -> bool {
    let names = |it: &Operand| match it {
        Operand::Place(place) | Operand::Move(place) => text::suggests_home(&function.variable(*place).name),
        Operand::Field(_, name) => text::suggests_home(name),
        _ => false,
    };
    function.call_at(site.span).is_some_and(|it| it.args.iter().chain(&it.receiver).any(names))
}

impl Thread {
    /// Whether going there is going back.
    pub(crate) fn is_way_back(&self, to: &Netns) -> bool {
        self.is_away() && (*to == Netns::Home || self.regions.iter().rev().skip(1).any(|it| it.netns == *to))
    }

    /// Whether the last switch worked.
    pub(super) fn entered(&self) -> bool {
        self.failed_to_enter.as_deref().is_none_or(<[Site]>::is_empty)
    }

    /// The switch that failed on this path, if the path goes on as if it were inside, for all that is known.
    pub fn missed(&self) -> Option<&[Site]> {
        self.failed_to_enter.as_deref().filter(|it| !it.is_empty() && !self.is_away())
    }
}

impl State {
    /// From here on it is not known where the thread is, if so.
    pub(super) fn doubt_if(&mut self, unsure: bool) {
        if unsure && !self.thread.doubt {
            self.thread.doubt = true;
        }
    }

    /// From here on the program may be over, if so.
    pub(super) fn over_if(&mut self, over: bool) {
        if over && !self.thread.may_be_over {
            self.thread.may_be_over = true;
        }
    }

    /// What failed to enter is over: the path went elsewhere, or back.
    pub(super) fn settle(&mut self) {
        if self.thread.failed_to_enter.is_some() {
            self.thread.failed_to_enter = Some(Rc::from([]));
        }
    }
}

/// Whether flags of `setns` or `unshare` name a network namespace; `None` if that is not known.
fn is_about_networks(flags: &Value) -> Option<bool> {
    match flags.inner() {
        Value::Int(0) => None,
        Value::Int(bits) => Some(bits & 0x4000_0000 != 0),
        Value::Path(names) => {
            let net = ["NEWNET", "::Network", ".Network", "Type::NETWORK"].iter().any(|it| names.contains(it));
            let flags = ["CLONE_", "CloneFlags", "Namespace", "NameSpace"].iter().any(|it| names.contains(it));
            if net || flags { Some(net) } else { None }
        }
        // A constant of the program says by its name what it is.
        Value::Symbol(name) if name.rsplit([':', '.']).next().is_some_and(|it| it.contains("NET")) => Some(true),
        _ => None,
    }
}
