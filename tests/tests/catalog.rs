//! The Go catalogue against the libraries themselves: every function that it describes exists, and
//! none of netlink is left out. A library that `catalog/go.mod` does not require is named, not checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use netns_lint::facts::{Fact, Facts};

const NETLINK: &str = "github.com/vishvananda/netlink";
/// The version in `catalog/go.mod`: facts that begin later are not looked for, nor those that have ended.
const VERSION: &str = "v1.3.1";

fn main() -> ExitCode {
    let facts = Facts::embedded();
    let mut packages: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    let go = |path: &str| path.contains('.') && !path.contains("::") && !path.starts_with("?.");
    for fact in facts.calls().filter(|it| go(&it.path)) {
        let (package, _) = split(&fact.path);
        packages.entry(package).or_default().push(fact);
    }
    let found = match declared(packages.keys().copied()) {
        Ok(found) => found,
        Err(why) => {
            let trial = Trial::test(format!("go: not run, {why}"), || Ok(())).with_ignored_flag(true);
            return libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code();
        }
    };
    let mut trials = Vec::new();
    for (package, facts) in packages {
        let name = format!("what is said of {package} exists");
        trials.push(match found.get(package) {
            Some(declared) => {
                let missing = missing(declared, &facts);
                Trial::test(name, move || none("does not exist", &missing))
            }
            None => Trial::test(format!("{name}: not run"), || Ok(())).with_ignored_flag(true),
        });
    }
    let left_out = found.get(NETLINK).map_or_else(Vec::new, |it| left_out(it, &facts));
    trials.push(Trial::test("all of netlink is described", move || none("is not described", &left_out)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The functions and methods (`Handle.Close`) that each package declares for Linux, of those
/// packages that Go itself and the modules of `catalog/go.mod` have.
fn declared<'a>(packages: impl Iterator<Item = &'a str>) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let module = Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalog");
    let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
    fs::create_dir_all(&module).map_err(|why| why.to_string())?;
    for name in ["go.mod", "go.sum"] {
        fs::copy(manifests.join(name), module.join(name)).map_err(|why| why.to_string())?;
    }
    let list = "{{if .GoFiles}}{{.ImportPath}}\t{{.Dir}}\t{{range .GoFiles}}{{.}} {{end}}{{range .CgoFiles}}{{.}} {{end}}{{end}}";
    let output = Command::new("go")
        .args(["list", "-e", "-f", list])
        .args(packages)
        .env("GOOS", "linux")
        .env("CGO_ENABLED", "1")
        .current_dir(&module)
        .output()
        .map_err(|why| format!("there is no Go here: {why}"))?;
    let mut found = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut parts = line.split('\t');
        let (Some(package), Some(folder), Some(files)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let mut names = BTreeSet::new();
        for file in files.split_whitespace() {
            let text = fs::read_to_string(Path::new(folder).join(file)).map_err(|why| format!("{file}: {why}"))?;
            text.lines().for_each(|line| names.extend(declares(line)));
        }
        found.insert(package.to_owned(), names);
    }
    if found.contains_key(NETLINK) {
        Ok(found)
    } else {
        Err(format!("the libraries are not here: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// What a line declares: `Handle.Close` of `func (h *Handle) Close() {`, `.Do` of a method in an
/// interface, `=It` and `=FIt` of `var It, FIt = …`, `=NsFd` of `type NsFd int`, for conversions.
fn declares(line: &str) -> Vec<String> {
    let word =
        |text: &str| text[..text.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(text.len())].to_owned();
    if let Some(method) = line.strip_prefix("func (") {
        let Some((receiver, rest)) = method.split_once(") ") else { return Vec::new() };
        let ty = receiver.rsplit([' ', '*']).next().unwrap_or_default();
        vec![format!("{}.{}", word(ty), word(rest))]
    } else if let Some(rest) = line.strip_prefix("func ") {
        vec![word(rest)]
    } else if let Some(rest) = line.strip_prefix("type ") {
        vec![format!("={}", word(rest))]
    } else if let Some(rest) = line.strip_prefix("var ") {
        rest.split('=').next().unwrap_or_default().split(", ").map(|it| format!("={}", word(it))).collect()
    } else {
        let Some(rest) = line.strip_prefix('\t') else { return Vec::new() };
        let name = word(rest);
        match rest[name.len()..].chars().next() {
            Some('(') => vec![format!(".{name}")],
            // In a group of types; a field of a struct does no harm.
            Some(' ') => vec![format!("={name}")],
            _ => Vec::new(),
        }
    }
}

/// The described functions that the package does not declare. A method may come from an embedded type.
fn missing(declared: &BTreeSet<String>, facts: &[&Fact]) -> Vec<String> {
    let methods: BTreeSet<&str> = declared.iter().filter_map(|it| Some(it.split_once('.')?.1)).collect();
    let is_there = |name: &str| match name.split_once('.') {
        Some((_, method)) => declared.contains(name) || methods.contains(method),
        None => declared.contains(name) || declared.contains(&format!("={name}")),
    };
    let is_of_now = |fact: &Fact| fact.until.is_none() && fact.since.as_deref().is_none_or(|it| it <= VERSION);
    let mut missing: Vec<String> =
        facts.iter().filter(|it| is_of_now(it) && !is_there(split(&it.path).1)).map(|it| it.path.clone()).collect();
    missing.sort();
    missing
}

/// The functions of netlink and the methods of its handle that the catalogue does not know.
fn left_out(declared: &BTreeSet<String>, facts: &Facts) -> Vec<String> {
    let is_exported = |name: &str| name.starts_with(char::is_uppercase);
    let names = declared.iter().filter(|it| match it.split_once('.') {
        Some((ty, method)) => ty == "Handle" && is_exported(method),
        None => is_exported(it),
    });
    names.filter(|it| facts.call(&format!("{NETLINK}.{it}")).is_none()).cloned().collect()
}

/// `("github.com/vishvananda/netlink", "Handle.Close")`.
fn split(path: &str) -> (&str, &str) {
    let start = path.rfind('/').map_or(0, |it| it + 1);
    let dot = path[start..].find('.').map_or(path.len(), |it| start + it);
    (&path[..dot], path.get(dot + 1..).unwrap_or_default())
}

fn none(fault: &str, names: &[String]) -> Result<(), Failed> {
    if names.is_empty() {
        Ok(())
    } else {
        Err(names.iter().map(|it| format!("{it} {fault}\n")).collect::<String>().into())
    }
}
