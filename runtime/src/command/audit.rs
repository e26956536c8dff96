//! `audit`: threads and sockets that are not where they should be.

mod suspect;
mod watch;

use std::{collections::HashSet, num::NonZeroU64, thread::sleep, time::Duration};

use clap::ValueEnum;
use serde::Serialize;

use self::suspect::suspects;
use super::{
    Failure, Outcome, cli,
    cli::{AuditFormat, Format},
    inventory::{Holder, Inventory, Namespace},
    list::Completeness,
    print::{self, Report, Screen, Tone, as_text},
    proc::Process,
};
use crate::{Error, netns::TO_LOOK};

/// How bad it is today, in the words of the lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    Warning,
    Error,
}

/// What may be found. The names are those of the lint's rules for the same fault, which it sees in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rule {
    /// A thread stays in another namespace than its process.
    MissingRestore,
    /// A thread of a pool does, whose work is anybody's.
    EscapingTask,
    /// A netlink socket lives where no thread of its process is.
    StaleHandle,
    /// Nothing but a descriptor keeps a namespace alive.
    LeakedDescriptor,
}

impl Rule {
    pub(crate) const NAMES: [&str; 4] = ["missing-restore", "escaping-task", "stale-handle", "leaked-descriptor"];

    fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    fn level(self) -> Level {
        match self {
            Self::MissingRestore | Self::EscapingTask => Level::Error,
            // Right where it was meant: a handle that was opened inside for use from outside.
            Self::StaleHandle | Self::LeakedDescriptor => Level::Warning,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Finding {
    rule: Rule,
    level: Level,
    pid: u32,
    process: String,
    #[serde(flatten)]
    subject: Subject,
    /// Where it is.
    namespace: Place,
    /// Where its process is.
    home: Option<Place>,
    message: String,
    help: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Subject {
    Thread { tid: u32, name: String },
    Socket { descriptor: i32, kind: String },
    Descriptor { descriptor: i32 },
}

/// A namespace, in numbers and as it is spelled on the command line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Place {
    #[serde(serialize_with = "as_text")]
    id: Option<NonZeroU64>,
    inode: Option<u64>,
    spelling: String,
}

impl Place {
    fn of(namespace: &Namespace) -> Self {
        let inode = namespace.inode.map(|it| it.number);
        Self { id: namespace.id, inode, spelling: namespace.spelling() }
    }
}

/// What one look came to.
#[derive(Serialize)]
struct Audit<'a> {
    looked_at: Looked,
    findings: Vec<Finding>,
    #[serde(flatten)]
    completeness: Completeness<'a>,
    #[serde(skip)]
    rows: Vec<Vec<(String, Tone)>>,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Looked {
    processes: usize,
    threads: usize,
    netlink_sockets: usize,
}

pub(crate) fn run(arguments: &cli::Audit, screen: Screen) -> Result<Outcome, Failure> {
    if let Some(seconds) = arguments.watch {
        return watch::run(arguments, seconds, screen);
    }
    if arguments.format == AuditFormat::Jsonl {
        return Err("one object a line is for --watch; use --format json".into());
    }
    let (inventory, mut findings) = staying(arguments.pid, arguments.settle)?;
    findings.retain(|it| arguments.wants(it));
    let outcome = outcome(arguments, &findings, &inventory);
    let rows = rows(arguments, &inventory, &findings);
    let completeness = Completeness::of(&inventory.unseen);
    let audit = Audit { looked_at: Looked::of(&inventory, arguments.pid), findings, completeness, rows };
    let format = if arguments.format == AuditFormat::Json { Format::Json } else { Format::Text };
    print::report(&audit, format, screen)?;
    Ok(outcome)
}

/// What there is, and what of it is not where it should be at this moment.
///
/// Of one process only its own findings count, and its own gaps; but who else holds a namespace can be seen only by
/// looking at everybody.
fn look(pid: Option<u32>) -> Result<(Inventory, Vec<Finding>), Error> {
    let failed = |pid, errno| Error::kernel("look at", format!("pid {pid}"), errno).needs(TO_LOOK);
    if let Some(pid) = pid {
        Process::open(pid).map_err(|errno| failed(pid, errno))?;
    }
    let mut inventory = Inventory::take()?;
    let mut findings = suspects(&inventory);
    if let Some(pid) = pid {
        if inventory.unseen.processes.contains(&pid) {
            return Err(failed(pid, rustix::io::Errno::ACCESS));
        }
        findings.retain(|it| it.pid == pid);
        inventory.unseen.keep_only(pid);
    }
    Ok((inventory, findings))
}

/// What is not where it should be now, and was not a moment ago. Work in progress is elsewhere for a moment only; what
/// was left behind stays.
fn staying(pid: Option<u32>, settle: u64) -> Result<(Inventory, Vec<Finding>), Error> {
    let (inventory, before) = look(pid)?;
    if before.is_empty() {
        return Ok((inventory, before));
    }
    sleep(Duration::from_millis(settle));
    let before: HashSet<_> = before.into_iter().collect();
    let (inventory, mut findings) = look(pid)?;
    findings.retain(|it| before.contains(it));
    Ok((inventory, findings))
}

/// The same for the whole host, for whoever draws it.
pub(crate) fn settled(settle: u64) -> Result<(Inventory, Vec<Finding>), Error> {
    staying(None, settle)
}

impl cli::Audit {
    fn wants(&self, finding: &Finding) -> bool {
        !self.allow.iter().any(|allowed| allowed == finding.rule.name())
    }
}

fn outcome(arguments: &cli::Audit, findings: &[Finding], inventory: &Inventory) -> Outcome {
    if findings.iter().any(|it| it.level >= arguments.fail_on) { Outcome::Found } else { super::complete(inventory) }
}

impl Looked {
    fn of(inventory: &Inventory, pid: Option<u32>) -> Self {
        let mut looked = Self::default();
        let holders = inventory.namespaces.iter().flat_map(|it| &it.holders);
        for holder in holders.filter(|it| pid.is_none() || it.pid() == pid) {
            match holder {
                Holder::Process { threads, .. } => {
                    looked.processes += 1;
                    looked.threads += 1 + threads;
                }
                Holder::Thread { .. } => looked.threads += 1,
                Holder::Socket { kind, .. } if kind.is_netlink() => looked.netlink_sockets += 1,
                _ => {}
            }
        }
        looked
    }
}

/// Each thread's namespace beside each netlink socket's: of the process asked for, or of those with findings.
fn rows(arguments: &cli::Audit, inventory: &Inventory, findings: &[Finding]) -> Vec<Vec<(String, Tone)>> {
    let shown = |pid: u32| arguments.pid.map_or_else(|| findings.iter().any(|it| it.pid == pid), |it| it == pid);
    let mut rows = Vec::new();
    for namespace in &inventory.namespaces {
        for holder in &namespace.holders {
            let (pid, who) = match holder {
                Holder::Process { pid, name, threads: 0 } => (*pid, format!("process {name}")),
                Holder::Process { pid, name, threads } => (*pid, format!("process {name} and {threads} more threads")),
                Holder::Thread { pid, tid, name } => (*pid, format!("thread {name} (tid {tid})")),
                Holder::Socket { pid, number, kind, .. } if kind.is_netlink() => (*pid, format!("{kind} {number}")),
                Holder::Descriptor { pid, number, .. } => {
                    (*pid, format!("descriptor {number} of the namespace itself"))
                }
                _ => continue,
            };
            if shown(pid) {
                let elsewhere = findings.iter().find(|it| it.pid == pid && it.subject.is(holder));
                let (word, tone) = match elsewhere {
                    Some(finding) => (finding.rule.name(), finding.level.tone()),
                    None => ("", Tone::Plain),
                };
                let row = [pid.to_string(), who, namespace.spelling(), word.to_owned()];
                let tones = [Tone::Strong, Tone::Plain, tone, tone];
                rows.push((pid, row.into_iter().zip(tones).collect::<Vec<_>>()));
            }
        }
    }
    rows.sort_by_key(|it| it.0);
    rows.into_iter().map(|it| it.1).collect()
}

impl Subject {
    fn is(&self, holder: &Holder) -> bool {
        match (self, holder) {
            (Self::Thread { tid, .. }, Holder::Thread { tid: other, .. }) => tid == other,
            (Self::Socket { descriptor, .. }, Holder::Socket { number, .. })
            | (Self::Descriptor { descriptor }, Holder::Descriptor { number, .. }) => descriptor == number,
            _ => false,
        }
    }
}

impl Level {
    fn tone(self) -> Tone {
        match self {
            Self::Warning => Tone::Warning,
            Self::Error => Tone::Bad,
        }
    }
}

impl Finding {
    pub(crate) fn is_in(&self, namespace: &Namespace) -> bool {
        self.namespace == Place::of(namespace)
    }

    /// Who it is, for a picture.
    pub(crate) fn short(&self) -> String {
        let owner = format!("{} ({})", self.process, self.pid);
        match &self.subject {
            Subject::Thread { tid, name } => format!("thread {name} ({tid}) of {owner}"),
            Subject::Socket { descriptor, kind } => format!("{kind} {descriptor} of {owner}"),
            Subject::Descriptor { descriptor } => format!("descriptor {descriptor} of {owner}"),
        }
    }

    fn text(&self, screen: Screen) -> String {
        let level = match self.level {
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let head = screen.tint(&format!("{level}[{}]", self.rule.name()), self.level.tone());
        format!("{head}: {}\n  help: {}\n", self.message, self.help)
    }
}

impl Report for Audit<'_> {
    const NAME: &'static str = "audit";

    fn text(&self, screen: Screen) -> String {
        let table = match &self.rows[..] {
            [] => String::new(),
            rows => screen.table(&["PID", "WHO", "NAMESPACE", ""], rows.iter().cloned()) + "\n",
        };
        let findings: String = self.findings.iter().map(|it| it.text(screen)).collect();
        table + &findings + &self.looked_at.text(self.findings.len()) + &self.completeness.text(screen)
    }
}

impl Looked {
    fn text(self, findings: usize) -> String {
        let some = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let findings = if findings == 0 { "nothing".to_owned() } else { some(findings, "finding", "findings") };
        format!(
            "{findings} in {} with {} and {}\n",
            some(self.processes, "process", "processes"),
            some(self.threads, "thread", "threads"),
            some(self.netlink_sockets, "netlink socket", "netlink sockets"),
        )
    }
}
