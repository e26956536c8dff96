//! What is asked, in which namespace, and about what.

use super::machine::Machine;
use super::outcome::{Outcome, Usage};
use super::point::{Event, Given, Holder};
use super::state::{Site, State};
use super::text::suggests_home;
use super::value::{Netns, Value};
use crate::facts::{Fact, Subject};
use crate::ir::Place;

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

    /// How the text of the running function names a handle: as it says where that is, if it does.
    pub(super) fn name_of(&self, handle: &Value, state: &State) -> Option<String> {
        let (function, frame) = (self.functions.last()?, self.frame());
        let cells = state.cells.range((frame, 0)..=(frame, u32::MAX));
        let places = cells.filter(|it| it.1.inner() == handle.inner()).map(|((_, place), _)| Place(*place));
        let names: Vec<_> = places.map(|it| &function.variable(it).name).filter(|it| !it.is_empty()).collect();
        names.iter().find(|it| suggests_home(it)).or(names.first()).map(|it| (*it).clone())
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
