//! Every format, as a whole, of one fixture: what a reader of that format gets.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::Tree;
use crate::documents::same;

/// A region that is two calls long, one of them in a helper that cannot say that it failed, under a name that has to be escaped somewhere.
const FIXTURE: &str = "\
package peers

import (
	\"github.com/containernetworking/plugins/pkg/ns\"
	\"github.com/vishvananda/netlink\"
)

func Peers(container ns.NetNS) error {
	return container.Do(func(ns.NetNS) error {
		if _, err := netlink.LinkByName(\"<50%>\"); err != nil {
			return err
		}
		list()
		return nil
	})
}

func list() {
	_, _ = netlink.LinkList()
}
";

#[test]
fn every_format_is_what_it_was() {
    let formats = ["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson"];
    let tree = Tree::new(&[("pkg/50% peers.go", FIXTURE)]);
    tree.init();
    for format in formats {
        let ran = tree.run(&format!("check --format {format}"));
        assert_eq!(ran.code, 1, "{format}: {}", ran.err);
        let text = if format == "sarif" { of_one_rule(&ran.out) } else { ran.out };
        let text = text.replace(&format!("\"{}\"", env!("CARGO_PKG_VERSION")), "\"VERSION\"");
        same(&format!("lint/tests/command/snapshots/{format}"), &text);
    }
    // A format that is gone leaves nothing behind.
    let kept = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command/snapshots")).unwrap().count();
    assert_eq!(kept, formats.len());
}

/// Without the rules that have nothing to do with it, and without the text of the manual.
fn of_one_rule(report: &str) -> String {
    let mut report: Value = serde_json::from_str(report).unwrap();
    let run = &mut report["runs"][0];
    let index = run["results"][0]["ruleIndex"].as_u64().unwrap() as usize;
    let mut rule = run["tool"]["driver"]["rules"][index].take();
    rule["help"] = json!({ "text": "…", "markdown": "…" });
    run["tool"]["driver"]["rules"] = json!([rule]);
    for result in run["results"].as_array_mut().unwrap() {
        assert_eq!(result["ruleIndex"], index);
        result["ruleIndex"] = json!(0);
    }
    serde_json::to_string_pretty(&report).unwrap() + "\n"
}
