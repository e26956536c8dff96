//! From a catalogue file to [`Facts`].
//!
//! The file format is one flat table a fact, so that an unknown key is an
//! error with a name and so that people can write it:
//!
//! ```toml
//! [[call]]
//! path = "github.com/vishvananda/netns.Set"
//! effect = "switch"
//! to = "arg0"
//! fallible = true
//! evidence = "v0.0.5 netns_linux.go: Set returns unix.Setns(int(ns), unix.CLONE_NEWNET)"
//! ```

use serde::Deserialize;

use super::{Condition, Effect, Fact, Facts, Onto, Role, Subject, TypeFact};

/// Adds the facts of one file.
///
/// # Errors
///
/// What is wrong with the file, with the path of the fact or the line.
pub fn read(text: &str, facts: &mut Facts) -> Result<(), String> {
    let file: File = toml::from_str(text).map_err(|wrong| wrong.to_string())?;
    for entry in file.r#type {
        let role = entry.role.into();
        let fact = TypeFact { path: entry.path.clone(), role, evidence: entry.evidence };
        if facts.types.insert(entry.path.clone(), fact).is_some() {
            return Err(format!("{}: the type is described twice", entry.path));
        }
    }
    for entry in file.call {
        let fact = entry.fact()?;
        let path = fact.path.clone();
        if facts.calls.insert(path.clone(), fact).is_some() {
            return Err(format!("{path}: the call is described twice"));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The import path or crate; for people.
    #[serde(rename = "library")]
    _library: String,
    /// The versions that were read; for people.
    #[serde(rename = "versions", default)]
    _versions: Option<String>,
    #[serde(default)]
    call: Vec<Entry>,
    #[serde(default)]
    r#type: Vec<TypeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeEntry {
    path: String,
    role: RoleName,
    evidence: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RoleName {
    Netns,
    Handle,
    Guard,
    Runtime,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Netns => Role::Netns,
            RoleName::Handle => Role::Handle,
            RoleName::Guard => Role::Guard,
            RoleName::Runtime => Role::Runtime,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    effect: EffectName,
    #[serde(default)]
    fallible: bool,
    #[serde(default)]
    results: Vec<String>,
    note: Option<String>,
    since: Option<String>,
    until: Option<String>,
    evidence: String,

    /// `switch`, `guard`, `restorer`: where the thread goes.
    to: Option<String>,
    /// `run-inside`, `open-handle`: in which namespace; `open-netns`: what names it.
    at: Option<String>,
    from: Option<String>,
    /// `same`, `inner`, `close`, `forget`, `drop`, `spawn`: which value.
    of: Option<String>,
    /// `switch`: the argument with the namespace flags.
    flag_arg: Option<usize>,
    /// `switch`: the first result is a reference to the namespace that the thread is in then.
    #[serde(default)]
    gives: bool,
    #[serde(default)]
    families: Vec<String>,
    families_from: Option<usize>,
    /// `open-handle`, `restorer`: which result, from 0.
    #[serde(default)]
    result: usize,
    handle_form: Option<String>,
    drop_in: Option<bool>,
    /// `run`, `run-inside`: the argument that is a function, from 0.
    callback: Option<usize>,
    #[serde(default)]
    own_thread: bool,
    unwind_safe: Option<bool>,
    onto: Option<OntoName>,
    /// `escape`: the arguments that decide, from 0.
    network: Option<usize>,
    address: Option<usize>,
    /// `view`: the argument that is a path; `format`: the format.
    arg: Option<usize>,
    #[serde(default)]
    gives_file: bool,
    #[serde(default)]
    panics: bool,
    #[serde(default)]
    single: bool,
    #[serde(default)]
    pins: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EffectName {
    Switch,
    Capture,
    OpenNetns,
    Pin,
    Unpin,
    OpenHandle,
    UseHandle,
    UseAmbient,
    RunInside,
    Run,
    Spawn,
    Escape,
    Close,
    Guard,
    Restorer,
    View,
    Format,
    Join,
    Pid,
    Tid,
    Same,
    Inner,
    BlockOn,
    Runtime,
    Ready,
    Fork,
    Exit,
    EndTask,
    Panic,
    Recover,
    Forget,
    Drop,
    PinGlobal,
    Failure,
    Nothing,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OntoName {
    Goroutine,
    Task,
    Pool,
    InPlace,
    Thread,
    Local,
    Child,
}

impl From<OntoName> for Onto {
    fn from(name: OntoName) -> Self {
        match name {
            OntoName::Goroutine => Onto::Goroutine,
            OntoName::Task => Onto::Task,
            OntoName::Pool => Onto::Pool,
            OntoName::InPlace => Onto::InPlace,
            OntoName::Thread => Onto::Thread,
            OntoName::Local => Onto::Local,
            OntoName::Child => Onto::Child,
        }
    }
}

impl Entry {
    fn fact(self) -> Result<Fact, String> {
        let effect = self.effect()?;
        Ok(Fact {
            path: self.path,
            effect,
            fallible: self.fallible,
            results: self.results,
            note: self.note,
            since: self.since,
            until: self.until,
            evidence: self.evidence,
        })
    }

    fn effect(&self) -> Result<Effect, String> {
        let receiver = "receiver".to_owned();
        let of = || self.subject(Some(self.of.as_ref().unwrap_or(&receiver)));
        Ok(match self.effect {
            EffectName::Switch => {
                Effect::Switch { to: self.subject(self.to.as_ref())?, flag_arg: self.flag_arg, gives: self.gives }
            }
            EffectName::Capture => Effect::Capture,
            EffectName::OpenNetns => {
                let other = "other".to_owned();
                Effect::OpenNetns { from: self.subject(Some(self.from.as_ref().unwrap_or(&other)))? }
            }
            EffectName::Pin => Effect::Pin,
            EffectName::Unpin => Effect::Unpin,
            EffectName::OpenHandle => {
                let current = "current".to_owned();
                Effect::OpenHandle {
                    at: self.subject(Some(self.at.as_ref().unwrap_or(&current)))?,
                    families: self.families.clone(),
                    families_from: self.families_from,
                    result: self.result,
                }
            }
            EffectName::UseHandle => Effect::UseHandle { families: self.families.clone() },
            EffectName::UseAmbient => Effect::UseAmbient {
                families: self.families.clone(),
                handle_form: self.handle_form.clone(),
                drop_in: self.drop_in.unwrap_or(self.handle_form.is_some()),
            },
            EffectName::RunInside => Effect::RunInside {
                callback: self.callback()?,
                at: self.subject(self.at.as_ref())?,
                own_thread: self.own_thread,
                unwind_safe: self.unwind_safe.unwrap_or(true),
            },
            EffectName::Run => Effect::Run { callback: self.callback()? },
            EffectName::Spawn => {
                let onto = self.onto.ok_or_else(|| self.lacks("onto"))?.into();
                let callback = match &self.of {
                    Some(_) => of()?,
                    None => Subject::Arg(self.callback()?),
                };
                Effect::Spawn { callback, onto }
            }
            EffectName::Escape => Effect::Escape {
                when: match (self.network, self.address) {
                    (Some(network), Some(address)) => Some(Condition::DualStack { network, address }),
                    (None, Some(address)) => Some(Condition::HostName { address }),
                    (None, None) => None,
                    (Some(_), None) => return Err(self.lacks("address")),
                },
            },
            EffectName::Close => Effect::Close { what: of()? },
            EffectName::Guard => Effect::Guard { to: self.subject(self.to.as_ref())? },
            EffectName::Restorer => {
                Effect::Restorer { to: self.subject(self.to.as_ref())?, result: self.result, pins: self.pins }
            }
            EffectName::View => {
                Effect::View { path: self.arg.ok_or_else(|| self.lacks("arg"))?, gives_file: self.gives_file }
            }
            EffectName::Format => Effect::Format { format: self.arg.unwrap_or(0) },
            EffectName::Join => Effect::Join,
            EffectName::Pid => Effect::Pid,
            EffectName::Tid => Effect::Tid,
            EffectName::Same => Effect::Same { of: of()? },
            EffectName::Inner => Effect::Inner { of: of()?, panics: self.panics },
            EffectName::BlockOn => Effect::BlockOn { future: self.callback()? },
            EffectName::Runtime => Effect::Runtime { single: self.single },
            EffectName::Ready => Effect::Ready,
            EffectName::Fork => Effect::Fork,
            EffectName::Exit => Effect::Exit,
            EffectName::EndTask => Effect::EndTask,
            EffectName::Panic => Effect::Panic,
            EffectName::Recover => Effect::Recover,
            EffectName::Forget => Effect::Forget { what: of()? },
            EffectName::Drop => Effect::Drop { what: of()? },
            EffectName::PinGlobal => Effect::PinGlobal,
            EffectName::Failure => Effect::Failure,
            EffectName::Nothing => Effect::Nothing,
        })
    }

    fn callback(&self) -> Result<usize, String> {
        self.callback.ok_or_else(|| self.lacks("callback"))
    }

    fn subject(&self, text: Option<&String>) -> Result<Subject, String> {
        let text = text.ok_or_else(|| self.lacks("to` or `at"))?;
        match text.as_str() {
            "receiver" => Ok(Subject::Receiver),
            "current" => Ok(Subject::Current),
            "new" => Ok(Subject::New),
            "other" => Ok(Subject::Other),
            _ => text.strip_prefix("arg").and_then(|number| number.parse().ok()).map(Subject::Arg).ok_or_else(|| {
                format!("{}: `{text}` is none of receiver, current, new, other, arg0, arg1, …", self.path)
            }),
        }
    }

    fn lacks(&self, key: &str) -> String {
        format!("{}: a {:?} needs `{key}`", self.path, self.effect)
    }
}
