//! What a path in the file system shows that is opened or read.

use super::machine::Machine;
use super::outcome::{Applied, Outcome};
use super::point::Event;
use super::state::{Site, State};
use super::taken::is;
use super::text::{self, Shows};
use super::value::{Reference, Symbol, Value};
use super::world::last;
use crate::facts::{Effect, Fact, Subject};
use crate::ir::{Action, Call, Function, Operand, Place};

/// How long the name of a path may be that a file is told apart by.
const PATH: usize = 48;

impl<'a> Machine<'a> {
    pub(super) fn view(
        &mut self,
        applied: Applied<'a, '_>,
        path: Subject,
        gives_file: bool,
        state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, given, site, .. } = applied;
        let value = given.of(path);
        let shows = self.look(&value, gives_file, site, &state);
        let refers = matches!(shows, Shows::MainThreadReference | Shows::ThreadReference | Shows::OtherReference);
        // A number that the text enters further on was a reference.
        let refers = refers || shows == Shows::Nothing && self.is_entered(fact, &value, site);
        if refers && gives_file {
            let (netns, known) = self.place(path, applied, &state);
            let reference = known.unwrap_or_else(|| self.reference(fact, netns, site));
            let reference = Reference { ty: self.result_ty(fact), ..reference };
            return self.open(applied, 0, Value::Netns(reference), state);
        }
        let mut outcome = self.opaque(applied, state);
        // A file of which nothing is known is the same file wherever it is used, if the path is the same.
        if let [file @ Value::Unknown] = &mut outcome.values[..]
            && gives_file
            && !fact.gives_errors_last()
        {
            *file = Value::Symbol(opened(last(&fact.path), &value, site));
        }
        vec![outcome]
    }

    /// Whether the text moves the thread to what this call gives, and does not say that this is the way back.
    fn is_entered(&self, fact: &Fact, path: &Value, site: Site) -> bool {
        let Some(function) = self.functions.last().filter(|_| is_number(fact)) else { return false };
        let leads_home = |it: &Value| matches!(it.inner(), Value::Symbol(name) if text::suggests_home(name));
        let Some(number) = number(function, site).filter(|_| !leads_home(path)) else { return false };
        let mut calls = function.blocks.iter().flat_map(|it| &it.steps);
        let enters = |call: &Call| self.world.fact_of(call).is_some_and(|it| enters(it, call, number));
        !text::suggests_home(&function.variable(number).name)
            && calls.any(|it| matches!(&it.action, Action::Call(call) if enters(call)))
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

/// What a call opens, told apart by the path that the text hands it.
fn opened(name: &str, path: &Value, site: Site) -> Symbol {
    let file = Symbol::given_by(name, site.span, 0);
    match path.inner() {
        // A point or a colon would begin a name of its own.
        Value::Symbol(path) if path.len() < PATH => {
            format!("{}@{}", file.text, path.text.replace(['.', ':', '#'], "_")).into()
        }
        _ => file,
    }
}

/// Whether what a call gives has no owner that closes it.
fn is_number(fact: &Fact) -> bool {
    fact.results.is_empty() && fact.gives_errors_last()
}

/// Where the text puts the number that a call gives.
fn number(function: &Function, site: Site) -> Option<Place> {
    function.call_at(site.span)?.results.first().copied().flatten()
}

/// Whether a call moves the thread to the network namespace that the number refers to.
fn enters(fact: &Fact, call: &Call, number: Place) -> bool {
    let Effect::Switch { to: Subject::Arg(to), flag_arg, .. } = fact.effect else { return false };
    let flags = flag_arg.and_then(|at| call.args.get(at));
    let about_networks = flags.is_none_or(|it| matches!(it, Operand::Path(name) if name.ends_with("CLONE_NEWNET")));
    about_networks && call.args.get(to).is_some_and(|it| is(it, number))
}
