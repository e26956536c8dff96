//! Small Go programs and what they are lowered to, worked out by hand: see `tests/`.
//!
//! A case is a text of several files, each under a line `-- name --`; what is expected stands
//! under `-- want --`, what cannot be read first.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use super::{Go, tree};
use crate::facts::{Facts, read};
use crate::lang::{Input, Language, Lowered};
use crate::source::Sources;

/// A library that the cases call.
const LIBRARY: &str = r#"
library = "example.org/go-lib"
[[type]]
path = "example.org/go-lib.Handle"
role = "handle"
evidence = "made up for tests"
[[type]]
path = "example.org/go-lib.Fd"
role = "netns"
evidence = "made up for tests"
[[call]]
path = "example.org/go-lib.Open"
effect = "nothing"
results = ["example.org/go-lib.Handle", "error"]
evidence = "made up for tests"
[[call]]
path = "example.org/go-lib.Handle.Links"
effect = "nothing"
results = ["[]example.org/go-lib.Link", "error"]
evidence = "made up for tests"
[[call]]
path = "example.org/go-lib.Once"
effect = "same"
of = "arg0"
evidence = "made up for tests"
[[call]]
path = "example.org/go-lib.Link.Up"
effect = "nothing"
evidence = "made up for tests"
"#;

#[test]
fn what_is_lowered_is_what_was_worked_out() {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("src/lang/go/tests");
    let mut cases: Vec<_> = fs::read_dir(&folder).expect("the cases are there").map(|it| it.unwrap().path()).collect();
    cases.sort();
    let only = env::var("CASE").ok();
    let mut wrong = String::new();
    for case in cases.iter().filter(|it| only.as_ref().is_none_or(|only| it.ends_with(only))) {
        let text = fs::read_to_string(case).expect("a case is text");
        let (files, want) = text.split_once("-- want --\n").expect("a case says what is wanted");
        let found = printed(&archive(files));
        if found.trim() != want.trim() {
            write!(wrong, "{}:\n{found}\n", case.display()).expect("a String takes it");
        }
    }
    assert!(wrong.is_empty(), "lowered otherwise:\n{wrong}");
}

#[test]
fn ten_thousand_brackets_cost_their_function() {
    let nest = |open: &str, close: &str| format!("x = {}1{}", open.repeat(10_000), close.repeat(10_000));
    for deep in [nest("(", ")"), nest("[]int{", "}"), nest("f(", ")"), nest("-", ""), nest("1+", ""), nest("", "+1")] {
        let text = format!("package p\nfunc a() {{ b() }}\nfunc deep() {{ {deep} }}\nfunc b() {{ a() }}\n");
        let (_, lowered) = lower(&[("a.go", &text)]);
        let names: Vec<_> = lowered.program.functions.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(lowered.unread.len(), 1);
        assert!(lowered.unread[0].why.starts_with("nested deeper than"), "{}", lowered.unread[0].why);
    }
}

/// The deepest that is read, which must not take more stack than there is.
#[test]
fn what_is_just_not_too_deep_is_read() {
    let levels = tree::LEVELS - 20;
    let chain = |it: &str| it.repeat(levels);
    for deep in [
        format!("x = {}1", chain("-")),
        format!("x = 1{}", chain("+1")),
        format!("x{}", ".f()".repeat(levels / 2)),
        format!("if x {{ }} {}", "else if x { } ".repeat(levels)),
        format!("x = {}1{}", "(".repeat(400), ")".repeat(400)),
        format!("{}{}", "if x {".repeat(400), "}".repeat(400)),
        format!("x = {}1{}", "f(func() { g(".repeat(120), ") }) ".repeat(120)),
    ] {
        let (_, lowered) = lower(&[("a.go", &format!("package p\nfunc deep() {{ {deep} }}\n"))]);
        assert!(lowered.unread.is_empty(), "{}", lowered.unread[0].why);
    }
}

#[test]
fn the_spans_are_those_of_the_text() {
    let text = "package p\nfunc f() { /* 𝄞 */ x := new(g(1)); h.Close( /* all */ ) }\n";
    let (sources, lowered) = lower(&[("a.go", text)]);
    let function = &lowered.program.functions[0];
    let calls = function.blocks[0].steps.iter().filter_map(|step| match &step.action {
        crate::ir::Action::Call(call) => Some((sources.text(step.origin.span()), sources.text(call.name))),
        _ => None,
    });
    assert_eq!(calls.collect::<Vec<_>>(), [("g(1)", "g"), ("h.Close( /* all */ )", "h.Close")]);
    assert_eq!(sources.text(function.span), text.lines().nth(1).unwrap());
}

fn archive(text: &str) -> Vec<(&str, &str)> {
    let mut files = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-- ") {
        let (name, after) = after.split_once(" --\n").expect("a file's line ends");
        let end = after.find("\n-- ").map_or(after.len(), |it| it + 1);
        files.push((name, &after[..end]));
        rest = &after[end..];
    }
    files
}

fn lower(files: &[(&str, &str)]) -> (Sources, Lowered) {
    let mut facts = Facts::default();
    read(LIBRARY, &mut facts).expect("the library of the tests is right");
    let mut sources = Sources::default();
    let (mut of_go, mut manifests) = (Vec::new(), Vec::new());
    for (path, text) in files {
        let file = sources.add(*path, *text);
        if path.ends_with(".go") { of_go.push(file) } else { manifests.push(file) }
    }
    let lowered = Go.lower(&Input {
        sources: &sources,
        facts: &facts,
        files: of_go,
        manifests,
        left_out: Default::default(),
        demand: None,
        chosen: &Default::default(),
    });
    (sources, lowered)
}

fn printed(files: &[(&str, &str)]) -> String {
    let (sources, lowered) = lower(files);
    let mut out = String::new();
    for unread in &lowered.unread {
        let at = sources.start(unread.span);
        writeln!(out, "{}:{}: {}", sources.get(unread.span.file).path, at.line, unread.why).expect("a String takes it");
    }
    for (interface, ty) in &lowered.program.implementations {
        writeln!(out, "{ty} is {interface}").expect("a String takes it");
    }
    for function in &lowered.program.functions {
        writeln!(out, "{function}").expect("a String takes it");
    }
    out
}
