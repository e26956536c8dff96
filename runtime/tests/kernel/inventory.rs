//! `list` and `pins` see what holds a namespace, whatever it is, and say what they could not see.

use std::{
    os::fd::{AsFd, AsRawFd},
    process::{Child, Command, Stdio},
    sync::mpsc,
};

use netns_scope::{Netns, SocketKind};
use rustix::{
    mount::{MountFlags, UnmountFlags, mount, mount_bind, unmount},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};
use serde_json::{Value, json};

use crate::{
    Held, Test,
    command::{PROGRAM, netns_scope, run},
    while_doing,
};

pub(crate) const TESTS: &[Test] = &[
    ("list_finds_every_kind_of_holder", list_finds_every_kind_of_holder),
    ("list_looks_behind_threads", list_looks_behind_threads),
    ("list_while_namespaces_come_and_go", list_while_namespaces_come_and_go),
    ("list_without_descriptors", list_without_descriptors),
    ("every_spelling_opens_the_same", every_spelling_opens_the_same),
];
pub(crate) const ROOT_TESTS: &[Test] = &[
    ("root_lists_every_kind_of_holder", list_finds_every_kind_of_holder),
    ("somebody_else_is_told_what_is_unseen", somebody_else_is_told_what_is_unseen),
];

/// A folder for names, as `ip netns` has it, in this mount namespace only.
pub(crate) fn mount_run() {
    mount("none", "/run", "tmpfs", MountFlags::empty(), None).unwrap();
    std::fs::create_dir(netns_scope::NAMED).unwrap();
}

pub(crate) fn name(netns: &Netns, name: &str) {
    bind(netns, &format!("{}/{name}", netns_scope::NAMED));
}

fn bind(netns: &Netns, path: &str) {
    std::fs::write(path, "").unwrap();
    mount_bind(format!("/proc/self/fd/{}", netns.as_fd().as_raw_fd()), path).unwrap();
}

/// A thread that is in a namespace until the value is dropped.
pub(crate) struct Inside {
    stay: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Inside {
    pub(crate) fn of(netns: &Netns, name: &str) -> Self {
        let netns = netns.try_clone().unwrap();
        let (stay, end) = mpsc::channel();
        let (there, arrived) = mpsc::channel();
        let work = move || {
            move_into_link_name_space(netns.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            drop(netns);
            there.send(()).unwrap();
            end.recv().unwrap_err();
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work).unwrap();
        arrived.recv().unwrap();
        Self { stay: Some(stay), thread: Some(thread) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        drop(self.stay.take());
        self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// A process that ends with the value.
struct Running(Child);

impl Running {
    /// Runs until it has said that it is there.
    fn of(program: &str, arguments: &[&str]) -> Self {
        let mut child =
            Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let out = child.stdout.as_mut().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut said).unwrap();
        assert_eq!(said, "there\n");
        Self(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

/// Holders of a namespace, and where this one is in the list.
fn holders<'a>(list: &'a Value, inode: u64) -> Vec<(&'a str, Option<u64>)> {
    let namespaces = list["namespaces"].as_array().unwrap();
    let found = namespaces.iter().find(|it| it["inode"] == json!(inode)).unwrap_or_else(|| panic!("{inode} in {list}"));
    let by = |it: &'a Value| (it["by"].as_str().unwrap(), it["pid"].as_u64());
    found["holders"].as_array().unwrap().iter().map(by).collect()
}

fn list_finds_every_kind_of_holder() {
    let held = Held::now();
    mount_run();
    let this = u64::from(std::process::id());
    let inode = |netns: &Netns| netns.id().inode().number;

    let named = Netns::create().unwrap();
    name(&named, "blue");
    let named_inode = inode(&named);
    drop(named);

    let threaded = Netns::create().unwrap();
    let thread = Inside::of(&threaded, "left-inside");
    let threaded_inode = inode(&threaded);
    drop(threaded);

    let opened = Netns::create().unwrap();
    let opened_inode = inode(&opened);

    let socketed = Netns::create().unwrap();
    let socket = socketed.open(SocketKind::new(libc::AF_INET, libc::SOCK_DGRAM, 0)).unwrap();
    let socketed_inode = inode(&socketed);
    let socketed_id = socketed.id().kernel();
    drop(socketed);

    let process = Running::of("unshare", &["--net", "--mount", "sh", "-c", "echo there; exec cat"]);
    let process_inode = inode(&Netns::from_pid(process.0.id()).unwrap());

    // The name is in a mount namespace that only that process is in.
    let hidden = Netns::create().unwrap();
    let hidden_inode = inode(&hidden);
    let script = format!(
        "mount -t tmpfs none /mnt && touch /mnt/hidden && mount --bind /proc/{this}/fd/{} /mnt/hidden && echo there && exec cat",
        hidden.as_fd().as_raw_fd()
    );
    let elsewhere = Running::of("unshare", &["--mount", "sh", "-c", &script]);
    drop(hidden);

    let said = netns_scope(&["list", "--format", "json"]);
    let list = said.json();
    assert_eq!(list["version"], json!(1));
    // The children got a copy of each mount, with their mount namespaces.
    assert_eq!(holders(&list, named_inode), [("name", None), ("mount", None), ("mount", None)]);
    assert_eq!(holders(&list, threaded_inode), [("thread", Some(this))]);
    assert_eq!(holders(&list, opened_inode), [("descriptor", Some(this))]);
    assert_eq!(holders(&list, socketed_inode), [("socket", Some(this))]);
    assert_eq!(holders(&list, process_inode), [("process", Some(u64::from(process.0.id())))]);
    assert_eq!(holders(&list, hidden_inode), [("mount", None)]);
    let found = list["namespaces"].as_array().unwrap().iter().find(|it| it["inode"] == json!(socketed_inode));
    assert_eq!(found.unwrap()["id"], json!(socketed_id.map(|it| it.to_string())));
    // Exit 3 and `complete` say the same.
    assert_eq!(
        (said.status, &list["complete"]),
        (if list["complete"] == json!(true) { 0 } else { 3 }, &list["complete"])
    );

    let people = netns_scope(&["list"]).out;
    for words in ["blue", "thread left-inside", "descriptor ", "udp socket", "mount /mnt/hidden"] {
        assert!(people.contains(words), "{words}: {people}");
    }
    let pins = netns_scope(&["pins", &format!("ino:{socketed_inode}"), "--format", "json"]).json();
    assert_eq!(pins["namespace"]["holders"][0]["number"], json!(socket.as_fd().as_raw_fd()));

    drop((thread, opened, socket, process, elsewhere));
    unmount("/run", UnmountFlags::DETACH).unwrap();
    held.assert_unchanged();
}

pub(crate) const LEADERLESS: &str = "leaderless";

/// A process whose main thread has ended, while another one has a table of descriptors of its own, with a socket in it.
pub(crate) fn process_without_a_leader() -> ! {
    let netns = Netns::create().unwrap();
    let socket = netns.open(SocketKind::ROUTE).unwrap();
    let inode = netns.id().inode().number;
    drop(netns);
    std::thread::spawn(move || {
        // SAFETY: this thread gets a copy of every descriptor, and uses them as its own.
        unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::FILES) }.unwrap();
        let mut out = std::io::stdout();
        std::io::Write::write_all(&mut out, format!("{inode}\n").as_bytes()).unwrap();
        std::io::Write::flush(&mut out).unwrap();
        // Until the test has seen enough.
        std::io::Read::read(&mut std::io::stdin(), &mut [0]).unwrap();
        drop(socket);
        std::process::exit(0);
    });
    // SAFETY: ends this thread alone; nothing that it owns is used by the other.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    unreachable!("the thread has ended")
}

fn list_looks_behind_threads() {
    let this = std::env::current_exe().unwrap();
    let mut child = Command::new(this).arg(LEADERLESS).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut said).unwrap();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(2);
    // The main thread may still be on its way out.
    while std::fs::read_link(format!("/proc/{}/ns/net", child.id())).is_ok() && std::time::Instant::now() < until {
        std::thread::yield_now();
    }
    let pid = Some(u64::from(child.id()));
    let list = netns_scope(&["list", "--format", "json"]).json();
    assert_eq!(holders(&list, said.trim().parse().unwrap()), [("socket", pid)]);
    let here = holders(&list, Netns::ambient().unwrap().id().inode().number);
    assert!(here.contains(&("process", pid)), "{here:?}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// What vanishes in the middle is not there, or is there without what can no longer be asked; it is no error.
fn list_while_namespaces_come_and_go() {
    let stay = Netns::create().unwrap();
    let churn = || {
        drop(Inside::of(&Netns::create().unwrap(), "passing"));
        drop(Netns::create().unwrap().open(SocketKind::ROUTE).unwrap());
    };
    while_doing(churn, || {
        for _ in 0..20 {
            let said = netns_scope(&["list", "--format", "json"]);
            assert_eq!((said.status, said.err.as_str()), (3, ""), "{said:?}");
            assert_eq!(said.json()["unseen"]["summary"], json!(["processes outside this pid namespace"]));
            assert!(!holders(&said.json(), stay.id().inode().number).is_empty());
            let drawn = netns_scope(&["graph", "--settle", "0"]);
            assert!(drawn.err.is_empty() && drawn.out.ends_with("</svg>\n"), "{drawn:?}");
        }
    });
}

fn list_without_descriptors() {
    for limit in 4..9 {
        let script = format!("ulimit -n {limit}; exec {PROGRAM} list");
        let said = run(Command::new("sh").args(["-c", &script]));
        // With very few it cannot begin; with a few, what could not be opened is told.
        match said.status {
            2 => assert!(said.err.contains("too many open files (RLIMIT_NOFILE is"), "{said:?}"),
            3 => assert!(said.out.contains("not seen:"), "{said:?}"),
            _ => panic!("{said:?}"),
        }
    }
}

fn every_spelling_opens_the_same() {
    mount_run();
    let netns = Netns::create().unwrap();
    name(&netns, "blue");
    let inside = Inside::of(&netns, "inside");
    let socket = netns.open(SocketKind::ROUTE).unwrap();
    let (pid, inode) = (std::process::id(), netns.id().inode().number);
    let of_tid = std::fs::read_dir("/proc/self/task").unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let tid = of_tid.max_by_key(|it| it.parse::<u32>().unwrap()).unwrap();
    let mut spellings = vec![
        "blue".to_owned(),
        "/run/netns/blue".to_owned(),
        format!("/proc/{pid}/fd/{}", netns.as_fd().as_raw_fd()),
        format!("tid:{tid}"),
        format!("ino:{inode}"),
        format!("net:[{inode}]"),
        format!("sock:{pid}/{}", socket.as_fd().as_raw_fd()),
    ];
    spellings.extend(netns.id().kernel().map(|it| format!("id:{it}")));
    for spelling in &spellings {
        let shown = netns_scope(&["show", spelling, "links", "--format", "json"]);
        assert_eq!((shown.status, &shown.json()["inode"]), (0, &json!(inode)), "{spelling}: {shown:?}");
    }
    let of_process = netns_scope(&["show", &format!("pid:{pid}"), "links", "--format", "json"]).json();
    assert_eq!(of_process["inode"], json!(Netns::ambient().unwrap().id().inode().number));
    drop(inside);
}

fn somebody_else_is_told_what_is_unseen() {
    // A place that everybody may run it from.
    let place = std::env::temp_dir().join(format!("netns-scope-of-nobody-{}", std::process::id()));
    std::fs::copy(PROGRAM, &place).unwrap();
    let netns = Netns::create().unwrap();
    let nobody = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&place).args(arguments);
        run(&mut command)
    };
    let listed = nobody(&["list", "--format", "json"]);
    let pid = u64::from(std::process::id());
    let audited = nobody(&["audit", &pid.to_string()]);
    let opened = nobody(&["show", &format!("pid:{pid}")]);
    std::fs::remove_file(&place).unwrap();
    assert_eq!(listed.status, 3, "{listed:?}");
    let list = listed.json();
    assert_eq!(list["complete"], json!(false));
    assert!(list["unseen"]["processes"].as_array().unwrap().contains(&json!(pid)), "{list}");
    audited.assert_refused("permission denied (needs the same user and a dumpable process, or CAP_SYS_PTRACE)");
    opened.assert_refused("permission denied (needs the same user and a dumpable process, or CAP_SYS_PTRACE)");
    drop(netns);
}
