//! The library against the kernel, in namespaces of its own: no root is needed, and nothing reaches the host.
//!
//! One test at a time, on the main thread, because some of them count the threads and descriptors of the process.

mod bad_input;
mod handles;
mod routes;
mod scale;

use std::{process::ExitCode, sync::OnceLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use netns_scope::{Netns, test};

/// Where the process was before it was isolated: a namespace that it may look at and must not enter.
static HOME: OnceLock<Netns> = OnceLock::new();

fn main() -> ExitCode {
    if std::env::args().any(|it| it == handles::NO_WAY_BACK) {
        return handles::child_without_a_way_back();
    }
    let home = Netns::ambient().map(|home| HOME.set(home));
    let isolated = home.and_then(|_| test::isolate()).map_err(|error| error.to_string());
    let tests = [handles::TESTS, bad_input::TESTS, routes::TESTS, scale::TESTS].concat();
    let trials = tests.into_iter().map(|(name, run)| {
        let isolated = isolated.clone();
        Trial::ignorable_test(name, move || test_or_say_why(isolated, run))
    });
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

type Test = (&'static str, fn());

fn test_or_say_why(isolated: Result<(), String>, run: fn()) -> Result<Completion, Failed> {
    match isolated {
        Ok(()) => {
            run();
            Ok(Completion::Completed)
        }
        Err(why) => Ok(Completion::ignored_with(format!("did not run: {why}"))),
    }
}

fn home() -> &'static Netns {
    HOME.get().expect("main sets it")
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
    fn assert_unchanged(&self) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(2);
        while *self != Self::now() && std::time::Instant::now() < until {
            std::thread::yield_now();
        }
        assert_eq!(*self, Self::now());
    }
}
