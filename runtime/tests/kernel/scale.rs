//! A thousand namespaces.

use std::collections::HashSet;

use netns_scope::{Netns, SocketKind, test};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{Held, Test};

pub(crate) const TESTS: &[Test] = &[("a_thousand_namespaces", a_thousand_namespaces)];

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
