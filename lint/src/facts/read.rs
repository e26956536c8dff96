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

use rustc_hash::FxHashMap as HashMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Condition, Effect, Fact, Facts, Objects, Role, Subject, TypeFact};

/// Adds the facts of one file.
///
/// # Errors
///
/// What is wrong with the file, with the line and the path of the fact.
pub fn read(text: &str, facts: &mut Facts) -> Result<(), String> {
    let file: File = toml::from_str(text).map_err(|wrong| wrong.to_string())?;
    facts.own.extend(file.call.iter().map(|it| it.path.clone()));
    file.add_to(facts).map_err(|(path, wrong)| {
        // The last one is the one too many, if a fact is given twice.
        let line = text.rfind(&format!("{path:?}")).map_or(1, |at| 1 + text[..at].matches('\n').count());
        format!("line {line}: {path}: {wrong}")
    })
}

/// Adds one fact, a `call` or a `type`, that was read elsewhere.
///
/// # Errors
///
/// What is wrong with it.
pub fn read_one(kind: &str, clauses: &impl serde::Serialize, facts: &mut Facts) -> Result<(), String> {
    let clauses = serde_json::to_value(clauses).map_err(|wrong| wrong.to_string())?;
    let table = Value::from_iter([(kind, Value::Array(vec![clauses]))]);
    let file: File = serde_json::from_value(table).map_err(|wrong| wrong.to_string())?;
    facts.own.extend(file.call.iter().map(|it| it.path.clone()));
    file.add_to(facts).map_err(|(_, wrong)| wrong)
}

/// Adds the facts of a file that was turned into JSON when the lint was built.
pub(super) fn read_built(json: &str, facts: &mut Facts) -> Result<(), String> {
    let file: File = serde_json::from_str(json).map_err(|wrong| wrong.to_string())?;
    file.add_to(facts).map_err(|(path, wrong)| format!("{path}: {wrong}"))
}

impl File {
    /// On failure, the path of the fact and what is wrong with it.
    fn add_to(self, facts: &mut Facts) -> Result<(), (String, String)> {
        for entry in self.r#type {
            let fact = entry.fact();
            let others = self.also.iter().map(|it| fact.respelled(&self.library, it));
            for fact in others.chain([fact.clone()]) {
                let path = fact.path.clone();
                if facts.types.insert(path.clone(), fact).is_some() {
                    return Err((path, "the type is described twice".into()));
                }
            }
        }
        for (path, ty) in &self.variables {
            for library in self.also.iter().chain([&self.library]) {
                let spelled = |it: &str| respell(it, &self.library, library);
                facts.variables.insert(spelled(path), spelled(ty));
            }
        }
        let mut names = Vec::new();
        for entry in self.call {
            let paths: Vec<String> = entry.also.iter().chain([&entry.path]).cloned().collect();
            let fact = entry.fact()?;
            for path in paths {
                if fact.effect.is_root() {
                    names.push(name(&path).to_owned());
                }
                let fact = Fact { path, ..fact.clone() };
                let others = self.also.iter().map(|it| fact.respelled(&self.library, it));
                for fact in others.chain([fact.clone()]) {
                    let path = fact.path.clone();
                    if let Effect::Close { what: Subject::Receiver, .. } = fact.effect
                        && let Some((ty, _)) = path.rsplit_once("::").or_else(|| path.rsplit_once('.'))
                    {
                        facts.closable.insert(ty.to_owned());
                    }
                    if let (Effect::UseHandle { .. }, Some((_, method))) = (&fact.effect, path.rsplit_once('.'))
                        && method.chars().filter(|it| it.is_ascii_uppercase()).count() > 1
                    {
                        facts.requests.insert(method.to_owned());
                    }
                    if let Some((owner, _)) = path.rsplit_once("::") {
                        facts.owners.insert(owner.to_owned());
                    }
                    if facts.calls.insert(path.clone(), fact).is_some() {
                        return Err((path, "the call is described twice".into()));
                    }
                }
            }
        }
        facts.words.extend(self.words.unwrap_or(names));
        Ok(())
    }
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
    /// The types of its package variables, for resolving methods on them.
    #[serde(default)]
    variables: HashMap<String, String>,
    #[serde(default)]
    call: Vec<Entry>,
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
    #[serde(default)]
    commands: Vec<String>,
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
    sends_objects: Vec<usize>,
    #[serde(default)]
    takes_objects: Vec<Subject>,
    moves_to: Option<Subject>,
    #[serde(default)]
    makes_objects: bool,
    named: Option<Subject>,
    #[serde(default)]
    callback_gets: Vec<Subject>,
    unless: Option<Condition>,
    #[serde(default)]
    once: bool,
    note: Option<String>,
    since: Option<String>,
    until: Option<String>,
    bare: Option<String>,
    evidence: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl TypeEntry {
    fn fact(self) -> TypeFact {
        TypeFact {
            path: self.path,
            role: self.role,
            collected_since: self.collected_since,
            fields: self.fields,
            commands: self.commands,
            evidence: self.evidence,
        }
    }
}

impl Entry {
    fn fact(self) -> Result<Fact, (String, String)> {
        let mut effect = match effect(self.effect, self.rest) {
            Ok(effect) => effect,
            Err(wrong) => return Err((self.path, wrong)),
        };
        if let Effect::UseAmbient { handle_form: None, drop_in, .. } = &mut effect {
            *drop_in = false;
        }
        Ok(Fact {
            path: self.path,
            effect,
            fallible: self.fallible,
            results: self.results,
            objects: Objects {
                given: self.gives_objects,
                sent: self.sends_objects,
                taken: self.takes_objects,
                moved_to: self.moves_to,
                made: self.makes_objects,
            },
            named: self.named,
            callback_gets: self.callback_gets,
            unless: self.unless,
            once: self.once,
            note: self.note,
            since: self.since,
            until: self.until,
            bare: self.bare,
            evidence: self.evidence,
        })
    }
}

fn effect(name: String, keys: Map<String, Value>) -> Result<Effect, String> {
    // Some variants have no keys at all, which is not the same as an empty table.
    let alone = Value::from_iter([(name.as_str(), Value::Null)]);
    match Effect::deserialize(alone) {
        Ok(effect) if keys.is_empty() => Ok(effect),
        Ok(_) => {
            let keys: Vec<_> = keys.keys().map(|it| format!("`{it}`")).collect();
            Err(format!("unknown field {}: `{name}` has none of its own", keys.join(", ")))
        }
        Err(_) => {
            let table = Value::from_iter([(name, Value::Object(keys))]);
            Effect::deserialize(table).map_err(|wrong| wrong.to_string())
        }
    }
}
