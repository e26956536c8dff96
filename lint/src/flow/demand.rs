//! Which bodies are worth reading, once some are.
//!
//! What is read first leads to a switch or an opening, or is one. From there on
//! a body matters only if a thread can come to it while it is away: through a
//! call whose callee is known, through a function that a field holds, or through a
//! method of a type of which a value is made on the way.

use std::sync::Mutex;

use rayon::prelude::*;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::dispatch::OVERRIDDEN;
use super::held;
use super::machine::FULL_DEPTH;
use super::mentions::{Met, visit};
use super::world::{World, split};
use crate::facts::{Effect, Facts};
use crate::ir::{Action, Affinity, Callee, Function, FunctionId, Kind, Operand, Program, Storage};
use crate::lang::Demand;
use crate::scan::outline::Name;
use crate::scan::{At, Later};

/// The demand of a run.
pub struct Demanded<'a> {
    facts: &'a Facts,
    later: &'a Later,
    so_far: Mutex<SoFar>,
}

/// How many calls a thread that is away is followed. Below, a call costs more
/// than it can show.
const ROUNDS: usize = FULL_DEPTH;

/// How many functions one field is filled with, of which each is read.
const FILLED: usize = 4;

#[derive(Default)]
struct SoFar {
    rounds: usize,
    /// How many functions of the program were looked at.
    known: usize,
    by_path: HashMap<String, FunctionId>,
    /// By interface, what implements it.
    implementations: HashMap<String, Vec<String>>,
    asked: HashSet<At>,
    reached: HashSet<FunctionId>,
    /// Names of methods that are called, of values whose type is not known.
    methods: HashSet<Name>,
    /// Types of which values are made.
    made: HashSet<String>,
    /// Paths that led to nothing yet.
    paths: HashSet<String>,
    /// By type and field: the functions that the program fills it with, wherever that is.
    filled: HashMap<(String, String), Vec<Filled>>,
    /// The fields that hold what is called.
    members: HashSet<(String, String)>,
    /// The package variables that are used, of which what is in them may be asked.
    globals: HashSet<String>,
    /// By package variable: the types of which its declaration makes values.
    declared: HashMap<String, Vec<String>>,
    /// The types of what is at hand where the thread is moved: a field of one leads to a namespace.
    entered: HashSet<String>,
}

/// A function that a field is filled with.
#[derive(Clone, PartialEq, Eq)]
enum Filled {
    Path(String),
    Function(FunctionId),
}

impl Filled {
    fn of(value: &Operand) -> Option<Self> {
        match value {
            Operand::Path(path) => Some(Filled::Path(path.clone())),
            Operand::Closure(id) => Some(Filled::Function(*id)),
            Operand::Method { callee, .. } => match &**callee {
                Callee::Path(path) => Some(Filled::Path(path.clone())),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What the text of one function leads to: functions that were read, and what may be others.
#[derive(Default)]
struct Leads<'p> {
    functions: Vec<FunctionId>,
    methods: Vec<Name>,
    made: Vec<&'p str>,
    paths: Vec<&'p str>,
    members: Vec<(&'p str, &'p str)>,
    entered: Vec<&'p str>,
    globals: Vec<&'p str>,
    /// What runs when something is dropped.
    dropped: Vec<String>,
}

impl<'a> Demanded<'a> {
    pub fn new(facts: &'a Facts, later: &'a Later) -> Self {
        Demanded { facts, later, so_far: Mutex::default() }
    }
}

impl Demand for Demanded<'_> {
    fn is_put_off(&self, at: At) -> bool {
        self.later.contains(at)
    }

    fn more(&self, program: &Program) -> HashSet<At> {
        let Ok(mut so_far) = self.so_far.lock() else { return HashSet::default() };
        if self.later.is_empty() || so_far.rounds == ROUNDS {
            return HashSet::default();
        }
        let mut fresh: Vec<_> = (so_far.known as u32..program.functions.len() as u32).map(FunctionId).collect();
        if so_far.rounds == 0 {
            let world = World::of(program, self.facts);
            let nests: HashSet<_> = program.functions.iter().filter_map(|it| it.parent).collect();
            for (of, by) in &program.implementations {
                so_far.implementations.entry(of.clone()).or_default().push(by.clone());
            }
            fresh.retain(|id| {
                let relevance = &world.relevance;
                // What is handed to executors and runtimes runs inside farther off.
                // A function that is handed on by its name runs inside as a closure does.
                let has_closures = nests.contains(id) || hands_on(program.get(*id));
                let nested = program.get(*id).affinity == Affinity::UntilSuspended && relevance.can_begin(*id);
                nested || relevance.can_be_away(*id, has_closures) || relevance.is_given(*id)
            });
        }
        so_far.rounds += 1;
        fresh.extend(so_far.learn(program));
        so_far.follow(program, self.facts, fresh);
        let wanted = so_far.wanted(self.later);
        so_far.asked.extend(&wanted);
        wanted
    }
}

impl SoFar {
    /// Gives what calls lead to that were followed before.
    fn learn(&mut self, program: &Program) -> Vec<FunctionId> {
        let fresh = &program.functions[self.known..];
        for (index, function) in fresh.iter().enumerate().filter(|it| !it.1.is_nested()) {
            self.by_path.entry(function.path.clone()).or_insert(FunctionId((self.known + index) as u32));
        }
        for function in fresh.iter().filter(|it| it.kind == Kind::Initialiser) {
            let types: Vec<_> = function.variables.iter().filter(|it| it.storage == Storage::Local).collect();
            for global in globals_of(function) {
                let types = types.iter().filter_map(|it| it.ty.clone());
                self.declared.entry(global.to_owned()).or_default().extend(types);
                if self.globals.contains(global) {
                    self.made.extend(self.declared[global].iter().cloned());
                }
            }
        }
        let mut called = Vec::new();
        for function in fresh.iter().filter(|it| !it.test) {
            held::fields(function, &mut |ty, name, value| {
                let Some(value) = Filled::of(value) else { return };
                let member = (ty.to_owned(), name.to_owned());
                if self.members.contains(&member) {
                    called.push(value.clone());
                }
                let known = self.filled.entry(member).or_default();
                if known.len() < FILLED && !known.contains(&value) {
                    known.push(value);
                }
            });
        }
        self.known = program.functions.len();
        called.into_iter().filter_map(|it| self.lead_to(it)).collect()
    }

    /// The function that was read, or one to read.
    fn lead_to(&mut self, filled: Filled) -> Option<FunctionId> {
        match filled {
            Filled::Function(id) => Some(id),
            Filled::Path(path) => {
                let known = self.by_path.get(&path).copied();
                if known.is_none() {
                    self.paths.insert(path);
                }
                known
            }
        }
    }

    fn follow(&mut self, program: &Program, facts: &Facts, mut work: Vec<FunctionId>) {
        while !work.is_empty() {
            work.retain(|it| self.reached.insert(*it));
            let met: Vec<_> = work.par_iter().map(|it| self.met(program.get(*it), facts)).collect();
            work.clear();
            for it in met {
                work.extend(it.functions);
                for (ty, name) in it.members {
                    let member = (ty.to_owned(), name.to_owned());
                    let filled = self.filled.get(&member).cloned().unwrap_or_default();
                    if self.members.insert(member) {
                        work.extend(filled.into_iter().filter_map(|it| self.lead_to(it)));
                    }
                }
                self.methods.extend(it.methods);
                for global in it.globals {
                    if self.globals.insert(global.to_owned()) {
                        self.made.extend(self.declared.get(global).into_iter().flatten().cloned());
                    }
                }
                note_all(&mut self.made, &it.made);
                note_all(&mut self.entered, &it.entered);
                note_all(&mut self.paths, &it.paths);
                self.paths.extend(it.dropped);
            }
        }
    }

    /// What the text of one function leads to.
    fn met<'p>(&self, function: &'p Function, facts: &Facts) -> Leads<'p> {
        let mut leads = Leads::default();
        visit(function, &mut |met| match met {
            Met::Path(path) => match self.by_path.get(path) {
                _ if let Some(fact) = facts.call(path) => {
                    if let Effect::Spawn { method: Some(name), .. } = &fact.effect {
                        leads.methods.push(Name::of(name));
                    }
                }
                Some(id) => {
                    leads.functions.push(*id);
                    // Others may do it their way.
                    if split(path).is_some_and(|it| self.implementations.contains_key(it.0)) {
                        leads.paths.push(path);
                    }
                }
                None => {
                    // Perhaps a struct without fields, as a value.
                    leads.made.push(path);
                    leads.paths.push(path);
                }
            },
            Met::Function(id) => leads.functions.push(id),
            Met::Method(name) => leads.methods.push(Name::of(name)),
            Met::Made(ty) => leads.made.push(ty),
            Met::Dropped(ty) => {
                let path = format!("{ty}::drop");
                match self.by_path.get(path.as_str()) {
                    Some(id) => leads.functions.push(*id),
                    None => leads.dropped.push(path),
                }
            }
            Met::Member(ty, name) => leads.members.push((ty, name)),
            Met::Value | Met::Text(_) => (),
        });
        if moves_by_itself(function, facts) {
            leads.entered.extend(function.variables.iter().filter_map(|it| it.ty.as_deref()));
        }
        leads.globals.extend(globals_of(function));
        leads.paths.extend(globals_of(function));
        leads
    }

    fn wanted(&mut self, later: &Later) -> HashSet<At> {
        let mut wanted = HashSet::default();
        for path in self.paths.drain() {
            wanted.extend(later.declaring(&path));
            // A method of an interface may be that of whatever implements it.
            let Some((of, method)) = split(&path) else { continue };
            self.methods.insert(Name::of(method));
            let by = self.implementations.get(of).map_or(&[][..], Vec::as_slice);
            let does_itself = self.by_path.contains_key(&path) || later.declaring(&path).next().is_some();
            if by.len() <= if does_itself { OVERRIDDEN } else { 1 } {
                let methods = by.iter().flat_map(|it| later.methods_of(it));
                wanted.extend(methods.filter(|it| it.0 == Name::of(method)).map(|it| it.1));
            }
        }
        for ty in &self.made {
            wanted.extend(later.methods_of(ty).filter(|it| self.methods.contains(&it.0)).map(|it| it.1));
        }
        for (ty, field) in &self.members {
            wanted.extend(later.filling(ty, field));
        }
        for ty in self.entered.drain() {
            wanted.extend(later.making(&ty));
        }
        wanted.retain(|it| !self.asked.contains(it));
        wanted
    }
}

/// The package variables that a function uses.
fn globals_of(function: &Function) -> impl Iterator<Item = &str> {
    let variables = function.variables.iter();
    variables.filter_map(|it| if let Storage::Global(it) = &it.storage { Some(&**it) } else { None })
}

fn note_all(known: &mut HashSet<String>, names: &[&str]) {
    for name in names {
        if !known.contains(*name) {
            known.insert((*name).to_owned());
        }
    }
}

/// Whether a function calls what moves the thread.
fn moves_by_itself(function: &Function, facts: &Facts) -> bool {
    function.calls().any(|it| {
        let Callee::Path(path) = &it.callee else { return false };
        let effect = facts.call(path).map(|it| &it.effect);
        matches!(effect, Some(Effect::Switch { .. } | Effect::Guard { .. } | Effect::RunInside { .. }))
    })
}

/// Whether a call is handed something that may be a function with a name.
fn hands_on(function: &Function) -> bool {
    let mut steps = function.blocks.iter().flat_map(|it| &it.steps);
    steps.any(|it| match &it.action {
        Action::Call(call) | Action::Defer(call) | Action::Spawn(call) => {
            call.args.iter().any(|it| matches!(it, Operand::Method { .. } | Operand::Path(_)))
        }
        _ => false,
    })
}
