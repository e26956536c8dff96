//! `netns-lint.toml`: what a project has decided once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cli::nearest;
use crate::files;
use crate::finding::Level;
use crate::git;
use crate::lang::Chosen;
use crate::rules::RULES;

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

/// The name of a rule that exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RuleName(pub String);

/// A build tag that can be chosen: `integration`, `!integration`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tag(pub String);

/// A condition that can be chosen: `feature = "x"`, `not(name)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cfg(pub String);

/// A configuration, and the folder that its patterns are relative to.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// Where it was found; `None` if there is none.
    pub file: Option<PathBuf>,
    pub folder: PathBuf,
    patterns: Vec<Gitignore>,
}

const NAMES: [&str; 2] = ["netns-lint.toml", ".netns-lint.toml"];

/// How many files may extend each other.
const CHAIN: usize = 16;

impl Loaded {
    pub fn none() -> Self {
        Loaded { config: Config::default(), file: None, folder: ".".into(), patterns: Vec::new() }
    }

    /// The nearest configuration around a path, up to the root of its repository.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn around(path: &Path) -> Result<Self, String> {
        let start = if path.is_dir() { path } else { files::folder_of(path) };
        let Ok(start) = files::whole(start) else { return Ok(Loaded::none()) };
        let root = git::root(&start);
        for folder in start.ancestors() {
            if let Some(name) = NAMES.iter().find(|it| folder.join(it).is_file()) {
                return Loaded::file(&folder.join(name));
            }
            let manifest = folder.join("Cargo.toml");
            if let Some(config) = files::read(&manifest).ok().and_then(|text| metadata(&text, &manifest)) {
                return Loaded::new(config?, &manifest);
            }
            if root.as_deref().is_none_or(|it| it == folder) {
                break;
            }
        }
        Ok(Loaded::none())
    }

    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn file(path: &Path) -> Result<Self, String> {
        Loaded::new(read(path)?, path)
    }

    fn new(mut config: Config, file: &Path) -> Result<Self, String> {
        let folder = files::folder_of(file).to_path_buf();
        let mut base = folder.clone();
        for _ in 0..CHAIN {
            let Some(other) = config.extend.take() else { break };
            let other = base.join(other);
            config.fill_from(read(&other)?);
            base = files::folder_of(&other).to_path_buf();
        }
        let patterns = config.paths.iter().map(|it| {
            let mut builder = GitignoreBuilder::new(&folder);
            let added = builder.add_line(None, &it.pattern).and_then(|builder| builder.build());
            added.map_err(|error| format!("{}: the pattern {:?}: {error}", files::shown(file), it.pattern))
        });
        let patterns = patterns.collect::<Result<_, _>>()?;
        Ok(Loaded { config, file: Some(file.to_path_buf()), folder, patterns })
    }

    /// The level of a finding; `None` if it is not to be reported.
    pub fn level(&self, rule: &str, path: &str, level: Level) -> Option<Level> {
        let name = RuleName(rule.to_owned());
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.into());
        let matches = |it: &Gitignore| {
            let below = whole.strip_prefix(&self.folder);
            below.is_ok_and(|below| it.matched_path_or_any_parents(below, false).is_ignore())
        };
        let of_path = self.config.paths.iter().zip(&self.patterns).rev();
        let of_path = of_path.filter(|(it, _)| it.rules.contains_key(&name)).find(|(_, pattern)| matches(pattern));
        let setting = of_path.and_then(|(it, _)| it.rules.get(&name)).or_else(|| self.config.rules.get(&name));
        match setting {
            Some(Setting::Off) => None,
            Some(Setting::Warning) => Some(Level::Warning),
            Some(Setting::Error) => Some(Level::Error),
            None => Some(level),
        }
    }
}

impl Config {
    /// The JSON schema of the file.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Config);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
    }

    /// Takes over what this one does not say.
    fn fill_from(&mut self, other: Config) {
        self.extend = other.extend;
        self.fail_on = self.fail_on.or(other.fail_on);
        self.tests = self.tests.or(other.tests);
        self.include_vendored = self.include_vendored.or(other.include_vendored);
        self.baseline = self.baseline.take().or(other.baseline);
        self.exclude.extend(other.exclude);
        // The later one counts.
        self.tags.splice(0..0, other.tags);
        self.cfg.splice(0..0, other.cfg);
        self.facts.extend(other.facts);
        for (rule, setting) in other.rules {
            self.rules.entry(rule).or_insert(setting);
        }
        self.paths.splice(0..0, other.paths);
    }
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
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
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

impl<'de> Deserialize<'de> for RuleName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = names();
        if known.contains(&&*name) {
            return Ok(RuleName(name));
        }
        let list = known.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        Err(serde::de::Error::custom(format!("unknown rule `{name}`, expected one of {list}")))
    }
}

impl JsonSchema for RuleName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RuleName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": names() })
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Chosen::default().tag(&text).map_err(serde::de::Error::custom)?;
        Ok(Tag(text))
    }
}

impl<'de> Deserialize<'de> for Cfg {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Chosen::default().cfg(&text).map_err(serde::de::Error::custom)?;
        Ok(Cfg(text))
    }
}

impl JsonSchema for Tag {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tag".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^!?[\\p{L}\\p{N}_.]+$" })
    }
}

impl JsonSchema for Cfg {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cfg".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = r#"[\p{L}_][\p{L}\p{N}_]*( *= *"[^"]*")?"#;
        schemars::json_schema!({ "type": "string", "pattern": format!("^({one}|not\\( *{one} *\\))$") })
    }
}

fn names() -> Vec<&'static str> {
    let notices = crate::suppress::NOTICES.iter().map(|it| it.0);
    RULES.iter().map(|it| it.name).chain(notices).collect()
}
