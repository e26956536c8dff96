//! A handle is where it was asked to be, whatever the caller and the names do afterwards.

use std::{
    collections::HashMap,
    os::fd::{AsFd, AsRawFd},
    path::Path,
    process::{Command, ExitCode},
};

use netns_scope::{Cause, Evidence, Netns, RouteHandle, SocketKind, test};
use rustix::{
    mount::{MountFlags, UnmountFlags, mount, mount_bind, unmount},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};

use crate::{Held, Test, isolation::home};

pub(crate) const TESTS: &[Test] = &[
    ("bound_after_the_caller_moved", bound_after_the_caller_moved),
    ("bound_after_the_name_was_deleted", bound_after_the_name_was_deleted),
    ("two_namespaces_with_one_inode_in_turn", two_namespaces_with_one_inode_in_turn),
    ("no_way_back_from_a_child_user_namespace", no_way_back_from_a_child_user_namespace),
    ("every_evidence_proves", every_evidence_proves),
    ("another_socket_in_its_place_is_noticed", another_socket_in_its_place_is_noticed),
    ("any_kind_of_socket", any_kind_of_socket),
    ("every_way_to_name_a_namespace", every_way_to_name_a_namespace),
    ("a_second_handle_is_a_socket_of_its_own", a_second_handle_is_a_socket_of_its_own),
    ("a_panic_inside_comes_out_and_leaves_nothing", a_panic_inside_comes_out_and_leaves_nothing),
    ("a_thread_left_inside_is_noticed", a_thread_left_inside_is_noticed),
];

pub(crate) const ROOT_TESTS: &[Test] = &[("root_reaches_the_namespace_of_any_process", root_reaches_any_process)];

fn root_reaches_any_process() {
    // The harness, which stayed where it was.
    let parent = rustix::process::getppid().unwrap().as_raw_nonzero().get() as u32;
    let host = Netns::from_pid(parent).unwrap();
    assert!(host != Netns::ambient().unwrap());
    let mut route = RouteHandle::open(&host).unwrap();
    test::assert_in(route.handle(), &host);
    assert!(route.link(1).unwrap().is_some());
    assert!(Netns::of_socket(route.handle()).unwrap() == host);
}

fn bound_after_the_caller_moved() {
    let [here, there] = [(); 2].map(|()| Netns::create().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let handle = here.open(SocketKind::ROUTE).unwrap();
            move_into_link_name_space(there.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            handle.verify().unwrap();
            test::assert_in(&handle, &here);
            // What is opened after the move is not where the thread was born either.
            test::assert_in(here.open(SocketKind::ROUTE).unwrap(), &here);
            assert!(Netns::ambient().unwrap() == there);
        });
    });
    test::assert_no_thread_left_behind();
}

fn bound_after_the_name_was_deleted() {
    mount("none", "/run", "tmpfs", MountFlags::empty(), None).unwrap();
    std::fs::create_dir("/run/netns").unwrap();
    let name = Path::new(netns_scope::NAMED).join("blue");
    std::fs::write(&name, "").unwrap();
    let leftover = Netns::from_name("blue").unwrap_err().to_string();
    assert_eq!(leftover, "open /run/netns/blue: not a network namespace but a plain file");

    let made = Netns::create().unwrap();
    mount_bind(format!("/proc/self/fd/{}", made.as_fd().as_raw_fd()), &name).unwrap();
    drop(made);
    let handle = Netns::from_name("blue").unwrap().open(SocketKind::ROUTE).unwrap();
    unmount(&name, UnmountFlags::DETACH).unwrap();
    std::fs::remove_file(&name).unwrap();

    let gone = Netns::from_name("blue").unwrap_err().to_string();
    assert_eq!(gone, "open /run/netns/blue: no such file or directory");
    handle.verify().unwrap();
    assert_eq!(handle.name(), "/run/netns/blue");
    assert_eq!(handle.netns().unwrap().id().is_same(&handle.id()), Some(true));
    assert_eq!(RouteHandle::over(handle).unwrap().links().unwrap().len(), 1);
    unmount("/run", UnmountFlags::DETACH).unwrap();
}

fn two_namespaces_with_one_inode_in_turn() {
    let mut seen = HashMap::new();
    for _ in 0..5_000 {
        let id = Netns::create().unwrap().id();
        if let Some(earlier) = seen.insert(id.inode(), id) {
            let expected = id.kernel().map(|_| false);
            assert_eq!(id.is_same(&earlier), expected);
            return;
        }
    }
    panic!("no inode came again in 5000 namespaces");
}

pub(crate) const NO_WAY_BACK: &str = "no-way-back";

/// A process of its own, because only a process with one thread may change its user namespace.
fn no_way_back_from_a_child_user_namespace() {
    let child = Command::new(std::env::current_exe().unwrap()).arg(NO_WAY_BACK).status().unwrap();
    assert!(child.success(), "{child}");
}

pub(crate) fn child_without_a_way_back() -> ExitCode {
    let home = Netns::ambient().unwrap();
    test::become_root().unwrap();
    let held = Held::now();
    {
        let inner = Netns::create().unwrap();
        let handle = inner.open(SocketKind::ROUTE).unwrap();
        test::assert_in(&handle, &inner);
        // A thread that went in could not come home: the kernel refuses.
        let refused = inner.run(|| move_into_link_name_space(home.as_fd(), Some(LinkNameSpaceType::Network))).unwrap();
        assert_eq!(refused, Err(rustix::io::Errno::PERM));
        // Where the caller is already, nothing has to be allowed.
        test::assert_in(home.open(SocketKind::ROUTE).unwrap(), &home);
        for opened in Netns::open_many([&inner, &home, &inner], SocketKind::ROUTE) {
            opened.unwrap().verify().unwrap();
        }
        // Over that one it has no capability, so that kind of evidence is not to be had, and nothing else was wanted.
        let error = home.open_proved_by(SocketKind::ROUTE, Evidence::SocketNetns).unwrap_err();
        assert!(matches!(error.cause(), Cause::Unproved(why) if why.contains("operation not permitted")), "{error}");
        assert!(home.run(|| Netns::ambient().unwrap() == home).unwrap());
        assert!(Netns::ambient().unwrap() == home);
    }
    test::assert_no_thread_left_behind();
    held.assert_unchanged();
    ExitCode::SUCCESS
}

fn every_evidence_proves() {
    let netns = Netns::create().unwrap();
    let known = netns.id().kernel().is_some();
    for evidence in [Evidence::Cookie, Evidence::SocketNetns, Evidence::Thread] {
        let opened = netns.open_proved_by(SocketKind::ROUTE, evidence);
        if evidence == Evidence::Cookie && !known {
            assert!(opened.is_err(), "there is no id to compare with before Linux 6.18");
            continue;
        }
        let handle = opened.unwrap();
        assert_eq!(handle.verify().unwrap().evidence(), evidence);
        test::assert_in(&handle, &netns);
    }
    test::assert_in(netns.open_unproved(SocketKind::ROUTE).unwrap(), &netns);
}

/// What `verify` is for: code that moves descriptors about.
fn another_socket_in_its_place_is_noticed() {
    let [blue, green] = [(); 2].map(|()| Netns::create().unwrap());
    let handle = blue.open(SocketKind::ROUTE).unwrap();
    let other = green.open(SocketKind::ROUTE).unwrap();
    // SAFETY: the number stays open, and stays the handle's to close.
    assert_ne!(unsafe { libc::dup2(other.as_fd().as_raw_fd(), handle.as_fd().as_raw_fd()) }, -1);
    let error = handle.verify().unwrap_err();
    assert!(matches!(error.cause(), Cause::Elsewhere(_)), "{error}");
    assert!(error.to_string().starts_with("verify a socket in namespace "), "{error}");
    let caught = std::panic::catch_unwind(|| test::assert_in(&handle, &blue));
    assert!(caught.is_err(), "the test kit notices it too");
}

fn any_kind_of_socket() {
    let netns = Netns::create().unwrap();
    let kinds = [
        SocketKind::GENERIC,
        SocketKind::SOCK_DIAG,
        SocketKind::new(libc::AF_INET, libc::SOCK_STREAM, 0),
        SocketKind::new(libc::AF_INET, libc::SOCK_DGRAM, 0),
        SocketKind::new(libc::AF_UNIX, libc::SOCK_STREAM, 0),
    ];
    for kind in kinds {
        test::assert_in(netns.open(kind).unwrap(), &netns);
    }
}

fn every_way_to_name_a_namespace() {
    let ambient = Netns::ambient().unwrap();
    let pid = std::process::id();
    let pidfd = rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty());
    let tid = rustix::thread::gettid().as_raw_nonzero().get() as u32;
    let named = [
        Netns::from_path("/proc/self/ns/net"),
        Netns::from_pid(pid),
        Netns::from_tid(tid),
        Netns::from_pidfd(pidfd.unwrap()),
        Netns::from_fd(std::fs::File::open("/proc/self/ns/net").unwrap().into()),
        Netns::of_socket(std::net::UdpSocket::bind("0.0.0.0:0").unwrap()),
        ambient.try_clone(),
    ];
    for netns in named {
        assert!(netns.unwrap() == ambient);
    }
    // A thread that is elsewhere is found by its own number.
    let other = Netns::create().unwrap();
    other
        .run(|| {
            let tid = rustix::thread::gettid().as_raw_nonzero().get() as u32;
            assert!(Netns::from_tid(tid).unwrap() == other);
            assert!(Netns::from_pid(pid).unwrap() == ambient);
        })
        .unwrap();
    assert!(*home() != ambient);
}

fn a_second_handle_is_a_socket_of_its_own() {
    let handle = Netns::create().unwrap().open(SocketKind::ROUTE).unwrap();
    let second = handle.try_clone().unwrap();
    assert_ne!(second.id().is_same(&handle.id()), Some(false));
    assert_ne!(second.as_fd().as_raw_fd(), handle.as_fd().as_raw_fd());
    assert_eq!(second.name(), handle.name());
}

fn a_panic_inside_comes_out_and_leaves_nothing() {
    let netns = Netns::create().unwrap();
    let held = Held::now();
    let panic = std::panic::catch_unwind(|| netns.run(|| std::panic::panic_any("inside")));
    assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "inside");
    held.assert_unchanged();
    test::assert_no_thread_left_behind();
}

fn a_thread_left_inside_is_noticed() {
    let netns = Netns::create().unwrap();
    let (let_go, held_up) = std::sync::mpsc::channel::<()>();
    let leave_one = || std::thread::spawn(move || held_up.recv());
    let left = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| netns.run(leave_one)));
    assert_eq!(left.is_err(), cfg!(debug_assertions));
    let noticed = std::panic::catch_unwind(test::assert_no_thread_left_behind);
    assert!(noticed.is_err());
    drop(let_go);
    test::assert_no_thread_left_behind();
}
