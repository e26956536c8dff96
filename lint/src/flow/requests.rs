//! What is asked, in which namespace, and about what.

use super::machine::Machine;
use super::outcome::{Outcome, Usage};
use super::point::{Event, Given, Holder};
use super::state::{Site, State};
use super::value::{Netns, Value};
use crate::facts::{Fact, Subject};

impl Machine<'_> {
    /// A request through a handle.
    pub(super) fn ask_through_handle(
        &mut self,
        fact: &Fact,
        values: &Given,
        site: Site,
        usage: Usage,
        mut state: State,
    ) -> Vec<Outcome> {
        let value = values.of(Subject::Receiver);
        let handle = if let Value::Handle(handle) = value.inner() { Some(handle) } else { None };
        let name = self.receiver.clone().unwrap_or_default();
        let holder = if handle.is_some_and(|it| it.lasting) { Holder::Global(&name) } else { Holder::Local(&name) };
        self.observe(site, &state, Event::Request { handle, holder, fact, given: values });
        let asked = handle.map(|it| if it.lazy { state.thread.netns() } else { it.bound.clone() });
        self.ask_about(fact, asked.as_ref(), values, site, &mut state);
        vec![self.answer(fact, asked, site, usage, state)]
    }

    /// A request in the namespace of the thread.
    pub(super) fn ask_here(
        &mut self,
        fact: &Fact,
        values: &Given,
        site: Site,
        usage: Usage,
        mut state: State,
    ) -> Vec<Outcome> {
        let asked = Some(state.thread.netns());
        self.ask_about(fact, asked.as_ref(), values, site, &mut state);
        vec![self.answer(fact, asked, site, usage, state)]
    }

    /// A request in the namespace `asked` about what it is given.
    fn ask_about(&mut self, fact: &Fact, asked: Option<&Netns>, given: &Given, site: Site, state: &mut State) {
        let Some(asked) = asked.filter(|_| !fact.objects.taken.is_empty()) else { return };
        let moved_to = fact.objects.moved_to.map(|it| self.place(it, given, site, state).0);
        let made_in = self.made_in(fact, given, site, state);
        let (moved_to, made_in) = (moved_to.as_ref(), made_in.as_ref());
        self.observe(site, state, Event::About { fact, asked, given, moved_to, made_in });
        // It has another number there, perhaps.
        for subject in fact.objects.taken.iter().filter(|_| moved_to.is_some()) {
            if let Value::Thing(it) = given.of(*subject).inner() {
                state.closed.insert(it.at);
            }
        }
    }
}
