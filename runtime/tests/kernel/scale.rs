//! A thousand namespaces.

use std::collections::HashSet;

use netns_scope::{Netns, RouteHandle, SocketKind, test};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{Held, Test, isolation::did_not_run};

pub(crate) const TESTS: &[Test] = &[
    ("a_thousand_namespaces", a_thousand_namespaces),
    ("nine_thousand_handles_are_nine_thousand_descriptors", nine_thousand_handles),
];

fn nine_thousand_handles() {
    const HANDLES: usize = 9_000;
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|it| it < HANDLES as u64 + 200) {
        did_not_run(&format!("RLIMIT_NOFILE may not be raised above {:?}", limit.maximum));
    }
    let room = Some(HANDLES as u64 + 200);
    setrlimit(Resource::Nofile, Rlimit { current: room, maximum: limit.maximum }).unwrap();
    let netns: Vec<_> = (0..100).map(|_| Netns::create().unwrap()).collect();
    let held = Held::now();
    let mut handles = Vec::new();
    for _ in 0..HANDLES / netns.len() {
        let opened = Netns::open_many(&netns, SocketKind::ROUTE);
        handles.extend(opened.into_iter().map(|it| RouteHandle::over(it.unwrap()).unwrap()));
    }
    assert_eq!(Held::now().descriptors.len(), held.descriptors.len() + HANDLES);
    for (handle, netns) in handles.iter_mut().zip(netns.iter().cycle()) {
        test::assert_in(handle.handle(), netns);
        assert_eq!(handle.links().unwrap().len(), 1);
    }
    drop(handles);
    held.assert_unchanged();
}

fn a_thousand_namespaces() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let held = Held::now();
    let mut handles = Vec::new();
    for _ in 0..10 {
        let netns: Vec<_> = (0..100).map(|_| Netns::create().unwrap()).collect();
        for (netns, opened) in netns.iter().zip(Netns::open_many(&netns, SocketKind::ROUTE)) {
            let handle = opened.unwrap();
            test::assert_in(&handle, netns);
            handles.push(handle);
        }
    }
    // Alive all at once, so the inodes tell them apart on every kernel.
    let distinct: HashSet<_> = handles.iter().map(|it| it.id().inode()).collect();
    assert_eq!(distinct.len(), 1_000);
    // One descriptor a handle.
    assert_eq!(Held::now().descriptors.len(), held.descriptors.len() + 1_000);
    for handle in &handles {
        handle.verify().unwrap();
    }
    drop(handles);
    held.assert_unchanged();
    setrlimit(Resource::Nofile, limit).unwrap();
}
