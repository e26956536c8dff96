//! The catalogue as symbols: what the first items on a way to be selected mention.

use crate::facts::{Effect, Fact, Facts};

/// One call of the catalogue.
pub(super) struct Known<'a> {
    /// The package, or the crate.
    pub(super) unit: &'a str,
    /// The type, if it is a method.
    pub(super) owner: Option<&'a str>,
    pub(super) name: &'a str,
    /// Whether there is something to say about it by itself.
    pub(super) is_entry: bool,
    /// Whether it moves the thread.
    pub(super) moves: bool,
}

/// The calls for whose sake a file may be worth parsing.
pub(super) fn known(facts: &Facts) -> Vec<Known<'_>> {
    let roots = facts.calls().filter(|it| it.effect.is_root());
    roots
        .filter_map(|it| {
            let known = known_as(&it.path)?;
            Some(Known { is_entry: is_entry(it), moves: moves(&it.effect), ..known })
        })
        .collect()
}

/// Calls that are right or wrong by where the thread is, and matter only inside a region.
pub(super) fn inside(facts: &Facts) -> Vec<Known<'_>> {
    let calls = facts.calls().filter(|it| it.effect.depends_on_thread());
    calls.filter_map(|it| known_as(&it.path)).collect()
}

/// Calls that close a descriptor by its number, whoever owns it.
pub(super) fn closers(facts: &Facts) -> Vec<Known<'_>> {
    let calls = facts.calls().filter(|it| matches!(it.effect, Effect::Close { by_number: true, .. }));
    calls.filter_map(|it| known_as(&it.path)).collect()
}

/// The methods that calls of libraries run on what they are handed: `ServeHTTP`.
pub(super) fn called_back(facts: &Facts) -> impl Iterator<Item = &str> {
    facts
        .calls()
        .filter_map(|it| if let Effect::Spawn { method: Some(name), .. } = &it.effect { Some(&**name) } else { None })
}

/// What starts work elsewhere without being a call: Go's keyword.
pub(super) const STARTS: &str = "go";

/// What calls methods by their names: a package, and its function.
pub(super) const SUITES: (&str, &str) = ("github.com/stretchr/testify/suite", "Run");

/// The packages and crates that the catalogue describes: their own text need not be read.
pub(super) fn libraries(facts: &Facts) -> Vec<&str> {
    let mut units: Vec<_> = known(facts).iter().map(|it| it.unit).collect();
    units.sort_unstable();
    units.dedup();
    units
}

/// The types that ask through a socket of their own, by package or crate.
pub(super) fn handles(facts: &Facts) -> Vec<(&str, &str)> {
    let requests = facts.calls().filter(|it| matches!(it.effect, Effect::UseHandle { .. }));
    requests.filter_map(|it| known_as(&it.path)).filter_map(|it| Some((it.unit, it.owner?))).collect()
}

/// Without a call that moves the thread or a device, or that opens a namespace or a socket
/// in one, no other call can be wrong.
fn is_entry(fact: &Fact) -> bool {
    let opens = matches!(
        fact.effect,
        Effect::Capture { .. } | Effect::OpenNetns { .. } | Effect::OpenHandle { .. } | Effect::PinGlobal
    );
    // Or a device that is made where the text says.
    moves(&fact.effect) || opens || fact.objects.made || fact.objects.moved_to.is_some()
}

fn moves(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Switch { .. }
            | Effect::Guard { .. }
            | Effect::Restorer { .. }
            | Effect::RunInside { .. }
            | Effect::Syscall { .. }
    )
}

/// `example.org/pkg.Type.Method` or `krate::module::Type::method`, taken apart.
fn known_as(path: &str) -> Option<Known<'_>> {
    let is_type = |it: &&str| it.starts_with(char::is_uppercase);
    if let Some((unit, rest)) = path.split_once("::") {
        let mut parts = rest.rsplit("::");
        let name = parts.next()?;
        return Some(Known { is_entry: false, moves: false, unit, owner: parts.next().filter(is_type), name });
    }
    let start = path.rfind('/').map_or(0, |it| it + 1);
    let unit = start + path[start..].find('.')?;
    let (unit, rest) = (&path[..unit], &path[unit + 1..]);
    let parts = rest.rsplit_once('.');
    Some(Known {
        is_entry: false,
        moves: false,
        unit,
        owner: parts.map(|it| it.0),
        name: parts.map_or(rest, |it| it.1),
    })
}
