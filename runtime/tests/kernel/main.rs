//! The library and the command against the kernel. Nothing reaches the host.
//!
//! Each test is a process of its own, because a process that has threads cannot isolate itself, and some tests count
//! threads and descriptors. Most run in user, network, mount and pid namespaces of their own and need no root; those
//! that are there for what only root sees run as root. Where the kernel forbids it, a test says that it did not run.

mod asynchronous;
mod audit;
mod bad_input;
mod command;
mod handles;
mod inventory;
mod isolation;
mod looks;
mod routes;
mod scale;

use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use libtest_mimic::{Arguments, Trial};

use isolation::{Place, inside, run_in};

type Test = (&'static str, fn());

fn tests() -> impl Iterator<Item = (Place, Test)> {
    let isolated = [
        handles::TESTS,
        bad_input::TESTS,
        routes::TESTS,
        asynchronous::TESTS,
        scale::TESTS,
        inventory::TESTS,
        audit::TESTS,
        looks::TESTS,
    ];
    let root = [handles::ROOT_TESTS, inventory::ROOT_TESTS];
    let isolated = isolated.concat().into_iter().map(|test| (Place::Isolated, test));
    isolated.chain(root.concat().into_iter().map(|test| (Place::Root, test)))
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [isolation::ISOLATE, name] => isolation::isolate(name),
        [isolation::INSIDE, name] => return inside(name, tests()),
        [inventory::LEADERLESS] => inventory::process_without_a_leader(),
        [handles::NO_WAY_BACK] => return handles::child_without_a_way_back(),
        _ => {}
    }
    let trials = tests().map(|(place, (name, _))| Trial::ignorable_test(name, move || run_in(place, name)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// What a leak would show in: threads and descriptors of this process.
#[derive(Debug, PartialEq)]
struct Held {
    threads: usize,
    descriptors: Vec<String>,
}

impl Held {
    fn now() -> Self {
        let names = |folder| {
            let entries = std::fs::read_dir(folder).unwrap();
            let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        Self { threads: names("/proc/self/task").len(), descriptors: names("/proc/self/fd") }
    }

    /// A thread that was joined may still be on its way out of /proc.
    #[track_caller]
    fn assert_unchanged(&self) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(2);
        while *self != Self::now() && std::time::Instant::now() < until {
            std::thread::yield_now();
        }
        assert_eq!(*self, Self::now());
    }
}

/// Does one thing over and over while another is done, and ends with it, also if it panics.
fn while_doing<T>(over_and_over: impl FnMut() + Send, once: impl FnOnce() -> T) -> T {
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ended = &ended;
        let mut over_and_over = over_and_over;
        scope.spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                over_and_over();
            }
        });
        let _end = End(ended);
        once()
    })
}
