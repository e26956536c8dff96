//! `list` and `pins`: the namespaces, and what holds them.

use std::num::NonZeroU64;

use serde::Serialize;

use super::{
    inventory::{Holder, Inventory, Namespace, Owner, Unseen},
    print::{Report, Screen, Tone, as_text},
};

/// Every namespace.
#[derive(Serialize)]
pub(crate) struct List<'a> {
    namespaces: Vec<Row<'a>>,
    #[serde(flatten)]
    completeness: Completeness<'a>,
}

/// One namespace, with everything that holds it.
#[derive(Serialize)]
pub(crate) struct Pins<'a> {
    namespace: Row<'a>,
    #[serde(flatten)]
    completeness: Completeness<'a>,
}

/// What a reader must know before taking a list for the whole.
#[derive(Serialize)]
pub(crate) struct Completeness<'a> {
    complete: bool,
    unseen: Gaps<'a>,
}

#[derive(Serialize)]
struct Gaps<'a> {
    summary: Vec<String>,
    processes: &'a [u32],
    descriptors_of: &'a [u32],
    sockets_of: Vec<u32>,
    mounts_of: &'a [u32],
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(serialize_with = "as_text")]
    id: Option<NonZeroU64>,
    inode: Option<u64>,
    names: Vec<&'a str>,
    here: bool,
    owner: Option<Owner>,
    holders: &'a [Holder],
}

impl<'a> Completeness<'a> {
    pub(crate) fn of(unseen: &'a Unseen) -> Self {
        let summary = unseen.lines();
        let unseen = Gaps {
            processes: &unseen.processes,
            descriptors_of: &unseen.descriptors,
            sockets_of: unseen.sockets.iter().map(|it| it.0).collect(),
            mounts_of: &unseen.mounts,
            summary,
        };
        Self { complete: unseen.summary.is_empty(), unseen }
    }

    pub(crate) fn text(&self, screen: Screen) -> String {
        let lines = self.unseen.summary.iter();
        lines.map(|it| format!("{} {it}\n", screen.tint("not seen:", Tone::Warning))).collect()
    }
}

impl<'a> Row<'a> {
    fn of(it: &'a Namespace) -> Self {
        let inode = it.inode.map(|it| it.number);
        Self { id: it.id, inode, names: it.names().collect(), here: it.here, owner: it.owner(), holders: &it.holders }
    }

    fn numbers(&self) -> [String; 2] {
        let shown = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |it| it.to_string());
        [shown(self.id.map(NonZeroU64::get)), shown(self.inode)]
    }

    fn name(&self) -> String {
        match (&self.names[..], self.here) {
            ([], true) => "(here)".to_owned(),
            ([], false) => "-".to_owned(),
            (names, true) => format!("{} (here)", names.join(", ")),
            (names, false) => names.join(", "),
        }
    }

    fn owner(&self) -> String {
        self.owner.map_or_else(|| "?".to_owned(), |it| format!("uid {} (user:[{}])", it.uid, it.user_namespace))
    }
}

impl<'a> List<'a> {
    pub(crate) fn of(inventory: &'a Inventory) -> Self {
        let namespaces = inventory.namespaces.iter().map(Row::of).collect();
        Self { namespaces, completeness: Completeness::of(&inventory.unseen) }
    }
}

impl<'a> Pins<'a> {
    pub(crate) fn of(namespace: &'a Namespace, unseen: &'a Unseen) -> Self {
        Self { namespace: Row::of(namespace), completeness: Completeness::of(unseen) }
    }
}

impl Report for List<'_> {
    const NAME: &'static str = "list";

    fn text(&self, screen: Screen) -> String {
        let rows = self.namespaces.iter().map(|it| {
            let [id, inode] = it.numbers();
            vec![
                (id, Tone::Strong),
                (inode, Tone::Faint),
                (it.name(), Tone::Plain),
                (summary(it.holders), Tone::Plain),
                (it.owner.map_or_else(|| "?".to_owned(), |it| format!("uid {}", it.uid)), Tone::Faint),
            ]
        });
        screen.table(&["ID", "INODE", "NAME", "HELD BY", "OWNER"], rows) + &self.completeness.text(screen)
    }
}

impl Report for Pins<'_> {
    const NAME: &'static str = "pins";

    fn text(&self, screen: Screen) -> String {
        let [id, inode] = self.namespace.numbers();
        let head = format!("namespace {id} (net:[{inode}]), owned by {}\n", self.namespace.owner());
        let rows = self.namespace.holders.iter().map(|it| {
            let (by, what, who) = described(it);
            vec![(by.to_owned(), Tone::Strong), (what, Tone::Plain), (who, Tone::Plain)]
        });
        head + &screen.table(&["HELD BY", "WHICH", "OF"], rows) + &self.completeness.text(screen)
    }
}

/// The kind of holder, which one it is, and whose.
fn described(holder: &Holder) -> (&'static str, String, String) {
    match holder {
        Holder::Name { name } => ("name", name.clone(), String::new()),
        Holder::Mount { path, mounts, process: None } => ("mount", path.clone(), format!("mnt:[{mounts}], this one")),
        Holder::Mount { path, mounts, process: Some(pid) } => {
            ("mount", path.clone(), format!("mnt:[{mounts}], that of pid {pid}"))
        }
        Holder::Kernel { threads } => ("kernel", format!("{threads} threads"), String::new()),
        Holder::Process { pid, name, threads: 0 } => ("process", format!("{name} (pid {pid})"), String::new()),
        Holder::Process { pid, name, threads } => {
            ("process", format!("{name} (pid {pid}) and {threads} more threads"), String::new())
        }
        Holder::Thread { pid, tid, name } => ("thread", format!("{name} (tid {tid})"), format!("pid {pid}")),
        Holder::Descriptor { pid, number, name } => ("descriptor", number.to_string(), format!("{name} (pid {pid})")),
        Holder::Socket { pid, number, name, kind } => {
            ("socket", format!("{number}, {kind}"), format!("{name} (pid {pid})"))
        }
    }
}

/// In one line: a few by name, the rest by number.
fn summary(holders: &[Holder]) -> String {
    const SHOWN: usize = 2;
    let mut parts = Vec::new();
    if holders.iter().any(|it| matches!(it, Holder::Kernel { .. })) {
        parts.push("the kernel".to_owned());
    }
    for kind in ["mount", "process", "thread", "descriptor", "socket"] {
        let found: Vec<_> = holders.iter().map(described).filter(|it| it.0 == kind).collect();
        let (which, whose): (Vec<_>, Vec<_>) = found.into_iter().map(|(_, which, of)| (which, of)).unzip();
        match which.len() {
            0 => {}
            1 if whose[0].is_empty() => parts.push(format!("{kind} {}", which[0])),
            1 => parts.push(format!("{kind} {} of {}", which[0], whose[0])),
            count => {
                // Descriptors and sockets mean something only with whose they are; those repeat.
                let mut few = if matches!(kind, "descriptor" | "socket") { whose } else { which };
                few.dedup();
                let more = if few.len() > SHOWN { ", …" } else { "" };
                few.truncate(SHOWN);
                let plural = if kind == "process" { "es" } else { "s" };
                let few: Vec<_> = few.into_iter().map(|it| it.replace(" and ", " + ")).collect();
                parts.push(format!("{count} {kind}{plural} ({}{more})", few.join(", ")));
            }
        }
    }
    if parts.is_empty() { "its name only".to_owned() } else { parts.join("; ") }
}
