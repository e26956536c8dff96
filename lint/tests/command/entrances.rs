//! The ready-made entrances, performed: the scripts of the action as a runner of GitHub runs them, the job of GitLab
//! and the hook of pre-commit as theirs do.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use saphyr::{LoadableYamlNode, Yaml};

use crate::{CLEAN, FAULT, Ran, Tree};

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

fn with_yaml<T>(path: &str, look: impl FnOnce(&Yaml<'_>) -> T) -> T {
    let text = fs::read_to_string(root().join(path)).unwrap();
    look(&Yaml::load_from_str(&text).unwrap()[0])
}

fn text(yaml: &Yaml<'_>) -> String {
    yaml.as_str().unwrap_or_else(|| panic!("not a text: {yaml:?}")).to_owned()
}

/// A step of the action that runs a script.
struct Step {
    name: String,
    condition: Option<String>,
    env: HashMap<String, String>,
    run: String,
}

struct Action {
    inputs: HashMap<String, String>,
    steps: Vec<Step>,
    /// When the report is uploaded.
    upload: String,
}

/// What a run of the action gave.
struct Done {
    ran: Ran,
    uploaded: bool,
}

impl Action {
    fn read() -> Action {
        with_yaml("action.yml", |it| {
            let inputs = it["inputs"].as_mapping().unwrap().iter();
            let steps = it["runs"]["steps"]
                .as_vec()
                .unwrap()
                .iter()
                .filter(|it| it.as_mapping().unwrap().contains_key(&Yaml::value_from_str("run")));
            let upload = it["runs"]["steps"].as_vec().unwrap().iter().find(|it| text(&it["name"]) == "Upload");
            Action {
                upload: text(&upload.unwrap()["if"]),
                inputs: inputs.map(|(name, it)| (text(name), text(&it["default"]))).collect(),
                steps: steps.map(Step::read).collect(),
            }
        })
    }

    /// Runs all steps in a folder, each only if the ones before it worked, as a job does. Also gives what the `Check`
    /// step has written.
    fn run(&self, tree: &Tree, inputs: &[(&str, &str)]) -> Done {
        let mut values: HashMap<String, String> =
            self.inputs.iter().map(|(name, value)| (format!("inputs.{name}"), value.clone())).collect();
        values.extend(inputs.iter().map(|(name, value)| (format!("inputs.{name}"), (*value).to_owned())));
        let mut all = Ran { code: 0, out: String::new(), err: String::new() };
        let runner = Tree::new(&[]);
        for step in &self.steps {
            if step.condition.as_ref().is_some_and(|it| !holds(it, &values)) {
                continue;
            }
            // `shell: bash` is this command.
            let script = runner.path("script");
            fs::write(&script, &step.run).unwrap();
            let mut command = Command::new("bash");
            command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(script).current_dir(tree.path(""));
            command.env("GITHUB_OUTPUT", runner.path("output")).env("GITHUB_ACTION_PATH", root());
            command.envs(step.env.iter().map(|(name, value)| (name, filled(value, &values))));
            let ran = Ran::from(command.output().unwrap());
            all = Ran { code: ran.code, out: all.out + &ran.out, err: all.err + &ran.err };
            for line in fs::read_to_string(runner.path("output")).unwrap_or_default().lines() {
                let (name, value) = line.split_once('=').unwrap();
                values.insert(format!("steps.{}.outputs.{name}", step.name.to_lowercase()), value.to_owned());
            }
            if ran.code != 0 {
                break;
            }
        }
        let uploaded = holds(&self.upload, &values);
        Done { ran: all, uploaded }
    }
}

impl Step {
    fn read(yaml: &Yaml<'_>) -> Step {
        let has = |key: &str| yaml.as_mapping().unwrap().contains_key(&Yaml::value_from_str(key));
        let env = if has("env") {
            yaml["env"].as_mapping().unwrap().iter().map(|it| (text(it.0), text(it.1))).collect()
        } else {
            HashMap::new()
        };
        assert_eq!(text(&yaml["shell"]), "bash");
        Step {
            name: text(&yaml["name"]),
            condition: has("if").then(|| text(&yaml["if"])),
            env,
            run: text(&yaml["run"]),
        }
    }
}

/// `inputs.binary == ''` and its like is all that is asked; what was never set is empty.
fn holds(condition: &str, values: &HashMap<String, String>) -> bool {
    let (name, value) = condition.split_once(" == ").unwrap();
    values.get(name).map_or("", String::as_str) == value.trim_matches('\'')
}

/// With the value of every `${{ name }}`.
fn filled(text: &str, values: &HashMap<String, String>) -> String {
    let mut parts = text.split("${{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let (name, rest) = part.split_once("}}").unwrap();
        all + &values[name.trim()] + rest
    })
}

const BINARY: (&str, &str) = ("binary", env!("CARGO_BIN_EXE_netns-lint"));

#[test]
fn the_action_ends_as_the_check_does_and_leaves_its_report() {
    let action = Action::read();
    let tree = Tree::new(&[("good/a.go", CLEAN), ("two words/a.go", FAULT), ("two words/b.go", FAULT)]);
    let Done { ran, uploaded } = action.run(&tree, &[BINARY, ("paths", "good")]);
    assert!(ran.code == 0 && uploaded, "{}", ran.err);
    assert!(tree.read("netns-lint.sarif").contains("\"results\": []"));

    let paths = ("paths", "good\ntwo words/a.go\n");
    let Done { ran, uploaded } = action.run(&tree, &[BINARY, paths, ("sarif-file", "my report.sarif")]);
    assert!(ran.code == 1 && ran.out.contains("warning[global-handle]"), "{}{}", ran.out, ran.err);
    assert!(uploaded && tree.read("my report.sarif").contains("two%20words/a.go"));
    // What was looked at is uploaded, though it is not all.
    let Done { ran, uploaded } = action.run(&tree, &[BINARY, ("paths", "good\nmissing")]);
    assert!(ran.code == 3 && uploaded, "{}", ran.err);
    // Nothing was looked at, and the report of the run before is not one of this run.
    let Done { ran, uploaded } = action.run(&tree, &[BINARY, ("new-from-merge-base", "origin/main")]);
    assert!(ran.code == 3 && !uploaded, "{}", ran.err);

    tree.write("netns-lint.sarif", "of another tool");
    let args = ("args", "--exclude\n/two words/b.go\n");
    let Done { ran, uploaded } = action.run(&tree, &[BINARY, ("report", "annotations"), args]);
    let annotations = ran.out.lines().filter(|it| it.starts_with("::warning ")).count();
    assert_eq!((ran.code, annotations, uploaded), (1, 1, false), "{}{}", ran.out, ran.err);
    assert_eq!(tree.read("netns-lint.sarif"), "of another tool");

    let code = |inputs: &[(&str, &str)]| action.run(&tree, &[&[BINARY, ("report", "none")], inputs].concat()).ran.code;
    assert_eq!(code(&[("args", "--fail-on=error")]), 0);
    assert_eq!(code(&[("args", "--no-such-option")]), 2);
    // A path is never an option, nor a command.
    assert_eq!(code(&[("paths", "--help")]), 3);
    assert_eq!(code(&[("paths", "$(touch touched)")]), 3);
    assert!(!tree.path("touched").exists());
}

/// With a `cargo` that builds what the tests have built.
fn cargo_that_copies() -> Tree {
    let tree = Tree::new(&[]);
    let script = "#!/bin/sh\nset -e\necho \"$PWD: $*\" >&2\nmkdir -p target/release\n\
                  ln -f \"$BUILT\" target/release/netns-lint || cp -f \"$BUILT\" target/release/netns-lint\n";
    tree.write("cargo", script);
    fs::set_permissions(tree.path("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    tree
}

fn path_with(tree: &Tree) -> String {
    format!("{}:{}", tree.path("").display(), std::env::var("PATH").unwrap())
}

#[test]
fn what_the_entrances_build_can_be_built() {
    let build = with_yaml("action.yml", |it| text(&it["runs"]["steps"][0]["run"]));
    let hook = fs::read_to_string(root().join("docs/pre-commit")).unwrap();
    for text in [&*build, &*hook] {
        let line = text.lines().find(|it| it.contains("cargo build")).unwrap();
        for option in ["--release", "--locked", "--package netns-lint", "--target-dir target"] {
            assert!(line.contains(option), "{option} is not in {line}");
        }
    }
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--locked", "--offline", "--no-deps", "--format-version=1"]).current_dir(root());
    let output = metadata.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"name\":\"netns-lint\""));
}

#[test]
fn the_hook_of_pre_commit_builds_in_its_clone_and_looks_at_the_users_tree() {
    let entry = with_yaml(".pre-commit-hooks.yaml", |it| {
        let hook = &it[0];
        assert_eq!(hook["pass_filenames"].as_bool(), Some(false));
        assert_eq!(text(&hook["language"]), "script");
        text(&hook["entry"])
    });
    let (clone, cargo) = (Tree::new(&[("docs/x", "")]), cargo_that_copies());
    fs::copy(root().join(&entry), clone.path(&entry)).unwrap();
    let run = |tree: &Tree| {
        let mut command = Command::new(clone.path(&entry));
        command.current_dir(tree.path("")).env("PATH", path_with(&cargo)).env("BUILT", BINARY.1);
        Ran::from(command.output().unwrap())
    };
    let ran = run(&Tree::new(&[("a.go", FAULT)]));
    ran.expect(1, &format!("{}: build ", clone.root()));
    assert!(ran.out.contains("a.go:10:13"), "{}", ran.out);
    assert_eq!(run(&Tree::new(&[("a.go", CLEAN)])).code, 0);
}

#[test]
fn the_job_of_gitlab_fails_for_findings_and_leaves_its_report() {
    let (install, script, report) = with_yaml("docs/gitlab-ci.yml", |it| {
        let job = &it["netns-lint"];
        assert_eq!(text(&job["artifacts"]["when"]), "always");
        let lines = |it: &Yaml<'_>| it.as_vec().unwrap().iter().map(text).collect::<Vec<_>>().join("\n");
        (lines(&job["before_script"]), lines(&job["script"]), text(&job["artifacts"]["reports"]["codequality"]))
    });
    // There is a `netns-lint` already, so nothing is installed.
    let tools = Tree::new(&[("cargo", "#!/bin/sh\nexit 9\n")]);
    fs::set_permissions(tools.path("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(BINARY.1, tools.path("netns-lint")).unwrap();
    let run = |tree: &Tree| {
        let mut command = Command::new("sh");
        command.args(["-ec", &format!("{install}\n{script}")]).current_dir(tree.path(""));
        Ran::from(command.env("PATH", path_with(&tools)).output().unwrap())
    };
    let tree = Tree::new(&[("a.go", FAULT)]);
    let ran = run(&tree);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let report: serde_json::Value = serde_json::from_str(&tree.read(&report)).unwrap();
    assert_eq!(report[0]["check_name"], "global-handle");
    assert_eq!(run(&Tree::new(&[("a.go", CLEAN)])).code, 0);
}
