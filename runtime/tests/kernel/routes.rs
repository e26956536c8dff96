//! Reads are complete or say so, and the few changes do what they say.

use std::collections::BTreeSet;

use netns_scope::{
    Cause, Netns, Peer, RouteHandle,
    packet::link::{LinkAttribute, LinkFlags, LinkMessage},
};

use crate::{Test, while_doing};

pub(crate) const TESTS: &[Test] = &[
    ("a_dump_under_churn_is_never_short", a_dump_under_churn_is_never_short),
    ("a_veth_from_birth_to_death", a_veth_from_birth_to_death),
    ("the_kernel_explains_itself", the_kernel_explains_itself),
];

pub(crate) fn name(link: &LinkMessage) -> Option<&str> {
    link.attributes.iter().find_map(|it| match it {
        LinkAttribute::IfName(name) => Some(name.as_str()),
        _ => None,
    })
}

/// Links come and go all the time; those that stay must be in every list that is called complete.
fn a_dump_under_churn_is_never_short() {
    let netns = Netns::create().unwrap();
    let mut reader = RouteHandle::open(&netns).unwrap();
    let mut writer = RouteHandle::open(&netns).unwrap();
    let mut stay = BTreeSet::from(["lo".to_owned()]);
    for pair in 0..100 {
        let (left, right) = (format!("a{pair}"), format!("b{pair}"));
        writer.create_veth(&left, &right, None).unwrap();
        stay.extend([left, right]);
    }
    let churn = || {
        writer.create_veth("come", "go", None).unwrap();
        let link = writer.link_named("come").unwrap().unwrap();
        writer.delete_link(link.header.index).unwrap();
    };
    let (complete, interrupted) = while_doing(churn, || {
        let (mut complete, mut interrupted) = (0, 0);
        for _ in 0..150 {
            match reader.links() {
                Ok(links) => {
                    let names: BTreeSet<_> = links.iter().filter_map(name).map(str::to_owned).collect();
                    let missing: Vec<_> = stay.difference(&names).collect();
                    assert!(missing.is_empty(), "called complete without {missing:?}");
                    complete += 1;
                }
                Err(error) => {
                    let interrupted_by_changes = matches!(error.error.cause(), Cause::Interrupted(_));
                    assert!(interrupted_by_changes && !error.partial.is_empty(), "{error}");
                    interrupted += 1;
                }
            }
        }
        (complete, interrupted)
    });
    assert_eq!(complete + interrupted, 150);
}

fn a_veth_from_birth_to_death() {
    let [here, there] = [(); 2].map(|()| Netns::create().unwrap());
    let mut near = RouteHandle::open(&here).unwrap();
    let mut far = RouteHandle::open(&there).unwrap();
    near.create_veth("near", "far", Some(&there)).unwrap();
    let link = near.link_named("near").unwrap().unwrap();
    let index = link.header.index;
    let peer = Peer::of(&link).unwrap();
    assert_eq!(near.nsid_of(&there).unwrap(), peer.nsid);
    assert!(peer.nsid.is_some());
    assert_eq!(name(&far.link(peer.index).unwrap().unwrap()), Some("far"));
    assert_eq!(near.link(12345).unwrap(), None);
    assert_eq!(near.link_named("nobody").unwrap(), None);
    assert_eq!(near.link_index("near").unwrap(), index);
    assert_eq!(near.link_index("nobody").unwrap_err().errno(), Some(libc::ENODEV));
    let ambient = there.run(|| RouteHandle::ambient().unwrap()).unwrap();
    assert_eq!(ambient.handle().id().inode(), there.id().inode());

    near.set_up(index).unwrap();
    far.set_up(peer.index).unwrap();
    assert!(near.link(index).unwrap().unwrap().header.flags.contains(LinkFlags::Up));
    near.add_address(index, "192.0.2.1".parse().unwrap(), 24).unwrap();
    near.add_address(index, "2001:db8::1".parse().unwrap(), 64).unwrap();
    let addresses = near.addresses().unwrap();
    assert!(addresses.iter().filter(|it| it.header.index == index).count() >= 2, "{addresses:?}");
    assert!(!near.routes().unwrap().is_empty());
    assert!(!near.rules().unwrap().is_empty());
    near.neighbours().unwrap();
    near.set_down(index).unwrap();
    assert!(!near.link(index).unwrap().unwrap().header.flags.contains(LinkFlags::Up));

    near.move_link(index, &there).unwrap();
    assert_eq!(near.link_named("near").unwrap(), None);
    let moved = far.link_named("near").unwrap().unwrap();
    assert_eq!(Peer::of(&moved).unwrap(), Peer { index: peer.index, nsid: None });
    far.delete_link(moved.header.index).unwrap();
    assert_eq!(far.links().unwrap().len(), 1);
}

fn the_kernel_explains_itself() {
    let netns = Netns::create().unwrap();
    let mut route = RouteHandle::open(&netns).unwrap();
    route.create_veth("twice", "other", None).unwrap();
    let error = route.create_veth("twice", "third", None).unwrap_err();
    assert_eq!(error.errno(), Some(libc::EEXIST));
    assert!(error.to_string().starts_with("make a veth pair in namespace "), "{error}");
    let error = route.add_address(1, "192.0.2.1".parse().unwrap(), 77).unwrap_err();
    assert!(error.to_string().ends_with(')'), "no word of the kernel's: {error}");
    // An error is the end of the answer: the next question gets its own.
    assert_eq!(route.links().unwrap().len(), 3);
}
