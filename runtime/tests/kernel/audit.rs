//! `audit` finds what was left behind, and is silent about what is right.

use std::os::fd::AsFd;

use netns_scope::{Netns, RouteHandle, SocketKind};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::{Value, json};

use crate::{
    Test,
    command::{Said, netns_scope},
    inventory::{Inside, mount_run, name},
    while_doing,
};

pub(crate) const TESTS: &[Test] = &[
    ("audit_finds_a_poisoned_pool", finds_a_poisoned_pool),
    ("audit_finds_a_thread_left_behind", finds_a_thread_left_behind),
    ("audit_finds_sockets_elsewhere", finds_sockets_elsewhere),
    ("audit_lets_work_in_progress_be", lets_work_in_progress_be),
    ("audit_watches_what_comes_and_goes", watches_what_comes_and_goes),
];

fn audit(more: &[&str]) -> (Said, Vec<(String, String)>) {
    let pid = std::process::id().to_string();
    let said = netns_scope(&[&["audit", &pid, "--format", "json"], more].concat());
    let found = said.json()["findings"].as_array().unwrap().iter().map(rule_and_place).collect();
    (said, found)
}

fn rule_and_place(finding: &Value) -> (String, String) {
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    (text(&finding["rule"]), text(&finding["namespace"]["spelling"]))
}

fn found(rule: &str, place: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), place.to_owned())]
}

/// A correct switch there and back, and in between one blocking task: the thread that runs it inherits the namespace,
/// and all later blocking work of the process may land on it.
fn finds_a_poisoned_pool() {
    mount_run();
    let [home, blue] = [Netns::ambient().unwrap(), Netns::create().unwrap()];
    name(&blue, "blue");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    assert_eq!(audit(&[]).1, []);
    let enter = |netns: &Netns| move_into_link_name_space(netns.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
    enter(&blue);
    let task = runtime.spawn_blocking(|| ());
    enter(&home);
    runtime.block_on(task).unwrap();
    // The poison works: this asks for nothing but a thread.
    let later =
        runtime.block_on(runtime.spawn_blocking(|| Netns::ambient().unwrap() == Netns::from_name("blue").unwrap()));
    assert!(later.unwrap(), "the pool made a new thread, so nothing was tested");

    let (said, findings) = audit(&[]);
    assert_eq!((said.status, findings), (1, found("escaping-task", "blue")));
    let people = netns_scope(&["audit", "--all"]);
    assert_eq!(people.status, 1);
    assert!(people.out.contains("error[escaping-task]: pool thread tokio-rt-worker (tid "), "{people:?}");
    assert_ne!(audit(&["--allow", "escaping-task"]).0.status, 1);
    let drawn = netns_scope(&["graph"]);
    assert!(drawn.out.contains(r#"<text class="stray""#) && drawn.out.contains("thread tokio-rt-worker"), "{drawn:?}");
}

fn finds_a_thread_left_behind() {
    mount_run();
    let blue = Netns::create().unwrap();
    name(&blue, "blue");
    let inside = Inside::of(&blue, "left-behind");
    let (said, findings) = audit(&[]);
    assert_eq!((said.status, findings), (1, found("missing-restore", "blue")));
    assert_eq!(said.json()["findings"][0]["thread"]["name"], json!("left-behind"));
    drop(inside);
    let (said, findings) = audit(&[]);
    assert_eq!((said.status, findings), (0, vec![]));
}

fn finds_sockets_elsewhere() {
    mount_run();
    let blue = Netns::create().unwrap();
    name(&blue, "blue");
    let here = Netns::ambient().unwrap().open(SocketKind::ROUTE).unwrap();
    let handle = RouteHandle::open(&blue).unwrap();
    let (said, findings) = audit(&[]);
    // It tells both uses apart only by what it is told.
    assert_eq!((said.status, findings), (1, found("stale-handle", "blue")));
    assert_eq!(audit(&["--allow", "stale-handle"]).0.status, 0);
    assert_eq!(audit(&["--fail-on", "error"]).0.status, 0);
    // One that is in no netlink protocol talks to nobody about a namespace.
    drop(handle);
    let tcp = blue.open(SocketKind::new(libc::AF_INET, libc::SOCK_STREAM, 0)).unwrap();
    assert_eq!(audit(&[]).1, []);
    let gone = Netns::create().unwrap();
    // Nothing but a socket holds that one; but for all that is known, somebody outside this pid namespace does.
    let spelling =
        gone.id().kernel().map_or_else(|| format!("ino:{}", gone.id().inode().number), |it| format!("id:{it}"));
    let leaked = gone.open(SocketKind::ROUTE).unwrap();
    drop(gone);
    assert_eq!(audit(&[]).1, found("stale-handle", &spelling));
    drop((here, tcp, leaked));
}

fn lets_work_in_progress_be() {
    mount_run();
    let blue = Netns::create().unwrap();
    name(&blue, "blue");
    while_doing(
        || drop(Inside::of(&blue, "passing")),
        || {
            for _ in 0..5 {
                let (said, findings) = audit(&[]);
                assert_eq!((said.status, findings), (0, vec![]));
            }
        },
    );
}

fn watches_what_comes_and_goes() {
    mount_run();
    let blue = Netns::create().unwrap();
    name(&blue, "blue");
    let pid = std::process::id().to_string();
    let inside = Inside::of(&blue, "left-behind");
    let said = std::thread::scope(|scope| {
        let watching =
            scope.spawn(|| netns_scope(&["audit", &pid, "--watch", "1.5", "--settle", "50", "--format", "jsonl"]));
        std::thread::sleep(std::time::Duration::from_millis(600));
        drop(inside);
        watching.join().unwrap()
    });
    let events: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|it| it["event"].as_str().unwrap()).collect();
    assert_eq!((said.status, kinds), (1, vec!["found", "gone", "end"]), "{}", said.out);
    assert_eq!(rule_and_place(&events[0]["finding"]), ("missing-restore".to_owned(), "blue".to_owned()));
    // Nothing to find, and a process that is not there.
    assert_eq!(netns_scope(&["audit", &pid, "--watch", "0.1", "--format", "jsonl"]).status, 0);
    netns_scope(&["audit", "2147483647"]).assert_refused("look at pid 2147483647: no such process");
}
