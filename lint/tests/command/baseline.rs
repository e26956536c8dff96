//! Baselines, and the walk through `docs/ci.md`.

use std::process::Command;

use crate::{FAULT, Tree};

/// A hundred old findings.
fn old() -> String {
    let head = FAULT.split("func").next().unwrap();
    let function = &FAULT[head.len()..];
    let one = |number: usize| function.replace("links", &format!("links{number}"));
    head.to_owned() + &(0..100).map(one).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_baseline_knows_findings_wherever_they_stand() {
    let tree = Tree::new(&[("a.go", &old())]);
    tree.run("baseline write").expect(0, "100 findings written to netns-lint-baseline.json");
    let check = "check --format concise --baseline netns-lint-baseline.json";
    assert_eq!(tree.run(check).code, 0);
    tree.write("a.go", old().replace("package x\n", "package x\n\n// Moved.\n"));
    assert_eq!(tree.run(check).code, 0);
    tree.write("a.go", old().replacen("links7(", "renamed(", 1));
    let ran = tree.run(check);
    ran.expect(1, "the baseline knows global-handle in links7 of a.go, which is not found any more");
    assert_eq!(ran.findings().len(), 1);
    tree.run("baseline prune").expect(0, "1 entry taken out of netns-lint-baseline.json");
    assert_eq!(tree.run("baseline show").out.lines().count(), 99);
    assert_eq!(tree.run("check --no-baseline").code, 1);
}

#[test]
fn a_baseline_is_not_written_from_half_of_the_truth() {
    let tree = Tree::new(&[("a.go", FAULT), ("b.go", "package x\n\nfunc f( {\n")]);
    tree.run("baseline write").expect(2, "not everything could be looked at");
    assert!(!tree.path("netns-lint-baseline.json").exists());
    tree.write("netns-lint-baseline.json", "{");
    tree.run("check --baseline netns-lint-baseline.json a.go").expect(2, "netns-lint-baseline.json: EOF");
}

/// Performs the commands of the page, one a line, each with the code that it says.
#[test]
fn the_walk_through_of_the_manual_is_true() {
    let page = include_str!("../../../docs/ci.md");
    let walk = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let tree = Tree::new(&[("go.mod", "module example.org/old\n"), ("a.go", &old())]);
    tree.init();
    tree.commit("the old code");
    let run = |line: &str| {
        let (command, code) = line.split_once("# exits ").unwrap();
        let bin = std::path::Path::new(env!("CARGO_BIN_EXE_netns-lint")).parent().unwrap().to_owned();
        let path =
            std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(tree.path("")).env_clear().env("PATH", path.unwrap());
        let author = [("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")];
        let committer = [("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org")];
        let output = shell.envs(author).envs(committer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), code.trim().parse().ok(), "{command}: {said}");
    };
    let lines: Vec<_> = walk.lines().collect();
    assert_eq!(lines.len(), 4);
    lines.iter().for_each(|it| run(it));
    // What is new since is not let through.
    tree.write("b.go", FAULT);
    run(&lines[3].replace("# exits 0", "# exits 1"));
}
