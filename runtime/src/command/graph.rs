//! `graph`: the host's namespaces as a picture, in no format yet.

mod dot;
mod layout;
mod mermaid;
mod svg;

use std::collections::{HashMap, HashSet};

use super::{
    Failure, Outcome, audit, cli,
    cli::Picture,
    inventory::{Holder, Inventory, Namespace},
    print,
    snapshot::route::{address_text, controller, link_kind, link_name},
};
use crate::{
    Error, Netns, RouteHandle,
    packet::link::{InfoKind, LinkAttribute, LinkFlags, LinkMessage},
};

/// What is drawn: boxes, and cables between their rows.
#[derive(Debug, Default)]
struct Graph {
    boxes: Vec<Box>,
    cables: Vec<Cable>,
}

/// A namespace.
#[derive(Debug, Default, Clone)]
struct Box {
    title: String,
    /// Who lives there, in one line.
    subtitle: String,
    rows: Vec<Row>,
    /// Who is there and should not be, a line each.
    strays: Vec<String>,
    /// Why its links are not shown.
    dark: Option<String>,
}

/// A link. The ports of a bridge follow it, indented.
#[derive(Debug, Clone)]
struct Row {
    name: String,
    kind: String,
    up: bool,
    indented: bool,
    addresses: Vec<String>,
    /// Its other end is in a namespace that was not found.
    loose: bool,
}

/// Between two rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cable {
    ends: [End; 2],
    kind: CableKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct End {
    place: usize,
    row: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CableKind {
    /// The two ends of a pair.
    Pair,
    /// A virtual link on top of another, such as a macvlan.
    Upon,
}

pub(crate) fn run(arguments: &cli::Graph) -> Result<Outcome, Failure> {
    let (inventory, findings) = audit::settled(arguments.settle)?;
    let mut graph = Graph::of(&inventory);
    for (namespace, drawn) in inventory.namespaces.iter().zip(&mut graph.boxes) {
        drawn.strays = findings.iter().filter(|it| it.is_in(namespace)).map(audit::Finding::short).collect();
    }
    let dark = graph.boxes.iter().any(|it| it.dark.is_some());
    print::write(&match arguments.format {
        Picture::Svg => svg::draw(&graph, &inventory.unseen.lines()),
        Picture::Dot => dot::draw(&graph),
        Picture::Mermaid => mermaid::draw(&graph),
    })?;
    Ok(if dark { Outcome::Incomplete } else { super::complete(&inventory) })
}

/// What a namespace's own socket says of it.
struct Seen {
    route: RouteHandle,
    links: Vec<LinkMessage>,
    rows: HashMap<u32, usize>,
}

impl Graph {
    fn of(inventory: &Inventory) -> Self {
        let mut graph = Self::default();
        let mut seen = Vec::new();
        for namespace in &inventory.namespaces {
            let here = if namespace.here { " (here)" } else { "" };
            let title = format!("{}{here}", namespace.spelling());
            let mut drawn = Box { title, subtitle: subtitle(namespace), ..Box::default() };
            let looked = match &namespace.netns {
                Some(netns) => look(netns, &mut drawn).map_err(|error| error.to_string()),
                None => Err("it is not the caller's to open".to_owned()),
            };
            seen.push(looked.map_err(|why| drawn.dark = Some(why)).ok());
            graph.boxes.push(drawn);
        }
        graph.connect(inventory, &mut seen);
        graph
    }

    fn connect(&mut self, inventory: &Inventory, seen: &mut [Option<Seen>]) {
        // Those with many links have most of the other ends, so they are asked for first.
        let mut likely: Vec<_> = (0..seen.len()).filter(|it| seen[*it].is_some()).collect();
        likely.sort_by_key(|it| std::cmp::Reverse(self.boxes[*it].rows.len()));
        let mut done = HashSet::new();
        for place in 0..seen.len() {
            let Some(here) = &mut seen[place] else { continue };
            let numbers = neighbours(here, inventory, &likely);
            let here = seen[place].as_ref().expect("it was there a line ago");
            for link in &here.links {
                let Some(index) = lower(link) else { continue };
                let from = End { place, row: here.rows[&link.header.index] };
                let there = match nsid(link) {
                    None => Some(place),
                    Some(number) => numbers.get(&number).copied(),
                };
                let row = there.and_then(|it| seen[it].as_ref()?.rows.get(&index).copied());
                let (Some(place), Some(row)) = (there, row) else {
                    self.boxes[from.place].rows[from.row].loose = true;
                    continue;
                };
                let kind = if is_pair(link) { CableKind::Pair } else { CableKind::Upon };
                let mut ends = [from, End { place, row }];
                ends.sort();
                // Both ends of a pair tell of it.
                if done.insert(ends) {
                    self.cables.push(Cable { ends, kind });
                }
            }
        }
        // As they come out of the box with more of them, so that fewer cross.
        let rows = |end: End| self.boxes[end.place].rows.len();
        self.cables.sort_by_key(|it| it.ends.into_iter().max_by_key(|end| rows(*end)).map(|end| (end.place, end.row)));
    }
}

fn look(netns: &Netns, drawn: &mut Box) -> Result<Seen, Error> {
    let mut route = RouteHandle::open(netns)?;
    let links = route.links()?;
    let addresses = route.addresses()?;
    let mut rows = HashMap::new();
    for (link, indented) in in_groups(&links) {
        rows.insert(link.header.index, drawn.rows.len());
        drawn.rows.push(Row {
            name: link_name(link).unwrap_or_default().to_owned(),
            kind: link_kind(link).map(ToString::to_string).unwrap_or_default(),
            up: link.header.flags.contains(LinkFlags::Up),
            indented,
            addresses: addresses
                .iter()
                .filter(|it| it.header.index == link.header.index)
                .filter_map(address_text)
                // Every link that is up has one of these, and it says nothing.
                .filter(|it| !it.starts_with("fe80:"))
                .collect(),
            loose: false,
        });
    }
    Ok(Seen { route, links, rows })
}

/// Each bridge before its ports; otherwise the kernel's order.
fn in_groups(links: &[LinkMessage]) -> Vec<(&LinkMessage, bool)> {
    let indexes: HashSet<_> = links.iter().map(|it| it.header.index).collect();
    let above = |link: &LinkMessage| controller(link).filter(|it| indexes.contains(it));
    let mut grouped = Vec::new();
    for link in links.iter().filter(|it| above(it).is_none()) {
        grouped.push((link, false));
        let ports = links.iter().filter(|it| above(it) == Some(link.header.index));
        grouped.extend(ports.map(|it| (it, true)));
    }
    // A bridge in a bond, and the like.
    let rest: Vec<_> = links.iter().filter(|it| !grouped.iter().any(|(other, _)| std::ptr::eq(*it, *other))).collect();
    grouped.extend(rest.into_iter().map(|it| (it, true)));
    grouped
}

/// The places of the namespaces by the numbers that this one has for them, as far as its links mention any.
fn neighbours(here: &mut Seen, inventory: &Inventory, likely: &[usize]) -> HashMap<i32, usize> {
    let wanted: HashSet<_> = here.links.iter().filter_map(nsid).collect();
    let mut found = HashMap::new();
    for place in likely {
        if found.len() == wanted.len() {
            break;
        }
        let Some(netns) = &inventory.namespaces[*place].netns else { continue };
        if let Ok(Some(number)) = here.route.nsid_of(netns)
            && wanted.contains(&number)
        {
            found.insert(number, *place);
        }
    }
    found
}

/// The index of the link that this one is on top of, or a pair with.
fn lower(link: &LinkMessage) -> Option<u32> {
    link.attributes.iter().find_map(|it| match it {
        LinkAttribute::Link(index) if *index != 0 => Some(*index),
        _ => None,
    })
}

fn nsid(link: &LinkMessage) -> Option<i32> {
    link.attributes.iter().find_map(|it| match it {
        LinkAttribute::LinkNetNsId(number) => Some(*number),
        _ => None,
    })
}

fn is_pair(link: &LinkMessage) -> bool {
    matches!(link_kind(link), Some(InfoKind::Veth | InfoKind::Netkit | InfoKind::Vxcan))
}

fn subtitle(namespace: &Namespace) -> String {
    let count = |wanted: fn(&Holder) -> bool| namespace.holders.iter().filter(|it| wanted(it)).count();
    let processes = count(|it| matches!(it, Holder::Process { .. }));
    let plural = if processes == 1 { "process" } else { "processes" };
    let numbers = match (namespace.id, namespace.inode) {
        // Where there is no name, the title says it.
        (Some(id), _) if namespace.names().next().is_some() => format!("id:{id}, "),
        _ => String::new(),
    };
    if processes == 0 { format!("{numbers}no process") } else { format!("{numbers}{processes} {plural}") }
}
