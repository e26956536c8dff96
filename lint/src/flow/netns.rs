//! Names of network namespaces, and what tells those apart that are named alike.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use super::value::{Opening, Symbol, Text, Value};

/// A network namespace, by name only: what matters is whether two are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Netns {
    /// The one that the thread began in.
    Home,
    /// The one that this stands for.
    At(Spot),
}

/// What names a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    pub text: Rc<str>,
    pub exact: Exact,
}

/// What tells things with one text apart: `/proc/{}/ns/net` of two processes, what two calls of one function make.
///
/// Two of these are always equal, so that paths which differ in nothing else are one.
#[derive(Clone, Debug, Default)]
pub struct Exact {
    told: Option<Rc<str>>,
    /// It was made by the call that this tells of.
    made: bool,
}

/// Where namespaces have their names (ip-netns(8)).
const NAMES: &str = "/run/netns/";

/// What the name of a namespace begins with of which nothing is known but that it is not where the thread began.
pub(super) const NOT_HOME: &str = "another namespace than home#";

impl Netns {
    /// Whether they may be one for all that is known, although their names are not the same.
    pub fn may_be(&self, other: &Netns) -> bool {
        let is_some = |it: &Netns| matches!(it, Netns::At(name) if name.starts_with(NOT_HOME));
        let is_elsewhere = |it: &Netns| *it != Netns::Home;
        is_some(self) && is_elsewhere(other) || is_some(other) && is_elsewhere(self)
    }

    /// Whether they are one, and not only named alike.
    pub fn is_exactly(&self, other: &Netns) -> bool {
        match (self, other) {
            (Netns::At(one), Netns::At(other)) => one == other && one.exact.told == other.exact.told,
            _ => self == other,
        }
    }

    /// Whether nothing of its name is left open: which process, which element of a list.
    pub fn is_whole(&self) -> bool {
        matches!(self, Netns::Home) || matches!(self, Netns::At(spot) if spot.is_whole())
    }

    /// Whether it was made when the thread went there, or when it was opened.
    pub fn is_new(&self) -> bool {
        matches!(self, Netns::At(spot) if spot.exact.made)
    }

    /// Whether they have one name, and yet it is known that they are two.
    pub fn is_twin_of(&self, other: &Netns) -> bool {
        match (self, other) {
            (Netns::At(one), Netns::At(other)) => one == other && one.exact.differs_from(&other.exact),
            _ => false,
        }
    }
}

impl Spot {
    pub(super) fn new(text: impl Into<Rc<str>>, exact: Exact) -> Self {
        Spot { text: text.into(), exact }
    }

    /// Of what is opened by a path, or by the name that it has below `/run/netns`: both ways say the same.
    pub(super) fn named(text: &Text) -> Self {
        let path = text.strip_prefix("/var").filter(|it| it.starts_with(NAMES)).unwrap_or(text);
        match path.strip_prefix(NAMES) {
            // A name and nothing else, whatever it is.
            Some("{}") => match text.exact.only() {
                Some(symbol) => Symbol::from(symbol).spot(),
                None => Spot::new(path, text.exact.clone()),
            },
            None if !path.is_empty() && path != "{}" && !path.contains('/') => {
                Spot::new(format!("{NAMES}{path}"), text.exact.clone())
            }
            _ => Spot::new(path, text.exact.clone()),
        }
    }

    fn is_whole(&self) -> bool {
        let told = self.exact.told.as_deref();
        !self.text.contains(ELEMENT) && told.map_or(!self.text.contains("{}"), |it| !it.contains(ELEMENT))
    }
}

impl Deref for Spot {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<T: Into<Rc<str>>> From<T> for Spot {
    fn from(text: T) -> Self {
        Spot::new(text, Exact::default())
    }
}

/// Some element of a list or map, in the name of a symbol.
const ELEMENT: &str = "[]";
/// Begins what is not known, in an [`Exact`], and is followed by where it was asked for.
const UNKNOWN: &str = "{?";

impl Exact {
    /// Of what is made by one call, in this run of its function.
    pub(super) fn made(at: Opening) -> Self {
        Exact { told: Some(place(at).into()), made: true }
    }

    /// Of what is found by one call that was told nothing.
    pub(super) fn found(at: Opening) -> Self {
        Exact { told: Some(unknown(at).into()), made: false }
    }

    /// Of a text that was put together from these; its own text says all if no part is left open.
    pub(super) fn of_parts(parts: &[Value], at: Opening) -> Self {
        let mut open = false;
        let told: Vec<String> = parts
            .iter()
            .map(|part| match part.inner() {
                Value::Int(number) => number.to_string(),
                Value::Path(path) => path.to_string(),
                Value::Text(Text { exact: Exact { told: Some(exact), .. }, .. }) => {
                    open = true;
                    exact.to_string()
                }
                Value::Text(text) => text.to_string(),
                Value::Symbol(symbol) => {
                    open = true;
                    format!("{{{}}}", &**symbol)
                }
                _ => {
                    open = true;
                    unknown(at)
                }
            })
            .collect();
        Exact { told: open.then(|| told.join("|").into()), made: false }
    }

    /// The only part that its text leaves open, where that is the last one.
    fn only(&self) -> Option<&str> {
        let (before, last) = self.told.as_deref().map(|it| it.rsplit_once('|').unwrap_or(("", it)))?;
        let symbol = last.strip_prefix('{')?.strip_suffix('}')?;
        (!before.contains('{') && !last.starts_with(UNKNOWN)).then_some(symbol)
    }

    fn differs_from(&self, other: &Exact) -> bool {
        let known = |it: &Exact| it.told.as_ref().is_some_and(|it| !it.contains(UNKNOWN) && !it.contains(ELEMENT));
        // Which call made something, and what the path consists of that leads there, are two ways to say it.
        self.made == other.made && known(self) && known(other) && self.told != other.told
    }
}

/// One run of a call.
fn place(at: Opening) -> String {
    format!("{}.{}.{}", at.frame.0, at.span.file.0, at.span.start)
}

/// What this run of a call was not told.
fn unknown(at: Opening) -> String {
    format!("{UNKNOWN}{}}}", place(at))
}

impl PartialEq for Exact {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl Hash for Exact {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
