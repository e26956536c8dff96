//! One fixture in every format; each has what the reader of that format needs.

use serde_json::{Value, json};

use crate::{CLEAN, FAULT, Tree};

fn report(format: &str) -> String {
    let tree = Tree::new(&[("pkg/ä b.go", &FAULT.replace("_, err :=", "_, /* 𝄞 */ err :="))]);
    tree.init();
    tree.run_in("pkg", &["check", "--format", format]).out
}

fn parsed(format: &str) -> Value {
    serde_json::from_str(&report(format)).unwrap()
}

#[test]
fn text_names_the_fault_the_steps_and_the_way_out() {
    let text = report("text");
    let parts = ["warning[global-handle]: ", "ä b.go:10:21", "1: the closure", "2: `netlink.LinkList`", "= help: "];
    for part in parts {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let concise = report("concise");
    assert!(concise.starts_with("ä b.go:10:21: warning[global-handle]: "), "{concise}");
}

#[test]
fn json_has_the_keys_of_version_1() {
    let report = parsed("json");
    let keys = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&report), "coverage findings tool version");
    let finding = &report["findings"][0];
    let place = "column end_column end_line";
    assert_eq!(keys(finding), format!("by_hand {place} fix help item labels level line message path rule sure"));
    assert_eq!(keys(&finding["labels"][0]), format!("{place} line message path step"));
    assert_eq!(keys(&report["coverage"]), "calls files partly_parsed regions unreadable");
    // Columns are characters.
    assert_eq!(json!([finding["line"], finding["column"], finding["end_column"]]), json!([10, 21, 37]));
    assert_eq!(finding["path"], "ä b.go");
    let lines = crate::formats::report("jsonl");
    assert_eq!(serde_json::from_str::<Value>(lines.trim_end()).unwrap(), *finding);
}

#[test]
fn sarif_is_what_a_host_reads() {
    let report = parsed("sarif");
    let run = &report["runs"][0];
    let result = &run["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "pkg/%C3%A4%20b.go");
    // Columns are units of UTF-16.
    assert_eq!(place["region"], json!({ "startLine": 10, "startColumn": 22, "endLine": 10, "endColumn": 38 }));
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    assert_eq!(steps.iter().map(|it| it["executionOrder"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
    assert_eq!(rule["id"], result["ruleId"]);
    assert!(rule["help"]["markdown"].as_str().unwrap().len() > 100);
    assert!(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().ends_with(":1"));
    assert_eq!(result["partialFingerprints"]["netnsLint/v1"].as_str().unwrap().len(), 32);
}

#[test]
fn sarif_is_valid() {
    let tree = Tree::new(&[("a.go", FAULT), ("b.go", "package x\n\nfunc f( {\n")]);
    tree.write("c.go", b"\xff");
    let ran = tree.run("check --maybe --format sarif missing .");
    assert_eq!(ran.code, 3);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    // The patterns for languages have a bracket too many, which this validator does not forgive.
    let schema: Value = serde_json::from_str(&schema().replace("{2}]?$", "{2}$")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<_> = validator.iter_errors(&report).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert_eq!(wrong, [] as [&str; 0]);
    let mut broken = report.clone();
    broken["runs"][0]["results"][0]["level"] = "loud".into();
    assert!(!validator.is_valid(&broken));
    let notes = report["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notes.len(), 3, "{notes:#?}");
}

/// The schema of SARIF 2.1.0, out of a crate that has it.
fn schema() -> String {
    let metadata = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", &platform(), "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|it| it["name"] == "serde-sarif").unwrap();
    let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
    std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap()
}

/// The platform of this machine: what other ones need was never downloaded.
fn platform() -> String {
    let version = std::process::Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    version.lines().find_map(|it| it.strip_prefix("host: ")).unwrap().to_owned()
}

#[test]
fn annotations_survive_what_would_end_them() {
    let tree = Tree::new(&[("a,b:50%.go", FAULT)]);
    let text = tree.run("check --format github").out;
    assert!(text.starts_with("::warning title=global-handle,file=a%2Cb%3A50%25.go,line=10,col=13,"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("%0A1: a,b:50%25.go:9:9: the closure"), "{text}");
}

#[test]
fn gitlab_and_rdjson_name_the_place_from_the_root_of_the_repository() {
    let gitlab = parsed("gitlab");
    assert_eq!(gitlab[0]["location"]["path"], "pkg/ä b.go");
    assert_eq!(gitlab[0]["location"]["positions"]["begin"], json!({ "line": 10, "column": 21 }));
    assert_eq!(gitlab[0]["severity"], "minor");
    let rdjson = parsed("rdjson");
    let place = &rdjson["diagnostics"][0]["location"];
    assert_eq!(place["path"], "pkg/ä b.go");
    // Columns are bytes.
    assert_eq!(place["range"]["start"], json!({ "line": 10, "column": 24 }));
}

#[test]
fn xml_is_well_formed_and_complete() {
    for (format, elements) in [
        ("junit", &["testsuites", "testsuite", "testcase", "failure"][..]),
        ("checkstyle", &["checkstyle", "file", "error"][..]),
    ] {
        let text = report(format);
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut seen = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(it) | quick_xml::events::Event::Empty(it) => {
                    seen.push(it.name().as_ref().to_owned());
                }
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(seen, elements, "{text}");
    }
    let clean = Tree::new(&[("a.go", CLEAN)]).run("check --format junit").out;
    assert!(clean.contains("tests=\"1\" failures=\"0\""), "{clean}");
}
