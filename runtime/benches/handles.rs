//! What a verified handle costs, beside a bare socket, plain rtnetlink, and `ip netns exec NS ip -j link`.
//!
//! `cargo bench -p netns-scope --bench handles` needs no root where user namespaces are allowed, and nothing of it
//! reaches the host. It holds some thousand descriptors.

use std::{
    os::fd::{AsFd, AsRawFd},
    process::{Command, Stdio},
    time::Duration,
};

use criterion::{Criterion, Throughput};
use futures_util::TryStreamExt;
use netns_scope::{Netns, RouteHandle, SocketKind, asynchronous::AsyncRouteHandle, test};
use rustix::{
    mount::{MountFlags, mount, mount_bind},
    process::{Resource, Rlimit, getrlimit, setrlimit},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};

fn main() {
    test::isolate().expect("user namespaces are allowed");
    let limit = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: limit, maximum: limit }).expect("it is below the maximum");
    mount("none", "/run", "tmpfs", MountFlags::empty(), None).expect("the mount namespace is its own");
    std::fs::create_dir(netns_scope::NAMED).expect("the folder is new");

    // Many short samples: on a machine with other work, the median is then not that of the other work.
    let criterion = Criterion::default().sample_size(200).warm_up_time(Duration::from_millis(300));
    let mut criterion = criterion.measurement_time(Duration::from_secs(1)).configure_from_args();
    let small = Netns::create().expect("it may");
    open(&mut criterion, &small);
    dump(&mut criterion, &small, "1 link", 1);
    let large = with_links(1_001);
    dump(&mut criterion, &large, "1001 links", 1_001);
    thousand_namespaces(&mut criterion);
    criterion.final_summary();
}

/// Opening and verifying, beside the same without a proof.
fn open(criterion: &mut Criterion, netns: &Netns) {
    let mut group = criterion.benchmark_group("open");
    group.bench_function("bare thread, setns and socket", |it| {
        it.iter(|| {
            std::thread::scope(|scope| {
                let opened = scope.spawn(|| {
                    enter(netns);
                    let kind = rustix::net::SocketType::RAW;
                    rustix::net::socket(rustix::net::AddressFamily::NETLINK, kind, None).expect("it opens")
                });
                opened.join().expect("it ends")
            })
        });
    });
    group.bench_function("scoped and verified", |it| it.iter(|| netns.open(SocketKind::ROUTE).expect("it opens")));
    group.finish();
    let handle = netns.open(SocketKind::ROUTE).expect("it opens");
    criterion.bench_function("verify a held handle", |it| it.iter(|| handle.verify().expect("it is there")));
}

fn enter(netns: &Netns) {
    move_into_link_name_space(netns.as_fd(), Some(LinkNameSpaceType::Network)).expect("it may");
}

fn with_links(count: usize) -> Netns {
    let netns = Netns::create().expect("it may");
    let mut route = RouteHandle::open(&netns).expect("it opens");
    for pair in 0..count / 2 {
        route.create_veth(&format!("a{pair}"), &format!("b{pair}"), None).expect("the names are new");
    }
    netns
}

/// All links of one namespace, by a handle that is held and by one that is opened for each question.
fn dump(criterion: &mut Criterion, netns: &Netns, name: &str, links: usize) {
    let mut group = criterion.benchmark_group(format!("dump {name}"));
    let counted = |found: usize| assert_eq!(found, links);

    let mut held = RouteHandle::open(netns).expect("it opens");
    group.bench_function("blocking, held", |it| it.iter(|| counted(held.links().expect("nothing changes").len())));
    group.bench_function("blocking, opened for each", |it| {
        it.iter(|| counted(RouteHandle::open(netns).expect("it opens").links().expect("nothing changes").len()));
    });

    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("it starts");
    let entered = runtime.enter();
    let mut held = AsyncRouteHandle::open(netns).expect("it opens");
    group.bench_function("asynchronous, held", |it| {
        it.iter(|| counted(runtime.block_on(held.links()).expect("nothing changes").len()));
    });
    // In this order: the runtime is borrowed, and the handle's connection runs on it.
    drop((entered, held));
    drop(runtime);

    // Plain rtnetlink has no word for a namespace: it runs on a thread that is there already, which is to its favour.
    let plain = |body: &mut (dyn FnMut(&tokio::runtime::Runtime) + Send)| {
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                enter(netns);
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
                body(&runtime.expect("it starts"));
            });
            inside.join().expect("it ends");
        });
    };
    async fn all(handle: &rtnetlink::Handle) -> usize {
        handle.link().get().execute().try_collect::<Vec<_>>().await.expect("nothing changes").len()
    }
    group.bench_function("rtnetlink, held", |it| {
        plain(&mut |runtime| {
            let _entered = runtime.enter();
            let (connection, handle, messages) = rtnetlink::new_connection().expect("it opens");
            runtime.spawn(connection);
            it.iter(|| counted(runtime.block_on(all(&handle))));
            drop(messages);
        });
    });
    group.bench_function("rtnetlink, opened for each", |it| {
        plain(&mut |runtime| {
            let _entered = runtime.enter();
            it.iter(|| {
                runtime.block_on(async {
                    let (connection, handle, messages) = rtnetlink::new_connection().expect("it opens");
                    let task = tokio::spawn(connection);
                    counted(all(&handle).await);
                    drop((messages, handle));
                    task.await.expect("it ends");
                });
            });
        });
    });

    // A bare number is no name for netns-scope.
    let name = format!("with-{links}");
    let place = format!("{}/{name}", netns_scope::NAMED);
    std::fs::write(&place, "").expect("the folder is there");
    mount_bind(format!("/proc/self/fd/{}", netns.as_fd().as_raw_fd()), &place).expect("it may");
    let program = |arguments: &[&str]| {
        let status = Command::new(arguments[0]).args(&arguments[1..]).stdout(Stdio::null()).status();
        assert!(status.expect("it is installed").success());
    };
    group.bench_function("ip netns exec NS ip -j link", |it| {
        it.iter(|| program(&["ip", "netns", "exec", &name, "ip", "-j", "link"]));
    });
    group.bench_function("netns-scope show NS links", |it| {
        it.iter(|| program(&[env!("CARGO_BIN_EXE_netns-scope"), "show", &name, "links", "--format", "json"]));
    });
    group.finish();
}

fn thousand_namespaces(criterion: &mut Criterion) {
    const COUNT: usize = 1_000;
    let netns: Vec<_> = (0..COUNT).map(|_| Netns::create().expect("it may")).collect();
    let mut group = criterion.benchmark_group("1000 namespaces");
    group.sample_size(10).throughput(Throughput::Elements(COUNT as u64));
    let open = || -> Vec<_> {
        let opened = Netns::open_many(&netns, SocketKind::ROUTE);
        opened.into_iter().map(|it| it.expect("it opens")).collect()
    };
    group.bench_function("open and verify, a thread for each", |it| {
        it.iter(|| netns.iter().map(|it| it.open(SocketKind::ROUTE).expect("it opens")).collect::<Vec<_>>());
    });
    group.bench_function("open and verify, one thread", |it| it.iter(open));
    let held = open();
    group.bench_function("verify held handles", |it| {
        it.iter(|| held.iter().all(|it| it.verify().is_ok()));
    });
    let mut routes: Vec<_> = held.into_iter().map(|it| RouteHandle::over(it).expect("it is netlink")).collect();
    group.bench_function("dump links, held handles", |it| {
        it.iter(|| routes.iter_mut().for_each(|it| assert_eq!(it.links().expect("nothing changes").len(), 1)));
    });
    group.finish();
}
