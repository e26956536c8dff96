//! What of an inventory is not where it should be.

use std::collections::{HashMap, HashSet};

use super::{Finding, Place, Rule, Subject};
use crate::command::{
    inventory::{Holder, Inventory, Namespace},
    proc::Process,
};

/// Findings at one moment, by process. A thread among them may be on its way back.
pub(super) fn suspects(inventory: &Inventory) -> Vec<Finding> {
    let mut found = Vec::new();
    let whereabouts = Whereabouts::of(inventory);
    let mut names = HashMap::new();
    for (place, namespace) in inventory.namespaces.iter().enumerate() {
        // Sure only if nobody was overlooked.
        let abandoned = inventory.unseen.is_empty()
            && namespace.holders.iter().all(|it| matches!(it, Holder::Descriptor { .. } | Holder::Socket { .. }));
        for holder in &namespace.holders {
            let suspect = match holder {
                Holder::Thread { pid, tid, name } => {
                    let fellows = names.entry(*pid).or_insert_with(|| thread_names(*pid));
                    let rule =
                        if is_of_a_pool(*pid, *tid, fellows) { Rule::EscapingTask } else { Rule::MissingRestore };
                    Some((rule, *pid, Subject::Thread { tid: *tid, name: name.clone() }))
                }
                Holder::Socket { pid, number, kind, .. } => {
                    let subject = Subject::Socket { descriptor: *number, kind: kind.to_string() };
                    let rule = match (abandoned, kind.is_netlink()) {
                        (true, _) => Some(Rule::LeakedDescriptor),
                        (false, true) if !whereabouts.is_in(*pid, place) => Some(Rule::StaleHandle),
                        _ => None,
                    };
                    rule.map(|rule| (rule, *pid, subject))
                }
                Holder::Descriptor { pid, number, .. } if abandoned => {
                    Some((Rule::LeakedDescriptor, *pid, Subject::Descriptor { descriptor: *number }))
                }
                _ => None,
            };
            let suspect = suspect.filter(|it| it.1 != std::process::id());
            found.extend(suspect.map(|(rule, pid, subject)| {
                finding(rule, pid, subject, namespace, whereabouts.home(inventory, pid), whereabouts.name(pid))
            }));
        }
    }
    found.sort_by_key(|it| (it.pid, it.rule));
    found
}

fn finding(
    rule: Rule,
    pid: u32,
    subject: Subject,
    namespace: &Namespace,
    home: Option<&Namespace>,
    process: &str,
) -> Finding {
    let (there, owner) = (namespace.spelling(), format!("{process} (pid {pid})"));
    let at_home = home.map_or_else(|| "an unknown place".to_owned(), Namespace::spelling);
    let message = match (&subject, rule) {
        (Subject::Thread { tid, name }, Rule::EscapingTask) => format!(
            "pool thread {name} (tid {tid}) of {owner} stays in {there}, while the process is in {at_home}: whatever the \
             pool gives it runs in the wrong namespace"
        ),
        (Subject::Thread { tid, name }, _) => {
            format!("thread {name} (tid {tid}) of {owner} stays in {there}, while the process is in {at_home}")
        }
        (Subject::Socket { descriptor, kind }, Rule::LeakedDescriptor) => {
            format!("{kind} {descriptor} of {owner} is in {there}, which nothing but open descriptors keeps alive")
        }
        (Subject::Socket { descriptor, kind }, _) => {
            format!("{kind} {descriptor} of {owner} is in {there}, where no thread of the process is")
        }
        (Subject::Descriptor { descriptor }, _) => {
            format!(
                "descriptor {descriptor} of {owner} is open on {there}, which nothing but open descriptors keeps alive"
            )
        }
    };
    let help = match rule {
        Rule::MissingRestore => {
            "move the thread back on every path, or enter namespaces only on threads that end; a thread that lives there on \
             purpose is allowed with --allow missing-restore"
        }
        Rule::EscapingTask => {
            "threads inherit the namespace of the thread that starts them: build pools and runtimes before entering one, or \
             enter only on threads that end"
        }
        Rule::StaleHandle => {
            "right if it was opened there on purpose, to be used from outside (then --allow stale-handle); wrong if it is \
             used for the namespace that the process is in"
        }
        Rule::LeakedDescriptor => "close it when the work there is done",
    };
    let home = home.map(Place::of);
    let level = rule.level();
    Finding {
        rule,
        level,
        pid,
        process: process.to_owned(),
        subject,
        namespace: Place::of(namespace),
        home,
        message,
        help,
    }
}

/// In which namespaces, by their place in the inventory, the threads of each process are.
#[derive(Default)]
struct Whereabouts<'a> {
    homes: HashMap<u32, (usize, &'a str)>,
    threads: HashSet<(u32, usize)>,
}

impl<'a> Whereabouts<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut found = Self::default();
        for (place, namespace) in inventory.namespaces.iter().enumerate() {
            for holder in &namespace.holders {
                match holder {
                    Holder::Process { pid, name, .. } => {
                        found.homes.insert(*pid, (place, name));
                        found.threads.insert((*pid, place));
                    }
                    Holder::Thread { pid, .. } => {
                        found.threads.insert((*pid, place));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    fn is_in(&self, pid: u32, place: usize) -> bool {
        self.threads.contains(&(pid, place))
    }

    fn home<'b>(&self, inventory: &'b Inventory, pid: u32) -> Option<&'b Namespace> {
        self.homes.get(&pid).map(|it| &inventory.namespaces[it.0])
    }

    fn name(&self, pid: u32) -> &str {
        self.homes.get(&pid).map_or("?", |it| it.1)
    }
}

/// The names of a process's threads, by tid.
fn thread_names(pid: u32) -> HashMap<u32, String> {
    let Ok(process) = Process::open(pid) else { return HashMap::new() };
    let tasks = process.tasks().unwrap_or_default();
    tasks.into_iter().map(|task| (task.tid, process.name(task.tid))).collect()
}

/// Threads of a pool have one name, but for a number. Those that nobody named have their process's.
fn is_of_a_pool(pid: u32, tid: u32, names: &HashMap<u32, String>) -> bool {
    let stem = |name: &str| name.trim_end_matches(|it: char| it.is_ascii_digit() || "-_:#/ ".contains(it)).to_owned();
    let Some(name) = names.get(&tid).map(|it| stem(it)) else { return false };
    let given = names.get(&pid).is_none_or(|it| stem(it) != name);
    given && names.values().filter(|it| stem(it) == name).count() > 1
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::{Inode, SocketKind};

    fn namespace(id: u64, holders: Vec<Holder>) -> Namespace {
        let inode = Some(Inode { device: 4, number: 4_026_531_000 + id });
        Namespace { id: NonZeroU64::new(id), inode, holders, here: false, netns: None }
    }

    fn process(pid: u32) -> Holder {
        Holder::Process { pid, name: "agent".into(), threads: 3 }
    }

    fn socket(pid: u32, kind: SocketKind) -> Holder {
        Holder::Socket { pid, number: 7, name: "agent".into(), kind }
    }

    #[test]
    fn what_is_suspected_and_what_is_not() {
        // No process has this number, so nothing is read from /proc.
        const PID: u32 = u32::MAX;
        let thread = Holder::Thread { pid: PID, tid: 5, name: "agent".into() };
        let name = Holder::Name { name: "blue".into() };
        let tcp = SocketKind::new(libc::AF_INET, libc::SOCK_STREAM, 0);
        let descriptor = Holder::Descriptor { pid: PID, number: 9, name: "agent".into() };
        let cases: Vec<(Vec<Holder>, &[Rule])> = vec![
            (vec![name.clone()], &[]),
            (vec![name.clone(), thread.clone()], &[Rule::MissingRestore]),
            (vec![name.clone(), socket(PID, SocketKind::ROUTE)], &[Rule::StaleHandle]),
            (vec![name.clone(), socket(PID, tcp)], &[]),
            (vec![name, descriptor.clone()], &[]),
            // Where a thread is, its sockets are at home.
            (vec![thread, socket(PID, SocketKind::ROUTE)], &[Rule::MissingRestore]),
            (vec![socket(PID, tcp), descriptor], &[Rule::LeakedDescriptor, Rule::LeakedDescriptor]),
        ];
        for (holders, expected) in cases {
            let host = vec![process(PID), socket(PID, SocketKind::ROUTE)];
            let namespaces = vec![namespace(3, host), namespace(4130, holders)];
            let inventory = Inventory { namespaces, ..Inventory::default() };
            let found: Vec<_> = suspects(&inventory).iter().map(|it| it.rule).collect();
            assert_eq!(found, expected, "{:?}", inventory.namespaces[1].holders);
        }
    }

    #[test]
    fn nothing_is_called_leaked_in_an_incomplete_view() {
        let namespaces = vec![namespace(3, vec![process(7)]), namespace(4130, vec![socket(7, SocketKind::ROUTE)])];
        let mut inventory = Inventory { namespaces, ..Inventory::default() };
        inventory.unseen.processes.push(1);
        let found: Vec<_> = suspects(&inventory).iter().map(|it| it.rule).collect();
        assert_eq!(found, [Rule::StaleHandle]);
    }

    #[test]
    fn a_pool_is_known_by_its_names() {
        let names = |text: &[&str]| (1..).zip(text.iter().map(|it| (*it).to_owned())).collect();
        let cases = [
            (&["agent", "tokio-rt-worker", "tokio-rt-worker"][..], true),
            (&["agent", "worker-1", "worker-12"], true),
            (&["agent", "reaper", "worker-1"], false),
            // Go names none of its threads.
            (&["agent", "agent", "agent"], false),
        ];
        for (threads, expected) in cases {
            assert_eq!(is_of_a_pool(1, 2, &names(threads)), expected, "{threads:?}");
        }
    }
}
