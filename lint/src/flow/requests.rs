//! What is asked, in which namespace, and about what.

use std::collections::BTreeSet;

use super::machine::Machine;
use super::netns::Netns;
use super::outcome::{Applied, Outcome, failure, success};
use super::point::{Event, Given, Holder, Use};
use super::state::{Site, State};
use super::text::{self, suggests_home};
use super::thread::Thread;
use super::value::{Frame, Handle, Opening, Value};
use crate::facts::{Fact, Role, Subject};
use crate::ir::{Block, BlockId, End, Function, Place};
use crate::source::Span;

impl Handle {
    /// The namespace that a request of the thread goes to.
    fn asks(&self, thread: &Thread) -> Netns {
        if self.lazy { thread.netns() } else { self.bound.clone() }
    }
}

impl Machine<'_> {
    /// A request through a handle.
    pub(super) fn ask_through_handle(&mut self, applied: Applied<'_, '_>, mut state: State) -> Vec<Outcome> {
        let Applied { fact, given, site, .. } = applied;
        let value = given.of(Subject::Receiver);
        let handle = if let Value::Handle(handle) = value.inner() { Some(handle) } else { None };
        let name = self.receiver.clone().unwrap_or_default();
        let holder = if handle.is_some_and(|it| it.lasting) { Holder::Global(&name) } else { Holder::Local(&name) };
        self.observe(site, &state, Event::Request { handle, holder, fact, given });
        let asked = handle.map(|it| it.asks(&state.thread));
        let sent = self.ask_about(applied, asked.as_ref(), &mut state);
        let part = handle.and_then(|it| self.part(fact, it, site));
        let mut outcomes = self.answers(applied, asked, sent, state);
        if let (Some(part), [Outcome { values, .. }]) = (part, &mut outcomes[..])
            && let Some(first) = values.first_mut()
        {
            *first = part;
        }
        outcomes
    }

    /// `ioctl`: about a device, a request through the socket that it is handed.
    pub(super) fn ask_by_ioctl(&mut self, applied: Applied<'_, '_>, request: usize, state: State) -> Vec<Outcome> {
        let given = applied.given;
        let about_devices = text::is_about_devices(&given.of(Subject::Arg(request)));
        let socket = given.args.first().filter(|it| about_devices && matches!(it.inner(), Value::Handle(_)));
        let Some(socket) = socket else { return vec![self.opaque(applied, state)] };
        self.receiver = self.name_of(socket, &state);
        let given = &Given { receiver: Some(socket.clone()), args: given.args.clone() };
        self.ask_through_handle(Applied { given, ..applied }, state)
    }

    /// What a request is made with that goes through the socket of the handle, which stays open without it.
    fn part(&self, fact: &Fact, handle: &Handle, site: Site) -> Option<Value> {
        let ty = fact.results.first().filter(|it| self.world.facts.role(it) == Some(Role::Handle))?;
        Some(Value::Handle(Handle { ty: Some(ty.as_str().into()), at: self.opening(site), ..handle.clone() }))
    }

    /// What is said about a request that was begun: which device it is about. Gives the namespace that is asked.
    pub(super) fn go_on_asking(&mut self, applied: Applied<'_, '_>, state: &mut State) -> Option<Netns> {
        match applied.given.of(Subject::Receiver).inner() {
            Value::Handle(handle) => {
                let asked = handle.asks(&state.thread);
                self.ask_about(applied, Some(&asked), state);
                Some(asked)
            }
            // It has another number there, perhaps.
            Value::Thing(it) if applied.fact.objects.moved_to.is_some() => {
                state.closed.insert(it.at);
                None
            }
            _ => None,
        }
    }

    /// How the text of the running function names a handle: as it says where that is, if it does.
    pub(super) fn name_of(&self, handle: &Value, state: &State) -> Option<String> {
        let (function, frame) = (self.functions.last()?, self.frame());
        let cells = state.cells.of(frame);
        let places = cells.filter(|it| it.1.inner() == handle.inner()).map(|(place, _)| Place(place));
        let names: Vec<_> = places.map(|it| &function.variable(it).name).filter(|it| !it.is_empty()).collect();
        names.iter().find(|it| suggests_home(it)).or(names.first()).map(|it| (*it).clone())
    }

    /// A request through a hidden socket, unless the receiver brought sockets of its own.
    pub(super) fn ask_ambient(
        &mut self,
        applied: Applied<'_, '_>,
        sockets_in: Option<&str>,
        state: State,
    ) -> Vec<Outcome> {
        let receiver = applied.given.of(Subject::Receiver);
        let own = match (receiver.inner(), sockets_in) {
            (Value::Object(id), Some(field)) => state.field(*id, field).is_some_and(|it| *it != Value::Nil),
            _ => false,
        };
        if own {
            return self.ask_through_handle(applied, state);
        }
        self.observe(applied.site, &state, Event::Use(Use::Ambient(applied.fact)));
        self.ask_here(applied, state)
    }

    /// A request in the namespace of the thread.
    pub(super) fn ask_here(&mut self, applied: Applied<'_, '_>, mut state: State) -> Vec<Outcome> {
        let asked = Some(state.thread.netns());
        let sent = self.ask_about(applied, asked.as_ref(), &mut state);
        self.answers(applied, asked, sent, state)
    }

    /// A request in the namespace `asked` about what it is given. Gives what it moves, and where to.
    fn ask_about(
        &mut self,
        applied: Applied<'_, '_>,
        asked: Option<&Netns>,
        state: &mut State,
    ) -> Option<(Opening, Netns)> {
        let Applied { fact, given, site, .. } = applied;
        let asked = asked.filter(|_| !fact.objects.taken.is_empty())?;
        let moved_to = fact.objects.moved_to.map(|it| self.place(it, applied, state).0);
        let made_in = self.made_in(applied, state);
        self.observe(
            site,
            state,
            Event::About { fact, asked, given, moved_to: moved_to.as_ref(), made_in: made_in.as_ref() },
        );
        let moved_to = moved_to?;
        let mut sent = None;
        for subject in &fact.objects.taken {
            if let Value::Thing(it) = given.of(*subject).inner() {
                // It has another number there, perhaps.
                state.closed.insert(it.at);
                // One element stands for all of a list.
                sent =
                    Some(it).filter(|it| !it.symbol.contains("[]") && self.is_once(it.at.frame, site)).map(|it| it.at);
            }
        }
        sent.map(|it| (it, moved_to))
    }

    /// What a request gives; one that moves a device did so only if it worked.
    fn answers(
        &self,
        applied: Applied<'_, '_>,
        asked: Option<Netns>,
        sent: Option<(Opening, Netns)>,
        mut state: State,
    ) -> Vec<Outcome> {
        let Applied { fact, usage, .. } = applied;
        match sent {
            Some((device, to)) if fact.fallible && usage.checked => {
                let failed = Outcome::on(state.clone(), failure(usage));
                state.sent.insert(device, to);
                vec![failed, Outcome::on(state, success(fact, usage, usize::MAX, Value::Unknown))]
            }
            _ => vec![self.answer(applied, asked, state)],
        }
    }

    /// Whether a step is met only once while a function runs which is on the way to it.
    fn is_once(&self, frame: Frame, site: Site) -> bool {
        let Some(first) = self.running.iter().position(|it| it.1 == frame) else { return false };
        let spans: Vec<_> = self.stack.iter().map(|it| it.span).chain([site.span]).collect();
        let both = self.functions.iter().zip(spans.iter());
        spans.len() == self.functions.len() && !both.skip(first).any(|(function, span)| comes_again(function, *span))
    }
}

/// Whether a step stands in a loop.
fn comes_again(function: &Function, span: Span) -> bool {
    let has = |it: &&Block| it.steps.iter().any(|it| it.origin.span() == span);
    let Some(start) = function.blocks.iter().find(has) else { return true };
    let mut work = next(start);
    let mut seen = BTreeSet::new();
    while let Some(id) = work.pop() {
        let block = function.block(id);
        if std::ptr::eq(block, start) {
            return true;
        }
        if seen.insert(id) {
            work.extend(next(block));
        }
    }
    false
}

fn next(block: &Block) -> Vec<BlockId> {
    match &block.end {
        End::Goto(next) => vec![*next],
        End::Branch { yes, no, .. } => vec![*yes, *no],
        End::Choice(ways) => ways.clone(),
        End::Leave(..) | End::Stop => Vec::new(),
    }
}
