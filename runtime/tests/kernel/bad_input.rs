//! Bad input: one clear line each, and nothing left behind.

use netns_scope::{Cause, Error, Netns, RouteHandle, SocketKind};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{Held, Test, isolation::home};

pub(crate) const TESTS: &[Test] = &[
    ("refused_in_one_line", refused_in_one_line),
    ("no_permission", no_permission),
    ("a_process_that_ends", a_process_that_ends),
    ("no_descriptor_left", no_descriptor_left),
    ("no_namespace_left", no_namespace_left),
];

fn refused_in_one_line() {
    let held = Held::now();
    let file = || std::fs::File::open("/dev/null").unwrap();
    let (pipe, writer) = rustix::pipe::pipe().unwrap();
    let cases: Vec<(Result<Netns, Error>, &str)> = vec![
        (Netns::from_path("/proc/self/status"), "/proc/self/status: not a network namespace but a plain file"),
        (Netns::from_path("/"), "open /: not a network namespace but a directory"),
        (Netns::from_path("/dev/null"), "open /dev/null: not a network namespace but a device"),
        (
            Netns::from_path("/proc/self/ns/user"),
            "open /proc/self/ns/user: not a network namespace but a user namespace",
        ),
        (
            Netns::from_path("/proc/self/ns/mnt"),
            "open /proc/self/ns/mnt: not a network namespace but a mount namespace",
        ),
        (Netns::from_path("/nowhere/at/all"), "open /nowhere/at/all: no such file or directory"),
        (Netns::from_name("no such name"), "/no such name: no such file or directory"),
        (Netns::from_name("../etc"), "not a network namespace but a path (a name has no slash)"),
        (Netns::from_pid(0x7fff_ffff), "open the network namespace of pid 2147483647: no such process"),
        (Netns::from_fd(file().into()), "not a network namespace but a device"),
        (Netns::from_fd(pipe), "not a network namespace but a pipe"),
        (Netns::of_socket(file()), "open the network namespace of a socket: inappropriate ioctl for device"),
    ];
    for (result, line) in cases {
        let said = result.unwrap_err().to_string();
        assert!(said.contains(line), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }
    drop(writer);
    held.assert_unchanged();
}

fn no_permission() {
    let held = Held::now();
    let line = "needs CAP_SYS_ADMIN in the user namespace that owns it";
    let refused = [
        home().open(SocketKind::ROUTE).map(drop),
        home().run(|| unreachable!("the closure must not run elsewhere")),
        home().open_unproved(SocketKind::ROUTE).map(drop),
        Netns::open_many([home()], SocketKind::ROUTE).remove(0).map(drop),
    ];
    for refused in refused {
        let error = refused.unwrap_err();
        assert_eq!(error.errno(), Some(libc::EPERM));
        assert!(error.to_string().contains(line), "{error}");
    }
    let kind = SocketKind::new(libc::AF_NETLINK, libc::SOCK_RAW, 200);
    let error = Netns::ambient().unwrap().open(kind).unwrap_err().to_string();
    assert!(error.contains("protocol not supported"), "{error}");
    held.assert_unchanged();
}

fn a_process_that_ends() {
    let held = Held::now();
    let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let pidfd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).unwrap();
    let netns = Netns::from_pid(child.id()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(Netns::from_pid(child.id()).unwrap_err().errno(), Some(libc::ESRCH));
    assert_eq!(Netns::from_pidfd(&pidfd).unwrap_err().errno(), Some(libc::ESRCH));
    // What was opened before lives on.
    netns.open(SocketKind::ROUTE).unwrap();
    drop((child, pidfd, netns));
    held.assert_unchanged();
}

fn no_descriptor_left() {
    let netns = Netns::create().unwrap();
    let held = Held::now();
    let limit = getrlimit(Resource::Nofile);
    // The lowest number that is free is the first that is forbidden.
    let free = std::os::fd::AsRawFd::as_raw_fd(&std::fs::File::open("/dev/null").unwrap()) as u64;
    setrlimit(Resource::Nofile, Rlimit { current: Some(free), maximum: limit.maximum }).unwrap();
    let refused = [
        Netns::ambient().map(drop),
        Netns::create().map(drop),
        netns.try_clone().map(drop),
        netns.open(SocketKind::ROUTE).map(drop),
        RouteHandle::open(&netns).map(drop),
    ];
    setrlimit(Resource::Nofile, limit).unwrap();
    for refused in refused {
        let error = refused.unwrap_err();
        assert!(matches!(error.cause(), Cause::Kernel { errno: libc::EMFILE, .. }), "{error}");
        assert!(error.to_string().ends_with(&format!("too many open files (RLIMIT_NOFILE is {free})")), "{error}");
    }
    held.assert_unchanged();
    netns.open(SocketKind::ROUTE).unwrap();
}

fn no_namespace_left() {
    let held = Held::now();
    std::fs::write("/proc/sys/user/max_net_namespaces", "0").unwrap();
    let error = Netns::create().unwrap_err();
    assert_eq!(
        error.to_string(),
        "make a network namespace: no space left on device (user.max_net_namespaces)",
        "the hint says which limit"
    );
    held.assert_unchanged();
}
