//! `//netns:allow(…)` and its kin, in the text that people write.

use crate::{FAULT, Tree};

/// What is found after a comment was put at the end of a line, or above it with `^`.
fn found(comment: &str, line: usize) -> Vec<String> {
    let mut lines: Vec<String> = FAULT.lines().map(str::to_owned).collect();
    match comment.strip_prefix('^') {
        Some(above) => lines.insert(line - 1, above.to_owned()),
        None => lines[line - 1] += &format!(" {comment}"),
    }
    let text = lines.join("\n") + "\n";
    Tree::new(&[("a.go", &text)]).run("check --format concise").findings()
}

#[test]
fn a_finding_is_allowed_on_any_line_of_its_steps() {
    let none: [&str; 0] = [];
    let cases: &[(&str, usize, &[&str])] = &[
        ("//netns:allow(global-handle) -- a fake", 10, &none),
        ("// netns: allow(global-handle)--a fake", 10, &none),
        ("//netns:allow(global-handle) -- a fake", 9, &none),
        ("^//netns:allow(global-handle) -- a fake", 10, &none),
        ("^//netns:allow(global-handle) -- a fake", 9, &none),
        ("^//netns:allow(global-handle) -- the whole function", 8, &none),
        ("^//netns:allow-file(global-handle) -- the whole file", 1, &none),
        ("//netns:expect(global-handle) -- a fake", 10, &none),
        ("//nolint:netnslint // a fake", 10, &none),
        ("^//lint:ignore netns-global-handle a fake", 10, &none),
        ("//nolint:all", 10, &["10 global-handle"]),
        ("//netns:allow(global-handle)", 10, &["10 suppression-without-reason"]),
        ("//netns:allow(wrong-view) -- another rule", 10, &["10 global-handle", "10 unused-suppression"]),
        ("//netns:allow(global-handle) -- too far", 11, &["10 global-handle", "11 unused-suppression"]),
        ("//netns:expect(wrong-view) -- nothing", 3, &["3 unused-suppression", "10 global-handle"]),
        ("//netns:allow(global-handel) -- misspelt", 10, &["10 global-handle", "10 unknown-suppression"]),
    ];
    for (comment, line, expected) in cases {
        assert_eq!(found(comment, *line), *expected, "{comment} at {line}");
    }
}

/// The place where people write it when the call is in the middle of something.
#[test]
fn a_suppression_above_a_statement_acts_as_far_as_its_parentheses_reach() {
    let body = |body: &str| {
        let text = FAULT.replace("\t\t_, err := netlink.LinkList()\n\t\treturn err\n", body);
        Tree::new(&[("a.go", &text)]).run("check --format concise").findings()
    };
    let allow = "//netns:allow(global-handle) -- a fake";
    let none: [&str; 0] = [];
    assert_eq!(body(&format!("{allow}\nreturn first(\n\"a ) }}\", // )\nnetlink.LinkSetUp(nil),\n)\n")), none);
    assert_eq!(
        body(&format!(
            "{allow}\nif err := first(1,\nnetlink.LinkSetUp(nil)); err != nil {{\nreturn err\n}}\nreturn nil\n"
        )),
        none
    );
    // The block of an `if` is other statements.
    let inner = format!("{allow}\nif first(\n1) {{\nreturn netlink.LinkSetUp(nil)\n}}\nreturn nil\n");
    assert_eq!(body(&inner), ["10 unused-suppression", "13 global-handle"]);
    // So is what follows.
    let after = format!("{allow}\nfirst(\n1)\nreturn netlink.LinkSetUp(nil)\n");
    assert_eq!(body(&after), ["10 unused-suppression", "13 global-handle"]);
    let rust = "fn f(blue: &netns_rs::NetNs) {\n    blue.run(|_| {\n        //netns:allow(global-handle) -- a fake\n        \
                let x = first(\n            '\\'', \"(\", \n            nix::net::if_::if_nametoindex(\"lo\"),\n        );\n    }).unwrap();\n}\n";
    let tree = Tree::new(&[("a.rs", rust)]);
    assert_eq!(tree.run("check --format concise").findings(), none);
    assert_eq!(tree.run("check --format concise --no-suppressions").findings(), ["6 global-handle"]);
}

#[test]
fn a_text_that_looks_like_a_suppression_is_none() {
    let text = FAULT.replace("return err\n", "println(\"//netns:allow(global-handle) -- no\"); return err\n");
    let tree = Tree::new(&[("a.go", &text)]);
    assert_eq!(tree.run("check --format concise").findings(), ["10 global-handle"]);
}

#[test]
fn a_suppression_is_unused_only_if_its_rule_ran() {
    let text = FAULT.replace("netlink.LinkList()", "f() //netns:allow(global-handle) -- gone");
    let tree = Tree::new(&[("a.go", &text)]);
    assert_eq!(tree.run("check --format concise").findings(), ["10 unused-suppression"]);
    assert_eq!(tree.run("check --format concise --ignore global-handle").findings(), [] as [&str; 0]);
    assert_eq!(tree.run("check --format concise --no-suppressions").findings(), [] as [&str; 0]);
}

#[test]
fn suppressions_can_be_written() {
    let tree = Tree::new(&[("a.go", FAULT)]);
    tree.run_in("", &["check", "--add-allow=looked at in June"]).expect(0, "1 suppression written");
    assert!(tree.read("a.go").contains("\n\t\t//netns:allow(global-handle) -- looked at in June\n\t\t_, err := "));
    assert_eq!(tree.run("check").code, 0);
    assert_eq!(tree.run("check --no-suppressions").code, 1);
}
