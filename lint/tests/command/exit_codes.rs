//! 0, 1, 2 and 3 mean the same with every option.

use crate::{CLEAN, FAULT, Tree};

#[test]
fn every_code_is_the_same_in_every_format() {
    let tree = Tree::new(&[("bad/a.go", FAULT), ("good/a.go", CLEAN), ("empty/readme.md", "")]);
    let formats = ["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson"];
    for format in formats {
        let code = |arguments: &str| tree.run(&format!("check --format {format} {arguments}")).code;
        assert_eq!(code("good"), 0, "{format}");
        assert_eq!(code("bad"), 1, "{format}");
        assert_eq!(code("bad --fail-on error"), 0, "{format}");
        assert_eq!(code("bad --fail-on never"), 0, "{format}");
        assert_eq!(code("bad --nonsense"), 2, "{format}");
        assert_eq!(code("bad missing"), 3, "{format}");
        assert_eq!(code("empty"), 3, "{format}");
    }
}

#[test]
fn what_is_misspelt_is_named_with_what_was_meant() {
    let tree = Tree::new(&[("a.go", CLEAN)]);
    let cases = [
        ("check --fial-on error", "--fail-on"),
        ("check --select global-handel", "global-handle"),
        ("check --format jsn", "json"),
        ("check --lang rast", "rust"),
        ("check --output sarf=x", "did you mean `sarif`?"),
        ("rule global-handel", "global-handle"),
        ("chek", "check"),
    ];
    for (arguments, meant) in cases {
        tree.run(arguments).expect(2, meant);
    }
}

#[test]
fn what_a_newcomer_tries_first_is_answered() {
    let tree = Tree::new(&[("a.go", FAULT), ("empty/readme.md", "")]);
    tree.run(".").expect(2, "tip: to look at it: netns-lint check .");
    tree.run("a.go").expect(2, "tip: to look at it: netns-lint check a.go");
    let ran = tree.run("rule");
    assert!(ran.code == 0 && ran.out.lines().any(|it| it.starts_with("global-handle ")), "{}{}", ran.out, ran.err);
    tree.run("check").expect(1, "`netns-lint rule global-handle` says more about it");
    assert!(!tree.run("check --format concise").err.contains("says more"));
    tree.run("check empty").expect(3, "no file to look at: none of the paths has any that ends in .go or .rs");
    tree.write("all/vendor/a.go", FAULT);
    tree.run("check all").expect(3, "but for what is ignored, vendored or generated");
    tree.run("check a.go missing").expect(3, "not everything could be looked at, as said above: the exit code is 3");
    tree.run("check -q --statistics").expect(1, "     1 global-handle");
    tree.run("baseline prune").expect(2, "`netns-lint baseline write` makes a baseline");
    tree.run("check --baseline b.json").expect(2, "b.json: no such file or folder; `netns-lint baseline write`");
    assert_eq!(tree.run("config show").out, "# no configuration; the defaults act\n");
}

#[test]
fn a_tree_without_namespace_code_is_said_to_have_none() {
    let tree = Tree::new(&[("a.go", CLEAN)]);
    tree.run("check").expect(0, "looked at 1 file: no namespace region found");
    let ran = tree.run("check -q");
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", ""));
}

#[test]
fn rules_and_languages_can_be_chosen() {
    let tree = Tree::new(&[("a.go", FAULT)]);
    assert_eq!(tree.run("check --select global-handle").code, 1);
    assert_eq!(tree.run("check --select wrong-view").code, 0);
    assert_eq!(tree.run("check --ignore global-handle,wrong-view").code, 0);
    tree.run("check --lang rust").expect(3, "ends in .rs");
    assert_eq!(tree.run("check --lang go,rust").code, 1);
}

#[test]
fn the_report_goes_where_it_is_sent() {
    let tree = Tree::new(&[("a.go", FAULT)]);
    let ran = tree.run("check --output-file report.txt");
    assert_eq!((ran.code, &*ran.out), (1, ""));
    assert!(tree.read("report.txt").contains("global-handle"));
    let ran = tree.run("check --output sarif=a.sarif --output concise=-");
    assert_eq!(ran.findings(), ["10 global-handle"]);
    assert!(tree.read("a.sarif").contains("2.1.0"));
    tree.run("check --output-file missing/report.txt").expect(2, "write missing/report.txt: no such file or folder");
}

/// What the environment says counts where nothing is typed, and an empty word is none.
#[test]
fn the_environment_is_asked_last() {
    let tree = Tree::new(&[("a.go", FAULT), ("c.toml", "fail-on = 'never'\n")]);
    let run = |variable: (&str, &str), arguments: &[&str]| {
        crate::Ran::from(tree.command("").arg("check").args(arguments).env(variable.0, variable.1).output().unwrap())
    };
    let format = |value, arguments: &[&str]| run(("NETNS_LINT_FORMAT", value), arguments);
    assert_eq!(format("concise", &[]).findings(), ["10 global-handle"]);
    assert!(format("json", &["--output", "concise=-"]).out.starts_with("a.go:10"));
    assert!(format("json", &["--format", "concise"]).out.starts_with("a.go:10"));
    assert!(format("", &[]).out.starts_with("warning"));
    format("jsn", &[]).expect(2, "NETNS_LINT_FORMAT: there is no format `jsn`; did you mean `json`?");
    let config = |value, arguments: &[&str]| run(("NETNS_LINT_CONFIG", value), arguments).code;
    assert_eq!(config("c.toml", &[]), 0);
    assert_eq!((config("c.toml", &["--no-config"]), config("", &[])), (1, 1));
    assert_eq!((config("missing.toml", &[]), config("missing.toml", &["--config", "c.toml"])), (2, 0));
}

#[test]
fn colours_are_for_terminals_or_on_request() {
    let tree = Tree::new(&[("a.go", FAULT)]);
    assert!(!tree.run("check").out.contains('\u{1b}'));
    assert!(tree.run("check --color always").out.contains('\u{1b}'));
    let forced = tree.command("").arg("check").env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(forced.stdout.contains(&0x1b));
    let plain = tree.command("").arg("check").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!plain.stdout.contains(&0x1b));
}

#[test]
fn paths_are_links_where_a_terminal_opens_them() {
    let tree = Tree::new(&[("a b.go", FAULT)]);
    assert!(!tree.run("check").out.contains("file://"));
    let forced = tree.command("").args(["check", "--color", "never"]).env("FORCE_HYPERLINK", "1").output().unwrap();
    let link = format!("\u{1b}]8;;file://{}/a%20b.go\u{1b}\\a b.go\u{1b}]8;;\u{1b}\\:10:13\n", tree.root());
    let text = String::from_utf8(forced.stdout).unwrap();
    assert!(text.contains(&link), "{text:?}");
    let file = ["check", "--output-file", "report.txt"];
    tree.command("").args(file).env("FORCE_HYPERLINK", "1").output().unwrap();
    assert!(!tree.read("report.txt").contains("file://"));
}

#[test]
fn every_file_finds_the_same_as_those_that_matter() {
    let tree = Tree::new(&[("go.mod", "module example.org/x\n"), ("a.go", FAULT), ("b/b.go", CLEAN)]);
    assert_eq!(tree.run("check --no-prefilter").out, tree.run("check").out);
}

#[test]
fn an_editor_can_ask_about_a_text_that_is_not_saved() {
    let tree = Tree::new(&[("a.go", CLEAN)]);
    tree.write("typed", FAULT);
    let typed = std::fs::File::open(tree.path("typed")).unwrap();
    let output =
        tree.command("").args(["check", "--format", "concise", "--stdin-filename", "a.go"]).stdin(typed).output();
    assert_eq!(crate::Ran::from(output.unwrap()).findings(), ["10 global-handle"]);
}
