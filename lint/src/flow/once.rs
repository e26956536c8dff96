//! What runs at most once: on a path it does not run again, and what it gives is kept for everybody.

use rustc_hash::FxHashMap as HashMap;

use super::cells::Cell;
use super::learn::Lasting;
use super::machine::{Machine, Run};
use super::netns::Netns;
use super::outcome::{Applied, Outcome, success};
use super::point::Given;
use super::state::{Site, State};
use super::value::{Frame, Hold, Reference, Value};
use crate::facts::{Effect, Facts, Subject};
use crate::ir::{Action, Call, Callee, Kind, Operand, Place, Program, Storage, Target};

/// What the tests begin with under which a path remembers what ran.
pub(super) const ONCE: &str = "ran once: ";

/// What comes before the run and the variable of it that a test of these is about.
const OF_RUN: &str = " of ";

/// Whether a test says that something ran once, for a variable of this run.
pub(super) fn is_of_run(test: &str, frame: Frame) -> bool {
    let of = test.strip_prefix(ONCE).and_then(|it| it.rsplit_once(OF_RUN)).and_then(|it| it.1.split_once('.'));
    of.is_some_and(|it| it.0.parse() == Ok(frame.0))
}

/// Package variables that are declared as a function which runs at most once, and what runs: `sync.OnceValue(f)`.
pub(super) fn declared<'a>(program: &'a Program, facts: &Facts) -> HashMap<&'a str, &'a Operand> {
    let mut once = HashMap::default();
    for function in program.functions.iter().filter(|it| it.kind == Kind::Initialiser) {
        let mut made: HashMap<Place, &Operand> = HashMap::default();
        for step in function.blocks.iter().flat_map(|it| &it.steps) {
            match &step.action {
                Action::Call(Call { callee: Callee::Path(path), args, results, .. }) => {
                    let fact = facts.call(path).filter(|it| it.once);
                    if let Some(Effect::Same { of: Subject::Arg(at), .. }) = fact.map(|it| &it.effect)
                        && let Some(function @ (Operand::Closure(_) | Operand::Path(_))) = args.get(*at)
                        && let Some(Some(result)) = results.first()
                    {
                        made.insert(*result, function);
                    }
                }
                Action::Assign { to: Target::Place(to), value: Operand::Place(from) } => {
                    if let (Storage::Global(path), Some(function)) = (&function.variable(*to).storage, made.get(from)) {
                        once.insert(path.as_str(), *function);
                    }
                }
                _ => (),
            }
        }
        for (place, operand) in made {
            if let Storage::Global(path) = &function.variable(place).storage {
                once.insert(path.as_str(), operand);
            }
        }
    }
    once
}

impl Machine<'_> {
    /// What a function gives that runs at most once: what it gave the first time, which is kept for everybody.
    pub(super) fn given_once(&mut self, variable: &str, mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
        // The variable itself holds the function.
        let place = Lasting::Global(format!("{variable}()"));
        let before = self.recall(&place, Value::Unknown);
        for Outcome { state, values, .. } in &mut outcomes {
            if let Some(value) = values.first_mut().filter(|it| matches!(it.inner(), Value::Netns(_))) {
                state.own(value);
                self.keep_home(&place, value, &before);
                continue;
            }
            let Some(handle) = values.first_mut().filter(|it| matches!(it.inner(), Value::Handle(_))) else { continue };
            self.learned.write(place.clone(), handle);
            state.own(handle);
            *handle = if let Value::Handle(_) = before { before.clone() } else { handle.clone().lasting() };
        }
        outcomes
    }

    /// A reference to the namespace that the thread was in: once it was at home, it always is of home, whoever asks.
    fn keep_home(&mut self, place: &Lasting, value: &mut Value, before: &Value) {
        let Value::Netns(reference) = value.inner() else { return };
        if reference.captured && reference.netns == Netns::Home && !reference.of_main_thread {
            self.learned.write(place.clone(), value);
            *value = Value::Netns(Reference { hold: Hold::Tied, ..reference.clone() });
        } else if let Value::Netns(_) = before {
            *value = before.clone();
        }
    }

    /// Whether what runs only once for this receiver did so before: on this path, or where the thread was at home, if that
    /// is not where it is now.
    pub(super) fn ran_before(
        &mut self,
        function: &Value,
        receiver: Option<&Value>,
        site: Site,
        state: &mut State,
    ) -> bool {
        let Some(mut what) = what_runs(function, receiver) else { return false };
        // A variable of this run is a new one in the next.
        let local = self.local_receiver(site);
        what.extend(local.map(|(frame, place)| format!("{OF_RUN}{}.{place}", frame.0)));
        if state.tests.insert(what.clone().into(), true).is_some() {
            return true;
        }
        // Nothing else differs by where it ran.
        if local.is_some() || !self.may_move(function) && !self.opens(function) {
            return false;
        }
        let place = Lasting::Global(what);
        if !state.thread.is_away() {
            self.learned.note_ran(place);
            return false;
        }
        self.asked.insert(place.clone());
        self.world.learned.ran(&place)
    }

    /// The variable of a function on which a call is made.
    fn local_receiver(&self, site: Site) -> Option<Cell> {
        let (function, (id, frame)) = (*self.functions.last()?, *self.running.last()?);
        let Some(Operand::Place(place)) = &function.call_at(site.span)?.receiver else { return None };
        let (mut declared, mut at) = (function, *place);
        while let Storage::Captured(outer) = &declared.variable(at).storage {
            (declared, at) = (self.world.program.get(declared.parent?), *outer);
        }
        let is_local = declared.variable(at).storage == Storage::Local && !declared.params.contains(&at);
        is_local.then(|| self.cell(Run { function, id, frame }, *place))
    }

    /// What a variable of the whole program holds already, where something is kept in it once: a handle.
    pub(super) fn kept_before(&self, applied: Applied<'_, '_>, state: &State) -> Option<Outcome> {
        let Applied { fact, given, usage, .. } = applied;
        let value = given.receiver.as_ref().filter(|it| matches!(it.inner(), Value::Handle(it) if it.lasting))?;
        let value = value.inner().clone();
        let values = if fact.fallible { success(fact, usage, 0, value) } else { vec![value] };
        Some(Outcome::on(state.clone(), values))
    }

    /// The handle that a closure gave is kept in a variable of the whole program.
    pub(super) fn keep_first(&mut self, values: &Given, outcomes: &mut [Outcome]) {
        // Of a variable of a function, the name says which run of that it belongs to.
        let Some(Value::Symbol(variable)) = values.receiver.as_ref().map(Value::inner) else { return };
        if variable.contains('#') || !variable.contains("::") {
            return;
        }
        for Outcome { state, values, .. } in outcomes.iter_mut().filter(|it| it.stop.is_none()) {
            let Some(handle) = values.first_mut().filter(|it| matches!(it.inner(), Value::Handle(_))) else { continue };
            self.learned.write(Lasting::Global(variable.text.to_string()), handle);
            state.own(handle);
            *handle = handle.clone().lasting();
            state.globals.insert(variable.text.clone(), handle.inner().clone());
        }
    }
}

/// Names a function that runs only once for this receiver.
fn what_runs(function: &Value, receiver: Option<&Value>) -> Option<String> {
    let of = if let Some(Value::Symbol(it)) = receiver.map(Value::inner) { &*it.text } else { "" };
    match function.inner() {
        Value::Closure { function, .. } => Some(format!("{ONCE}{} {of}", function.0)),
        // Others may be told to run it as well.
        Value::Path(path) if !of.is_empty() => Some(format!("{ONCE}{path} {of}")),
        _ => None,
    }
}
