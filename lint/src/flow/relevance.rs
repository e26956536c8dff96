//! Which functions can matter: those from which something that has to do with
//! namespaces can be reached. Everything else is one opaque step.

use rayon::prelude::*;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::mentions::{Met, visit};
use super::reach::{BEGINS_A_PATH, MOVES, NOTHING, Reach, TOUCHES, reach};
use super::text;
use super::thread::Thread;
use super::world::{Meaning, World};
use crate::ir::{FunctionId, Operand};

/// How many methods of one name an unknown call may stand for.
const NAMESAKES: usize = 4;

/// How many calls back a thread that was moved comes.
pub const CARRIED: usize = 2;

/// How many helpers stand between a switch and the region that it begins.
const HELPED: u8 = 3;

/// How far from a switch or an opening a call is looked for: those who call what
/// is near have to be seen, too.
pub const CALLS: usize = NEAR as usize + 1;

/// How many calls away from a switch function is still looked at. Callers
/// farther up cannot say much about it, and there are very many of them.
const NEAR: u8 = 4;

/// The same for what opens something: who calls a constructor has to close what it gives.
const NEXT: u8 = 2;

/// How many calls away something is looked up that a function gives.
const LOOKED_UP: u8 = 2;

/// How many calls away from an opening what it gives is asked.
pub const GIVEN: usize = NEXT as usize;

#[derive(Default)]
pub(crate) struct Relevance {
    /// By function: what it reaches, itself or through calls.
    reaches: Vec<Reach>,
    /// By function: what its own steps do.
    does: Vec<Reach>,
    /// By function: who calls it or takes it as a value, as far as that is certain.
    callers: Vec<Vec<u32>>,
    /// Types on which it depends what a method of an interface or trait does where the thread is away.
    kinds: HashSet<String>,
}

impl Text<'_> {
    /// A constant that it names holds texts, too.
    fn says(&mut self, constant: &Operand) {
        match constant {
            Operand::Text(it) if text::leads_to_namespaces(it) => self.does.add(BEGINS_A_PATH, 0),
            Operand::List(items) | Operand::Concat(items) => items.iter().for_each(|it| self.says(it)),
            _ => (),
        }
    }

    fn leads_to(&mut self, id: FunctionId, meaning: Option<Meaning<'_>>) {
        match meaning {
            Some(Meaning::Fact(fact)) => self.does.add(reach(fact), 0),
            Some(Meaning::Tree(callee)) => {
                self.calls.push((callee, 1));
                if callee != id {
                    self.certain.push(callee);
                }
            }
            None => (),
        }
    }
}

/// A call or a closure: what the callee reaches, the caller does too.
struct Edge {
    caller: u32,
    /// A closure is part of the text around it.
    cost: u8,
}

/// What the text of one function says.
struct Text<'a> {
    does: Reach,
    /// What it calls, and what that costs.
    calls: Vec<(FunctionId, u8)>,
    /// What it calls or takes as a value, as far as that is certain.
    certain: Vec<FunctionId>,
    /// The methods that it calls of interfaces and traits which several types implement.
    interfaces: Vec<&'a str>,
}

impl<'a> Text<'a> {
    fn of(id: FunctionId, world: &World<'a>, by_name: &HashMap<&str, Vec<u32>>) -> Text<'a> {
        let function = world.program.get(id);
        let mut text = Text { does: NOTHING, calls: Vec::new(), certain: Vec::new(), interfaces: Vec::new() };
        visit(function, &mut |met| match met {
            Met::Path(path) => {
                let meaning = world.meaning(path);
                if meaning.is_none() && world.is_of_interface(path) {
                    text.interfaces.push(path);
                }
                if meaning.is_none() && world.facts.is_request(super::world::last(path)) {
                    text.does.add(TOUCHES, 0);
                }
                text.leads_to(id, meaning);
                world.constant(path).into_iter().for_each(|it| text.says(it));
            }
            Met::Member(ty, name) => {
                text.leads_to(id, world.meaning_of_field(ty, name));
            }
            // A function value may come from the function around it.
            Met::Value => {
                if let Some(parent) = function.parent.filter(|_| function.is_nested()) {
                    text.calls.push((parent, 1));
                }
            }
            Met::Function(callee) => text.calls.push((callee, 0)),
            Met::Method(name) => {
                if let Some(Meaning::Fact(fact)) = world.any_method(name) {
                    text.does.add(reach(fact), 0);
                }
                // A name that many types use says nothing about this one.
                let candidates = by_name.get(name).filter(|it| it.len() <= NAMESAKES);
                candidates.into_iter().flatten().for_each(|it| text.calls.push((FunctionId(*it), 1)));
            }
            Met::Text(it) if text::is_reference(it) => text.does.add(MOVES, 0),
            Met::Text(it) if text::is_about_namespaces(it) => text.does.add(TOUCHES, 0),
            Met::Text(it) if text::begins_a_path(it) => text.does.add(BEGINS_A_PATH, 0),
            Met::Text(_) | Met::Made(_) => (),
            Met::Dropped(ty) => {
                if let Some(callee) = world.drop_of(ty) {
                    text.calls.push((callee, 1));
                    text.certain.push(callee);
                }
            }
        });
        text
    }
}

impl Relevance {
    /// `namesakes` has the other functions of the same path, by the one that `world` knows.
    pub(crate) fn new(world: &World<'_>, namesakes: &HashMap<FunctionId, Vec<FunctionId>>) -> Self {
        let functions = &world.program.functions;
        let mut by_name: HashMap<&str, Vec<u32>> = HashMap::default();
        for (index, function) in functions.iter().enumerate() {
            if let Some((_, name)) = super::world::split(&function.path) {
                by_name.entry(name).or_default().push(index as u32);
            }
        }
        let ids = (0..functions.len() as u32).into_par_iter().map(FunctionId);
        let texts: Vec<_> = ids.map(|it| Text::of(it, world, &by_name)).collect();
        let mut does = Vec::with_capacity(functions.len());
        let mut interfaces = Vec::new();
        let mut edges: Vec<Vec<Edge>> = functions.iter().map(|_| Vec::new()).collect();
        let mut callers: Vec<Vec<u32>> = vec![Vec::new(); functions.len()];
        for (index, text) in texts.into_iter().enumerate() {
            let caller = index as u32;
            for (id, cost) in text.calls {
                let others = namesakes.get(&id).into_iter().flatten();
                [id].iter().chain(others).for_each(|it| edges[it.0 as usize].push(Edge { caller, cost }));
            }
            let outermost = world.program.outermost(FunctionId(caller)).0;
            text.certain.into_iter().for_each(|id| callers[id.0 as usize].push(outermost));
            interfaces.extend(text.interfaces.into_iter().map(|it| (caller, it)));
            does.push(text.does);
        }
        let mut relevance = Relevance { reaches: does.clone(), does, callers, kinds: HashSet::default() };
        relevance.spread(&edges);
        relevance.dispatch(world, &interfaces);
        // Whoever runs something on a value that may be one which moves the thread is near a switch.
        for (caller, path) in interfaces {
            let by: Vec<_> = world.implementations_of(path).map(|it| it.1).collect();
            for id in by.iter().filter(|it| by.len() <= NAMESAKES && relevance.moves(**it)) {
                edges[id.0 as usize].push(Edge { caller, cost: 1 });
            }
        }
        relevance.spread(&edges);
        relevance
    }

    /// Which calls of interfaces and traits matter, by the types that they lead to.
    fn dispatch(&mut self, world: &World<'_>, calls: &[(u32, &str)]) {
        let mut matter: HashMap<&str, bool> = HashMap::default();
        for (caller, path) in calls {
            let matters = *matter.entry(path).or_insert_with(|| {
                let kinds = world.implementations_of(path).filter(|it| self.reaches[it.1.0 as usize].touches);
                let kinds: Vec<_> = kinds.map(|it| it.0.to_owned()).collect();
                let any = !kinds.is_empty();
                self.kinds.extend(kinds);
                any
            });
            self.reaches[*caller as usize].dispatches |= matters;
        }
    }

    /// Whether it calls, itself or not far away, a method of an interface or trait that is answered by the
    /// namespace of the thread for one of the types that implement it.
    pub(crate) fn dispatches(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].dispatches
    }

    /// Whether it is such a type.
    pub(crate) fn answers(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    /// Whether it has anything to do with namespaces, itself or through calls.
    pub(crate) fn reaches_any(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize] != NOTHING
    }

    /// Whether following a call of it on this thread can show anything: where the
    /// thread is at home, what only asks is right.
    pub(crate) fn matters(&self, id: FunctionId, thread: &Thread) -> bool {
        let reach = self.reaches[id.0 as usize];
        if thread.may_be_away() { reach.touches || reach.begins_paths } else { reach.changes <= NEAR }
    }

    /// Whether it opens or reads files, itself or through calls: which ones, the caller may say.
    pub(crate) fn looks(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].looks
    }

    /// Whether it reaches something that changes the thread or takes a reference.
    pub(crate) fn changes(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].changes <= NEAR
    }

    /// Whether it closes something, itself or not far away.
    pub(crate) fn closes(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].closes <= NEAR
    }

    /// Whether its own steps close a descriptor by its number.
    pub(crate) fn closes_by_number(&self, id: FunctionId) -> bool {
        self.does[id.0 as usize].closes_by_number
    }

    /// Whether it closes something, however far away.
    pub(crate) fn ever_closes(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].closes < u8::MAX
    }

    /// Whether it asks through a handle, itself or not far away.
    pub(crate) fn asks(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].asks <= NEAR
    }

    /// Whether it looks something up, itself or not far away: a device, its number.
    pub(crate) fn gives(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].gives <= LOOKED_UP
    }

    /// Whether it reaches something that moves the thread.
    pub(crate) fn moves(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].moves <= NEAR
    }

    /// Whether it reaches something that moves the thread and does not move it back by itself.
    pub(crate) fn leaves(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].leaves <= NEAR
    }

    /// Whether the thread can be away in its steps: it is moved there, comes back moved, or
    /// runs a closure of this text inside.
    pub(crate) fn can_be_away(&self, id: FunctionId, has_closures: bool) -> bool {
        let reach = self.reaches[id.0 as usize];
        let limit = if has_closures { reach.moves } else { reach.leaves };
        usize::from(limit.min(reach.leaves)) <= CARRIED || self.does[id.0 as usize].moves == 0
    }

    /// Whether its own steps open something: what it is handed to has to be known.
    pub(crate) fn opens(&self, id: FunctionId) -> bool {
        self.does[id.0 as usize].changes == 0
    }

    /// Whether it opens something, itself or next to that: what is asked about it has to be known.
    pub(crate) fn is_given(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].changes <= NEXT
    }

    /// Whether a thread can be away, or something open, from its steps on.
    pub(crate) fn can_begin(&self, id: FunctionId) -> bool {
        let reach = self.reaches[id.0 as usize];
        reach.moves <= NEAR || reach.changes <= NEXT
    }

    /// Functions near a switch, or next to where something is opened, that nobody near
    /// calls, and whether somebody farther away does.
    pub(crate) fn roots(&self, world: &World<'_>) -> Vec<(FunctionId, bool)> {
        let is_near = |id: u32| self.can_begin(FunctionId(id));
        let ids = (0..self.does.len() as u32).filter(|it| is_near(*it)).map(FunctionId);
        ids.filter_map(|id| {
            let function = world.program.get(id);
            let callers = &self.callers[id.0 as usize];
            let outermost = function.root.is_some() || !callers.iter().any(|it| is_near(*it));
            (!function.is_nested() && outermost).then_some((id, !callers.is_empty()))
        })
        .collect()
    }

    /// Whether something in it is answered by the namespace of the thread.
    pub(crate) fn touches(&self, id: FunctionId) -> bool {
        self.reaches[id.0 as usize].touches
    }

    /// Those who call it or take it as a value, as far as that is certain.
    pub(crate) fn callers_of(&self, id: FunctionId) -> impl Iterator<Item = FunctionId> + '_ {
        self.callers[id.0 as usize].iter().map(|it| FunctionId(*it))
    }

    /// Whether the tree calls it or takes it as a value, as far as that is certain.
    pub(crate) fn is_called(&self, id: FunctionId) -> bool {
        !self.callers[id.0 as usize].is_empty()
    }

    /// Whether its own steps change the thread's namespace or take a reference, or a
    /// helper that it calls comes back with the thread moved.
    pub(crate) fn may_move(&self, id: FunctionId) -> bool {
        let helped = self.reaches[id.0 as usize].leaves <= HELPED;
        helped || self.moves_itself(id)
    }

    /// Whether its own steps change the thread's namespace or take a reference.
    pub(crate) fn moves_itself(&self, id: FunctionId) -> bool {
        self.does[id.0 as usize].moves == 0
    }

    fn spread(&mut self, edges: &[Vec<Edge>]) {
        let mut work: Vec<u32> = (0..self.reaches.len() as u32).collect();
        while let Some(index) = work.pop() {
            let reach = self.reaches[index as usize];
            for edge in &edges[index as usize] {
                let known = &mut self.reaches[edge.caller as usize];
                let before = *known;
                known.add(reach, edge.cost);
                if *known != before {
                    work.push(edge.caller);
                }
            }
        }
    }
}
