//! `--new-from-…`, on repositories that git itself made.

use std::fs;

use crate::{CLEAN, FAULT, Ran, Tree, git};

/// A netlink call that is right, and the same call below a switch.
const OLD: &str = "\
package x

import (
	\"runtime\"

	\"github.com/vishvananda/netlink\"
	\"github.com/vishvananda/netns\"
)

func old(target netns.NsHandle) error {
	runtime.LockOSThread()
	_, err := netlink.LinkList()
	return err
}
";

fn switched() -> String {
    OLD.replace(
        "LockOSThread()\n",
        "LockOSThread()\n\tif err := netns.Set(target); err != nil {\n\t\treturn err\n\t}\n",
    )
}

fn repository(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new(files);
    tree.init();
    tree.commit("the start");
    tree
}

fn new_from(tree: &Tree, reference: &str) -> Ran {
    tree.run(&format!("check --format concise --select global-handle --new-from-merge-base {reference}"))
}

#[test]
fn a_switch_above_an_old_call_is_new() {
    let tree = repository(&[("a.go", OLD)]);
    tree.git(&["switch", "--quiet", "--create", "work"]);
    tree.write("a.go", switched());
    assert_eq!(new_from(&tree, "main").findings(), ["15 global-handle"], "not committed");
    tree.commit("enter");
    let ran = new_from(&tree, "main");
    assert_eq!((ran.code, ran.findings()), (1, vec!["15 global-handle".to_owned()]));
    assert_eq!(tree.run("check --select global-handle --new-from-rev HEAD").code, 0);
}

#[test]
fn what_only_moved_is_not_new() {
    let tree = repository(&[("a.go", FAULT), ("with space.go", FAULT)]);
    tree.git(&["switch", "--quiet", "--create", "work"]);
    tree.write("a.go", FAULT.replace("package x\n", "package x\n\n// More.\n"));
    tree.git(&["mv", "with space.go", "a folder.go"]);
    tree.commit("move");
    assert_eq!(new_from(&tree, "main").code, 0);
    tree.write("a folder.go", FAULT.replace("_, err :=", "_, err  :="));
    let ran = new_from(&tree, "main");
    assert!(ran.code == 1 && ran.out.starts_with("a folder.go:10"), "{}", ran.out);
}

#[test]
fn a_line_taken_away_between_two_steps_is_a_change() {
    let guarded = switched().replace("\t_, err := netlink", "\tprintln()\n\t_, err := netlink");
    let tree = repository(&[("a.go", &guarded)]);
    tree.write("a.go", switched());
    assert_eq!(new_from(&tree, "HEAD").code, 1);
}

#[test]
fn a_file_that_git_does_not_know_is_new() {
    let tree = repository(&[("a.go", OLD)]);
    tree.write("sub/new.go", FAULT);
    assert_eq!(new_from(&tree, "main").code, 1);
    let ran = tree.run_in("sub", &["check", "--new-from-merge-base", "main"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
}

#[test]
fn what_a_merge_brings_from_the_base_is_not_new() {
    let tree = repository(&[("a.go", OLD)]);
    tree.git(&["switch", "--quiet", "--create", "work"]);
    tree.write("b.txt", "work");
    tree.commit("work");
    tree.git(&["switch", "--quiet", "main"]);
    tree.write("c.go", FAULT);
    tree.commit("a fault on main");
    tree.git(&["switch", "--quiet", "work"]);
    tree.git(&["merge", "--quiet", "--no-edit", "main"]);
    assert_eq!(new_from(&tree, "main").code, 0);
}

/// The work began before that, so nothing of it is the work's.
#[test]
fn what_the_base_has_repaired_since_is_not_new() {
    let tree = repository(&[("a.go", FAULT)]);
    tree.git(&["switch", "--quiet", "--create", "work"]);
    tree.write("b.txt", "work");
    tree.commit("work");
    tree.git(&["switch", "--quiet", "main"]);
    tree.write("a.go", CLEAN);
    tree.commit("repair");
    tree.git(&["switch", "--quiet", "work"]);
    assert_eq!(new_from(&tree, "main").code, 0);
    assert_eq!(tree.run("check --new-from-rev main").code, 1);
    // No commit in common is no base.
    tree.git(&["switch", "--quiet", "--orphan", "other"]);
    tree.write("a.go", FAULT);
    tree.commit("a history of its own");
    new_from(&tree, "main").expect(3, "HEAD and it have no commit in common here");
}

#[test]
fn a_base_that_is_not_there_is_never_all_clean() {
    let tree = repository(&[("a.go", OLD)]);
    tree.write("a.go", switched());
    tree.commit("more");
    let origin = format!("file://{}", tree.path("").display());
    let place = Tree::new(&[]);
    git(&place.path(""), &["clone", "--quiet", "--depth=1", &origin, "clone"]);
    let check = ["check", "--new-from-merge-base", "origin/main~1"];
    place.run_in("clone", &check).expect(3, "git fetch --unshallow");
    new_from(&tree, "nowhere").expect(3, "there is no such commit here");
    new_from(&Tree::new(&[("a.go", OLD)]), "main").expect(3, "find the git repository");
}

#[test]
fn a_patch_is_as_good_as_a_commit() {
    let tree = repository(&[("a.go", OLD), ("b.go", FAULT)]);
    tree.write("a.go", switched());
    let diff = std::process::Command::new("git").arg("diff").current_dir(tree.path("")).output().unwrap();
    fs::write(tree.path("change.patch"), diff.stdout).unwrap();
    let ran = tree.run("check --format concise --select global-handle --new-from-patch change.patch");
    assert_eq!(ran.findings(), ["15 global-handle"]);
    tree.run("check --new-from-patch missing.patch").expect(2, "missing.patch: no such file or folder");
}
