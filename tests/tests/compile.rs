//! Every fixture compiles with the real libraries, so that what the lint is taught is Go and Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use netns_lint::check;
use netns_lint::facts::Facts;
use netns_lint::fix::plan;
use netns_lint::progress::Progress;
use netns_lint::remedy::Safety;
use netns_tests::fixture::fixtures;
use netns_tests::request;

/// The version of vishvananda/netlink that all Go fixtures are written for.
const WRITTEN_FOR: &str = "v1.3.1";

/// The module in the manifests.
const EXAMPLE: &str = "netns-lint.example/fixtures";

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

/// One module with a package for each fixture, and one for what the fixes make of each with that version: what compiles
/// before compiles afterwards.
fn go(version: &str) -> Result<(), Failed> {
    let module = target("go").join(version);
    if module.exists() {
        fs::remove_dir_all(&module)?;
    }
    fs::create_dir_all(&module)?;
    for (manifest, name) in [("mod", "go.mod"), ("sum", "go.sum")] {
        fs::copy(manifests().join(format!("go/{version}.{manifest}")), module.join(name))?;
    }
    for fixture in fixtures("go") {
        for package in [module.join("written"), module.join("fixed")] {
            let package = package.join(fixture.name.trim_end_matches(".go"));
            fs::create_dir_all(&package)?;
            fs::write(package.join(fixture.path.file_name().expect("a fixture is a file")), &fixture.text)?;
        }
    }
    let changed = fix(&module.join("fixed"))?;
    let (wrong, why) = vet(&module, "./written/...")?;
    if version == WRITTEN_FOR && !wrong.is_empty() {
        return Err(why.into());
    }
    let (spoilt, why) = vet(&module, "./fixed/...")?;
    let spoilt: Vec<_> = spoilt.iter().filter(|it| !wrong.contains(&it.replacen("/fixed/", "/written/", 1))).collect();
    if !spoilt.is_empty() {
        return Err(format!("{spoilt:?} did compile before:\n{why}").into());
    }
    // Where something else is wrong with that version, the fixes have to leave it at that.
    let mut before = errors(&module, "written")?;
    for (error, count) in errors(&module, "fixed")? {
        if count > before.remove(&error).unwrap_or(0) {
            return Err(format!("{} did compile before: {}", error.0, error.1).into());
        }
    }
    let compiles = |it: &&String| !wrong.iter().any(|wrong| wrong.ends_with(&format!("/written/{it}")));
    let count = changed.iter().filter(compiles).count();
    if count < 5 { Err(format!("only {count} of {changed:?} compile before").into()) } else { Ok(()) }
}

/// Everything that the compiler says below a folder: the file, what is wrong in it, and how often.
fn errors(module: &Path, below: &str) -> Result<BTreeMap<(String, String), usize>, Failed> {
    let packages = format!("./{below}/...");
    let output = Command::new("go").args(["build", "-gcflags=-e", &packages]).current_dir(module).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let mut errors = BTreeMap::new();
    let is_more = |it: &str| it.starts_with(['#', '\t']) || it.starts_with("go: downloading ");
    for line in text.lines().filter(|it| !is_more(it)) {
        // `fixed/unbound-handle/bad/bad.go:20:16: handle.Close undefined`; anything else, and nobody knows what was compiled.
        let place = line.split_once(": ").and_then(|(place, what)| Some((place.split_once(".go:")?.0, what)));
        let Some((file, what)) = place else { return Err(text.into_owned().into()) };
        let file = file.trim_start_matches(below).to_owned();
        *errors.entry((file, what.to_owned())).or_default() += 1;
    }
    if output.status.success() || !errors.is_empty() { Ok(errors) } else { Err(text.into_owned().into()) }
}

/// Makes all fixes below a folder, and says in which packages.
fn fix(folder: &Path) -> Result<BTreeSet<String>, Failed> {
    let request = request(&netns_lint::lang::go::Go, folder.into());
    let (facts, progress) = (Facts::embedded(), Progress::hidden());
    let mut changed = BTreeSet::new();
    for _ in 0..10 {
        let before = check(&request, &facts, &progress);
        let plan = plan(&request, &facts, &before, &before.findings, Safety::Unsafe, &progress);
        if plan.texts.is_empty() {
            break;
        }
        for text in plan.texts {
            fs::write(&text.path, &text.new)?;
            let package = Path::new(&text.path).parent().expect("a file is in a folder");
            let name = package.to_string_lossy();
            changed.insert(name.split_once("/fixed/").expect("it is below").1.to_owned());
        }
    }
    Ok(changed)
}

/// The packages that do not compile, and what there is to say about them.
fn vet(module: &Path, packages: &str) -> Result<(BTreeSet<String>, String), Failed> {
    let output = Command::new("go").args(["vet", packages]).current_dir(module).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let wrong: BTreeSet<_> = text.lines().filter_map(|it| it.strip_prefix("# ")).map(str::to_owned).collect();
    // A package whose imports are not there has no heading.
    let missing = text.lines().filter(|it| it.contains(": no required module provides") || it.contains(": module "));
    let folder = |line: &str| Some(format!("{EXAMPLE}/{}", Path::new(line.split(':').next()?).parent()?.display()));
    let wrong: BTreeSet<_> =
        wrong.into_iter().chain(missing.filter_map(folder)).filter(|it| !it.starts_with('[')).collect();
    if output.status.success() || !wrong.is_empty() { Ok((wrong, text)) } else { Err(text.into()) }
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
