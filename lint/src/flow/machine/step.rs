//! What one step does to the path that comes to it.

use super::{Deferred, Ended, Machine, Path, Run, Set, Stop};
use crate::flow::call::named;
use crate::flow::liveness::is_in_a_loop;
use crate::flow::point::{Event, common};
use crate::flow::state::Site;
use crate::flow::tables::Turn;
use crate::ir::{Action, BlockId, Call, Callee, Exit, Operand, Step, Target};
use crate::source::Span;

/// Where the paths of one run lead.
#[derive(Default)]
pub(super) struct Ways {
    /// Those that go on, with the blocks that they go on in.
    pub(super) work: Vec<(BlockId, Path)>,
    pub(super) ended: Set<Ended>,
    /// Those that are past the current step.
    pub(super) after: Vec<Path>,
}

impl<'a> Machine<'a> {
    pub(super) fn step(
        &mut self,
        run: Run<'a>,
        at: (BlockId, usize),
        action: &'a Action,
        span: Span,
        mut path: Path,
        ways: &mut Ways,
    ) {
        let deferring = path.deferred.iter().any(|it| self.may_leave(&it.callee));
        if let Some(it) = self.deferring.last_mut() {
            *it = deferring;
        }
        match action {
            Action::Assign { to, value } => {
                let taken = match self.turn(run, value, span, &mut path.state) {
                    Turn::Never => return,
                    Turn::None => return ways.after.push(path),
                    Turn::One(value) => vec![value],
                    // A loop comes to each of them.
                    Turn::OneOf(values) if is_in_a_loop(run.function, at.0) => values,
                    Turn::OneOf(_) | Turn::Any => Vec::new(),
                };
                for value in &taken {
                    let mut path = path.clone();
                    self.write(run, to, value.clone(), span, &mut path.state);
                    ways.after.push(path);
                }
                if !taken.is_empty() {
                    return;
                }
                let unnamed = is_unnamed_part(value);
                let value = self.evaluate(run, value, span, &mut path.state);
                let value = match to {
                    Target::Place(place) if unnamed => named(value, &run.function.variable(*place).name),
                    _ => value,
                };
                self.write(run, to, value, span, &mut path.state);
                ways.after.push(path);
            }
            Action::Call(call) => {
                for (state, stop) in self.call(run, at, call, span, path.state) {
                    let path = Path { state, deferred: path.deferred.clone(), panicked: path.panicked };
                    self.go_on(run, stop, call.unwind, span, path, ways);
                }
            }
            Action::Defer(call) => {
                let site = Site::of(call, span);
                let callee = self.callee_value(run, call, span, &mut path.state);
                let args = self.arguments(run, &call.args, span, &mut path.state);
                let deferred = Deferred { site, callee, args };
                // A loop that defers the same again and again does so once here.
                if !path.deferred.contains(&deferred) && path.deferred.len() < 16 {
                    path.deferred.push(deferred);
                }
                ways.after.push(path);
            }
            Action::Spawn(call) => {
                let site = Site::of(call, span);
                let callee = self.callee_value(run, call, span, &mut path.state);
                let args = self.arguments(run, &call.args, span, &mut path.state);
                for state in self.spawn_goroutine(callee, args, site, path.state) {
                    ways.after.push(Path { state, deferred: path.deferred.clone(), panicked: path.panicked });
                }
            }
            Action::Await { future, result, unwind } => {
                let value = self.evaluate(run, future, span, &mut path.state);
                let site = Site { span, name: span, by_value: false };
                for (mut state, value, stop) in self.wait(value, site, path.state) {
                    if let (None, Some(place)) = (stop, result) {
                        self.write(run, &Target::Place(*place), value, span, &mut state);
                    }
                    let path = Path { state, deferred: path.deferred.clone(), panicked: path.panicked };
                    self.go_on(run, stop, *unwind, span, path, ways);
                }
            }
            Action::Drop(place) => {
                let cell = self.cell(run, *place);
                let moved = path.state.moved.remove(&cell);
                let value = path.state.cells.remove(&cell).filter(|_| !moved);
                let Some(value) = value else {
                    ways.after.push(path);
                    return;
                };
                let site = Site { span, name: span, by_value: false };
                let at_once = run.function.variable(*place).name.is_empty()
                    && path.state.thread.idle
                    && !is_question(&run.function.block(at.0).steps[at.1..]);
                let before = at_once.then(|| path.state.clone());
                let states = self.drop_value(&value, site, path.state);
                if let Some(before) = before {
                    let away = before.thread.regions.len();
                    // In the closure of a `map`, the call that entered stands around that.
                    let call = |steps: &[Site]| steps.get(common(&self.stack, steps)).copied();
                    let entered = before.thread.region().and_then(|it| call(&it.steps));
                    if let Some(entered) = entered.filter(|_| states.iter().any(|it| it.thread.regions.len() < away)) {
                        self.observe(site, &before, Event::GoneAtOnce { entered });
                    }
                }
                for state in states {
                    ways.after.push(Path { state, deferred: path.deferred.clone(), panicked: path.panicked });
                }
            }
        }
    }

    /// A call or an `.await` is over: the path goes on behind it, or a panic drops what is alive, and leaves.
    fn go_on(
        &mut self,
        run: Run<'a>,
        stop: Option<Stop>,
        unwind: Option<BlockId>,
        span: Span,
        path: Path,
        ways: &mut Ways,
    ) {
        match (stop, unwind) {
            (None, _) => ways.after.push(path),
            (Some(Stop::Process), _) => (),
            (Some(Stop::Panic), Some(block)) => self.go(run, block, Path { panicked: Some(span), ..path }, ways),
            (Some(Stop::Panic | Stop::Task), _) => self.leave(run, Exit::Unwind, span, path, ways),
        }
    }
}

/// Whether what is dropped here was only asked whether there is anything, and the answer is a value: `enter().is_ok()`.
fn is_question(rest: &[Step]) -> bool {
    let next = rest.iter().find(|it| !matches!(it.action, Action::Drop(_)));
    next.is_some_and(|it| matches!(it.action, Action::Assign { value: Operand::Bool(_), .. }))
}

/// Whether an operand is a part of a tuple or list, of which only who takes it says what it is.
fn is_unnamed_part(operand: &Operand) -> bool {
    match operand {
        Operand::Field(base, name) if name == "?" => is_unnamed_part(base),
        Operand::Field(_, name) => name == "[]" || name.bytes().all(|it| it.is_ascii_digit()),
        _ => false,
    }
}

impl Site {
    pub(in crate::flow) fn of(call: &Call, span: Span) -> Self {
        let named = call.name.end > call.name.start;
        let by_value = matches!(call.callee, Callee::Value(_));
        Site { span, name: if named { call.name } else { span }, by_value }
    }
}
