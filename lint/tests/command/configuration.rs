//! `netns-lint.toml`.

use crate::{CLEAN, FAULT, Tree};

#[test]
fn the_nearest_file_up_to_the_root_of_the_repository_counts() {
    let tree = Tree::new(&[
        ("netns-lint.toml", "fail-on = 'never'\n"),
        ("repo/.git/HEAD", ""),
        ("repo/a.go", FAULT),
        ("repo/sub/.netns-lint.toml", "extend = '../shared.toml'\n"),
        ("repo/sub/a.go", FAULT),
        ("repo/shared.toml", "fail-on = 'error'\n"),
        ("repo/crate/Cargo.toml", "[package]\nname = 'x'\n[package.metadata.netns-lint]\nfail-on = 'error'\n"),
        ("repo/crate/a.go", FAULT),
    ]);
    assert_eq!(tree.run("check repo/a.go").code, 1);
    assert_eq!(tree.run("check repo/sub").code, 0);
    assert_eq!(tree.run("check repo/crate").code, 0);
    assert_eq!(tree.run("check repo/sub --fail-on warning").code, 1);
    assert_eq!(tree.run("check repo/sub --no-config").code, 1);
    assert_eq!(tree.run("check repo/a.go --config netns-lint.toml").code, 0);
}

#[test]
fn levels_are_set_by_rule_and_by_path() {
    let tree = Tree::new(&[
        (
            "netns-lint.toml",
            "exclude = ['/left']\n[rules]\nglobal-handle = 'error'\n\
             [[path]]\nmatch = '/old/**'\nrules = { global-handle = 'off' }\n",
        ),
        ("new/a.go", FAULT),
        ("old/a.go", FAULT),
        ("left/a.go", FAULT),
    ]);
    let ran = tree.run("check --format concise");
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert!(ran.out.starts_with("new/a.go:10:13: error[global-handle]"), "{}", ran.out);
}

/// What a shared file says is relative to that file.
#[test]
fn what_another_file_says_is_said_from_its_place() {
    let tree = Tree::new(&[
        ("repo/netns-lint.toml", "extend = '../shared/base.toml'\n"),
        ("repo/a/a.go", FAULT),
        ("repo/b/b.go", FAULT),
        ("shared/base.toml", "exclude = ['/a']\nfacts = ['f.toml']\nextend = 'more/last.toml'\n"),
        ("shared/f.toml", ""),
        ("shared/more/last.toml", "facts = ['g.toml']\nbaseline = 'b.json'\n"),
        ("shared/more/g.toml", ""),
    ]);
    let shown = tree.run("config show repo").out;
    for said in ["../shared/f.toml", "../shared/more/g.toml", "../shared/more/b.json"] {
        assert!(shown.contains(said), "{said} is not in {shown}");
    }
    tree.write("shared/more/last.toml", "facts = ['g.toml']\n");
    assert_eq!(tree.run("check --format concise repo").out.lines().count(), 2, "`/a` is beside `shared/base.toml`");
    tree.write("shared/base.toml", "exclude = ['../repo/a', 'b']\n");
    tree.write("repo/netns-lint.toml", "exclude = ['/a']\n");
    assert!(
        tree.run_in("repo", &["check", "--format", "concise", "--config", "netns-lint.toml"]).out.starts_with("b/b.go")
    );
    tree.write("loop.toml", "extend = 'loop.toml'\n");
    tree.run("check repo --config loop.toml").expect(2, "loop.toml: more than 16 files extend each other");
}

#[test]
fn a_pattern_without_effect_is_said_with_its_place() {
    let config = "exclude = [\n  '/left',\n  '/wrong',\n]\n[[path]]\nmatch = '/old'\nrules = {}\n\
                  [[path]]\nmatch = 'no/**'\nrules = {}\n";
    let tree = Tree::new(&[("netns-lint.toml", config), ("left/a.go", CLEAN), ("old/a.go", CLEAN), ("b.go", CLEAN)]);
    let said = |arguments: &str| {
        let ran = tree.run(&format!("check {arguments}"));
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.err
            .lines()
            .filter(|it| it.contains("nothing") || it.contains("no file"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let of_file = [
        "netns-lint: netns-lint.toml:3:3: the pattern `/wrong` leaves out nothing",
        "netns-lint: netns-lint.toml:9:9: the pattern `no/**` matches no file that is looked at",
    ];
    assert_eq!(said(""), of_file);
    assert_eq!(said("-q"), [] as [&str; 0]);
    // With a part of the tree in sight nobody can know.
    assert_eq!(said("old"), [] as [&str; 0]);
    assert_eq!(said("old --exclude left"), ["netns-lint: --exclude left: it leaves out nothing"]);
    tree.write("netns-lint.toml", "");
    tree.write("Cargo.toml", "[workspace.metadata.netns-lint]\nexclude = ['gone']\n");
    std::fs::remove_file(tree.path("netns-lint.toml")).unwrap();
    assert_eq!(said(""), ["netns-lint: Cargo.toml:2:12: the pattern `gone` leaves out nothing"]);
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_the_nearest_name() {
    let cases = [
        ("fail-onn = 'error'\n", "netns-lint.toml:1:1: unknown field `fail-onn`", "(did you mean `fail-on`?)"),
        ("[rules]\nglobal-handel = 'off'\n", "netns-lint.toml:2:1: ", "(did you mean `global-handle`?)"),
        ("[rules]\nwrong-view = 'of'\n", "netns-lint.toml:2:14: ", "(did you mean `off`?)"),
        ("fail-on = \n", "netns-lint.toml:1:", ""),
        ("extend = 'missing.toml'\n", "missing.toml: no such file or folder", ""),
        ("facts = ['f.toml']\n", "f.toml: no such file or folder", ""),
    ];
    for (text, said, hint) in cases {
        let tree = Tree::new(&[("netns-lint.toml", text), ("a.go", CLEAN)]);
        let ran = tree.run("check");
        ran.expect(2, said);
        ran.expect(2, hint);
    }
}

#[test]
fn facts_of_the_project_are_facts() {
    let facts = "[[call]]\npath = 'example.org/own.Ask'\neffect = 'use-ambient'\nevidence = 'own/ask.go: Ask sends'\n";
    let text =
        FAULT.replace("github.com/vishvananda/netlink", "example.org/own").replace("netlink.LinkList", "own.Ask");
    let tree = Tree::new(&[("a.go", &text)]);
    assert_eq!(tree.run("check").code, 0);
    tree.write("facts.toml", facts);
    tree.write("netns-lint.toml", "facts = ['facts.toml']\n");
    assert_eq!(tree.run("check --format concise").findings(), ["10 global-handle"]);
}

/// The same clauses as in a file of facts.
#[test]
fn facts_may_stand_in_the_configuration() {
    let text = FAULT.replace("github.com/vishvananda/netlink", "example.org/own");
    let text = text.replace("netlink.LinkList", "own.Ask");
    let fact = "[[call]]\npath = 'example.org/own.Ask'\neffect = 'use-ambient'\nevidence = 'own/ask.go'\n";
    let tree = Tree::new(&[("a.go", &text), ("netns-lint.toml", fact)]);
    let ran = tree.run("check --format concise");
    assert_eq!(ran.findings(), ["10 global-handle"]);
    assert!(!ran.err.contains("matches no call"), "{}", ran.err);

    tree.write("netns-lint.toml", fact.replace("'use-ambient'", "'use-ambience'"));
    tree.run("check").expect(2, "netns-lint.toml:2:8: example.org/own.Ask: unknown variant `use-ambience`");
    let also = "\n[[call]]\npath = 'github.com/vishvananda/netns.Set'\neffect = 'nothing'\nevidence = 'no'\n";
    tree.write("netns-lint.toml", fact.to_owned() + also);
    tree.run("check").expect(2, "netns-lint.toml:7:8: github.com/vishvananda/netns.Set: the call is described twice");
}

#[test]
fn a_fact_that_matches_nothing_is_named_with_its_place() {
    let fact =
        |name: &str| format!("[[call]]\npath = 'example.org/own.{name}'\neffect = 'use-ambient'\nevidence = 'x'\n");
    let ask = FAULT.replace("github.com/vishvananda/netlink", "example.org/own").replace("netlink.LinkList", "own.Ask");
    let tree = Tree::new(&[("a.go", &ask), ("netns-lint.toml", &format!("facts = ['f.toml']\n\n{}", fact("Ask")))]);
    tree.write("f.toml", fact("Aks"));
    let ran = tree.run("check");
    let said = "f.toml:2:8: the fact about `example.org/own.Aks` matches no call that is looked at";
    assert!(ran.err.contains(said) && !ran.err.contains("own.Ask` matches"), "{}", ran.err);
    // A file that was not parsed may make the call.
    tree.write("other/b.go", "package other\n\nfunc Aks() {}\n");
    assert!(!tree.run("check").err.contains("matches no call"), "a name that stands somewhere");
}

#[test]
fn a_configuration_can_be_looked_at() {
    let tree = Tree::new(&[("netns-lint.toml", "fail-on = 'error'\n")]);
    assert_eq!(tree.run("config show").out, "# netns-lint.toml\nfail-on = \"error\"\n");
    assert_eq!(tree.run("config verify").out, "netns-lint.toml: correct\n");
    tree.write("netns-lint.toml", "x = 1\n");
    tree.run("config verify").expect(2, "unknown field `x`");
}

#[test]
fn the_schema_takes_what_the_code_takes() {
    let tree = Tree::new(&[]);
    let schema = serde_json::from_str(&tree.run("config schema").out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let texts = [
        "",
        "tags = ['integration', '!cgo']\ncfg = ['feature = \"x\"', 'not(a)', 'not( a=\"b\" )']\n",
        "tags = ['a b']\n",
        "tags = ['!']\n",
        "cfg = ['all(a, b)']\n",
        "cfg = ['not(not(a))']\n",
        "extend = 'x.toml'\nfail-on = 'error'\ntests = false\nexclude = ['a']\nfacts = ['f']\nbaseline = 'b'\n",
        "[rules]\nglobal-handle = 'off'\n[[path]]\nmatch = 'x'\nrules = { wrong-view = 'error' }\n",
        "unknown = 1\n",
        "fail-on = 'sometimes'\n",
        "[rules]\nno-such-rule = 'off'\n",
        "[rules]\nglobal-handle = 'loud'\n",
    ];
    for text in texts {
        let value: toml::Value = toml::from_str::<toml::Table>(text).unwrap().into();
        let by_code = toml::from_str::<netns_lint::config::Config>(text).is_ok();
        let by_schema = validator.is_valid(&serde_json::to_value(value).unwrap());
        assert_eq!(by_schema, by_code, "{text}");
    }
}

const GO: [(&str, &str); 3] = [
    ("a.go", "//go:build integration\n\n"),
    ("b.go", "//go:build !integration\n\n"),
    ("c.go", "// +build integration,other\n\n"),
];

const RUST: &str = "\
use nix::sched::{setns, CloneFlags};

#[cfg(feature = \"a\")]
fn one(ns: &std::fs::File) { let _ = setns(ns, CloneFlags::CLONE_NEWNET); std::net::UdpSocket::bind(\"x\").ok(); }

#[cfg(not(feature = \"a\"))]
fn two(ns: &std::fs::File) { let _ = setns(ns, CloneFlags::CLONE_NEWNET); std::net::UdpSocket::bind(\"x\").ok(); }

fn three(ns: &std::fs::File) {
    #[cfg(all(unix, feature = \"a\"))]
    let _ = setns(ns, CloneFlags::CLONE_NEWNET);
    std::net::UdpSocket::bind(\"x\").ok();
}

#[cfg(feature = \"a\")]
mod other;
";

/// Reports the files, and in Rust the lines, with findings.
fn found(tree: &Tree, arguments: &str) -> String {
    let ran = tree.run(&format!("check --format concise --select global-handle,unchecked-switch {arguments}"));
    let places = ran.out.lines().map(|it| it.split(':').take(2).collect::<Vec<_>>().join(":"));
    let places: Vec<_> = places.map(|it| if it.contains(".go") { it[..4].to_owned() } else { it }).collect();
    places.join(" ")
}

#[test]
fn a_chosen_build_tag_says_which_files_are_read() {
    let tree = Tree::new(&[]);
    for (path, head) in GO {
        // Each with a function of its own.
        tree.write(path, format!("{head}{}", FAULT.replace("links", &path[..1])));
    }
    assert_eq!(found(&tree, ""), "a.go b.go c.go");
    assert_eq!(found(&tree, "--tags integration"), "a.go c.go");
    assert_eq!(found(&tree, "--tags !integration"), "b.go");
    tree.write("base.toml", "tags = ['integration', '!other']\n");
    tree.write("netns-lint.toml", "extend = 'base.toml'\n");
    assert_eq!(found(&tree, ""), "a.go");
    assert_eq!(found(&tree, "--tags other"), "a.go c.go");
    tree.write("netns-lint.toml", "extend = 'base.toml'\ntags = ['!integration']\n");
    assert_eq!(found(&tree, ""), "b.go");
    tree.write("netns-lint.toml", "tags = ['x',\n  'windows']\n");
    tree.run("check").expect(2, "netns-lint.toml:1:8: the build tag `windows` cannot be chosen");
    tree.run("check --tags linux --no-config").expect(2, "the build tag `linux` cannot be chosen");
}

#[test]
fn a_chosen_condition_says_which_items_are_read() {
    let other = RUST.lines().take(4).filter(|it| !it.starts_with("#[cfg")).collect::<Vec<_>>().join("\n");
    let tree = Tree::new(&[("Cargo.toml", "[package]\nname = 'x'\n"), ("src/lib.rs", RUST), ("src/other.rs", &other)]);
    assert_eq!(found(&tree, ""), "src/lib.rs:4 src/lib.rs:7 src/lib.rs:11 src/other.rs:3");
    tree.write("netns-lint.toml", "cfg = ['feature = \"a\"']\n");
    assert_eq!(found(&tree, ""), "src/lib.rs:4 src/lib.rs:11 src/other.rs:3");
    assert_eq!(found(&tree, "--cfg not(feature=\"a\")"), "src/lib.rs:7");
    tree.write("src/lib.rs", format!("#![cfg(feature = \"b\")]\n{RUST}"));
    assert_eq!(found(&tree, "--cfg not(feature=\"b\")"), "src/other.rs:3");
    tree.write("netns-lint.toml", "cfg = ['windows']\n");
    tree.run("check").expect(2, "netns-lint.toml:1:7: the condition `windows` cannot be chosen");
}

/// It may be of use where it is built.
#[test]
fn a_suppression_outside_of_the_build_is_not_unused() {
    let comment = "//netns:allow(global-handle) -- looked at\n";
    let go = format!("package x\n\n{comment}func other() {{}}\n");
    let rust = format!("#[cfg(windows)]\n{comment}fn other() {{}}\n\n{comment}fn here() {{}}\n");
    let tree = Tree::new(&[("a_windows.go", &go), ("a.rs", &rust), ("a_linux.go", &go)]);
    let ran = tree.run("check --format concise");
    let places: Vec<_> = ran.out.lines().map(|it| it.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["a.rs:5:1", "a_linux.go:3:1"], "{}", ran.out);
}
