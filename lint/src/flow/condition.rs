//! When a call starts other goroutines or threads by itself, and when it has nothing to do with namespaces.

use super::point::Given;
use super::state::State;
use super::value::Value;
use crate::facts::{Condition, Facts, Role, Subject};

impl Condition {
    /// Whether it holds for this call; `None` if that depends on the run.
    pub(super) fn holds(self, given: &Given, state: &State, facts: &Facts) -> Option<bool> {
        match self {
            Condition::DualStack { network, address } => {
                let network = text(given, network);
                if network.is_some_and(|it| !matches!(it.as_str(), "tcp" | "udp")) {
                    return Some(false);
                }
                let holds = is_host_name(given, address);
                if dials_in_turn(given, state) { holds.filter(|holds| !holds) } else { holds }
            }
            Condition::HostName { address } if is_number(given, address, state, facts) => Some(false),
            Condition::HostName { address } => match is_host_name(given, address) {
                // Nearly every hosts file has it, and then nobody is asked.
                Some(true) if host(given, address).as_deref() == Some("localhost") => None,
                holds => holds,
            },
            Condition::UnixPath { network, address } => {
                let network = text(given, network);
                let is_abstract = || text(given, address).is_some_and(|it| it.starts_with(['@', '\0']));
                Some(network.is_some_and(|it| it.starts_with("unix")) && !is_abstract())
            }
            Condition::OwnTransport => dials_itself(&given.of(Subject::Receiver), state),
        }
    }
}

fn text(given: &Given, at: usize) -> Option<String> {
    match given.args.get(at).map(Value::inner) {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    }
}

/// The host of an address, without its port.
fn host(given: &Given, address: usize) -> Option<String> {
    let address = text(given, address)?;
    let host = address.rsplit_once(':').map_or(address.as_str(), |it| it.0);
    Some(host.trim_start_matches('[').trim_end_matches(']').to_owned())
}

/// Whether the address is of a type that has numbers only.
fn is_number(given: &Given, address: usize, state: &State, facts: &Facts) -> bool {
    let ty = given.args.get(address).and_then(|it| state.ty(it));
    ty.is_some_and(|it| facts.role(&it) == Some(Role::Address))
}

/// Whether the address names a host, rather than giving its number.
fn is_host_name(given: &Given, address: usize) -> Option<bool> {
    let host = host(given, address)?;
    if host.is_empty() || host.parse::<std::net::IpAddr>().is_ok() {
        return Some(false);
    }
    // No number has such letters, whatever stands beside them.
    let is_name =
        host.split("{}").any(|it| it.contains(|it: char| it.is_ascii_alphabetic() && !it.is_ascii_hexdigit()));
    let may_be_number = host.contains("{}") && (!is_name || host.contains('%'));
    (!may_be_number).then_some(true)
}

/// Whether a client or server has no transport that somebody gave it.
fn dials_itself(client: &Value, state: &State) -> Option<bool> {
    match client.inner() {
        // A client that the library keeps for everybody.
        Value::Path(_) => Some(true),
        Value::Object(id) => state.field(*id, "Transport").is_none_or(|it| *it == Value::Nil).then_some(true),
        _ => None,
    }
}

/// Whether a `net.Dialer` may try one address after the other, by itself: a negative `FallbackDelay`. Only a name that
/// is not in the hosts file is still looked up on goroutines.
fn dials_in_turn(given: &Given, state: &State) -> bool {
    let Some(Value::Object(id)) = given.receiver.as_ref().map(Value::inner) else { return false };
    match state.field(*id, "FallbackDelay").map(Value::inner) {
        Some(Value::Int(delay)) => *delay < 0,
        delay => delay.is_some(),
    }
}
