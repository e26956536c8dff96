//! Finds the catalogue and the rules by file name: adding a library is adding
//! one file, and so is adding a rule. The example in a manual is the first
//! function of the rule's fixture.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("catalog.rs"), catalog(&root)).expect("the build directory is writable");
    fs::write(out.join("rules.rs"), rules(&root)).expect("the build directory is writable");
    println!("cargo:rerun-if-changed=catalog");
    println!("cargo:rerun-if-changed=src/rules");
}

/// A list of file names and texts, as JSON: it is read in a tenth of the time, at every start.
fn catalog(root: &Path) -> String {
    let mut list = String::from("&[\n");
    for path in files(&root.join("catalog"), "toml") {
        let name = path.strip_prefix(root).expect("found below the root").display().to_string();
        let text = fs::read_to_string(&path).expect("the catalogue is readable");
        let table: toml::Table = toml::from_str(&text).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        let json = serde_json::to_string(&table).expect("a table is an object");
        line(&mut list, format_args!("    ({name:?}, {json:?}),"));
    }
    list.push_str("]\n");
    list
}

/// The modules of the rules, and a list of them with the manual at the head of each file.
fn rules(root: &Path) -> String {
    let (mut modules, mut list) = (String::new(), String::from("pub const RULES: &[Rule] = &[\n"));
    for path in files(&root.join("src/rules"), "rs") {
        let module = path.file_stem().expect("a file has a name").to_str().expect("a module is UTF-8").to_owned();
        if matches!(module.as_str(), "mod" | "words") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file is readable");
        let manual: Vec<_> = text.lines().map_while(|it| it.strip_prefix("//!")).map(str::trim_start).collect();
        let manual = manual.join("\n");
        let summary = manual.split("\n\n").next().unwrap_or("").replace('\n', " ");
        let name = module.replace('_', "-");
        line(&mut modules, format_args!("#[path = {:?}]\nmod {module};", path.display().to_string()));
        line(
            &mut list,
            format_args!(
                "    Rule {{ name: {name:?}, summary: {summary:?}, manual: {manual:?}, examples: &[{}], \
                 check: {module}::check }},",
                examples(&root.join("../fixtures").join(&name))
            ),
        );
    }
    list.push_str("];\n");
    modules + &list
}

/// One for each language that the rule has a fixture in. There are none where
/// the fixtures are not beside the crate.
fn examples(folder: &Path) -> String {
    let mut list = String::new();
    for language in ["go", "rs"] {
        let text = |name: &str| {
            let path = folder.join(format!("{name}.{language}"));
            println!("cargo:rerun-if-changed={}", path.display());
            fs::read_to_string(path).ok()
        };
        let bad = text("bad").map(|it| functions(&it)).unwrap_or_default();
        let Some(bad) = bad.into_iter().find(|it| it.contains("// want: ")) else { continue };
        let fixed = text("bad.fixed").map(|it| functions(&it)).unwrap_or_default();
        let fixed = fixed.into_iter().find(|it| head(it) == head(&bad)).map(|it| without_wants(&it));
        let bad = without_wants(&bad);
        let fixed = fixed.filter(|it| *it != bad);
        line(&mut list, format_args!("Example {{ language: {language:?}, bad: {bad:?}, fixed: {fixed:?} }},"));
    }
    list
}

/// The items of a formatted file that end with a brace, each with the comment above it.
fn functions(text: &str) -> Vec<String> {
    let (mut found, mut item) = (Vec::new(), String::new());
    for line in text.lines() {
        if line.is_empty() && !item.contains("{\n") {
            item.clear();
            continue;
        }
        item += line;
        item.push('\n');
        if line == "}" {
            found.push(std::mem::take(&mut item));
        }
    }
    found
}

/// `func name`, `fn name`.
fn head(function: &str) -> Option<&str> {
    function.lines().find(|it| it.contains("func ") || it.contains("fn "))?.split('(').next()
}

fn without_wants(function: &str) -> String {
    let lines = function.lines().filter(|it| !it.trim().starts_with("// want: "));
    lines.map(|it| it.split(" // want: ").next().unwrap_or(it).to_owned() + "\n").collect()
}

fn line(text: &mut String, written: std::fmt::Arguments<'_>) {
    writeln!(text, "{written}").expect("a String takes it");
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let paths = entries.map(walkdir::DirEntry::into_path);
    paths.filter(|it| it.extension().is_some_and(|it| it == extension)).collect()
}
