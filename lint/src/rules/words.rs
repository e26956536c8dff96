//! What several rules say in the same words.

use crate::finding::Label;
use crate::flow::{Point, Region, Site};
use crate::ir::Function;
use crate::judge::{Certain, item};

/// What a call is labelled with on whose other side it goes on.
pub const THROUGH: &str = "through this call";

/// The steps from where a region begins to the point, for a report.
pub(super) fn way_into(point: &Point<'_>, region: &Region) -> Vec<Label> {
    way_through(point, region, point.site, THROUGH)
}

/// The same, with what is said of one of the calls on the way.
pub(super) fn way_through(point: &Point<'_>, region: &Region, place: Site, bite: &str) -> Vec<Label> {
    let start = point.region_start(&region.steps);
    let depth = point.depth_of_text(&region.steps);
    let mut labels = vec![Label { span: start.name, message: entering(point, region, start) }];
    if let Some(switch) = region.steps.last().filter(|it| **it != start) {
        labels.push(Label { span: switch.name, message: "which moves the thread here".into() });
    }
    let through = point.stack.iter().skip(depth).filter(|it| (!it.by_value || **it == place) && **it != start);
    labels.extend(through.map(|it| label(*it, if *it == place { bite } else { THROUGH })));
    labels
}

fn entering(point: &Point<'_>, region: &Region, start: Site) -> String {
    let runs_closure = region.closed || point.stack.contains(&start);
    if runs_closure {
        "the closure runs in another network namespace here".into()
    } else {
        "the thread enters another network namespace here".into()
    }
}

/// The function with a name in whose text the point stands.
pub(super) fn here(point: &Point<'_>) -> String {
    item(point.program, point.function)
}

/// The function with a name in whose text a step before the point stands.
pub(super) fn item_at(point: &Point<'_>, step: Site) -> String {
    let mut on_the_way = point.functions.iter().rev().copied();
    let holds = |it: &&Function| it.span.contains(step.span);
    let around = on_the_way.find(holds).or_else(|| point.program.functions.iter().find(holds));
    around.map_or_else(|| here(point), |it| item(point.program, it))
}

/// The last part of a path, with what it belongs to: `netlink.LinkList`, `Handle.LinkList`.
pub(super) fn short(path: &str) -> &str {
    let from = path.rfind('/').map_or(0, |it| it + 1);
    &path[from..]
}

pub(super) fn label(site: Site, message: &str) -> Label {
    Label { span: site.name, message: message.into() }
}

/// How sure a fault inside a region is. Where something that goes back is alive,
/// the thread was moved on purpose, and a path that did not enter says nothing
/// about the one that did.
pub(super) fn certain_inside(point: &Point<'_>) -> Certain {
    match point.guarded {
        _ if point.state.thread.doubt => Certain::No,
        true => Certain::Inside,
        false => Certain::Yes,
    }
}
