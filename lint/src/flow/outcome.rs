//! The ways on after a call, and what its results hold on each.

use std::rc::Rc;

use super::machine::{Ended, Machine, Stop};
use super::netns::Netns;
use super::point::Given;
use super::state::{Site, State};
use super::value::{Symbol, Thing, Value};
use super::world;
use crate::facts::Fact;
use crate::ir::Exit;

/// One way on after a call.
pub(crate) struct Outcome {
    pub state: State,
    pub values: Vec<Value>,
    pub stop: Option<Stop>,
}

/// What the text does with the results of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub count: usize,
    /// Whether anything looks at the last one, which says whether it worked.
    pub checked: bool,
}

/// A call of which a fact says what it does.
#[derive(Clone, Copy)]
pub(super) struct Applied<'a, 'v> {
    pub fact: &'a Fact,
    pub given: &'v Given,
    pub site: Site,
    pub usage: Usage,
}

/// A call whose results nobody sees.
pub(super) const DROPPED: Usage = Usage { count: 0, checked: false };

/// A call whose results go somewhere out of sight.
pub(super) const UNSEEN: Usage = Usage { count: 0, checked: true };

impl Outcome {
    pub(super) fn on(state: State, values: Vec<Value>) -> Self {
        Outcome { state, values, stop: None }
    }
}

impl From<Ended> for Outcome {
    fn from(ended: Ended) -> Self {
        let stop = (ended.exit == Exit::Unwind).then_some(Stop::Panic);
        Outcome { state: ended.state, values: ended.values, stop }
    }
}

impl Machine<'_> {
    /// A call that changes nothing here.
    pub(super) fn opaque(&self, applied: Applied<'_, '_>, state: State) -> Outcome {
        self.answer(applied, None, state)
    }

    /// The same, of a request in the namespace `asked`.
    pub(super) fn answer(&self, applied: Applied<'_, '_>, asked: Option<Netns>, mut state: State) -> Outcome {
        let Applied { fact, site, usage, .. } = applied;
        // Looked up anew, it is another one.
        if !state.sent.is_empty() {
            state.sent.remove(&self.opening(site));
        }
        let last = usage.count.saturating_sub(1);
        let name = world::last(&fact.path);
        let values = (0..usage.count).map(|nth| match nth {
            nth if nth == last && fact.fallible && (nth > 0 || fact.gives_errors_last()) => Value::Unknown,
            nth => {
                let symbol = Symbol::given_by(name, site.span, nth);
                match &asked {
                    Some(of) if fact.objects.given.contains(&nth) => {
                        Value::Thing(Thing { symbol: symbol.text, of: of.clone(), at: self.opening(site) })
                    }
                    // A `Result` of which nothing is known.
                    _ if fact.fallible && nth == last => Value::Unknown,
                    _ => Value::Symbol(symbol),
                }
            }
        });
        let values = values.collect();
        Outcome::on(state, values)
    }
}

/// The results of a call that worked; `value` is the one at `index`.
pub(super) fn success(fact: &Fact, usage: Usage, index: usize, value: Value) -> Vec<Value> {
    if !fact.gives_errors_last() {
        return vec![if fact.fallible { Value::Good(Rc::new(value)) } else { value }];
    }
    let mut values = vec![Value::Unknown; usage.count];
    if fact.fallible
        && let Some(last) = values.last_mut()
    {
        *last = Value::Nil;
    }
    if let Some(place) = values.get_mut(index) {
        *place = value;
    }
    values
}

/// The results of a call that did not.
pub(super) fn failure(usage: Usage) -> Vec<Value> {
    let mut values = vec![Value::Unknown; usage.count.saturating_sub(1)];
    values.push(Value::Bad);
    values
}
