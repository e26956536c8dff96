//! The verified socket under rtnetlink: where it is, whole lists, and an end.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt};
use netns_scope::{Cause, Netns, RouteHandle, SocketKind, asynchronous, asynchronous::AsyncRouteHandle, test};
use rtnetlink::{
    Error as RtnetlinkError, LinkVeth, MulticastGroup,
    packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload},
    packet_route::{RouteNetlinkMessage, address::AddressMessage},
};

use crate::{Held, Test, routes::name, while_doing};

pub(crate) const TESTS: &[Test] = &[
    ("async_is_where_it_was_asked_to_be", is_where_it_was_asked_to_be),
    ("async_lists_under_churn_are_never_short", lists_under_churn_are_never_short),
    ("async_ends_with_its_value", ends_with_its_value),
    ("async_messages_of_groups_arrive", messages_of_groups_arrive),
    ("async_errors_at_the_end_of_a_list", errors_at_the_end_of_a_list),
];

fn on_two_workers<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(future)
}

fn is_where_it_was_asked_to_be() {
    let netns = Netns::create().unwrap();
    on_two_workers(async {
        let mut route = AsyncRouteHandle::open(&netns).unwrap();
        assert_eq!(route.verify().unwrap().netns().is_same(&netns.id()), netns.id().kernel().map(|_| true));
        assert!(route.netns().unwrap() == netns);
        route.rtnetlink().link().add(LinkVeth::new("near", "far").build()).execute().await.unwrap();
        let names: BTreeSet<_> = route.links().await.unwrap().iter().filter_map(name).map(str::to_owned).collect();
        assert_eq!(names, BTreeSet::from(["far", "lo", "near"].map(str::to_owned)));
        route.addresses().await.unwrap();
        route.routes().await.unwrap();
        route.neighbours().await.unwrap();
        assert!(!route.rules().await.unwrap().is_empty());
        let second = route.try_clone().unwrap();
        second.verify().unwrap();
        test::assert_no_thread_left_behind();
    });
    let mut blocking = RouteHandle::open(&netns).unwrap();
    assert!(blocking.link_named("near").unwrap().is_some());
}

/// Through the handle of this crate, which begins anew, and through rtnetlink's own, which fails.
fn lists_under_churn_are_never_short() {
    let netns = Netns::create().unwrap();
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
    let interrupted = while_doing(churn, || {
        on_two_workers(async {
            let mut route = AsyncRouteHandle::open(&netns).unwrap();
            let whole = |links: &[_]| {
                let names: BTreeSet<_> = links.iter().filter_map(name).map(str::to_owned).collect();
                let missing: Vec<_> = stay.difference(&names).collect();
                assert!(missing.is_empty(), "called complete without {missing:?}");
            };
            let mut interrupted = 0;
            for _ in 0..100 {
                match route.links().await {
                    Ok(links) => whole(&links),
                    Err(error) => assert!(matches!(error.error.cause(), Cause::Interrupted(16)), "{error}"),
                }
                match route.rtnetlink().link().get().execute().try_collect::<Vec<_>>().await {
                    Ok(links) => whole(&links),
                    Err(RtnetlinkError::NetlinkError(error)) if error.raw_code() == -libc::EINTR => interrupted += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            interrupted
        })
    });
    assert!(interrupted > 0, "nothing was interrupted, so nothing was tested");
}

fn ends_with_its_value() {
    let netns = Netns::create().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        // The first use makes the threads of the runtime and its own descriptors.
        drop(AsyncRouteHandle::open(&netns).unwrap());
        tokio::task::yield_now().await;
        let held = Held::now();
        for _ in 0..20 {
            let mut route = AsyncRouteHandle::open(&netns).unwrap();
            let left = route.rtnetlink().clone();
            route.links().await.unwrap();
            drop(route);
            held.assert_unchanged();
            left.link().get().execute().try_collect::<Vec<_>>().await.map(drop).unwrap_or_default();
            let error = left.link().del(1).execute().await.unwrap_err();
            assert!(matches!(error, RtnetlinkError::RequestFailed), "{error}");
        }
        // By hand: in the order of its documentation, the connection ends.
        let (connection, handle, messages) =
            asynchronous::connect(netns.open(SocketKind::ROUTE).unwrap()).expect("inside a runtime");
        let task = tokio::spawn(connection);
        handle.link().get().execute().try_collect::<Vec<_>>().await.unwrap();
        drop(messages);
        drop(handle);
        task.await.unwrap();
        held.assert_unchanged();
    });
}

fn messages_of_groups_arrive() {
    let netns = Netns::create().unwrap();
    on_two_workers(async {
        let mut route = AsyncRouteHandle::open(&netns).unwrap();
        route.subscribe(MulticastGroup::Link).unwrap();
        RouteHandle::open(&netns).unwrap().create_veth("near", "far", None).unwrap();
        let (message, _) = route.messages().next().await.unwrap();
        assert!(format!("{message:?}").contains("far"), "{message:?}");
    });
}

fn errors_at_the_end_of_a_list() {
    let netns = Netns::create().unwrap();
    on_two_workers(async {
        let route = AsyncRouteHandle::open(&netns).unwrap();
        let mut question = AddressMessage::default();
        question.header.index = 99_999;
        let mut question = NetlinkMessage::from(RouteNetlinkMessage::GetAddress(question));
        question.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        // The kernel says in the last message of the dump that there is no such link; rtnetlink alone ends in silence.
        let answer: Vec<_> = route.rtnetlink().clone().request(question).unwrap().collect().await;
        match &answer[..] {
            [NetlinkMessage { payload: NetlinkPayload::Error(error), .. }] => {
                assert_eq!(error.raw_code(), -libc::ENODEV);
            }
            other => panic!("{other:?}"),
        }
    });
}
