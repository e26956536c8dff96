//! Where a test runs, and the way there.

use std::{
    os::{fd::AsRawFd, unix::process::CommandExt},
    process::{Command, ExitCode},
    sync::LazyLock,
};

use libtest_mimic::{Completion, Failed};
use netns_scope::{Netns, test};

use crate::Test;

pub(crate) const ISOLATE: &str = "--isolate";
pub(crate) const INSIDE: &str = "--inside";

/// The descriptor of the namespace that the test's process came from, handed down to it.
const HOME: &str = "KERNEL_TEST_HOME";
/// What `unshare` exits with when it could not do its part.
const REFUSED: i32 = 1;

#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// User, network, mount and pid namespaces of its own.
    Isolated,
    /// A network and a mount namespace of its own, among the processes of the host.
    Root,
}

/// Runs one test in a process of its own.
pub(crate) fn run_in(place: Place, name: &str) -> Result<Completion, Failed> {
    let this = std::env::current_exe()?;
    let mut command = Command::new("timeout");
    // A test that hangs has failed. Its pid namespace, if it has one, ends with it.
    command.args(["--signal=KILL", "120"]);
    match place {
        Place::Isolated => {
            command.arg(this).arg(ISOLATE);
        }
        Place::Root if !rustix::process::geteuid().is_root() => {
            return Ok(Completion::ignored_with("did not run: it is for root"));
        }
        Place::Root => {
            command.args(["unshare", "--net", "--mount"]).arg(this).arg(INSIDE);
        }
    }
    let done = command.arg(name).output()?;
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    match done.status.code() {
        Some(0) => Ok(Completion::Completed),
        Some(REFUSED) if !said.contains("panicked") => {
            Ok(Completion::ignored_with(format!("did not run: {}", said.trim())))
        }
        _ => Err(format!("{}\n{said}", done.status).into()),
    }
}

/// Isolates this process, and replaces it by one that runs the test.
pub(crate) fn isolate(name: &str) -> ! {
    let home = match Netns::ambient().map_err(|error| error.to_string()) {
        // A duplicate without close-on-exec.
        Ok(home) => rustix::io::dup(home).expect("a descriptor is free"),
        Err(why) => did_not_run(&why),
    };
    if let Err(error) = test::isolate() {
        did_not_run(&error.to_string());
    }
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]).arg(std::env::current_exe().unwrap());
    let error = command.args([INSIDE, name]).env(HOME, home.as_raw_fd().to_string()).exec();
    did_not_run(&format!("unshare: {error}"))
}

/// Ends the process of a test that this machine does not allow.
pub(crate) fn did_not_run(why: &str) -> ! {
    std::io::Write::write_all(&mut std::io::stderr(), why.as_bytes()).expect("the harness reads it");
    std::process::exit(REFUSED)
}

/// Where the process was before it was isolated: a namespace that it may look at and must not enter.
pub(crate) fn home() -> &'static Netns {
    static NETNS: LazyLock<Netns> = LazyLock::new(|| {
        let descriptor = std::env::var(HOME).expect("isolate() sets it");
        Netns::from_path(format!("/proc/self/fd/{descriptor}")).expect("isolate() leaves it open")
    });
    &NETNS
}

pub(crate) fn inside(name: &str, mut tests: impl Iterator<Item = (Place, Test)>) -> ExitCode {
    let (_, (_, run)) = tests.find(|(_, (it, _))| *it == name).expect("the name comes from the same list");
    if std::env::var_os(HOME).is_some() {
        // Not later, when descriptors are being counted.
        home();
    }
    // A panic ends the process with 101.
    run();
    ExitCode::SUCCESS
}
