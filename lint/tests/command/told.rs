//! What a report says of each place: the steps, the way out, and what is left to a person. A program in `told` has that
//! below the lines which it is about, behind `//| `.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::Tree;

const MARK: &str = "//| ";

#[test]
fn each_place_is_told_what_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command/told");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let wanted = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(told(name, &wanted), wanted, "{name}");
    }
}

/// The program, with what the report says of it.
fn told(name: &str, text: &str) -> String {
    let code: Vec<&str> = text.lines().filter(|it| !it.trim_start().starts_with(MARK)).collect();
    let ran = Tree::new(&[(name, &code.join("\n"))]).run("check --format json");
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    let mut below: Vec<Vec<String>> = vec![Vec::new(); code.len() + 1];
    let line = |it: &Value| usize::try_from(it["line"].as_u64().unwrap()).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        for label in finding["labels"].as_array().unwrap() {
            below[line(label)].push(format!("{}: {}", label["step"], label["message"].as_str().unwrap()));
        }
        for part in ["help", "by_hand"] {
            let said = finding[part].as_str().map(|it| format!("{}: {it}", part.replace('_', " ")));
            below[line(finding)].extend(said);
        }
    }
    let mut all = String::new();
    for (at, line) in code.iter().enumerate() {
        all += &format!("{line}\n");
        let indent = &line[..line.len() - line.trim_start().len()];
        below[at + 1].iter().for_each(|it| all += &format!("{indent}{MARK}{it}\n"));
    }
    all
}
