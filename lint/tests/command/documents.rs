//! What is generated from the rules and the command line is what is in the tree.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use netns_lint::explain;

use crate::{FAULT, Tree};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// With `UPDATE_DOCUMENTS` set the tree is made true instead.
#[track_caller]
pub(crate) fn same(path: &str, text: &str) {
    let path = root().join(path);
    if env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let is = fs::read_to_string(&path).unwrap_or_default();
    let how = "run the tests with UPDATE_DOCUMENTS=1";
    assert!(is == text, "{} is out of date: {how}", path.display());
}

#[test]
fn every_rule_has_its_page() {
    let pages = explain::pages();
    for page in &pages {
        same(&format!("docs/rules/{}.md", page.name), &page.markdown());
    }
    same("docs/rules/README.md", &explain::contents());
    let listed = fs::read_dir(root().join("docs/rules")).unwrap().count();
    assert_eq!(listed, pages.len() + 1, "a page of a rule that is gone");
}

#[test]
fn the_schema_is_published() {
    same("docs/netns-lint.schema.json", &netns_lint::config::Config::schema());
}

#[test]
fn a_rule_is_explained() {
    let tree = Tree::new(&[]);
    let text = tree.run("rule global-handle").out;
    assert!(text.starts_with("# `global-handle`\n\n"), "{text}");
    let all: serde_json::Value = serde_json::from_str(&tree.run("rule --all --format json").out).unwrap();
    assert_eq!(all.as_array().unwrap().len(), explain::pages().len());
    for page in explain::pages().iter().filter(|it| netns_lint::rules::Rule::find(it.name).is_some()) {
        assert!(!page.examples.is_empty(), "{} has no example", page.name);
        for example in page.examples {
            assert!(example.bad.ends_with("\n}\n") && !example.bad.contains("want:"), "{}", example.bad);
        }
        assert!(page.manual.contains("## What to do") && page.markdown().contains("\nSince version "), "{}", page.name);
    }
}

#[test]
fn shells_and_man_know_every_command() {
    let tree = Tree::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(tree.run(&format!("completions {shell}")).out.contains("new-from-merge-base"), "{shell}");
    }
    // As bash asks: the word that is typed, and the one before it.
    let ask = "COMP_WORDS=(netns-lint check --new-from-m); COMP_CWORD=2\n\
               _netns__lint netns-lint --new-from-m check\necho \"${COMPREPLY[@]}\"\n";
    tree.write("script", tree.run("completions bash").out + ask);
    let completed = Command::new("bash").arg(tree.path("script")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout), "--new-from-merge-base\n");
    let man = tree.run("man").out;
    assert!(man.contains(".TH netns-lint 1"), "{man}");
    for command in ["check", "rule", "config", "baseline", "completions"] {
        assert!(man.contains(&format!("netns\\-lint\\-{command}(1)")), "{command} is not in {man}");
        let page = tree.run(&format!("man {command}")).out;
        assert!(page.contains(&format!(".TH netns-lint-{command} 1")), "{page}");
    }
    assert!(tree.run("man check").out.contains("\\-\\-new\\-from\\-merge\\-base"));
    assert!(tree.run("check --help").out.contains("Exit codes, the same in every format"));
}

#[test]
fn the_entrances_name_options_that_exist() {
    let help = Tree::new(&[]).run("check --help").out;
    for path in ["action.yml", ".pre-commit-hooks.yaml", "docs/gitlab-ci.yml", "docs/ci.md"] {
        let text = fs::read_to_string(root().join(path)).unwrap();
        let calls = text.lines().filter(|it| it.contains("netns-lint check") || it.contains("--output"));
        let options =
            calls.flat_map(|it| it.split([' ', '=', '`', '"', ',', '[', ']', ')']).filter(|it| it.starts_with("--")));
        for option in options {
            assert!(help.contains(option), "{path} uses {option}");
        }
    }
}

/// In a namespace without even a loopback device that is up.
#[test]
fn no_run_needs_a_network() {
    let tree = Tree::new(&[("a.go", FAULT)]);
    let mut command = Command::new("unshare");
    command.args([
        "--user",
        "--map-root-user",
        "--net",
        env!("CARGO_BIN_EXE_netns-lint"),
        "check",
        "--format",
        "concise",
    ]);
    let output = command.current_dir(tree.path("")).stdin(Stdio::null()).output().unwrap();
    assert_eq!(crate::Ran::from(output).findings(), ["10 global-handle"]);
}
