//! What is in a namespace, read through verified handles, in words that mean the same in another one.

pub(super) mod route;
mod sockets;

use std::{collections::HashMap, fmt};

use serde::Serialize;
use serde_json::Value;

use super::cli::Section;
use crate::{Error, Incomplete, Netns, Proof, RouteHandle, packet::link::LinkMessage};

/// Fields that mean something only in their own namespace, or at their own moment.
const VOLATILE: [&str; 5] = ["index", "peer_index", "peer_nsid", "nud", "inode"];

pub(crate) struct Snapshot {
    pub(crate) netns: Netns,
    pub(crate) proof: Proof,
    pub(crate) sections: Vec<(Section, Vec<Entry>)>,
    /// What could not be read, one line each.
    pub(crate) missing: Vec<String>,
}

/// A link, an address, …: its fields in the order of the columns. A field that does not apply is null.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry(pub(crate) Vec<(&'static str, Value)>);

impl Snapshot {
    /// # Errors
    ///
    /// If no handle can be opened; what cannot be read through it is only missing.
    pub(crate) fn take(netns: Netns, what: &[Section]) -> Result<Self, Error> {
        let mut route = RouteHandle::open(&netns)?;
        let proof = *route.handle().proof();
        let mut missing = Vec::new();
        // Everything else names links by their index.
        let links = whole(route.links(), &mut missing);
        let names = Names::of(&links);
        let mut sections = Vec::new();
        for section in what {
            let entries = match section {
                Section::Links => links.iter().map(|it| route::link(it, &names)).collect(),
                Section::Addrs => each(whole(route.addresses(), &mut missing), |it| route::address(it, &names)),
                Section::Routes => {
                    let mut routes = each(whole(route.routes(), &mut missing), |it| route::route(it, &names));
                    // The table that people look at first.
                    routes.sort_by_key(|it| it.text("table") != "main");
                    routes
                }
                Section::Neigh => each(whole(route.neighbours(), &mut missing), |it| route::neighbour(it, &names)),
                Section::Rules => each(whole(route.rules(), &mut missing), route::rule),
                Section::Sockets => sockets::all(&netns, route.handle(), &mut missing)?,
            };
            sections.push((*section, entries));
        }
        Ok(Self { netns, proof, sections, missing })
    }
}

fn each<T>(messages: Vec<T>, entry: impl Fn(&T) -> Entry) -> Vec<Entry> {
    messages.iter().map(entry).collect()
}

/// The list, or what there is of it and a line about the rest.
fn whole<T>(list: Result<Vec<T>, Incomplete<T>>, missing: &mut Vec<String>) -> Vec<T> {
    list.unwrap_or_else(|incomplete| {
        missing.push(incomplete.error.to_string());
        incomplete.partial
    })
}

/// The names of the links, by index.
pub(crate) struct Names(HashMap<u32, String>);

impl Names {
    pub(crate) fn of(links: &[LinkMessage]) -> Self {
        Self(links.iter().map(|it| (it.header.index, route::link_name(it).unwrap_or_default().to_owned())).collect())
    }

    /// A link that came after the names were read is known by its index only.
    fn name(&self, index: u32) -> String {
        self.0.get(&index).cloned().unwrap_or_else(|| format!("if{index}"))
    }
}

impl Entry {
    pub(crate) fn text(&self, field: &str) -> String {
        self.0.iter().find(|it| it.0 == field).map_or_else(String::new, |it| plain(&it.1))
    }

    /// The same without what would differ between two namespaces that are alike.
    pub(crate) fn steady(&self) -> Self {
        Self(self.0.iter().filter(|it| !VOLATILE.contains(&it.0)).cloned().collect())
    }
}

/// As people read it.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One line: the fields that apply, with their names where the value alone would be a riddle.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = self.0.iter().filter(|it| !it.1.is_null());
        if let Some((_, first)) = fields.next() {
            f.write_str(&plain(first))?;
        }
        fields.try_for_each(|(name, value)| write!(f, " {name} {}", plain(value)))
    }
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
