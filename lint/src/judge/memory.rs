//! What the judge remembers of all paths.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::{Event, Netns, Point, Reference, Region, Shows, Site};
use crate::ir::Function;
use crate::source::Span;

/// What was seen on all paths so far, which a single state does not know.
#[derive(Default)]
pub struct Memory {
    /// The calls that led to a switch that some path takes back, seen from
    /// every function that was running at both.
    pub(super) restored: BTreeSet<Vec<Span>>,
    /// The calls that enter another namespace.
    pub(super) entered: BTreeSet<Span>,
    /// Regions in which something happens that needs them: the calls that begin them, seen from the
    /// text in which it happens and from every function that leads there.
    pub(super) used: BTreeSet<Vec<Span>>,
    /// By library: regions with a handle of their own, likewise.
    pub(super) own: BTreeMap<String, BTreeSet<Vec<Span>>>,
    /// The same, and the work that is done inside.
    pub(super) work: BTreeSet<(Vec<Span>, Vec<Span>)>,
    /// The calls that led to a switch, seen from functions that are over, where something follows that depends on it.
    pub(super) outlived: BTreeSet<Vec<Span>>,
    /// The same, where what follows is that the same call is made again, and that call.
    pub(super) again: BTreeSet<(Vec<Span>, Vec<Span>)>,
    /// The calls in which the current namespace is remembered, seen from all functions that are running then.
    pub(super) captured_in: BTreeSet<Vec<Span>>,
    /// The calls that led to a switch that failed, from which the path goes back all the same.
    pub(super) stayed: BTreeSet<Vec<Span>>,
    /// Where the main thread's namespace is opened in a region that the thread leaves by it.
    pub(super) led_home: BTreeSet<Span>,
}

impl Memory {
    /// Whether some path of the function at this depth goes back from that switch.
    pub fn is_restored(&self, steps: &[Site], depth: usize) -> bool {
        self.restored.contains(&spans(steps.get(depth..).unwrap_or_default()))
    }

    /// Whether some path goes back from another switch of this function.
    pub fn restores_another(&self, function: &Function, switch: Span) -> bool {
        let mut begins = self.restored.iter().filter_map(|it| it.first());
        begins.any(|it| *it != switch && function.span.contains(*it))
    }

    /// Whether the thread goes on to something that depends on where it is, after the function is over that began the
    /// region with these calls.
    pub(super) fn goes_on(&self, steps: &[Span]) -> bool {
        let mut again = self.again.iter().filter(|it| it.0 == steps);
        self.outlived.contains(steps) || again.any(|it| self.captured_in.contains(&it.1))
    }

    /// Whether the function that began the region is over, and should have gone back by itself.
    fn is_left_over(&self, point: &Point<'_>, region: &Region) -> bool {
        (point.common(&region.steps) + 1..region.steps.len()).any(|it| self.is_restored(&region.steps, it))
    }

    fn outlive(&mut self, point: &Point<'_>, region: &Region) {
        let common = point.common(&region.steps);
        let captures = matches!(point.event, Event::Capture(_) | Event::View { shows: Shows::ThreadReference, .. });
        if captures || matches!(point.event, Event::Use(_) | Event::View { shows: Shows::ThreadView, .. }) {
            self.outlived.extend((common + 1..region.steps.len()).map(|it| spans(&region.steps[it..])));
        }
        if captures {
            self.captured_in.extend((1..=point.stack.len()).map(|it| spans(&point.stack[..it])));
        }
        // An earlier run of the same call left the thread there.
        if matches!(point.event, Event::Left { .. }) && common == point.stack.len() && common < region.steps.len() {
            self.again.insert((spans(&region.steps[common..]), spans(point.stack)));
        }
    }

    pub(super) fn merge(&mut self, other: Memory) {
        self.restored.extend(other.restored);
        self.entered.extend(other.entered);
        self.used.extend(other.used);
        for (library, regions) in other.own {
            self.own.entry(library).or_default().extend(regions);
        }
        self.work.extend(other.work);
        self.stayed.extend(other.stayed);
        self.led_home.extend(other.led_home);
        self.outlived.extend(other.outlived);
        self.again.extend(other.again);
        self.captured_in.extend(other.captured_in);
    }

    pub(super) fn note(&mut self, point: &Point<'_>) {
        if let Some(region) = point.state.thread.region() {
            self.entered.insert(region.steps[region.steps.len() - 1].span);
            if !point.state.thread.may_be_over {
                self.outlive(point, region);
            }
            let ways = || (0..=point.depth_of_region(&region.steps)).map(|it| spans(&region.steps[it..]));
            match &point.event {
                Event::Use(_) | Event::View { shows: Shows::ThreadView, .. } => {
                    self.used.extend(ways());
                    if !self.is_left_over(point, region) {
                        self.work.insert((spans(&region.steps), point.way()));
                    }
                }
                Event::Switch(switch) if switch.back => {
                    let is_inside = |it: &&Reference| it.of_main_thread && point.region_of(it).is_some();
                    let opened = switch.reference.filter(is_inside);
                    self.led_home.extend(opened.map(|it| it.at.span));
                }
                Event::Request { handle: Some(handle), fact, .. } if handle.bound == region.netns => {
                    self.own.entry(fact.library().to_owned()).or_default().extend(ways());
                }
                _ => (),
            }
        }
        if let (Event::Stayed, Some(missed)) = (&point.event, point.state.thread.missed()) {
            self.stayed.insert(spans(missed));
        }
        let Event::Switch(switch) = &point.event else { return };
        if !switch.back && switch.to != Netns::Home {
            self.entered.insert(point.site.span);
        }
        if switch.closed {
            return;
        }
        // Everything between where it goes and where it is, is left.
        let left = point.state.thread.regions.iter().rev().take_while(|it| it.netns != switch.to);
        for region in left.filter(|_| switch.back) {
            for depth in 0..=point.common(&region.steps) {
                self.restored.insert(spans(region.steps.get(depth..).unwrap_or_default()));
            }
        }
    }
}

pub(super) fn spans(steps: &[Site]) -> Vec<Span> {
    steps.iter().map(|it| it.span).collect()
}

/// Whether a region is one of these, seen from any function that leads to it.
pub(super) fn is_one_of(regions: &BTreeSet<Vec<Span>>, steps: &[Site]) -> bool {
    let calls = spans(steps);
    (0..calls.len()).any(|depth| regions.contains(&calls[depth..]))
}
