//! `netns-lint.toml`: what a project has decided once.

mod loaded;
mod names;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::nearest;
use crate::files;

pub use loaded::{Loaded, Pattern};
pub use names::{Cfg, RuleName, Tag};

/// The keys of the file; every one may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "netns-lint.toml")]
pub struct Config {
    /// The schema, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Another such file, relative to this one, whose keys are used where this one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extend: Option<PathBuf>,
    /// From which level on a finding fails the check; `warning` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<FailOn>,
    /// Whether to report on tests; `true` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<bool>,
    /// Whether to report on vendor/, node_modules/, target/ and generated files; `false` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_vendored: Option<bool>,
    /// What to leave out, written as in .gitignore, relative to this file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Build tags of Go that are set, or not set with `!` before them; what neither names is read both ways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Conditions of Rust's `cfg` that hold, or do not within `not(…)`; what neither names is read both ways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cfg: Vec<Cfg>,
    /// Files with facts about more libraries, in the format of the lint's own catalogue, relative to this file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<PathBuf>,
    /// Facts about calls that the lint cannot see into, each as a `[[call]]` of the lint's own catalogue.
    #[serde(default, rename = "call", skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Clauses>,
    /// The same about types, each as a `[[type]]` of the catalogue.
    #[serde(default, rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<Clauses>,
    /// The file of known findings, relative to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<PathBuf>,
    /// A level for each rule that shall not have its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<RuleName, Setting>,
    /// Other levels for some paths; the last entry that matches counts.
    #[serde(default, rename = "path", skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<ForPath>,
}

/// A fact as it was written: its `path`, and whatever else it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clauses {
    pub path: String,
    #[serde(flatten)]
    pub rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ForPath {
    /// Which files, written as in .gitignore, relative to this file.
    #[serde(rename = "match")]
    pub pattern: String,
    pub rules: BTreeMap<RuleName, Setting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    Warning,
    Error,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// The rule is not reported.
    Off,
    Warning,
    Error,
}

impl Config {
    /// The JSON schema of the file.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Config);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
    }

    /// Takes over what this one does not say from a file in another folder, relative to that of this one.
    fn fill_from(&mut self, other: Config, folder: &Path) {
        self.schema = self.schema.take().or(other.schema);
        self.fail_on = self.fail_on.or(other.fail_on);
        self.tests = self.tests.or(other.tests);
        self.include_vendored = self.include_vendored.or(other.include_vendored);
        self.baseline = self.baseline.take().or(other.baseline.map(|it| folder.join(it)));
        self.exclude.extend(other.exclude);
        // The later one counts.
        self.tags.splice(0..0, other.tags);
        self.cfg.splice(0..0, other.cfg);
        self.facts.extend(other.facts.iter().map(|it| folder.join(it)));
        self.calls.extend(other.calls);
        self.types.extend(other.types);
        for (rule, setting) in other.rules {
            self.rules.entry(rule).or_insert(setting);
        }
        self.paths.splice(0..0, other.paths);
    }
}

/// Where in a file of the configuration a text stands as a value: `netns-lint.toml:3:12`.
pub fn place(file: &Path, value: &str) -> String {
    fn find(table: &DeValue<'_>, value: &str) -> Option<usize> {
        let inside = |it: &Spanned<DeValue<'_>>| match it.get_ref() {
            DeValue::String(text) if text == value => Some(it.span().start),
            other => find(other, value),
        };
        match table {
            DeValue::Array(list) => list.iter().find_map(inside),
            DeValue::Table(table) => table.values().find_map(inside),
            _ => None,
        }
    }
    let text = files::read(file).unwrap_or_default();
    let at = DeTable::parse(&text).ok().and_then(|it| find(&DeValue::Table(it.into_inner()), value));
    let at = at.map_or_else(String::new, |at| {
        let (line, column) = line_and_column(&text, at);
        format!(":{line}:{column}")
    });
    files::shown(file) + &at
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    (before.matches('\n').count() + 1, before.chars().rev().take_while(|it| *it != '\n').count() + 1)
}

fn read(path: &Path) -> Result<Config, String> {
    let shown = files::shown(path);
    let text = files::read(path).map_err(|why| format!("{shown}: {why}"))?;
    toml::from_str(&text).map_err(|wrong| explain(&wrong, &shown, &text))
}

/// `[workspace.metadata.netns-lint]` or `[package.metadata.netns-lint]` of a Cargo.toml.
fn metadata(text: &str, path: &Path) -> Option<Result<Config, String>> {
    let manifest: toml::Table = toml::from_str(text).ok()?;
    let table = ["workspace", "package"].iter().find_map(|it| manifest.get(*it)?.get("metadata")?.get("netns-lint"))?;
    let shown = files::shown(path);
    Some(Config::deserialize(table.clone()).map_err(|wrong| explain(&wrong, &shown, "")))
}

/// The place, what is wrong, and the nearest name if a name is wrong.
fn explain(wrong: &toml::de::Error, path: &str, text: &str) -> String {
    let message = wrong.message();
    let place = wrong.span().map_or_else(String::new, |span| {
        let (line, column) = line_and_column(text, span.start);
        format!("{line}:{column}: ")
    });
    let names: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    let hint = match names.split_first() {
        Some((given, known)) if message.starts_with("unknown") => nearest(given, known.iter().copied()),
        _ => None,
    };
    let hint = hint.map_or_else(String::new, |it| format!(" (did you mean `{it}`?)"));
    format!("{path}:{place}{}{hint}", message.trim_end())
}
