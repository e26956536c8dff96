//! Every fixture compiles with the real libraries, so that what the lint is taught is Go and Rust.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use netns_tests::fixture::{Fixture, fixtures};

/// The version of vishvananda/netlink that all Go fixtures are written for.
const WRITTEN_FOR: &str = "v1.3.1";

/// The libraries want at least Go 1.26.
const NEEDED: u32 = 26;

fn main() -> ExitCode {
    let mut trials = vec![Trial::test("rust", rust)];
    let found = go_version();
    for version in versions() {
        let name = format!("go, netlink {version}");
        let trial = if found >= NEEDED {
            Trial::test(name, move || go(&version))
        } else {
            Trial::test(format!("{name}: not run, there is no Go 1.{NEEDED} here"), || Ok(())).with_ignored_flag(true)
        };
        trials.push(trial);
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// One crate with every fixture as a module.
fn rust() -> Result<(), Failed> {
    let project = target("rust");
    fs::create_dir_all(&project)?;
    let manifest = fs::read_to_string(manifests().join("rust/Cargo.toml"))?;
    let runtime = netns_tests::root().join("runtime");
    write_if_new(&project.join("Cargo.toml"), &manifest.replace("RUNTIME", &runtime.display().to_string()))?;
    if !project.join("Cargo.lock").exists() {
        fs::copy(manifests().join("rust/Cargo.lock"), project.join("Cargo.lock"))?;
    }
    let mut lib = "#![allow(dead_code, reason = \"nobody calls the functions of a fixture\")]\n".to_owned();
    for fixture in fixtures("rs") {
        let module = fixture.name.replace(['/', '.', '-'], "_");
        writeln!(lib, "#[path = {:?}]\nmod {module};", fixture.path)?;
    }
    write_if_new(&project.join("lib.rs"), &lib)?;
    run(Command::new(env!("CARGO")).args(["check", "--quiet"]).current_dir(project))
}

/// One module with a package for each fixture.
fn go(version: &str) -> Result<(), Failed> {
    let module = target("go").join(version);
    if module.exists() {
        fs::remove_dir_all(&module)?;
    }
    fs::create_dir_all(&module)?;
    for (manifest, name) in [("mod", "go.mod"), ("sum", "go.sum")] {
        fs::copy(manifests().join(format!("go/{version}.{manifest}")), module.join(name))?;
    }
    let meant = |it: &Fixture| version == WRITTEN_FOR || it.is_fixed();
    let mut packages = 0;
    for fixture in fixtures("go").into_iter().filter(meant) {
        let package = module.join(fixture.name.trim_end_matches(".go"));
        fs::create_dir_all(&package)?;
        fs::write(package.join(fixture.path.file_name().expect("a fixture is a file")), fixture.text)?;
        packages += 1;
    }
    // Without any package `go vet` fails.
    if packages == 0 { Ok(()) } else { run(Command::new("go").args(["vet", "./..."]).current_dir(module)) }
}

/// The 26 of Go 1.26.8; 0 if there is no Go.
fn go_version() -> u32 {
    let version = Command::new("go").args(["env", "GOVERSION"]).output().map(|it| it.stdout).unwrap_or_default();
    let minor = String::from_utf8_lossy(&version).split('.').nth(1).and_then(|it| it.trim().parse().ok());
    minor.unwrap_or(0)
}

fn run(command: &mut Command) -> Result<(), Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Which versions there is a manifest for, the oldest first.
fn versions() -> Vec<String> {
    let names = fs::read_dir(manifests().join("go")).expect("the manifests are part of the project");
    let mut versions: Vec<String> = names
        .map(|it| it.expect("the folder can be read").file_name().to_string_lossy().into_owned())
        .filter_map(|name| Some(name.strip_suffix(".mod")?.to_owned()))
        .collect();
    versions.sort();
    versions
}

fn manifests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("compile")
}

fn target(language: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(language)
}

/// Leaves the file's time alone if there is nothing new, so that nothing is built again.
fn write_if_new(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text)
}
