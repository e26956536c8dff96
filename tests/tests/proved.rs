//! The fixes are right on a kernel: programs that ask the wrong network namespace are built and run in real ones, before
//! and after the fixes, and `netns-scope` is asked where their sockets are. Nobody has to be root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

/// The last version in which a package handle that was configured keeps its sockets.
const CONFIGURABLE: &str = "v1.3.2-0.20260624190457-bab08b3566fc";

/// All programs in Rust are built into one folder.
static BUILDING: Mutex<()> = Mutex::new(());

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = missing();
    let programs = [
        Program { source: "configured.go", flags: &["--fix"], asks: "devices:", socket: true },
        // It is answered by another namespace than before: that is what the fix is for, and not for all to decide.
        Program { source: "stored.go", flags: &["--fix", "--unsafe-fixes"], asks: "devices:", socket: true },
        Program { source: "stored.rs", flags: &["--fix", "--unsafe-fixes"], asks: "devices:", socket: true },
        Program { source: "view.go", flags: &["--fix"], asks: "devices:", socket: false },
        Program { source: "view.rs", flags: &["--fix"], asks: "devices:", socket: false },
        // What it says is what another goroutine sees, which stays at home.
        Program { source: "unpinned.go", flags: &["--fix", "--unsafe-fixes"], asks: "home:", socket: false },
    ];
    let mut trials = Vec::new();
    for program in programs {
        let missing = missing.clone().or_else(|| (program.is_go() && !is_there("go")).then(|| "there is no Go".into()));
        trials.push(match missing {
            Some(why) => Trial::test(format!("{}: not run, {why}", program.source), || Ok(())).with_ignored_flag(true),
            None => Trial::test(program.source, move || program.prove()),
        });
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

struct Program {
    source: &'static str,
    flags: &'static [&'static str],
    /// The line of what is true that its answer has to be.
    asks: &'static str,
    /// Whether it has a netlink socket while others look at it.
    socket: bool,
}

/// What a run of a program and of `netns-scope` said.
struct Run {
    /// The devices of the namespace that it was asked about.
    devices: String,
    /// Those that it thinks are there.
    answer: String,
    has_socket_there: bool,
}

impl Program {
    fn is_go(&self) -> bool {
        self.source.ends_with(".go")
    }

    fn prove(&self) -> Result<(), Failed> {
        let (lint, scope) = tools()?;
        // Not below `target/`, where nothing is ever changed.
        let folder = tempfile::tempdir()?;
        let folder = folder.path();
        let source = folder.join(if self.is_go() { "main.go" } else { "main.rs" });
        fs::write(&source, fs::read_to_string(proved().join(self.source))?)?;
        let before = self.run(&self.build(folder, "before")?, &scope)?;
        if before.answer == before.devices {
            return Err(format!("it is right before the fix: {}", before.answer).into());
        }
        if before.has_socket_there {
            return Err("it has a socket there before the fix".into());
        }
        // What needs a person's consent is not done without it.
        if self.flags.contains(&"--unsafe-fixes") {
            let text = fs::read(&source)?;
            Command::new(&lint).args(["check", "--fix", "--no-config"]).arg(&source).output()?;
            if fs::read(&source)? != text {
                return Err("the fix is said to be safe".into());
            }
        }
        let fixed = Command::new(&lint).arg("check").args(self.flags).arg("--no-config").arg(&source).output()?;
        if !fixed.status.success() {
            return Err(String::from_utf8_lossy(&fixed.stderr).into_owned().into());
        }
        let after = self.run(&self.build(folder, "after")?, &scope)?;
        if after.answer != after.devices {
            return Err(format!("{} are there, and it says {}", after.devices, after.answer).into());
        }
        if after.has_socket_there != self.socket {
            return Err("netns-scope sees the program's socket elsewhere".into());
        }
        Ok(())
    }

    fn build(&self, folder: &Path, name: &str) -> Result<PathBuf, Failed> {
        let built = folder.join(name);
        let compile = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile");
        if self.is_go() {
            for (manifest, name) in [("mod", "go.mod"), ("sum", "go.sum")] {
                fs::copy(compile.join(format!("go/{CONFIGURABLE}.{manifest}")), folder.join(name))?;
            }
            succeed(Command::new("go").args(["build", "-o"]).arg(&built).arg(".").current_dir(folder))?;
        } else {
            let runtime = netns_tests::root().join("runtime");
            // Two packages of one name would be the same for Cargo, which takes the newer text for built.
            let package = format!("proved-{}", self.source.trim_end_matches(".rs"));
            let manifest = format!(
                "[package]\nname = {package:?}\nedition = \"2024\"\n[[bin]]\nname = {package:?}\npath = \"main.rs\"\n\
                 [dependencies]\nfutures = \"0.3\"\nnetns-scope = {{ path = {runtime:?}, features = [\"tokio\"] }}\n\
                 nix = {{ version = \"0.31\", features = [\"sched\"] }}\nrtnetlink = \"0.24\"\n\
                 tokio = {{ version = \"1\", features = [\"full\"] }}\n[workspace]\n"
            );
            fs::write(folder.join("Cargo.toml"), manifest)?;
            fs::copy(compile.join("rust/Cargo.lock"), folder.join("Cargo.lock"))?;
            let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proved");
            let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
            let mut build = Command::new(env!("CARGO"));
            succeed(build.args(["build", "--quiet"]).env("CARGO_TARGET_DIR", &target).current_dir(folder))?;
            fs::copy(target.join("debug").join(package), &built)?;
        }
        Ok(built)
    }

    fn run(&self, program: &Path, scope: &Path) -> Result<Run, Failed> {
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--net", "--mount", "sh"])
            .arg(proved().join("prove.sh"))
            .arg(program)
            .arg(scope);
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = |what: &str| text.lines().find_map(|it| it.strip_prefix(what)).map(|it| it.trim().to_owned());
        let (Some(devices), Some(answer), Some(pins), Some(id)) =
            (said(self.asks), said("answer:"), said("pins:"), said("program:"))
        else {
            return Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)).into());
        };
        let pins: serde_json::Value = serde_json::from_str(&pins)?;
        let holders = pins["namespace"]["holders"].as_array().ok_or("netns-scope names no holders")?;
        let is_socket = |it: &serde_json::Value| it["by"] == "socket" && it["pid"].as_u64() == id.parse().ok();
        Ok(Run { devices, answer, has_socket_there: holders.iter().any(is_socket) })
    }
}

/// The two programs of the project, built.
fn tools() -> Result<(PathBuf, PathBuf), Failed> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "-p", "netns-lint", "-p", "netns-scope", "--bins", "--target-dir"]).arg(target);
    succeed(build.current_dir(netns_tests::root()))?;
    Ok((target.join("debug/netns-lint"), target.join("debug/netns-scope")))
}

/// What the machine lacks, if anything.
fn missing() -> Option<String> {
    let namespaces = Command::new("unshare").args(["--map-root-user", "--net", "--mount", "ip", "link"]).output();
    match namespaces {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(why) => Some(format!("unshare: {why}")),
    }
}

fn is_there(command: &str) -> bool {
    Command::new(command).arg("version").output().is_ok()
}

fn succeed(command: &mut Command) -> Result<(), Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr)).into())
}

fn proved() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("proved")
}
