//! Which functions can matter: those from which something that has to do with
//! namespaces can be reached. Everything else is one opaque step.

use std::collections::HashMap;

use super::state::Thread;
use super::text;
use super::world::{Meaning, World};
use crate::facts::Effect;
use crate::ir::{Action, Callee, Function, FunctionId, Operand};

/// How many methods of one name an unknown call may stand for.
const NAMESAKES: usize = 4;

#[derive(Default)]
pub(crate) struct Relevance {
    /// By function: what it reaches, itself or through calls.
    reaches: Vec<Reach>,
    /// By function: what its own steps do.
    does: Vec<Reach>,
    /// By function: something in the tree calls it or takes it as a value.
    called: Vec<bool>,
}

/// What a function has to do with namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reach {
    /// It depends on the namespace of the thread, or changes it.
    touches: bool,
    /// It changes it, or takes a reference: worth a look of its own.
    moves: bool,
}

impl Relevance {
    pub(crate) fn new(world: &World<'_>) -> Self {
        let functions = &world.program.functions;
        let mut by_name: HashMap<&str, Vec<u32>> = HashMap::new();
        for (index, function) in functions.iter().enumerate() {
            if let Some((_, name)) = super::world::split(&function.path) {
                by_name.entry(name).or_default().push(index as u32);
            }
        }
        let mut does = Vec::with_capacity(functions.len());
        let mut callers: Vec<Vec<u32>> = vec![Vec::new(); functions.len()];
        let mut called = vec![false; functions.len()];
        for (index, function) in functions.iter().enumerate() {
            let index = index as u32;
            let mut own = Reach::default();
            visit(function, &mut |met| match met {
                Met::Path(path) => match world.meaning(path) {
                    Some(Meaning::Fact(fact)) => own.add(reach(&fact.effect)),
                    Some(Meaning::Tree(id)) => {
                        callers[id.0 as usize].push(index);
                        called[id.0 as usize] |= id.0 != index;
                    }
                    None => (),
                },
                // A function value may come from the function around it.
                Met::Value => {
                    if let Some(parent) = function.parent.filter(|_| function.is_nested()) {
                        callers[parent.0 as usize].push(index);
                    }
                }
                Met::Function(id) => callers[id.0 as usize].push(index),
                Met::Method(name) => {
                    if let Some(Meaning::Fact(fact)) = world.any_method(name) {
                        own.add(reach(&fact.effect));
                    }
                    // A name that many types use says nothing about this one.
                    let candidates = by_name.get(name).filter(|it| it.len() <= NAMESAKES);
                    candidates.into_iter().flatten().for_each(|id| callers[*id as usize].push(index));
                }
                Met::Text(text) => {
                    own.touches |= text::is_about_namespaces(text);
                    own.moves |= text.ends_with("/ns/net");
                }
                Met::Dropped(ty) => {
                    if let Some(id) = world.drop_of(ty) {
                        callers[id.0 as usize].push(index);
                        called[id.0 as usize] = true;
                    }
                }
            });
            does.push(own);
        }
        let mut relevance = Relevance { reaches: does.clone(), does, called };
        relevance.spread(&callers);
        relevance
    }

    /// Whether following a call of it on this thread can show anything: where the
    /// thread is at home, what only asks is right.
    pub(crate) fn matters(&self, id: FunctionId, thread: &Thread) -> bool {
        let reach = self.reaches[id.0 as usize];
        let inside = thread.is_away() || thread.escaped.is_some();
        if inside { reach.touches } else { reach.moves }
    }

    /// Whether it reaches something that changes the thread or takes a reference.
    pub(crate) fn moves(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].moves
    }

    /// Functions with something to see that nobody in the tree calls.
    pub(crate) fn roots(&self, world: &World<'_>) -> Vec<FunctionId> {
        let ids = (0..self.does.len() as u32).map(FunctionId);
        ids.filter(|id| {
            let function = world.program.get(*id);
            let outermost = function.root.is_some() || !self.called[id.0 as usize];
            !function.is_nested() && self.reaches[id.0 as usize].moves && outermost
        })
        .collect()
    }

    /// Whether its own steps change the thread's namespace or take a reference.
    pub(crate) fn moves_itself(&self, id: FunctionId) -> bool {
        self.does[id.0 as usize].moves
    }

    fn spread(&mut self, callers: &[Vec<u32>]) {
        let mut work: Vec<u32> = (0..self.reaches.len() as u32).collect();
        while let Some(index) = work.pop() {
            let reach = self.reaches[index as usize];
            for caller in &callers[index as usize] {
                let known = &mut self.reaches[*caller as usize];
                let before = *known;
                known.add(reach);
                if *known != before {
                    work.push(*caller);
                }
            }
        }
    }
}

impl Reach {
    fn add(&mut self, other: Reach) {
        self.touches |= other.touches;
        self.moves |= other.moves;
    }
}

fn reach(effect: &Effect) -> Reach {
    match effect {
        Effect::Switch { .. }
        | Effect::Capture
        | Effect::OpenNetns { .. }
        | Effect::Pin
        | Effect::Unpin
        | Effect::OpenHandle { .. }
        | Effect::RunInside { .. }
        | Effect::Guard { .. }
        | Effect::Restorer { .. }
        | Effect::PinGlobal => Reach { touches: true, moves: true },
        Effect::UseHandle { .. }
        | Effect::Inherit
        | Effect::UseAmbient { .. }
        | Effect::Escape { .. }
        | Effect::Reads { .. }
        | Effect::Runtime { .. } => Reach { touches: true, moves: false },
        Effect::Spawn { onto, .. } => {
            use crate::facts::Onto;
            Reach { touches: !matches!(onto, Onto::Thread | Onto::Child | Onto::Goroutine), moves: false }
        }
        _ => Reach::default(),
    }
}

enum Met<'a> {
    Path(&'a str),
    Method(&'a str),
    Function(FunctionId),
    Value,
    Text(&'a str),
    Dropped(&'a str),
}

fn visit<'a>(function: &'a Function, see: &mut dyn FnMut(Met<'a>)) {
    for step in function.blocks.iter().flat_map(|it| &it.steps) {
        match &step.action {
            Action::Assign { value, .. } => operand(value, see),
            Action::Call(call) | Action::Defer(call) | Action::Spawn(call) => {
                callee(&call.callee, see);
                call.receiver.iter().chain(&call.args).for_each(|it| operand(it, see));
            }
            Action::Await { future, .. } => operand(future, see),
            Action::Drop(place) => {
                if let Some(ty) = &function.variable(*place).ty {
                    see(Met::Dropped(ty));
                }
            }
        }
    }
}

fn callee<'a>(callee: &'a Callee, see: &mut dyn FnMut(Met<'a>)) {
    match callee {
        Callee::Path(path) => see(Met::Path(path)),
        Callee::Method(name) => see(Met::Method(name)),
        Callee::Value(value) => {
            see(Met::Value);
            operand(value, see);
        }
    }
}

fn operand<'a>(it: &'a Operand, see: &mut dyn FnMut(Met<'a>)) {
    match it {
        Operand::Path(path) => see(Met::Path(path)),
        Operand::Closure(id) | Operand::Async(id) => see(Met::Function(*id)),
        Operand::Text(text) => see(Met::Text(text)),
        Operand::Field(base, _) | Operand::Good(base) => operand(base, see),
        Operand::Method { receiver, callee: of } => {
            operand(receiver, see);
            callee(of, see);
        }
        Operand::Concat(items) | Operand::Flags(items) | Operand::List(items) => {
            items.iter().for_each(|it| operand(it, see));
        }
        Operand::Struct { fields, .. } => fields.iter().for_each(|(_, it)| operand(it, see)),
        _ => (),
    }
}
