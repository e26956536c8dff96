//! A path leaves a function with the thread still in the other network namespace, although other paths go back.
//!
//! An early `return`, a `?`, a panic without a guard, a descriptor that is closed before the switch back uses it, an
//! origin that was taken after the switch, fallible steps before the guard exists: the thread goes back to its pool in
//! the container, and unrelated work runs there. Measured: every process, 35 to 52 % of later goroutines; 25 of 25 Rust
//! processes.
//!
//! Where a call enters and gives the way back, dropping that leaves the thread inside as well, and so does deferring the
//! call in its place: `defer enter()` enters when everything is done, `defer enter()()` is meant.
//!
//! The same goes for a forked child that ends where it worked and returns where it failed: its `?` leads into the caller's
//! code, in a second copy of the program.
//!
//! A goroutine that ends while it is locked takes its thread with it, and so does a thread that ends with its closure:
//! these need no way back. Neither does the thread of `main`, of a process that is started for one function
//! (`reexec.Register`) or of a command of cobra, and in Rust that of a test, unless it goes on, after the
//! function that left it away, to something that depends on where it is: a socket, a file that shows a namespace, or the
//! same function again, which then remembers the wrong namespace as the one to go back to.
//!
//! ## What to do
//!
//! Go: `defer` the switch back right after the switch. Rust: a guard whose `Drop` goes back, built before anything can
//! fail, or a closure on a thread of its own that ends (`netns_scope::Netns::run`).
//!
//! Which one it is only a person can say; the finding shows the code.

use crate::finding::{Label, Level};
use crate::flow::{Ended, Entry, Event, Point, Region, State, Value, WHEN_DROPPED};
use crate::ir::{Affinity, Exit};
use crate::judge::{Certain, Complaint, Memory, Verdict};
use crate::remedy::Remedy;
use crate::rules::words;

pub(super) fn check(point: &Point<'_>, memory: &Memory, verdict: &mut Verdict) {
    let Event::Left { ended } = &point.event else { return };
    let depth = point.stack.len();
    let outer = point.state.thread.regions.len();
    for left in ended.iter() {
        let thread = &left.state.thread;
        let Some(region) = thread.regions.get(outer) else { continue };
        if thread.failed_back.is_some() || region.steps.len() <= depth {
            continue;
        }
        // A thread that ends with the code on it needs no way back, unless that goes on with something else.
        let is_goroutine = point.function.affinity == Affinity::UntilPinned;
        // A goroutine takes the thread along that it leaves locked.
        let takes_along = is_goroutine && thread.entry == Entry::Task && thread.pins > 0;
        let ends_soon = thread.owned || takes_along;
        // What is deferred moves the thread once all is done.
        let too_late = thread.thrown_back == Some((region.steps[depth], true));
        if ends_soon && depth == 0 && !too_late {
            continue;
        }
        // A panic that nobody catches ends the process, and what ends the goroutine takes its thread along.
        let ends = left.exit == Exit::Unwind;
        // So does the end of the function that it was started with, whatever the other ways out of that do.
        let over = point.ends_task && thread.entry == Entry::Task;
        if is_goroutine && (ends || over) && thread.pins > 0 && !too_late {
            continue;
        }
        // A forked child has this thread only, and what matters is whether it comes back from where it was forked.
        if thread.forked.is_some_and(|it| depth > it) {
            continue;
        }
        // Ways back in the wrong order are a matter of their own.
        if thread.passed.as_ref().is_some_and(|it| it.over.contains(&region.netns)) {
            continue;
        }
        let Some(why) = why(point, memory, left, region, depth, ended) else { continue };
        let switch = region.steps[depth];
        let disagree = ended.iter().any(|it| {
            it.at == left.at && it.exit == left.exit && !is_away(&it.state, outer) && it.state.thread.failed_to_enter.is_none()
        });
        // What decided against the way back may be what decides that there is nothing to undo.
        let went_around = point.defers_a_way_back_before(switch);
        // Where no path goes back, there is no such condition; but a helper may be the way back itself, not understood.
        let by_itself = region.steps.len() == depth + 1;
        let may_have_been = disagree
            && (!by_itself || memory.is_restored(&region.steps, depth))
            && !(by_itself && point.only_failures_skip_the_way_back(switch));
        // Whoever was given a way back may take it.
        let unsure = may_have_been || thread.doubt || went_around || thread.hands_back;
        if unsure && ends_soon {
            continue;
        }
        let mut steps = vec![words::label(switch, "the thread enters another network namespace here")];
        let inner = region.steps.last().filter(|it| **it != switch);
        if let Some(inner) = inner {
            steps.push(words::label(*inner, "which moves it here"));
        }
        verdict.fault(Complaint {
            level: if thread.callback_panicked { Level::Warning } else { Level::Error },
            certain: match (unsure, ends_soon) {
                (true, _) => Certain::No,
                (false, true) => Certain::IfItGoesOn(region.steps[depth..].to_vec()),
                (false, false) => Certain::Yes,
            },
            cause: switch.span,
            place: switch,
            message: why.message.into(),
            help: if too_late { TOO_LATE } else { help(point) }.into(),
            steps: steps.into_iter().chain([Label { span: left.at, message: why.exit.into() }]).collect(),
            bite: String::new(),
            callee: String::new(),
            item: words::here(point),
            remedy: Some(Remedy::LeadBack { at: switch.span, by_helper: inner.is_some() }),
            entered_by: None,
            // Whoever is farther in can do something about it, unless it is this one that forked.
            yields_to: if thread.forked == Some(depth) { &[][..] } else { &region.steps[depth + 1..] }
                .iter()
                .map(|it| ("missing-restore", it.span))
                .collect(),
        });
    }
}

struct Why {
    message: &'static str,
    exit: &'static str,
}

/// Whether leaving like this is a fault; a function whose purpose is to switch leaves so on purpose.
fn why(
    point: &Point<'_>,
    memory: &Memory,
    left: &Ended,
    region: &Region,
    depth: usize,
    ended: &[Ended],
) -> Option<Why> {
    let thread = &left.state.thread;
    let outer = point.state.thread.regions.len();
    let exit = match left.exit {
        Exit::Unwind if thread.callback_panicked => "a panic of the function that it calls leaves here",
        Exit::Unwind => "a panic leaves here, still inside",
        _ => "and leaves here, still inside",
    };
    if thread.closed_back.is_some() {
        // With an unlock it is that which does the harm.
        let message = "the way back is closed before it is taken: the thread stays in the other network namespace";
        return thread.unlocked_away.is_none().then_some(Why { message, exit });
    }
    // Whoever comes back to here from a namespace farther on remembers this one on purpose.
    if thread.late_back.is_some() && !memory.restores_another(point.function, region.steps[depth].span) {
        let message = "the namespace to go back to is remembered only after the switch: the thread stays where it went";
        return Some(Why { message, exit });
    }
    if let Some((_, deferred)) = thread.thrown_back.filter(|it| it.0 == region.steps[depth]) {
        let (message, exit) = if deferred {
            let message = "what is deferred enters the network namespace, and throws away the way back that it gives";
            (message, "the thread goes there, once everything is done")
        } else {
            ("the way back that the call gives is thrown away: the thread stays in the other network namespace", exit)
        };
        return Some(Why { message, exit });
    }
    // Who enters for the caller leaves inside on purpose: it hands out the way back,
    // and only what fails goes back by itself.
    let goes_back = |it: &Ended| it.state.thread.regions.len() <= outer && it.state.thread.failed_to_enter.is_none();
    let enters = !is_failure(left) && ended.iter().filter(|it| goes_back(it)).all(is_failure);
    if left.values.iter().any(|it| gives_way_back(point, it, &left.state)) {
        return None;
    }
    let from_child = |it: &Ended| it.state.thread.forked.is_some_and(|it| depth <= it);
    let returns = |it: &Ended| from_child(it) && it.exit != Exit::Unwind && is_away(&it.state, outer);
    if returns(left) && ended.iter().filter(|it| returns(it)).all(is_failure) {
        let message = "a forked child that fails comes back to its caller: a second copy of the program goes on in the \
                       other network namespace";
        return Some(Why { message, exit: "the child leaves here, into the code of its caller" });
    }
    if memory.is_restored(&region.steps, depth) && !enters {
        return Some(Why { message: "a path leaves with the thread still in the other network namespace", exit });
    }
    let pinned_here = thread.unlocked_away.is_some();
    if pinned_here && point.function.affinity == Affinity::UntilPinned {
        let message = "the thread is unlocked and never goes back: other goroutines will run in that network namespace";
        return Some(Why { message, exit: "the function ends with the thread still inside" });
    }
    let gives_guard = |it: &Ended| it.values.iter().any(|value| is_guard(point, value, &it.state));
    if is_failure(left) && ended.iter().any(|it| !is_failure(it) && gives_guard(it)) {
        let message = "a step fails before the guard exists: the thread stays in the other network namespace";
        return Some(Why { message, exit: "and leaves here, without the guard" });
    }
    let hands_out = |it: &Ended| it.values.iter().any(|value| leads_back(point, value, &it.state));
    if is_failure(left) && left.exit == Exit::Return && !hands_out(left) {
        let handed_out = |it: &Ended| !is_failure(it) && is_away(&it.state, outer) && hands_out(it);
        if ended.iter().any(handed_out) {
            let message = "a step fails before the way back is handed out: the thread stays in the other network namespace";
            return Some(Why { message, exit: "and leaves here, without the way back" });
        }
    }
    let of_a_pool = depth > 0 && !thread.owned && thread.entry == Entry::Task && point.state.thread.regions.is_empty();
    let handed = point.stack.last().is_some_and(|it| it.by_value) && !point.is_called_by_its_author();
    let outermost = handed || depth == 1 || point.ends_task;
    if of_a_pool && outermost && point.function.affinity == Affinity::UntilSuspended {
        let message = "the work ends with its thread still in the other network namespace: a pool keeps the thread";
        return Some(Why { message, exit: "the closure ends with the thread still inside" });
    }
    None
}

fn is_away(state: &State, outer: usize) -> bool {
    state.thread.regions.len() > outer
}

fn is_failure(ended: &Ended) -> bool {
    ended.exit != Exit::Return || ended.values.last().is_some_and(|it| *it == Value::Bad)
}

/// Whether the value can move the thread back: a guard, or something to call.
fn gives_way_back(point: &Point<'_>, value: &Value, state: &State) -> bool {
    match value.inner() {
        Value::Closure { .. } | Value::Restorer { .. } | Value::Bound { .. } => true,
        Value::Object(id) => {
            let fields = state.objects.get(id).into_iter().flat_map(|it| it.fields.values());
            is_guard(point, value, state) || fields.clone().any(|it| it != value && is_guard(point, it, state))
        }
        _ => is_guard(point, value, state),
    }
}

/// Whether the value is what its caller goes back by: a function, or the namespace that was remembered, itself or in a struct.
fn leads_back(point: &Point<'_>, value: &Value, state: &State) -> bool {
    let is_one = |it: &Value| match it.inner() {
        Value::Netns(it) => it.captured && !state.thread.netns_is(&it.netns),
        other => point.may_leave(other),
    };
    match value.inner() {
        Value::Object(id) => state.objects.get(id).is_some_and(|it| it.fields.values().any(is_one)),
        _ => is_one(value),
    }
}

/// Whether the value moves the thread back at the end of its life.
fn is_guard(point: &Point<'_>, value: &Value, state: &State) -> bool {
    match value.inner() {
        Value::Guard { .. } => true,
        Value::Object(id) => {
            let Some(object) = state.objects.get(id) else { return false };
            let ty = object.ty.as_deref();
            object.fields.contains_key(WHEN_DROPPED) || ty.is_some_and(|ty| point.moves_when_dropped(ty))
        }
        _ => false,
    }
}

const TOO_LATE: &str = "call what it gives, too: `defer enter()()` enters at once, and goes back at the end";

fn help(point: &Point<'_>) -> &'static str {
    match point.function.affinity {
        Affinity::UntilPinned => "defer the switch back right after the switch, so that every way out takes it",
        Affinity::UntilSuspended => {
            "build a guard whose Drop switches back before anything can fail, or use a thread of its own that ends"
        }
    }
}
