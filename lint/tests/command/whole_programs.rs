//! Programs of several packages and crates, in which names say less than they seem to; and all fixtures, through the
//! command.

use std::fs;
use std::path::Path;

use crate::Tree;

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let ran = Tree::new(files).run("check --maybe --format concise");
    assert!(ran.code < 2, "{}", ran.err);
    let finding = |line: &str| line.split(": ").take(2).collect::<Vec<_>>().join(" ");
    ran.out.lines().map(finding).collect()
}

/// A region that calls both, under the names that two packages have in common.
const BOTH: &str = "\
package both

import (
	\"github.com/containernetworking/plugins/pkg/ns\"

	\"example.org/m/one/links\"
	other \"example.org/m/two/links\"
)

func first(target ns.NetNS) error {
	return target.Do(func(ns.NetNS) error { return links.All() })
}

func second(target ns.NetNS) error {
	return target.Do(func(ns.NetNS) error { return other.All() })
}
";

const ASKS: &str = "\
package links

import \"github.com/vishvananda/netlink\"

func All() error {
	_, err := netlink.LinkList()
	return err
}
";

#[test]
fn two_packages_with_one_name_are_two() {
    let harmless = "package links\n\nfunc All() error { return nil }\n";
    let (module, both) = (("go.mod", "module example.org/m\n"), ("both/both.go", BOTH));
    let one = found(&[module, both, ("one/links/a.go", ASKS), ("two/links/a.go", harmless)]);
    assert_eq!(one, ["both/both.go:11:49 warning[global-handle]"]);
    let two = found(&[module, both, ("one/links/a.go", harmless), ("two/links/a.go", ASKS)]);
    assert_eq!(two, ["both/both.go:15:49 warning[global-handle]"]);
}

/// A package of the tree by the name of a library.
#[test]
fn a_package_that_is_called_like_a_library_is_not_the_library() {
    let caller = "\
package x

import (
	\"example.org/m/netns\"
	\"github.com/vishvananda/netlink\"
)

func list(it netns.NsHandle) ([]netlink.Link, error) {
	if err := netns.Set(it); err != nil {
		return nil, err
	}
	return netlink.LinkList()
}
";
    let own = "package netns\n\ntype NsHandle int\n\nfunc Set(NsHandle) error { return nil }\n";
    let files = [("go.mod", "module example.org/m\n"), ("x/x.go", caller), ("netns/netns.go", own)];
    assert_eq!(found(&files), [] as [&str; 0]);
    let library = caller.replace("example.org/m/netns", "github.com/vishvananda/netns");
    assert_ne!(found(&[files[0], ("x/x.go", &library)]), [] as [&str; 0]);
}

#[test]
fn two_crates_with_one_module_are_two() {
    let asks = "pub fn all() -> bool { nix::net::if_::if_nametoindex(\"lo\").is_ok() }\n";
    let harmless = "pub fn all() -> bool { true }\n";
    let both = "\
pub fn first(blue: &netns_rs::NetNs) -> bool {
    blue.run(|_| one::links::all()).unwrap_or(false)
}

pub fn second(blue: &netns_rs::NetNs) -> bool {
    blue.run(|_| two::links::all()).unwrap_or(false)
}
";
    let of = |one: &str, two: &str| {
        found(&[
            ("Cargo.toml", "[workspace]\nmembers = ['one', 'two', 'both']\n"),
            ("one/Cargo.toml", "[package]\nname = 'one'\n"),
            ("one/src/lib.rs", "pub mod links;\n"),
            ("one/src/links.rs", one),
            ("two/Cargo.toml", "[package]\nname = 'two'\n"),
            ("two/src/lib.rs", "pub mod links;\n"),
            ("two/src/links.rs", two),
            ("both/Cargo.toml", "[package]\nname = 'both'\n"),
            ("both/src/lib.rs", both),
        ])
    };
    assert_eq!(of(asks, harmless), ["both/src/lib.rs:2:18 warning[global-handle]"]);
    assert_eq!(of(harmless, asks), ["both/src/lib.rs:6:18 warning[global-handle]"]);
}

#[test]
fn what_may_be_wrong_adds_to_what_is_and_takes_nothing_away() {
    let (mut sure, mut maybe) = (0, 0);
    for entry in walkdir::WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().ends_with(".go")
            && !entry.file_name().to_string_lossy().ends_with(".rs")
        {
            continue;
        }
        let name = entry.file_name().to_string_lossy();
        let tree = Tree::new(&[(&name, &fs::read_to_string(entry.path()).unwrap())]);
        let lines = |arguments: &str| {
            let ran = tree.run(&format!("check --format concise {arguments}"));
            (ran.code, ran.out.lines().map(str::to_owned).collect::<Vec<_>>())
        };
        let ((code, without), (code_with, with)) = (lines(""), lines("--maybe"));
        assert_eq!(code, code_with, "{}", entry.path().display());
        let mut rest = with.clone();
        for line in &without {
            let at = rest.iter().position(|it| it == line);
            rest.remove(at.unwrap_or_else(|| panic!("{}: --maybe takes away {line}", entry.path().display())));
        }
        assert!(rest.iter().all(|it| it.contains(": maybe[")), "{}: {rest:?}", entry.path().display());
        (sure, maybe) = (sure + without.len(), maybe + rest.len());
    }
    assert!(sure > 50 && maybe > 5, "{sure} and {maybe} are too few to know");
}

/// A folder without a manifest, from inside and from outside.
#[test]
fn a_stray_file_is_a_program_wherever_it_is_asked_about() {
    let text = "package stray\n\nimport (\n\t\"github.com/containernetworking/plugins/pkg/ns\"\n\t\"github.com/vishvananda/netlink\"\n)\n\n\
                func links() error {\n\t_, err := netlink.LinkList()\n\treturn err\n}\n\n\
                func inside(target ns.NetNS) error {\n\treturn target.Do(func(ns.NetNS) error { return links() })\n}\n";
    let tree = Tree::new(&[("a.go", text), ("sub/a.go", text)]);
    for path in ["a.go", "sub/a.go", "sub"] {
        assert_eq!(tree.run(&format!("check --format concise {path}")).findings(), ["14 global-handle"], "{path}");
    }
}

#[test]
fn where_a_tree_without_go_mod_lies_is_read_off_its_imports() {
    let inside = "package inside

import \"github.com/vishvananda/netlink\"

func Links() ([]netlink.Link, error) {
	return netlink.LinkList()
}
";
    let enter = "package main

import (
	\"github.com/containernetworking/plugins/pkg/ns\"

	\"example.org/me/tool/pkg/inside\"
)

func links(target ns.NetNS) error {
	return target.Do(func(ns.NetNS) error {
		_, err := inside.Links()
		return err
	})
}
";
    let tree = Tree::new(&[("pkg/inside/inside.go", inside), ("cmd/enter.go", enter)]);
    for arguments in ["check -q --format concise", "check -q --no-prefilter --format concise"] {
        let ran = tree.run(arguments);
        assert!(ran.out.starts_with("cmd/enter.go:11:13: warning[global-handle]"), "{arguments}: {}", ran.out);
    }
}

#[test]
fn what_only_tests_and_examples_call_is_looked_at_for_the_users_of_the_library() {
    let enter = "\
use std::fs::File;
use std::io;

pub struct Inside(File);

impl Drop for Inside {
    fn drop(&mut self) {
        nix::sched::setns(&self.0, nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
    }
}

pub fn enter(blue: &File) -> io::Result<Inside> {
    let origin = File::open(\"/proc/thread-self/ns/net\")?;
    nix::sched::setns(blue, nix::sched::CloneFlags::CLONE_NEWNET)?;
    std::net::UdpSocket::bind(\"127.0.0.1:53\")?;
    Ok(Inside(origin))
}
";
    let call = "enter(&File::open(\"/run/netns/blue\").unwrap()).unwrap();";
    let tested = format!("{enter}\n#[test]\nfn enters() {{\n    let _inside = {call}\n}}\n");
    let example = format!("use std::fs::File;\n\nfn main() {{\n    let _inside = inside::{call}\n}}\n");
    let manifest = "[package]\nname = \"inside\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    for files in [vec![("src/lib.rs", &*tested)], vec![("src/lib.rs", enter), ("examples/visit.rs", &example)]] {
        let library = Tree::new(&[vec![("Cargo.toml", manifest)], files].concat());
        let ran = library.run("check -q --select missing-restore --format concise");
        assert!(ran.out.starts_with("src/lib.rs:14:5: error[missing-restore]"), "{}", ran.out);
    }
    // A program is used by nobody, and all its threads are known.
    let program = Tree::new(&[("Cargo.toml", manifest), ("src/main.rs", &format!("{tested}\nfn main() {{}}\n"))]);
    let ran = program.run("check -q --select missing-restore --format concise");
    assert_eq!(ran.out, "");
}

/// The library that the catalogue describes is a program like any other: a method of its handle that asks past the handle
/// is answered by the thread's namespace. What the method asks through itself, or a function beside it asks, is fine.
#[test]
fn a_library_that_asks_past_its_own_handle_is_told() {
    let handle = "package netlink\n\ntype Handle struct{ sockets map[int]int }\n\n\
                  var pkgHandle = &Handle{}\n\n\
                  func LinkByName(name string) (Link, error) { return pkgHandle.LinkByName(name) }\n\n\
                  func (h *Handle) LinkByName(name string) (Link, error) { return ask(h, name) }\n";
    let routes = "package netlink\n\n\
                  func (h *Handle) RouteGetVia(name string) (Link, error) {\n\treturn LinkByName(name)\n}\n\n\
                  func (h *Handle) RouteGetThrough(name string) (Link, error) {\n\treturn h.LinkByName(name)\n}\n\n\
                  func (h *Handle) FouAdd(f Fou) error {\n\tfamily, err := FouFamilyId()\n\tif err != nil {\n\
                  \t\treturn err\n\t}\n\treturn send(h, family, f)\n}\n\n\
                  func RouteGet(name string) (Link, error) {\n\treturn LinkByName(name)\n}\n";
    let module = ("go.mod", "module github.com/vishvananda/netlink\n");
    let tree = Tree::new(&[module, ("handle_linux.go", handle), ("route_linux.go", routes)]);
    for how in ["", "--no-prefilter"] {
        let ran = tree.run(&format!("check --maybe --format concise {how} ."));
        assert_eq!(ran.findings(), ["4 global-handle", "12 unbound-handle"], "{}{}", ran.out, ran.err);
    }
}

/// What is handed a `testing.TB`, or can assert, is code for tests, in whatever file it stands: a failed assertion ends
/// the test, and its goroutine with the thread.
#[test]
fn an_assertion_ends_a_test_in_any_file() {
    let helper = |import: &str, check: &str| {
        format!(
            "package x\n\nimport (\n\t\"runtime\"\n\t\"testing\"\n\n\t{import}\n\t\"github.com/vishvananda/netns\"\n)\n\n\
             func setup(t *testing.T) func() {{\n\truntime.LockOSThread()\n\torigin, err := netns.Get()\n\t{check}\n\
             \tblue, err := netns.New()\n\t{check}\n\treturn func() {{\n\t\terr := netns.Set(origin)\n\t\t{check}\n\
             \t\tblue.Close()\n\t\torigin.Close()\n\t\truntime.UnlockOSThread()\n\t}}\n}}\n"
        )
    };
    for (import, check) in [
        ("\"github.com/stretchr/testify/require\"", "require.NoError(t, err)"),
        ("\"gotest.tools/v3/assert\"", "assert.NilError(t, err)"),
        (". \"github.com/onsi/gomega\"", "Expect(err).NotTo(HaveOccurred())"),
        ("\"example.org/checks\"", "checks.Worked(t, err)"),
    ] {
        assert_eq!(found(&[("setup.go", &helper(import, check))]), [] as [&str; 0], "{import}");
    }
    assert_ne!(found(&[("setup.go", &helper("\"log\"", "log.Print(err)"))]), [] as [&str; 0]);
}

/// The way home, out of a library that remembered it: a call of its own, and the beginning of a region.
#[test]
fn what_a_library_leads_home_is_at_home() {
    const INSIDE: &str = "\
package inside

import (
	\"os\"

	\"github.com/docker/docker/libnetwork/ns\"
	\"github.com/docker/docker/libnetwork/osl\"
	\"github.com/vishvananda/netns\"
)

func unseen(path string, work func() error) error {
	defer osl.InitOSContext()()
	target, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer target.Close()
	if err := netns.Set(target); err != nil {
		return err
	}
	defer ns.SetNamespace()
	return work()
}

func never(target netns.NsHandle, work func() error) error {
	defer osl.InitOSContext()()
	if err := netns.Set(target); err != nil {
		return err
	}
	return work()
}

func hairpin(device string) error {
	defer osl.InitOSContext()()
	return os.WriteFile(\"/sys/class/net/\"+device+\"/brport/hairpin_mode\", []byte(\"1\"), 0o644)
}
";
    let files = [
        ("go.mod", "module example.org/m\n\nrequire github.com/docker/docker v20.10.24+incompatible\n"),
        ("inside.go", INSIDE),
    ];
    let expected = ["inside.go:12:8 warning[tainted-unlock]", "inside.go:27:12 error[missing-restore]"];
    assert_eq!(found(&files), expected);
}

/// A command is what the program does to its end; what it calls over and over is not.
#[test]
fn a_command_ends_with_the_program() {
    const COMMANDS: &str = "\
package main

import (
	\"os\"
	\"os/exec\"
	\"runtime\"

	\"github.com/spf13/cobra\"
	\"github.com/vishvananda/netns\"
)

func main() {
	root := &cobra.Command{Use: \"x\", RunE: func(_ *cobra.Command, args []string) error { return list(args[0]) }}
	all := &cobra.Command{Use: \"all\"}
	all.RunE = each
	root.AddCommand(all)
	if err := root.Execute(); err != nil {
		os.Exit(1)
	}
}

func list(path string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := enter(path); err != nil {
		return err
	}
	return exec.Command(\"iptables\", \"-L\").Run()
}

func each(_ *cobra.Command, args []string) error {
	for _, path := range args {
		if err := visit(path); err != nil {
			return err
		}
	}
	return nil
}

func visit(path string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	origin, err := netns.Get()
	if err != nil {
		return err
	}
	defer origin.Close()
	if err := enter(path); err != nil {
		return err
	}
	if err := exec.Command(\"iptables\", \"-L\").Run(); err != nil {
		return nil
	}
	return netns.Set(origin)
}

func enter(path string) error {
	target, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer target.Close()
	return netns.Set(target)
}
";
    let files = [("go.mod", "module example.org/m\n"), ("main.go", COMMANDS)];
    assert_eq!(found(&files), ["main.go:48:12 error[missing-restore]"]);
}
