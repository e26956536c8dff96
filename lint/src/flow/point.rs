//! What a rule looks at: one step, what it does, and the state before it.

use std::collections::BTreeSet;

use super::liveness;
use super::machine::Ended;
use super::netns::Netns;
use super::overwritten::Overwritten;
use super::state::{Opened, Site, State};
use super::text::Shows;
use super::value::{Handle, Reference, Value};
use super::world::{Meaning, World, split};
use crate::facts::{Effect, Fact, Facts, Onto, Subject};
use crate::ir::{Action, BlockId, Call, Callee, Function, FunctionId, Kind, Operand, Program, Root, Type};
use crate::source::Span;
use crate::versions::Used;

pub struct Point<'a> {
    pub program: &'a Program,
    pub(super) world: &'a World<'a>,
    pub facts: &'a Facts,
    /// Whose text the step stands in.
    pub function: &'a Function,
    pub site: Site,
    /// The calls that led here from the outermost function, and whose text each stands in.
    pub stack: &'a [Site],
    pub functions: &'a [&'a Function],
    /// Whether something is alive or deferred, here or in a caller, that may go back.
    pub guarded: bool,
    /// Whether the goroutine or thread ends with this function, as far as the text shows.
    pub ends_task: bool,
    /// Before the step.
    pub state: &'a State,
    pub event: Event<'a>,
}

pub enum Event<'a> {
    /// The thread is asked to move.
    Switch(Switch<'a>),
    /// The thread is asked to move to where it is, since it failed to go elsewhere.
    Stayed,
    /// A call of the tree that may have moved the thread came back, and its result is dropped.
    Dropped { entered: Site },
    /// What would move the thread back is dropped as soon as it was made.
    GoneAtOnce { entered: Site },
    /// The goroutine may leave its thread from here on; `left` pins remain.
    Unpin { left: u8 },
    /// The current namespace is remembered.
    Capture(&'a Reference),
    /// Something happens in whatever namespace the thread is in.
    Use(Use<'a>),
    /// A request through a handle; `None` if it is not known where that is bound.
    Request { handle: Option<&'a Handle>, holder: Holder<'a>, fact: &'a Fact, given: &'a Given },
    /// A request about something that means a thing in one namespace only, in `asked`.
    /// `moved_to` is where that goes, `made_in` where the text had it made.
    About {
        fact: &'a Fact,
        asked: &'a Netns,
        given: &'a Given,
        moved_to: Option<&'a Netns>,
        made_in: Option<&'a Netns>,
    },
    /// A path is opened or read; `of` is the namespace of the device that it names, as far as that was asked for.
    View { shows: Shows, path: &'a str, of: Option<&'a Netns>, gives_file: bool },
    /// Other code starts.
    Spawn { onto: Onto },
    /// A call that starts other threads or goroutines by itself.
    /// `certain`, unless that depends on the arguments of the run.
    Escape { fact: &'a Fact, certain: bool },
    /// The task may give up its thread here.
    Await,
    /// A runtime or pool is made.
    Runtime { single: bool },
    /// A reference or handle is opened; `named` is the namespace that the arguments name for it,
    /// `back` the one that the thread is put into afterwards.
    Opened { fact: &'a Fact, named: Option<&'a Value>, back: Option<&'a Reference> },
    /// A package variable whose handle has no sockets, which asks where the thread is, gets one that is bound.
    Bound { variable: &'a str, handle: &'a Handle },
    /// A package variable gets the handle that another one holds, or a method of it; that one gets other handles.
    Copied { variable: &'a str, from: &'a str, handle: &'a Handle, again: Span },
    /// The thread waits for work in a namespace that was started here and whose result may be a failure.
    Waited { started: Span },
    /// A descriptor is closed by its bare number.
    Numbered { fact: &'a Fact },
    /// A function is over, in these ways.
    Left { ended: &'a [Ended] },
    /// What this function opened is still open when it is over, and something that lasts held it
    /// until it got another value, which every run of the function that worked gives it.
    Overwritten { opened: &'a Opened, by: &'a Overwritten, writer: &'a Function, caller: &'a Function },
}

impl Event<'_> {
    /// Whether something is asked that depends on where the thread is.
    pub fn asks(&self) -> bool {
        matches!(
            self,
            Event::Use(_) | Event::Request { .. } | Event::About { .. } | Event::View { .. } | Event::Escape { .. }
        )
    }
}

pub struct Switch<'a> {
    pub to: Netns,
    pub reference: Option<&'a Reference>,
    /// Whether it goes back to where the path was before.
    pub back: bool,
    /// Whether anything looks at its result.
    pub checked: bool,
    /// Whether what it goes to was closed before.
    pub closed: bool,
    pub fact: &'a Fact,
}

#[derive(Clone, Copy)]
pub enum Use<'a> {
    /// A request through a hidden socket.
    Ambient(&'a Fact),
    /// A handle, bound from now on.
    Open(&'a Fact),
    /// A socket or process that inherits the thread's namespace.
    Inherit(&'a Fact),
}

/// What a call is given.
pub struct Given {
    pub receiver: Option<Value>,
    pub args: Vec<Value>,
}

impl Given {
    pub fn of(&self, subject: Subject) -> Value {
        match subject {
            // A method called by its path has the receiver as its first argument.
            Subject::Receiver => self.receiver.clone().or_else(|| self.args.first().cloned()).unwrap_or(Value::Unknown),
            Subject::Arg(at) => self.args.get(at).cloned().unwrap_or(Value::Unknown),
            Subject::Current | Subject::Home | Subject::New | Subject::Other => Value::Unknown,
        }
    }
}

/// Where a handle is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder<'a> {
    Local(&'a str),
    Global(&'a str),
}

/// Told about every step that means something.
pub trait Observer {
    fn look(&mut self, point: &Point<'_>);
}

/// How many calls two ways begin with.
pub fn common(a: &[Site], b: &[Site]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a.span == b.span).count()
}

impl Point<'_> {
    /// The calls that led to this step, and the step.
    pub fn way(&self) -> Vec<Span> {
        self.stack.iter().map(|it| it.span).chain([self.site.span]).collect()
    }

    /// Whether nobody in sight goes on after this function: the root itself, or what it gave out to be called later.
    pub fn is_outermost(&self) -> bool {
        self.stack.is_empty() || matches!(self.stack, [only] if only.span == self.functions[0].span)
    }

    /// The handle whose method asks here past it, through a function of the same library, and where its text does so.
    pub fn handle_passed_over(&self, fact: &Fact) -> Option<(&str, Site)> {
        let (handle, _) = split(&self.functions[0].path).filter(|_| self.state.thread.for_handle)?;
        let same_library = split(handle).map(|it| it.0) == split(&fact.path).map(|it| it.0);
        same_library.then(|| (handle, self.stack.first().copied().unwrap_or(self.site)))
    }

    /// Whether something acts when a value of the type is dropped.
    pub fn acts_when_dropped(&self, ty: &str) -> bool {
        self.world.drop_of(ty).is_some()
    }

    /// The release that the text here is built with of the library that a path belongs to.
    pub fn version_of(&self, path: &str) -> Option<&Used> {
        self.world.version_of(self.site.span.file, path)
    }

    /// Whether the fact gives a bare descriptor here, which has no owner.
    pub fn gives_a_number(&self, fact: &Fact) -> bool {
        self.world.gives_a_number(self.site.span.file, fact)
    }

    /// The call that binds the hidden sockets which this one goes through, and the release that does so.
    pub fn pinned(&self, fact: &Fact) -> Option<(Span, &Used)> {
        self.world.pinned(self.site.span.file, fact)
    }

    /// Whether the tree calls the function here, as far as that is certain.
    pub fn is_called(&self) -> bool {
        let meaning = self.world.meaning(&self.function.path);
        matches!(meaning, Some(Meaning::Tree(id)) if self.world.relevance.is_called(id))
    }

    /// Whether the function here has the process become another program, in the end.
    pub fn becomes_another(&self) -> bool {
        self.function.blocks.iter().flat_map(|it| &it.steps).any(|it| match &it.action {
            Action::Call(call) => self.world.fact_of(call).is_some_and(|it| it.effect == Effect::Exit && it.fallible),
            _ => false,
        })
    }

    /// Whether the function here runs once in the life of the process, as far as its callers say: all of them lead to
    /// `main`.
    pub fn runs_once(&self) -> bool {
        let Some(Meaning::Tree(id)) = self.world.meaning(&self.function.path) else { return false };
        let (mut seen, mut work) = (BTreeSet::from([id]), vec![id]);
        while let Some(id) = work.pop() {
            let function = self.world.program.get(id);
            if function.root == Some(Root::Main) || function.kind == Kind::Initialiser {
                continue;
            }
            let callers: Vec<_> = self.world.relevance.callers_of(id).collect();
            if callers.is_empty() {
                return false;
            }
            work.extend(callers.into_iter().filter(|it| seen.insert(*it)));
        }
        true
    }

    /// Whether calling the value may move the thread for those who come after.
    pub fn may_leave(&self, value: &Value) -> bool {
        self.world.may_leave(value)
    }

    /// Whether that moves the thread: a guard, rather than something else that has to be tidied up.
    pub fn moves_when_dropped(&self, ty: &str) -> bool {
        self.world.moves_when_dropped(ty)
    }

    /// The struct whose `Drop` is being run, innermost first looked for, if it may be sent to another thread.
    pub fn sendable_being_dropped(&self) -> Option<&Type> {
        let acts = |it: &&Function| it.path.strip_suffix("::drop").is_some_and(|it| self.acts_when_dropped(it));
        let depth = self.functions.iter().rposition(acts)?;
        // What a closure from elsewhere holds, and so where it may go, is not the struct's to say.
        let inside = &self.functions[depth..];
        let is_told = |it: &&&Function| it.is_nested() && inside.iter().all(|by| by.span != self.text_around(it));
        let ty = self.world.structure(inside[0].path.strip_suffix("::drop")?)?;
        let sent = self.world.may_be_sent(&ty.path, 0) && inside.iter().find(is_told).is_none();
        (sent && !self.stays_in_a_function(ty)).then_some(ty)
    }

    /// Whether a type is declared in a function, which is over before its thread does anything else.
    fn stays_in_a_function(&self, ty: &Type) -> bool {
        self.program.innermost(ty.span).is_some_and(|it| !self.program.get(it).is_async())
    }

    /// Whether the text of the function defers, before this step of it, a closure that may move the thread.
    pub fn defers_a_way_back_before(&self, step: Site) -> bool {
        let before = self.deferred_closures().filter(|it| it.1.end <= step.span.start);
        before.into_iter().any(|it| self.world.relevance.moves_itself(it.2))
    }

    /// Whether each turn of a loop defers, after this step of it, a closure that closes something:
    /// each has variables of its own, which are not told apart here.
    pub fn defers_a_close_each_turn(&self, step: Site) -> bool {
        let after = self.deferred_closures().filter(|it| it.1.start >= step.span.end);
        after.into_iter().any(|it| self.world.relevance.closes(it.2) && liveness::is_in_a_loop(self.function, it.0))
    }

    /// Whether the call here comes when the function is over.
    pub fn is_deferred(&self) -> bool {
        let mut steps = self.function.blocks.iter().flat_map(|it| &it.steps);
        steps.any(|it| matches!(it.action, Action::Defer(_)) && it.origin.span() == self.site.span)
    }

    fn deferred_closures(&self) -> impl Iterator<Item = (BlockId, Span, FunctionId)> + '_ {
        let blocks = self.function.blocks.iter().enumerate();
        let steps = blocks.flat_map(|(id, it)| it.steps.iter().map(move |it| (BlockId(id as u32), it)));
        steps.filter_map(|(block, it)| match &it.action {
            Action::Defer(Call { callee: Callee::Value(Operand::Closure(id)), .. }) => {
                Some((block, it.origin.span(), *id))
            }
            _ => None,
        })
    }

    /// How many calls both ways begin with.
    pub fn common(&self, steps: &[Site]) -> usize {
        common(self.stack, steps)
    }

    /// The call in the text of the region under which this step happens: the step
    /// itself, unless functions of the tree were entered since.
    pub fn bite(&self, steps: &[Site]) -> Site {
        self.stack.get(self.depth_of_text(steps)).copied().unwrap_or(self.site)
    }

    /// The call of those that led here, or the step, that stands in the text of the region and farthest in: in a function
    /// literal that a call there is given, or that is called where it is written.
    pub fn bite_in_literals(&self, steps: &[Site]) -> Site {
        let mut at = self.depth_of_text(steps);
        while let Some(call) = self.stack.get(at) {
            let is_in_call = |it: &usize| {
                let written = self.functions[*it];
                written.is_nested() && call.span.contains(written.span)
            };
            match (at + 1..self.functions.len()).rev().find(is_in_call) {
                Some(inner) => at = inner,
                None => return *call,
            }
        }
        self.site
    }

    /// How many calls lead to the text of the region.
    pub fn depth_of_text(&self, steps: &[Site]) -> usize {
        let mut at = self.common(steps);
        // A helper's call of the closure that it was given is not in the text of the region.
        if at < steps.len() && self.stack.get(at).is_some_and(|it| it.by_value) {
            at += 1;
        }
        while self.runs_another_text(at) {
            at += 1;
        }
        at
    }

    /// Whether the function at this depth runs a function value that it does not write itself: it calls that, or one of
    /// its own closures does.
    fn runs_given(&self, depth: usize) -> bool {
        let Some(function) = self.functions.get(depth) else { return false };
        let mut by_value = (depth..).take_while(|it| self.stack.get(*it).is_some_and(|it| it.by_value));
        by_value.any(|it| self.functions.get(it + 1).is_none_or(|it| !self.is_written_in(it, function)))
    }

    /// Whether this is in a closure that the function calls which it is written in.
    pub fn is_called_by_its_author(&self) -> bool {
        let Some((closure, [.., author])) = self.functions.split_last() else { return false };
        self.is_written_in(closure, author)
    }

    /// Whether a closure stands in the text of a function, itself or in another closure.
    fn is_written_in(&self, closure: &Function, function: &Function) -> bool {
        let parents = std::iter::successors(closure.parent, |it| self.program.get(*it).parent);
        parents.map(|it| self.program.get(it)).any(|it| std::ptr::eq(it, function))
    }

    /// Whether the call at this depth runs a closure or an `async` block that was written in another function.
    fn runs_another_text(&self, depth: usize) -> bool {
        let (Some(caller), Some(callee)) = (self.functions.get(depth), self.functions.get(depth + 1)) else {
            return false;
        };
        callee.is_nested() && self.text_around(caller) != self.text_around(callee)
    }

    /// The function with a name in which a closure is written.
    fn text_around(&self, function: &Function) -> Span {
        self.program.text_around(function).span
    }

    /// Where the region begins, as the text around this step sees it: the switch,
    /// the call of a helper that switched and came back, or the call of a helper
    /// that runs a closure inside.
    pub fn region_start(&self, steps: &[Site]) -> Site {
        steps[self.depth_of_region(steps)]
    }

    /// How many calls lead to the text that begins the region.
    pub fn depth_of_region(&self, steps: &[Site]) -> usize {
        let common = self.common(steps);
        let calls_own = self.stack.get(common).is_some_and(|it| it.by_value) && !self.runs_given(common);
        // Who wrote the closure sees the call that it is handed to.
        let depth = self.depth_of_text(steps);
        let written = self.functions.get(depth).filter(|it| depth > common && it.is_nested() && !calls_own);
        if let Some(written) = written {
            let around = self.text_around(written);
            let call = (0..common).rev().find(|it| self.text_around(self.functions[*it]) == around);
            if let Some(call) = call {
                return call;
            }
        }
        let inside_closure = self.runs_given(common) || common == steps.len();
        if inside_closure && common > 0 { common - 1 } else { common.min(steps.len() - 1) }
    }
}
