//! What variables hold, by the run of the function that they belong to: what a callee cannot see moves aside
//! as a whole, and a write copies the variables of one run only.

use super::shared::Shared;
use super::value::{Frame, Value};

/// A variable in one run of its function.
pub(crate) type Cell = (Frame, u32);

/// Sorted by run, and in a run by variable. No run is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cells {
    runs: Vec<(Frame, Run)>,
}

type Run = Shared<Vec<(u32, Value)>>;

impl Cells {
    pub(super) fn len(&self) -> usize {
        self.runs.iter().map(|it| it.1.len()).sum()
    }

    pub(super) fn get(&self, (frame, place): &Cell) -> Option<&Value> {
        let cells = &self.runs[self.find(*frame)?].1;
        cells.binary_search_by_key(place, |it| it.0).ok().map(|at| &cells[at].1)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.runs.iter().flat_map(|it| it.1.iter().map(|it| &it.1))
    }

    /// The variables of one run.
    pub(super) fn of(&self, frame: Frame) -> impl Iterator<Item = (u32, &Value)> {
        let cells = self.find(frame).map_or(&[][..], |at| &self.runs[at].1);
        cells.iter().map(|(place, value)| (*place, value))
    }

    /// What the variables of all runs hold of which `are` says so.
    pub(super) fn of_those(&self, are: impl Fn(Frame) -> bool) -> impl Iterator<Item = &Value> {
        self.runs.iter().filter(move |it| are(it.0)).flat_map(|it| it.1.iter().map(|it| &it.1))
    }

    /// What differs from what it is in another state becomes what `change` makes of the two.
    pub(super) fn differ(&mut self, other: &Cells, mut change: impl FnMut(&Value, &Value) -> Value) {
        for (frame, cells) in &mut self.runs {
            let Some(others) = other.find(*frame).map(|at| &other.runs[at].1).filter(|it| *it != cells) else {
                continue;
            };
            for (place, value) in cells.iter_mut() {
                let there = others.binary_search_by_key(place, |it| it.0).ok().map(|at| &others[at].1);
                if let Some(different) = there.filter(|it| *it != value) {
                    *value = change(value, different);
                }
            }
        }
    }

    /// Forgets what another state does not have.
    pub(super) fn keep_common(&mut self, other: &Cells) {
        self.runs.retain_mut(|(frame, cells)| {
            let Some(others) = other.find(*frame).map(|at| &other.runs[at].1) else { return false };
            let is_there = |it: &(u32, Value)| others.binary_search_by_key(&it.0, |it| it.0).is_ok();
            if !cells.iter().all(is_there) {
                cells.retain(is_there);
            }
            !cells.is_empty()
        });
    }

    /// Gives some of the values another one.
    pub(super) fn change(&mut self, changed: impl Fn(&Value) -> Option<Value>) {
        for cells in self.runs.iter_mut().map(|it| &mut it.1) {
            for at in 0..cells.len() {
                if let Some(value) = changed(&cells[at].1) {
                    cells[at].1 = value;
                }
            }
        }
    }

    /// Takes away, and gives, the runs that `seen` does not name.
    pub(super) fn split(&mut self, seen: impl Fn(Frame) -> bool) -> Cells {
        Cells { runs: self.runs.extract_if(.., |it| !seen(it.0)).collect() }
    }

    /// Puts back what was taken away, as far as there is nothing new in its place.
    pub(super) fn join(&mut self, others: &Cells) {
        for (frame, others) in &others.runs {
            match self.runs.binary_search_by_key(frame, |it| it.0) {
                Err(at) => self.runs.insert(at, (*frame, others.clone())),
                Ok(_) => others.iter().for_each(|(place, value)| {
                    if self.get(&(*frame, *place)).is_none() {
                        self.insert((*frame, *place), value.clone());
                    }
                }),
            }
        }
    }

    pub(super) fn insert(&mut self, (frame, place): Cell, value: Value) {
        let run = self.runs.binary_search_by_key(&frame, |it| it.0).unwrap_or_else(|at| {
            self.runs.insert(at, (frame, Run::default()));
            at
        });
        let cells = &mut self.runs[run].1;
        match cells.binary_search_by_key(&place, |it| it.0) {
            Ok(at) => cells[at].1 = value,
            Err(at) => cells.insert(at, (place, value)),
        }
    }

    fn find(&self, frame: Frame) -> Option<usize> {
        self.runs.binary_search_by_key(&frame, |it| it.0).ok()
    }
}

// What changes nothing copies nothing.

impl Shared<Cells> {
    /// Forgets the variables of one run that `keep` does not name.
    pub(super) fn retain_of(&mut self, frame: Frame, keep: impl Fn(u32) -> bool) {
        let Some(at) = self.find(frame).filter(|_| !self.of(frame).all(|it| keep(it.0))) else { return };
        let runs = &mut self.runs;
        let cells = &mut runs[at].1;
        cells.retain(|it| keep(it.0));
        if cells.is_empty() {
            runs.remove(at);
        }
    }

    pub(super) fn remove(&mut self, cell: &Cell) -> Option<Value> {
        self.get(cell)?;
        let runs = &mut self.runs;
        let run = runs.binary_search_by_key(&cell.0, |it| it.0).ok()?;
        let cells = &mut runs[run].1;
        let at = cells.binary_search_by_key(&cell.1, |it| it.0).ok()?;
        let (_, value) = cells.remove(at);
        if cells.is_empty() {
            runs.remove(run);
        }
        Some(value)
    }
}
