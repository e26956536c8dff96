//! From a catalogue file to [`Facts`].
//!
//! A file has a short head and one flat table for each fact:
//!
//! ```toml
//! library = "github.com/vishvananda/netns"     # what every path begins with
//! also = ["example.org/a/fork/of/netns"]       # the same under other names
//! versions = "v0.0.5"                          # those that were read
//! words = ["github.com/vishvananda/netns"]     # see `Facts::words`
//!
//! [[call]]
//! path = "github.com/vishvananda/netns.Set"
//! effect = "switch"
//! to = "arg0"
//! fallible = true
//! evidence = "v0.0.5 netns_linux.go: Set returns unix.Setns(int(ns), unix.CLONE_NEWNET)"
//! ```
//!
//! `effect` is a variant of [`Effect`] and decides which further keys there
//! are. A call may also name other calls of which all of this is true (`also`).
//! Everything in the head is optional; without `words` the names of the
//! functions are looked for.

use std::collections::HashMap;

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::{Effect, Fact, Facts, Objects, Role, Subject, TypeFact};

/// Adds the facts of one file.
///
/// # Errors
///
/// What is wrong with the file, with the line and the path of the fact.
pub fn read(text: &str, facts: &mut Facts) -> Result<(), String> {
    let file: File = toml::from_str(text).map_err(|wrong| wrong.to_string())?;
    for entry in file.r#type {
        let fact = entry.fact();
        let others = file.also.iter().map(|it| fact.respelled(&file.library, it));
        for fact in others.chain([fact.clone()]) {
            let path = fact.path.clone();
            if facts.types.insert(path.clone(), fact).is_some() {
                return Err(format!("{path}: the type is described twice"));
            }
        }
    }
    let mut names = Vec::new();
    for entry in file.call {
        let line = 1 + text[..entry.span().start].matches('\n').count();
        let entry = entry.into_inner();
        let also = entry.also.clone();
        let fact = entry.fact().map_err(|wrong| format!("line {line}: {wrong}"))?;
        for path in also.into_iter().chain([fact.path.clone()]) {
            if fact.effect.is_root() {
                names.push(name(&path).to_owned());
            }
            let fact = Fact { path, ..fact.clone() };
            let others = file.also.iter().map(|it| fact.respelled(&file.library, it));
            for fact in others.chain([fact.clone()]) {
                let path = fact.path.clone();
                if facts.calls.insert(path.clone(), fact).is_some() {
                    return Err(format!("line {line}: {path}: the call is described twice"));
                }
            }
        }
    }
    facts.words.extend(match file.words {
        Some(words) => words,
        None => names,
    });
    Ok(())
}

/// The last part of a path: `Set` of `github.com/vishvananda/netns.Set`.
fn name(path: &str) -> &str {
    path.rsplit(['.', ':']).next().unwrap_or(path)
}

/// The path with another library in the place of its own.
fn respell(path: &str, library: &str, other: &str) -> String {
    let start = path.find(|it: char| it != '[' && it != ']').unwrap_or(0);
    match path[start..].strip_prefix(library) {
        Some(rest) => format!("{}{other}{rest}", &path[..start]),
        None => path.to_owned(),
    }
}

impl Fact {
    fn respelled(&self, library: &str, other: &str) -> Fact {
        let mut fact = self.clone();
        fact.path = respell(&fact.path, library, other);
        for result in &mut fact.results {
            *result = respell(result, library, other);
        }
        if let Effect::UseAmbient { handle_form: Some(form), .. } = &mut fact.effect {
            *form = respell(form, library, other);
        }
        fact
    }
}

impl TypeFact {
    fn respelled(&self, library: &str, other: &str) -> TypeFact {
        let mut fact = self.clone();
        fact.path = respell(&fact.path, library, other);
        for ty in fact.fields.values_mut() {
            *ty = respell(ty, library, other);
        }
        fact
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The import path or crate that the paths begin with.
    #[serde(default)]
    library: String,
    /// What stands for `library` elsewhere: former import paths, major versions.
    #[serde(default)]
    also: Vec<String>,
    /// For people.
    #[serde(rename = "versions", default)]
    _versions: Option<String>,
    words: Option<Vec<String>>,
    #[serde(default)]
    call: Vec<Spanned<Entry>>,
    #[serde(default)]
    r#type: Vec<TypeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeEntry {
    path: String,
    role: Role,
    collected_since: Option<String>,
    #[serde(default)]
    fields: HashMap<String, String>,
    evidence: String,
}

/// The keys that every fact may have; the rest belongs to the effect.
#[derive(Deserialize)]
struct Entry {
    path: String,
    #[serde(default)]
    also: Vec<String>,
    effect: String,
    #[serde(default)]
    fallible: bool,
    #[serde(default)]
    results: Vec<String>,
    #[serde(default)]
    gives_objects: Vec<usize>,
    #[serde(default)]
    takes_objects: Vec<Subject>,
    moves_to: Option<Subject>,
    #[serde(default)]
    callback_gets: Vec<Subject>,
    note: Option<String>,
    since: Option<String>,
    until: Option<String>,
    evidence: String,
    #[serde(flatten)]
    rest: Table,
}

impl TypeEntry {
    fn fact(self) -> TypeFact {
        TypeFact {
            path: self.path,
            role: self.role,
            collected_since: self.collected_since,
            fields: self.fields,
            evidence: self.evidence,
        }
    }
}

impl Entry {
    fn fact(self) -> Result<Fact, String> {
        let effect = Table::from_iter([(self.effect, Value::Table(self.rest))]);
        let mut effect = Effect::deserialize(effect).map_err(|wrong| format!("{}: {}", self.path, wrong.message()))?;
        if let Effect::UseAmbient { handle_form: None, drop_in, .. } = &mut effect {
            *drop_in = false;
        }
        Ok(Fact {
            path: self.path,
            effect,
            fallible: self.fallible,
            results: self.results,
            objects: Objects { given: self.gives_objects, taken: self.takes_objects, moved_to: self.moves_to },
            callback_gets: self.callback_gets,
            note: self.note,
            since: self.since,
            until: self.until,
            evidence: self.evidence,
        })
    }
}
