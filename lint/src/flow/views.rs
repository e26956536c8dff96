//! What a path in the file system shows that is opened or read.

use super::machine::Machine;
use super::outcome::{Outcome, Usage};
use super::point::{Event, Given};
use super::state::{Site, State};
use super::text::{self, Shows};
use super::value::{Reference, Symbol, Value};
use super::world::last;
use crate::facts::{Fact, Subject};

impl<'a> Machine<'a> {
    #[expect(clippy::too_many_arguments, reason = "a fact, what it shows, and where it stands")]
    pub(super) fn view(
        &mut self,
        fact: &'a Fact,
        path: Subject,
        gives_file: bool,
        values: &Given,
        site: Site,
        usage: Usage,
        state: State,
    ) -> Vec<Outcome> {
        let value = values.of(path);
        let shows = self.look(&value, gives_file, site, &state);
        let refers = matches!(shows, Shows::MainThreadReference | Shows::ThreadReference | Shows::OtherReference);
        if refers && gives_file {
            let (netns, known) = self.place(path, values, site, &state);
            let reference = known.unwrap_or_else(|| self.reference(fact, netns, site));
            let reference = Reference { ty: self.result_ty(fact), ..reference };
            return self.open(fact, 0, Value::Netns(reference), site, usage, state);
        }
        let mut outcome = self.opaque(fact, site, usage, state);
        // A file of which nothing is known is the same file wherever it is used.
        if let [file @ Value::Unknown] = &mut outcome.values[..]
            && gives_file
            && !fact.gives_errors_last()
        {
            *file = Value::Symbol(Symbol::given_by(last(&fact.path), site.span, 0));
        }
        vec![outcome]
    }

    /// A path is opened or read.
    pub(super) fn look(&mut self, path: &Value, gives_file: bool, site: Site, state: &State) -> Shows {
        let text = text::path(path);
        let shows = match text::shows(&text) {
            // Whether there is such a file says nothing of a device.
            Shows::ThreadView if text == text::TUN && !gives_file => Shows::Nothing,
            shows => shows,
        };
        if shows != Shows::Nothing {
            let of = text::about(std::slice::from_ref(path), state);
            self.observe(site, state, Event::View { shows, path: &text, of: of.as_ref(), gives_file });
        }
        shows
    }
}
