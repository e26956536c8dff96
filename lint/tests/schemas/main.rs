//! The XML reports against schemas, by libxml2's validator.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Failed, Trial};

/// A warning and a maybe, under names that XML has to escape or cannot hold.
const FAULT: &str = include_str!("fault.go");
const NAMES: [&str; 2] = ["a.go", "<b&\"'\u{1}>\n.go"];

fn main() -> ExitCode {
    let found = Command::new("xmllint").arg("--version").output().is_ok();
    let trials = ["junit", "checkstyle"].map(|format| {
        if found {
            Trial::test(format, move || compare(format))
        } else {
            Trial::test(format!("{format}: not run, there is no xmllint here"), || Ok(())).with_ignored_flag(true)
        }
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn compare(format: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schemas/{format}.xsd"));
    let valid = |text: &str| -> Result<Output, Failed> {
        let file = folder.path().join("report.xml");
        fs::write(&file, text)?;
        Ok(Command::new("xmllint").args(["--noout", "--schema"]).arg(&schema).arg(&file).output()?)
    };
    let clean = report(format, &[("a.go", "package x\n")])?;
    let full = report(format, &NAMES.map(|it| (it, FAULT)))?;
    for text in [&clean, &full] {
        let output = valid(text)?;
        if !output.status.success() {
            return Err(format!("{}\n{text}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    // A schema that takes everything would be no test.
    let (needed, wrong) = match format {
        "junit" => ([" name=", " type=", "testcase"], [("tests=\"", "tests=\"x"), ("failure", "fault"), (">", ">x")]),
        _ => (
            [" source=", " severity=", " line="],
            [("line=\"", "line=\"-"), ("error", "fault"), ("=\"warning", "=\"x")],
        ),
    };
    let broken = needed.map(|it| full.replace(it, &it.replace(['e', 'i'], "_")));
    for text in broken.into_iter().chain(wrong.map(|(is, other)| full.replace(is, other))) {
        if text == full || valid(&text)?.status.success() {
            return Err(format!("this is not refused:\n{text}").into());
        }
    }
    Ok(())
}

fn report(format: &str, files: &[(&str, &str)]) -> Result<String, Failed> {
    let folder = tempfile::tempdir()?;
    for (name, text) in files {
        fs::write(folder.path().join(name), text)?;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_netns-lint"));
    command.args(["check", "--maybe", "--format", format]).current_dir(folder.path());
    Ok(String::from_utf8(command.output()?.stdout)?)
}
