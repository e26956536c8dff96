//! What `--fix` writes, and what it leaves alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use serde_json::Value;

use crate::{CLEAN, FAULT, Tree};

/// Read in the wrong namespace: one safe fix, in line 10.
const VIEW: &str = "\
package x

import (
	\"os\"

	\"github.com/containernetworking/plugins/pkg/ns\"
)

func devices(target ns.NetNS) error {
	return target.Do(func(ns.NetNS) error { _, err := os.ReadFile(\"/proc/net/dev\"); return err })
}
";

fn fixed_view() -> String {
    VIEW.replace("/proc/net/dev", "/proc/thread-self/net/dev")
}

#[test]
fn files_are_fixed_and_what_is_left_is_reported() {
    let tree = Tree::new(&[("a.go", VIEW), ("b.go", CLEAN)]);
    let ran = tree.run("check --fix --show-fixes .");
    assert_eq!((ran.code, &*ran.out), (0, ""), "{}", ran.err);
    assert!(ran.err.contains("a.go:10:52: wrong-view fixed (safe): "), "{}", ran.err);
    assert_eq!(tree.read("a.go"), fixed_view());
    assert_eq!(tree.read("b.go"), CLEAN);
    assert!(tree.run("check --fix .").err.contains("0 findings fixed"));
}

#[test]
fn a_diff_changes_nothing_and_says_with_its_code_whether_it_would() {
    let tree = Tree::new(&[("a.go", VIEW)]);
    let ran = tree.run("check --diff .");
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("--- a/a.go\n+++ b/a.go\n@@ -7,5 +7,5 @@\n"), "{}", ran.out);
    assert_eq!(tree.read("a.go"), VIEW);
    assert!(tree.run("check --diff --color always .").out.contains("\x1b[32m+"));
    // As `patch` reads it.
    tree.write("fix.patch", ran.out.as_bytes());
    let patch = Command::new("git").args(["apply", "fix.patch"]).current_dir(tree.path("")).status().unwrap();
    assert!(patch.success());
    assert_eq!(tree.read("a.go"), fixed_view());
    let ran = tree.run("check --diff .");
    assert_eq!((ran.code, &*ran.out), (0, ""));
}

#[test]
fn exit_codes_are_about_what_is_left_unless_asked_otherwise() {
    let both = format!(
        "{VIEW}{}",
        "\nfunc mtu(target ns.NetNS) error {\n\treturn target.Do(func(ns.NetNS) error { _, err := os.ReadDir(\"/sys/class/net\"); return err })\n}\n"
    );
    for (flags, code, out) in
        [("--fix", 1, "wrong-view"), ("--fix-only", 0, ""), ("--fix-only --exit-non-zero-on-fix", 1, "")]
    {
        let tree = Tree::new(&[("a.go", &both)]);
        let ran = tree.run(&format!("check {flags} ."));
        assert_eq!(ran.code, code, "{flags}: {}", ran.err);
        assert_eq!(ran.out.contains("wrong-view"), !out.is_empty(), "{flags}: {}", ran.out);
        assert!(tree.read("a.go").contains("/proc/thread-self/net/dev"), "{flags}");
    }
}

#[test]
fn flags_that_cannot_go_together_are_refused() {
    let tree = Tree::new(&[("a.go", VIEW)]);
    for flags in [
        "--unsafe-fixes",
        "--show-fixes",
        "--exit-non-zero-on-fix",
        "--fix --fix-only",
        "--fix-only --diff",
        "--diff --exit-non-zero-on-fix",
        "--diff --format json",
        "--fix --stdin-filename a.go",
        "--fix --show-files",
        "--fix --add-allow why",
    ] {
        assert_eq!(tree.run(&format!("check {flags} .")).code, 2, "{flags}");
        assert_eq!(tree.read("a.go"), VIEW);
    }
    // The text of an editor can be shown, but not written.
    let mut command = tree.command("");
    command.args(["check", "--diff", "--stdin-filename", "b.go"]).stdin(fs::File::open(tree.path("a.go")).unwrap());
    assert_eq!(command.output().unwrap().status.code(), Some(1));
}

#[test]
fn unsafe_fixes_are_made_on_request_only() {
    let source = "package x\n\nimport (\n\t\"runtime\"\n\n\t\"github.com/vishvananda/netns\"\n)\n\nfunc f(target netns.NsHandle) {\n\t\
                  runtime.LockOSThread()\n\torigin, err := netns.Get()\n\tif err != nil {\n\t\treturn\n\t}\n\tif netns.Set(target) != nil \
                  {\n\t\treturn\n\t}\n\tnetns.Set(origin)\n\truntime.UnlockOSThread()\n}\n";
    let tree = Tree::new(&[("a.go", source)]);
    let ran = tree.run("check --select tainted-unlock --fix .");
    assert_eq!(tree.read("a.go"), source);
    assert!(ran.err.contains("1 more with --unsafe-fixes"), "{}{}", ran.out, ran.err);
    tree.run("check --select tainted-unlock --fix --unsafe-fixes .");
    assert!(tree.read("a.go").contains("if restoreErr == nil {\n\t\truntime.UnlockOSThread()\n\t}\n"));
}

/// The handle's constant is one of Linux: a file that is built elsewhere, too, may not build there afterwards.
#[test]
fn a_file_of_other_systems_gets_no_constant_unasked() {
    let other = "//go:build !linux\n\npackage x\n\nfunc other() {}\n";
    let safety = |files: &[(&str, &str)]| {
        let json = Tree::new(files).run("check --format json .").out;
        let report: Value = serde_json::from_str(&json).unwrap();
        report["findings"][0]["fix"]["safety"].as_str().unwrap().to_owned()
    };
    assert_eq!(safety(&[("a.go", FAULT), ("b.go", other)]), "unsafe");
    assert_eq!(safety(&[("a.go", FAULT), ("b_windows.go", other)]), "unsafe");
    assert_eq!(safety(&[("a.go", FAULT)]), "safe");
    assert_eq!(safety(&[("a.go", FAULT), ("b/b.go", other)]), "safe");
    assert_eq!(safety(&[("a_linux.go", FAULT), ("b.go", other)]), "safe");
    assert_eq!(safety(&[("a.go", &format!("//go:build linux\n\n{FAULT}")), ("b.go", other)]), "safe");
    let needs = FAULT.replacen("import (\n", "import (\n\t\"syscall\"\n\n", 1) + "\nconst _ = syscall.CLONE_NEWNET\n";
    assert_eq!(safety(&[("a.go", &needs), ("b.go", other)]), "safe");
}

/// Why the program should open a handle is not for its test to say.
#[test]
fn a_test_changes_the_program_on_request_only() {
    let program = "package x\n\nimport \"github.com/vishvananda/netlink\"\n\nfunc up(name string) error {\n\tlink, err := \
                   netlink.LinkByName(name)\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn \
                   netlink.LinkSetUp(link)\n}\n";
    let region = "package x\n\nimport \"github.com/containernetworking/plugins/pkg/ns\"\n\nfunc inside(container ns.NetNS) \
                  error {\n\treturn container.Do(func(ns.NetNS) error { return up(\"lo\") })\n}\n";
    let safety = |name: &str| {
        let json = Tree::new(&[("up.go", program), (name, region)]).run("check --format json .").out;
        let report: Value = serde_json::from_str(&json).unwrap();
        report["findings"][0]["fix"]["safety"].as_str().unwrap().to_owned()
    };
    assert_eq!(safety("inside.go"), "safe");
    assert_eq!(safety("inside_test.go"), "unsafe");
}

#[test]
fn mode_line_ends_and_byte_order_mark_stay() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let tree = Tree::new(&[("a.go", &windows(FAULT)), ("b.go", &windows(VIEW))]);
    fs::set_permissions(tree.path("a.go"), fs::Permissions::from_mode(0o640)).unwrap();
    // The diff is one of the file, not of what is made of it.
    assert!(
        tree.run("check --diff a.go").out.contains("\r\n+\t\thandle, err := netlink.NewHandle(unix.NETLINK_ROUTE)\r\n")
    );
    assert_eq!(tree.run("check --fix .").code, 0);
    let fixed = tree.read("a.go");
    assert!(fixed.starts_with("\u{feff}package x\r\n"));
    assert!(fixed.contains("handle.LinkList()"));
    assert!(!fixed.replace("\r\n", "").contains('\n'), "{fixed:?}");
    assert_eq!(tree.read("b.go"), windows(&fixed_view()));
    assert_eq!(fs::metadata(tree.path("a.go")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_link_stays_a_link_to_the_file_that_is_fixed() {
    let tree = Tree::new(&[("real/a.go", VIEW)]);
    symlink("real/a.go", tree.path("link.go")).unwrap();
    assert_eq!(tree.run("check --fix link.go").code, 0);
    assert!(fs::symlink_metadata(tree.path("link.go")).unwrap().is_symlink());
    assert_eq!(tree.read("real/a.go"), fixed_view());
}

#[test]
fn generated_and_vendored_files_and_those_beside_the_paths_are_left_alone() {
    let generated = format!("// Code generated by hand. DO NOT EDIT.\n{VIEW}");
    let tree = Tree::new(&[
        ("go.mod", "module x.example\n"),
        ("gen.go", &generated),
        ("vendor/v.example/v.go", VIEW),
        ("in/a.go", VIEW),
        ("out/b.go", VIEW),
    ]);
    tree.run("check --fix --include-vendored gen.go vendor in");
    assert_eq!(tree.read("gen.go"), generated);
    assert_eq!(tree.read("vendor/v.example/v.go"), VIEW);
    assert_eq!(tree.read("in/a.go"), fixed_view());
    assert_eq!(tree.read("out/b.go"), VIEW);
    tree.run("check --fix vendor/v.example/v.go");
    assert_eq!(tree.read("vendor/v.example/v.go"), VIEW);
}

/// Regions that call a function of another file, which opens a handle for all of them.
#[test]
fn a_function_that_several_regions_call_is_fixed_once_and_only_where_it_may_be() {
    let region = |name: &str| {
        FAULT
            .replace("_, err := netlink.LinkList()\n\t\treturn err", "return list()")
            .replace("func links", name)
            .replace("\t\"github.com/vishvananda/netlink\"\n", "")
    };
    let list = "package x\n\nimport \"github.com/vishvananda/netlink\"\n\nfunc list() error {\n\t_, err := netlink.LinkList()\n\treturn err\n}\n";
    let [a, c] = ["func one", "func other"].map(region);
    let tree = Tree::new(&[("a.go", &a), ("b.go", list), ("c.go", &c)]);
    let ran = tree.run("check --fix a.go c.go");
    assert!(ran.out.contains("in a file that is not changed"), "{}", ran.out);
    assert_eq!(tree.read("b.go"), list);
    tree.run("check --fix .").expect(0, "2 findings fixed");
    assert_eq!(tree.read("b.go").matches("netlink.NewHandle").count(), 1);
    assert_eq!([tree.read("a.go"), tree.read("c.go")], [a, c]);

    let generated = format!("// Code generated by hand. DO NOT EDIT.\n{list}");
    let tree = Tree::new(&[("a.go", &region("func one")), ("b.go", &generated)]);
    assert!(tree.run("check --fix --include-vendored .").out.contains("in a file that is not changed"));
    assert_eq!(tree.read("b.go"), generated);
}

#[test]
fn what_is_allowed_is_not_fixed() {
    let allowed = VIEW.replace("\treturn", "\t//netns:allow(wrong-view) -- a fake\n\treturn");
    let tree = Tree::new(&[("a.go", &allowed)]);
    assert_eq!(tree.run("check --fix .").code, 0);
    assert_eq!(tree.read("a.go"), allowed);
}

#[test]
fn a_file_that_may_not_be_written_is_named_and_the_others_are_fixed() {
    let tree = Tree::new(&[("a.go", VIEW), ("b.go", &VIEW.replace("devices", "others"))]);
    fs::set_permissions(tree.path("a.go"), fs::Permissions::from_mode(0o444)).unwrap();
    let ran = tree.run("check --fix .");
    ran.expect(2, "write a.go: permission denied; not fixed");
    assert_eq!(tree.read("a.go"), VIEW);
    assert!(tree.read("b.go").contains("thread-self"));
    assert!(ran.out.contains("a.go:10:"), "it is still wrong: {}", ran.out);
}

/// The disk is one of 64 kB, in namespaces of the test's own.
#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let tree = Tree::new(&[]);
    let source = format!("{VIEW}{}", "// Much to say.\n".repeat(2000));
    tree.write("a.go", source.as_bytes());
    let script = "mount -t tmpfs -o size=64k tmpfs small && cp a.go small && dd if=/dev/zero of=small/rest bs=1k 2>/dev/null; \
                  cd small && \"$0\" check --no-config --fix a.go; code=$?; cmp a.go ../a.go && ls -A && exit $code";
    fs::create_dir(tree.path("small")).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(env!("CARGO_BIN_EXE_netns-lint"));
    let output = command.current_dir(tree.path("")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if err.contains("unshare: ") {
        return; // No user namespaces here.
    }
    assert_eq!(output.status.code(), Some(2), "{out}{err}");
    assert!(err.contains("write a.go: no space left on device; not fixed"), "{err}");
    assert!(out.ends_with("a.go\nrest\n"), "nothing else is left: {out}");
}

/// Whoever may write everything may not write here.
#[test]
fn a_disk_that_is_read_only_leaves_the_file_as_it_was() {
    let tree = Tree::new(&[("a.go", VIEW)]);
    let script = "mount -t tmpfs tmpfs small && cp a.go small && mount -o remount,ro small && cd small && \
                  \"$0\" check --no-config --fix a.go; code=$?; cmp a.go ../a.go && ls -A && exit $code";
    fs::create_dir(tree.path("small")).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(env!("CARGO_BIN_EXE_netns-lint"));
    let output = command.current_dir(tree.path("")).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if err.contains("unshare: ") {
        return; // No user namespaces here.
    }
    assert_eq!(output.status.code(), Some(2), "{out}{err}");
    assert!(err.contains("write a.go: read-only file system; not fixed"), "{err}");
    assert!(out.ends_with("a.go\n"), "nothing is left beside it: {out}");
}

/// What is taken away while others look at it is named, or was fixed before.
#[test]
fn files_that_vanish_meanwhile_leave_nothing_half_written() {
    let files: Vec<_> =
        (0..40).map(|it| (format!("p{it}/a.go"), VIEW.replace("devices", &format!("devices{it}")))).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    for wait in [0, 5, 10, 20, 40, 80, 160] {
        let tree = Tree::new(&files);
        let mut command = Command::new(env!("CARGO_BIN_EXE_netns-lint"));
        command.args(["check", "--no-config", "--fix", "."]).current_dir(tree.path(""));
        let run = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        for it in 0..20 {
            fs::remove_file(tree.path(&format!("p{it}/a.go"))).unwrap();
            fs::remove_dir_all(tree.path(&format!("p{}", it + 20))).unwrap_or_default();
        }
        let output = run.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!([Some(0), Some(2), Some(3)].contains(&output.status.code()), "{err}");
        assert!(output.status.success() || err.contains("not "), "{err}");
        for (it, (path, before)) in files.iter().enumerate().take(20) {
            for left in fs::read_dir(tree.path(&format!("p{it}"))).unwrap() {
                assert_eq!(left.unwrap().file_name(), "a.go");
                assert_eq!(tree.read(path), before.replace("/proc/net/dev", "/proc/thread-self/net/dev"));
            }
        }
    }
}

/// Between reading and writing there is time for others: here a program that is started for each file, and waits.
#[test]
fn two_runs_over_one_tree_leave_whole_files() {
    let files: Vec<_> =
        (0..40).map(|it| (format!("p{it}/a.go"), VIEW.replace("devices", &format!("devices{it}")))).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let tree = Tree::new(&files);
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netns-lint"));
        command.args(["check", "--no-config", "--fix", "."]).current_dir(tree.path(""));
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let runs = [start(), start(), start()];
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!([Some(0), Some(3)].contains(&output.status.code()), "{err}");
        assert!(output.status.success() || err.contains("it changed while it was looked at; not fixed"), "{err}");
    }
    for (path, before) in files {
        assert_eq!(tree.read(path), before.replace("/proc/net/dev", "/proc/thread-self/net/dev"));
        assert_eq!(fs::read_dir(tree.path(path).parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }
}

#[test]
fn a_folder_that_is_gone_is_named() {
    let tree = Tree::new(&[("a.go", VIEW)]);
    tree.run("check --fix gone").expect(3, "gone: no such file or folder");
    let script = "mkdir here && cd here && rmdir ../here && \"$0\" check --no-config --fix .";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(env!("CARGO_BIN_EXE_netns-lint")).current_dir(tree.path(""));
    let output = command.output().unwrap();
    assert!([Some(2), Some(3)].contains(&output.status.code()), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The fixes of a SARIF report, made by the letter: the last of a file first, so that the places hold.
#[test]
fn sarif_says_exactly_what_fix_does() {
    let astral = FAULT.replace("_, err :=", "_, /* 𝄞 */ err :=");
    for source in [astral.clone(), VIEW.to_owned(), astral.replace('\n', "\r\n")] {
        let tree = Tree::new(&[("pkg/a.go", &source)]);
        tree.init();
        let report: Value = serde_json::from_str(&tree.run("check --format sarif .").out).unwrap();
        let mut text_now = source.clone();
        let fix = &report["runs"][0]["results"][0]["fixes"][0];
        for change in fix["artifactChanges"].as_array().unwrap() {
            assert_eq!(change["artifactLocation"]["uri"], "pkg/a.go");
            for it in change["replacements"].as_array().unwrap().iter().rev() {
                let at = |line: &str, column: &str| {
                    let number = |key: &str| it["deletedRegion"][key].as_u64().unwrap() as usize;
                    place(&source, number(line), number(column))
                };
                let range = at("startLine", "startColumn")..at("endLine", "endColumn");
                text_now.replace_range(range, it["insertedContent"]["text"].as_str().unwrap());
            }
        }
        assert_ne!(text_now, source);
        tree.run("check --fix .");
        assert_eq!(tree.read("pkg/a.go"), text_now);
    }
}

/// A byte, from a line and a column in units of UTF-16, both from 1.
fn place(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let mut units = 1;
    let within = text[start..].char_indices().find(|(_, it)| {
        let found = units >= column;
        units += it.len_utf16();
        found
    });
    within.map_or(text.len(), |it| start + it.0)
}

#[test]
fn json_has_the_edits_in_bytes() {
    let tree = Tree::new(&[("a.go", VIEW)]);
    let report: Value = serde_json::from_str(&tree.run("check --format json .").out).unwrap();
    let fix = &report["findings"][0]["fix"];
    assert_eq!(fix["safety"], "safe");
    let edit = &fix["edits"][0];
    let range = edit["start"].as_u64().unwrap() as usize..edit["end"].as_u64().unwrap() as usize;
    assert_eq!(
        (edit["path"].as_str(), &VIEW[range], edit["text"].as_str()),
        (Some("a.go"), "/proc/net", Some("/proc/thread-self/net"))
    );
}
