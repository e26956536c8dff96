//! Which variables still matter where: what nobody reads again is forgotten, so
//! that paths which differ in nothing else become one.

use std::collections::BTreeSet;
use std::ops::Index;
use std::sync::OnceLock;

use crate::ir::{
    Action, Block, BlockId, Call, Callee, End, Function, Operand, Place, Program, Step, Storage, Target, Test,
};

/// What is read later, for one function.
pub(crate) struct Liveness {
    /// By block, by place: read before it is written again, from the block's start on.
    live: Vec<Vec<bool>>,
    /// By place: shared with a closure.
    shared: Vec<bool>,
    /// By place: something other than a drop reads it.
    used: Vec<bool>,
    /// By block: more than one way leads there.
    joins: Vec<bool>,
    /// By block: the ways there bring along how a condition came out, which is asked next: `failed := err != nil`.
    answers: Vec<bool>,
    /// Tests that are asked more than once: only these are worth remembering.
    repeated: Vec<Test>,
    /// Whether closures of its text see its variables.
    pub has_closures: bool,
}

/// For every function of the program, worked out when it is first asked for.
#[derive(Default)]
pub(crate) struct Livenesses<'a> {
    functions: &'a [Function],
    /// By function, by place: shared with a closure.
    shared: Vec<Vec<bool>>,
    /// By function: whether it has closures.
    nests: Vec<bool>,
    known: Vec<OnceLock<Liveness>>,
}

impl<'a> Livenesses<'a> {
    pub(crate) fn of(program: &'a Program) -> Self {
        let mut shared: Vec<Vec<bool>> = program.functions.iter().map(|it| vec![false; it.variables.len()]).collect();
        let mut nests = vec![false; program.functions.len()];
        for function in &program.functions {
            let Some(parent) = function.parent else { continue };
            nests[parent.0 as usize] = true;
            for variable in &function.variables {
                if let Storage::Captured(place) = variable.storage
                    && let Some(flag) = shared[parent.0 as usize].get_mut(place.0 as usize)
                {
                    *flag = true;
                }
            }
        }
        let known = program.functions.iter().map(|_| OnceLock::new()).collect();
        Livenesses { functions: &program.functions, shared, nests, known }
    }
}

impl Index<usize> for Livenesses<'_> {
    type Output = Liveness;

    fn index(&self, function: usize) -> &Liveness {
        let new = || Liveness::new(&self.functions[function], self.shared[function].clone(), self.nests[function]);
        self.known[function].get_or_init(new)
    }
}

impl Liveness {
    fn new(function: &Function, shared: Vec<bool>, has_closures: bool) -> Self {
        let places = function.variables.len();
        let mut used = vec![false; places];
        for block in &function.blocks {
            for step in &block.steps {
                reads(&step.action, &mut |it| used[it.0 as usize] = true);
            }
            end_reads(function, &block.end, &mut |it| used[it.0 as usize] = true);
        }
        let mut liveness = Liveness {
            live: vec![vec![false; places]; function.blocks.len()],
            shared,
            used,
            joins: joins(function),
            answers: answers(function),
            repeated: Vec::new(),
            has_closures,
        };
        let mut changed = true;
        while changed {
            changed = false;
            for index in (0..function.blocks.len()).rev() {
                let now = liveness.at_start(function, &function.blocks[index]);
                if now != liveness.live[index] {
                    liveness.live[index] = now;
                    changed = true;
                }
            }
        }
        liveness.repeated = repeated(function);
        liveness
    }

    fn at_start(&self, function: &Function, block: &Block) -> Vec<bool> {
        let mut live = vec![false; self.used.len()];
        for next in successors(&block.end) {
            live.iter_mut().zip(&self.live[next.0 as usize]).for_each(|(here, there)| *here |= there);
        }
        end_reads(function, &block.end, &mut |it| live[it.0 as usize] = true);
        for step in block.steps.iter().rev() {
            writes(&step.action, &mut |it| live[it.0 as usize] = false);
            reads(&step.action, &mut |it| live[it.0 as usize] = true);
            match &step.action {
                Action::Drop(place) => live[place.0 as usize] = true,
                Action::Call(Call { unwind: Some(block), .. }) => {
                    live.iter_mut().zip(&self.live[block.0 as usize]).for_each(|(here, there)| *here |= there);
                }
                _ => (),
            }
        }
        live
    }

    pub(crate) fn keeps(&self, block: BlockId, place: Place) -> bool {
        let at = place.0 as usize;
        self.shared[at] || self.live[block.0 as usize][at]
    }

    /// Whether anything but a drop looks at what this step puts into the place.
    pub(crate) fn is_looked_at(&self, function: &Function, block: BlockId, step: usize, place: Place) -> bool {
        let at = place.0 as usize;
        let is_own = function.variable(place).storage == Storage::Local;
        if !is_own || self.shared[at] || !self.used[at] {
            return !is_own || self.shared[at];
        }
        let id = block;
        let block = function.block(block);
        for (index, step) in block.steps.iter().enumerate().skip(step + 1) {
            let (mut read, mut written) = (false, false);
            reads(&step.action, &mut |it| read |= it == place);
            if read {
                // Whether it worked is still in what `ok` gives.
                return given_by_ok(&step.action).is_none_or(|it| self.is_looked_at(function, id, index, it));
            }
            writes(&step.action, &mut |it| written |= it == place);
            if written {
                return false;
            }
        }
        let mut read = false;
        end_reads(function, &block.end, &mut |it| read |= it == place);
        read || successors(&block.end).iter().any(|it| self.live[it.0 as usize][at])
    }

    pub(crate) fn is_shared(&self, place: Place) -> bool {
        self.shared[place.0 as usize]
    }

    pub(crate) fn is_join(&self, block: BlockId) -> bool {
        self.joins[block.0 as usize]
    }

    /// Whether the ways that meet there are told apart by a condition which was kept.
    pub(crate) fn is_answer(&self, block: BlockId) -> bool {
        self.answers[block.0 as usize]
    }

    pub(crate) fn is_repeated(&self, test: &Test) -> bool {
        self.repeated.iter().any(|it| it.asks_like(test))
    }
}

/// Where the `Option` of a `Result` goes, which says no more about why it is none: `let _inside = enter().ok()`.
fn given_by_ok(action: &Action) -> Option<Place> {
    match action {
        Action::Call(Call { callee: Callee::Method(name), results, .. }) if name == "ok" => *results.first()?,
        _ => None,
    }
}

fn joins(function: &Function) -> Vec<bool> {
    let mut ways = vec![0_usize; function.blocks.len()];
    for block in &function.blocks {
        successors(&block.end).iter().for_each(|it| ways[it.0 as usize] += 1);
        for step in &block.steps {
            if let Action::Call(Call { unwind: Some(block), .. }) = &step.action {
                // A block for panics is where the ways of many calls meet.
                ways[block.0 as usize] += 2;
            }
        }
    }
    ways.into_iter().map(|it| it > 1).collect()
}

fn answers(function: &Function) -> Vec<bool> {
    let mut answers = vec![false; function.blocks.len()];
    for block in &function.blocks {
        let last = block.steps.last().map(|it| &it.action);
        let (Some(Action::Assign { to: Target::Place(kept), value: Operand::Bool(_) }), End::Goto(next)) =
            (last, &block.end)
        else {
            continue;
        };
        let is_kept = |it: &Operand| matches!(it, Operand::Place(it) | Operand::Move(it) if it == kept);
        let asked = |steps: &[Step]| {
            steps.iter().find_map(|it| match &it.action {
                Action::Assign { to: Target::Place(to), value } if is_kept(value) => Some(*to),
                _ => None,
            })
        };
        let join = function.block(*next);
        let named = asked(&join.steps);
        let is_asked = |it: &Operand| is_kept(it) || matches!(it, Operand::Place(it) if Some(*it) == named);
        answers[next.0 as usize] |= matches!(&join.end, End::Branch { test: Test::True(it), .. } if is_asked(it));
    }
    answers
}

fn repeated(function: &Function) -> Vec<Test> {
    let ends = function.blocks.iter().map(|it| &it.end);
    let tests: Vec<_> =
        ends.filter_map(|it| if let End::Branch { test, .. } = it { Some(test) } else { None }).collect();
    let again = |(at, test): &(usize, &&Test)| tests[..*at].iter().any(|it| it.asks_like(test));
    tests.iter().enumerate().filter(again).map(|(_, test)| (*test).clone()).collect()
}

/// The blocks that some way comes to which begins with one of these.
pub(super) fn reached(function: &Function, from: Vec<BlockId>) -> BTreeSet<BlockId> {
    let (mut reached, mut work) = (BTreeSet::new(), from);
    while let Some(block) = work.pop() {
        if reached.insert(block) {
            work.extend(successors(&function.block(block).end));
        }
    }
    reached
}

/// Whether an operand is made of what a place holds.
pub(super) fn mentions(operand: &Operand, place: Place) -> bool {
    let mut found = false;
    places(operand, &mut |it| found |= it == place);
    found
}

/// Whether the way leads through the block again.
pub(super) fn is_in_a_loop(function: &Function, block: BlockId) -> bool {
    reached(function, successors(&function.block(block).end)).contains(&block)
}

pub(super) fn successors(end: &End) -> Vec<BlockId> {
    match end {
        End::Goto(next) => vec![*next],
        End::Branch { yes, no, .. } => vec![*yes, *no],
        End::Choice(ways) => ways.clone(),
        End::Leave(..) | End::Stop => Vec::new(),
    }
}

fn end_reads(function: &Function, end: &End, visit: &mut dyn FnMut(Place)) {
    match end {
        End::Branch { test, .. } => match test {
            Test::Nil(it) | Test::Good(it) | Test::Zero(it) | Test::Valid(it) | Test::True(it) => places(it, visit),
            Test::Equal(a, b) => {
                places(a, visit);
                places(b, visit);
            }
            Test::Opaque { mentions, value, .. } => {
                mentions.iter().copied().for_each(&mut *visit);
                places(value, visit);
            }
        },
        End::Leave(..) => function.results.iter().copied().for_each(visit),
        End::Goto(_) | End::Choice(_) | End::Stop => (),
    }
}

fn call_reads(call: &Call, visit: &mut dyn FnMut(Place)) {
    if let Callee::Value(value) = &call.callee {
        places(value, visit);
    }
    // `.ok()` whose result is dropped only silences the compiler.
    let silenced =
        matches!(&call.callee, Callee::Method(name) if name == "ok") && call.results.iter().all(Option::is_none);
    if let Some(receiver) = &call.receiver
        && !silenced
    {
        places(receiver, visit);
    }
    call.args.iter().for_each(|it| places(it, visit));
}

fn reads(action: &Action, visit: &mut dyn FnMut(Place)) {
    match action {
        Action::Assign { to, value } => {
            if let Target::Field(base, _) = to {
                places(base, visit);
            }
            places(value, visit);
        }
        Action::Call(call) | Action::Defer(call) | Action::Spawn(call) => {
            call_reads(call, visit);
        }
        Action::Await { future, .. } => places(future, visit),
        Action::Drop(_) => (),
    }
}

fn writes(action: &Action, visit: &mut dyn FnMut(Place)) {
    match action {
        Action::Assign { to: Target::Place(place), .. } => visit(*place),
        // A call that panics writes nothing, and its way out drops what was there.
        Action::Call(call) | Action::Defer(call) | Action::Spawn(call) if call.unwind.is_none() => {
            call.results.iter().flatten().copied().for_each(visit);
        }
        Action::Await { result: Some(place), .. } => visit(*place),
        _ => (),
    }
}

/// The places that an operand reads, at any depth.
pub(crate) fn places(operand: &Operand, visit: &mut dyn FnMut(Place)) {
    match operand {
        Operand::Place(place) | Operand::Move(place) => visit(*place),
        Operand::Field(base, _) | Operand::Good(base) => places(base, visit),
        Operand::Method { receiver, callee } => {
            places(receiver, visit);
            if let Callee::Value(value) = &**callee {
                places(value, visit);
            }
        }
        Operand::Concat(items) | Operand::Flags(items) | Operand::List(items) => {
            items.iter().for_each(|it| places(it, visit));
        }
        Operand::Struct(it) => it.fields.iter().for_each(|(_, it)| places(it, visit)),
        _ => (),
    }
}
