//! The releases that a program is built with, and what they change.

use crate::{FAULT, Tree};

const CONFIGURED: &str = "\
package main

import \"github.com/vishvananda/netlink\"

func init() {
	if err := netlink.ConfigureHandle(netlink.HandleOptions{}); err != nil {
		panic(err)
	}
}
";

const LEAK: &str = "\
package x

import (
	\"github.com/vishvananda/netlink\"
	\"github.com/vishvananda/netns\"
)

func links(target netns.NsHandle) ([]netlink.Link, error) {
	handle, err := netlink.NewHandleAt(target)
	if err != nil {
		return nil, err
	}
	return handle.LinkList()
}
";

fn requiring(version: &str) -> String {
    format!("module example.org/x\n\ngo 1.26\n\nrequire github.com/vishvananda/netlink {version}\n")
}

/// From bab08b3 on the package's handle keeps the sockets that `ConfigureHandle` opens.
#[test]
fn a_configured_package_handle_is_an_error() {
    let newest = "v1.3.2-0.20260629190457-4e35dc940f0a";
    let cases = [
        (requiring(newest), "main.go", "error"),
        (requiring("v1.3.2-0.20260624190457-bab08b3566fc"), "main.go", "error"),
        // A release in which nobody could have called it, or no word about it: nothing is proven.
        (requiring("v1.3.1"), "main.go", "warning"),
        ("module example.org/x\n".into(), "main.go", "warning"),
        // A test does not configure the program.
        (requiring(newest), "main_test.go", "warning"),
        // Another module is another program.
        (requiring(newest), "other/main.go", "warning"),
    ];
    for (module, at, level) in cases {
        let tree = Tree::new(&[("go.mod", &module), ("a/a.go", FAULT), (at, CONFIGURED)]);
        if at.starts_with("other/") {
            tree.write("other/go.mod", requiring(newest).replace("example.org/x", "example.org/other"));
        }
        let ran = tree.run("check --format concise");
        let expected = format!("a/a.go:10:13: {level}[global-handle]");
        assert!(ran.out.contains(&expected), "{module}{at}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out.contains("netlink v1.3.2-0.2026"), level == "error", "{}", ran.out);
    }
}

#[test]
fn the_call_that_configures_is_shown() {
    let module = requiring("v1.3.2-0.20260629190457-4e35dc940f0a");
    let tree = Tree::new(&[("go.mod", &module), ("a/a.go", FAULT), ("main.go", CONFIGURED)]);
    let ran = tree.run("check --format json");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let labels = report["findings"][0]["labels"].as_array().unwrap();
    let label = labels.iter().find(|it| it["path"] == "main.go").expect("a label at the call");
    assert_eq!(label["line"], 6, "{label}");
}

/// The workspace decides, then what is vendored, then the module.
#[test]
fn a_finding_names_the_release_it_judged_by() {
    let listed = "# github.com/vishvananda/netlink v1.3.1\n";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("go.mod", &requiring("v1.2.0-beta"))],
            "nothing else ever closes a `netlink.Handle` of netlink v1.2.0-beta (go.mod)",
        ),
        (&[("go.mod", &requiring("v1.3.1"))], "netlink v1.3.1 (go.mod) is closed when the garbage collector comes by"),
        (
            &[("go.mod", &requiring("v1.1.0")), ("vendor/modules.txt", listed)],
            "netlink v1.3.1 (vendor/modules.txt) is closed when",
        ),
        (&[], "before v1.3.0 nothing else ever closes"),
    ];
    for (manifests, expected) in cases {
        let tree = Tree::new(manifests);
        tree.write("a/a.go", LEAK);
        let ran = tree.run("check --format concise");
        assert!(ran.out.contains(expected), "{expected}: {}{}", ran.out, ran.err);
    }
}

/// What may one day go through a kept socket is told apart from what opens its own each time.
#[test]
fn a_hidden_socket_is_no_handle() {
    let hidden = "package a

import (
	\"github.com/containernetworking/plugins/pkg/ns\"
	\"github.com/safchain/ethtool\"
)

func driver(container ns.NetNS) error {
	return container.Do(func(ns.NetNS) error {
		_, err := ethtool.DriverName(\"eth0\")
		return err
	})
}
";
    let tree = Tree::new(&[("a/a.go", FAULT), ("b/b.go", hidden)]);
    let ran = tree.run("check --format concise");
    let said = |path: &str, words: &str| ran.out.lines().any(|it| it.starts_with(path) && it.contains(words));
    assert!(said("a/a.go", "as long as that handle has no socket of its own"), "{}{}", ran.out, ran.err);
    assert!(said("b/b.go", "as long as the call stays on this thread"), "{}{}", ran.out, ran.err);
}
