//! What `netns-scope list` costs on a busy host: two thousand threads and two thousand sockets, here in this process.
//!
//! `cargo bench -p netns-scope --bench list`; as root, the rest of the host is looked at as well.

use std::{
    net::UdpSocket,
    process::{Command, Stdio},
    sync::mpsc,
};

use criterion::Criterion;
use netns_scope::{Netns, SocketKind};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const MANY: usize = 2_000;

fn main() {
    let limit = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: limit, maximum: limit }).expect("it is below the maximum");
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("list");
    let list = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netns-scope"));
        let status = command.args(["list", "--format", "json"]).stdout(Stdio::null()).status().expect("it is built");
        // 3: something could not be seen, which is so for everybody but a mighty root.
        assert!(matches!(status.code(), Some(0 | 3)), "{status}");
    };
    group.bench_function("a quiet process", |it| it.iter(list));

    let (stay, end) = mpsc::channel::<()>();
    let end = std::sync::Arc::new(std::sync::Mutex::new(end));
    for _ in 0..MANY {
        let end = std::sync::Arc::clone(&end);
        let thread = std::thread::Builder::new().stack_size(64 * 1024);
        thread.spawn(move || drop(end.lock().map(|it| it.recv()))).expect("as many threads as that are allowed");
    }
    // A fifth of them in a namespace of their own, if that is allowed.
    let elsewhere = Netns::create().ok();
    let sockets: Vec<_> = (0..MANY)
        .map(|number| match elsewhere.as_ref().filter(|_| number % 5 == 0) {
            Some(netns) => netns.open(SocketKind::ROUTE).expect("it opens").into_fd(),
            None => UdpSocket::bind("127.0.0.1:0").expect("there is a port").into(),
        })
        .collect();
    group.bench_function("2000 threads and 2000 sockets", |it| it.iter(list));
    group.finish();
    drop((sockets, stay));
    criterion.final_summary();
}
