//! What a branch asks, and which ways on there are.

use std::rc::Rc;

use super::machine::{Machine, Run};
use super::state::State;
use super::value::{Symbol, Thing, Value};
use crate::ir::{Operand, Target, Test};

/// How many tests a path remembers.
const TESTS: usize = 6;

impl<'a> Machine<'a> {
    /// The state for yes and the state for no; a way that cannot be is `None`.
    pub(super) fn decide(&mut self, run: Run<'a>, test: &Test, mut state: State) -> (Option<State>, Option<State>) {
        let at = run.function.span;
        let (known, key, refined) = match test {
            Test::Nil(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                (value.is_nil(), key("nil", &value), Some((it, value == Value::Unknown, Value::Nil, Value::Bad)))
            }
            Test::Good(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                // What the callee is handed says by itself what was asked here.
                let asked = matches!(value, Value::Unknown | Value::Symbol(_));
                let good = Value::Good(Rc::new(value.clone()));
                (value.is_good(), key("good", &value), Some((it, asked, good, Value::Bad)))
            }
            Test::Zero(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                (value.is_zero(), key("zero", &value), Some((it, value == Value::Unknown, Value::Int(0), Value::Bad)))
            }
            Test::Valid(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                let refine = value == Value::Unknown;
                let mut open = false;
                value.openings(&mut |it| open |= state.open.contains_key(&it));
                let known = if open { Some(true) } else { value.is_valid() };
                (known, key("zero", &value), Some((it, refine, Value::Int(0), Value::Bad)))
            }
            Test::True(it) => {
                let value = self.evaluate(run, it, at, &mut state);
                let known = if let Value::Bool(known) = value { Some(known) } else { None };
                let refine = value == Value::Unknown;
                (known, key("true", &value), Some((it, refine, Value::Bool(true), Value::Bool(false))))
            }
            Test::Equal(a, b) => {
                let left = self.evaluate(run, a, at, &mut state);
                let right = self.evaluate(run, b, at, &mut state);
                let variable = [a, b].iter().any(|it| self.is_package_variable(run, it));
                // Which error it is that says that there was no way back is not known.
                let asks_which = variable || left == Value::Bad || right == Value::Bad;
                state.doubt_if(asks_which && state.thread.failed_back.is_some());
                (equal(&left, &right), literal(&right).and_then(|it| key(&format!("equal {it}"), &left)), None)
            }
            Test::Opaque { key, mentions, value } => {
                let value = self.evaluate(run, value, at, &mut state);
                let known = if let Value::Bool(known) = value { Some(known) } else { state.holds_failure(&value) };
                let places = mentions.iter().map(|it| self.cell(run, *it));
                let places = places.map(|(frame, place)| format!(" {}.{place} ", frame.0)).collect::<String>();
                (known, Some(format!("@{}{places}{key}", run.frame.0)), None)
            }
        };
        let repeated = self.world.liveness[run.id.0 as usize].is_repeated(test);
        let key: Option<Rc<str>> = key.map(Into::into);
        let known = known.or_else(|| state.tests.get(key.as_ref()?).copied());
        // What was asked is kept where it is asked again, or where the answer goes to the caller.
        let tells = self.world.told.tells(run.id) || self.is_given(run, test);
        let key = key.filter(|it| repeated || tells && is_told(it));
        let mut with = |came: bool, mut state: State| {
            if known.is_none() {
                if let Some(key) = key.as_ref().filter(|_| tells && state.tests.len() < TESTS) {
                    state.tests.insert(key.clone(), came);
                }
                match (&refined, &key) {
                    (Some((Operand::Place(place) | Operand::Move(place), true, yes, no)), _) => {
                        let value = if came { yes.clone() } else { no.clone() };
                        self.write(run, &Target::Place(*place), value, at, &mut state);
                    }
                    // So does the struct that a field of it was asked about.
                    (Some((Operand::Field(base, name), true, yes, no)), _)
                        if matches!(test, Test::Good(_) | Test::True(_)) =>
                    {
                        let value = if came { yes.clone() } else { no.clone() };
                        self.write(run, &Target::Field((**base).clone(), name.clone()), value, at, &mut state);
                    }
                    (_, Some(key)) if state.tests.len() < TESTS => drop(state.tests.insert(key.clone(), came)),
                    // It is asked again, and may then come out as it cannot.
                    (_, Some(_)) => state.doubt_if(repeated),
                    _ => (),
                }
            }
            state
        };
        match known {
            Some(true) => (Some(with(true, state)), None),
            Some(false) => (None, Some(with(false, state))),
            None => (Some(with(true, state.clone())), Some(with(false, state))),
        }
    }

    fn is_package_variable(&self, run: Run<'a>, operand: &Operand) -> bool {
        matches!(operand, Operand::Place(place) if self.global(run, *place).is_some())
    }

    /// Whether a test is about what a call gave, and the thread may be moved by who asks the same.
    fn is_given(&self, run: Run<'a>, test: &Test) -> bool {
        let (Test::Nil(it) | Test::Good(it) | Test::Zero(it) | Test::True(it) | Test::Equal(it, _)) = test else {
            return false;
        };
        matches!(it, Operand::Place(it) | Operand::Move(it) if run.function.variable(*it).name.is_empty())
            && self.world.relevance.moves(run.id)
    }
}

fn key(what: &str, value: &Value) -> Option<String> {
    match value.inner() {
        Value::Symbol(Symbol { text: symbol, .. }) | Value::Thing(Thing { symbol, .. }) => {
            Some(format!("{what} {symbol}"))
        }
        _ => None,
    }
}

/// Whether a test is about what the caller handed over, and not about what a call gave, which the next one gives anew.
fn is_told(key: &str) -> bool {
    !key.starts_with('@') && !key.contains("()#")
}

/// What a value is compared with, if it is the same each time.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if !text.contains("{}") => Some(format!("{:?}", &**text)),
        Value::Int(number) => Some(number.to_string()),
        Value::Path(path) if variant(path).is_some() => Some(path.to_string()),
        _ => None,
    }
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left.inner(), right.inner()) {
        (Value::Text(a), Value::Text(b)) if !a.contains("{}") && !b.contains("{}") => Some(a == b),
        (Value::Int(a), Value::Int(b)) => Some(a == b),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Path(a), Value::Path(b)) if a == b => Some(true),
        // Two variants of one enum; two constants may be the same number.
        (Value::Path(a), Value::Path(b)) => match (variant(a), variant(b)) {
            (Some(a), Some(b)) if a == b => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The enum of a path that is spelled like a variant.
fn variant(path: &str) -> Option<&str> {
    let (of, name) = path.rsplit_once("::")?;
    let is_camel = |it: &str| it.starts_with(char::is_uppercase) && it.contains(char::is_lowercase);
    (is_camel(name) && is_camel(of.rsplit("::").next()?)).then_some(of)
}
