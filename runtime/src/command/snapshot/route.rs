//! The messages of rtnetlink as entries.

use std::fmt;

use serde_json::{Value, json};

use super::{Entry, Names};
use crate::{
    Peer,
    packet::{
        AddressFamily,
        address::{AddressAttribute, AddressMessage},
        link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage},
        neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage},
        route::{RouteAddress, RouteAttribute, RouteMessage, RouteNextHop, RouteType, RouteVia},
        rule::{RuleAction, RuleAttribute, RuleMessage},
    },
};

/// The value of the first attribute of a kind, if there is one.
macro_rules! attribute {
    ($attributes:expr, $path:path) => {
        $attributes.iter().find_map(|it| match it {
            $path(value) => Some(value),
            _ => None,
        })
    };
}

fn shown(value: Option<impl fmt::Display>) -> Value {
    value.map_or(Value::Null, |it| it.to_string().into())
}

/// An enum of the packet crate that has no other words.
fn named(value: impl fmt::Debug) -> Value {
    format!("{value:?}").to_lowercase().into()
}

fn hex(bytes: &[u8]) -> Option<String> {
    let digits: Vec<_> = bytes.iter().map(|it| format!("{it:02x}")).collect();
    (!digits.is_empty()).then(|| digits.join(":"))
}

pub(crate) fn link_name(link: &LinkMessage) -> Option<&str> {
    attribute!(link.attributes, LinkAttribute::IfName).map(String::as_str)
}

/// Its kind, such as `veth`; none for what the hardware or the kernel made.
pub(crate) fn link_kind(link: &LinkMessage) -> Option<&InfoKind> {
    attribute!(link.attributes, LinkAttribute::LinkInfo)?.iter().find_map(|it| match it {
        LinkInfo::Kind(kind) => Some(kind),
        _ => None,
    })
}

pub(crate) fn controller(link: &LinkMessage) -> Option<u32> {
    attribute!(link.attributes, LinkAttribute::Controller).copied()
}

pub(super) fn link(link: &LinkMessage, names: &Names) -> Entry {
    let peer = Peer::of(link);
    let at = match peer {
        Some(Peer { index, nsid: None }) => json!(names.name(index)),
        Some(Peer { nsid: Some(_), .. }) => json!("elsewhere"),
        None => Value::Null,
    };
    let state = if link.header.flags.contains(LinkFlags::Up) { "up" } else { "down" };
    let running = attribute!(link.attributes, LinkAttribute::OperState);
    Entry(vec![
        ("name", shown(link_name(link))),
        ("index", json!(link.header.index)),
        ("kind", shown(link_kind(link))),
        ("state", json!(state)),
        ("carrier", running.map_or(Value::Null, |it| it.to_string().to_lowercase().into())),
        ("mtu", json!(attribute!(link.attributes, LinkAttribute::Mtu))),
        ("address", shown(attribute!(link.attributes, LinkAttribute::Address).and_then(|it| hex(it)))),
        ("master", shown(controller(link).map(|it| names.name(it)))),
        ("peer", at),
        ("peer_index", json!(peer.map(|it| it.index))),
        ("peer_nsid", json!(peer.and_then(|it| it.nsid))),
    ])
}

/// The address with its prefix, such as `192.0.2.1/24`.
pub(crate) fn address_text(address: &AddressMessage) -> Option<String> {
    // Of a point-to-point link, `Address` is the other end.
    let local = attribute!(address.attributes, AddressAttribute::Local);
    let ip = local.or_else(|| attribute!(address.attributes, AddressAttribute::Address))?;
    Some(format!("{ip}/{}", address.header.prefix_len))
}

pub(super) fn address(address: &AddressMessage, names: &Names) -> Entry {
    Entry(vec![
        ("address", shown(address_text(address))),
        ("dev", json!(names.name(address.header.index))),
        ("scope", shown(Some(address.header.scope))),
        ("broadcast", shown(attribute!(address.attributes, AddressAttribute::Broadcast))),
    ])
}

pub(super) fn route(route: &RouteMessage, names: &Names) -> Entry {
    let header = &route.header;
    let prefix = header.destination_prefix_length;
    let to = match attribute!(route.attributes, RouteAttribute::Destination).and_then(route_address) {
        Some(address) => format!("{address}/{prefix}"),
        None => "default".to_owned(),
    };
    let table = attribute!(route.attributes, RouteAttribute::Table).copied().unwrap_or(header.table.into());
    let dev = attribute!(route.attributes, RouteAttribute::Oif).map(|it| names.name(*it));
    let hops: Vec<_> = attribute!(route.attributes, RouteAttribute::MultiPath)
        .map(|it| it.iter().map(|hop| next_hop(hop, names)).collect())
        .unwrap_or_default();
    let kind = match header.kind {
        RouteType::Unicast => Value::Null,
        kind => named(kind),
    };
    Entry(vec![
        ("to", to.into()),
        ("kind", kind),
        ("via", shown(gateway(&route.attributes))),
        ("dev", shown(dev)),
        ("hops", if hops.is_empty() { Value::Null } else { hops.join(", ").into() }),
        ("table", table_name(table)),
        ("proto", shown(Some(header.protocol))),
        ("scope", shown(Some(header.scope))),
        ("src", shown(attribute!(route.attributes, RouteAttribute::PrefSource).and_then(route_address))),
        ("metric", json!(attribute!(route.attributes, RouteAttribute::Priority))),
        ("family", family(header.address_family)),
    ])
}

fn next_hop(hop: &RouteNextHop, names: &Names) -> String {
    let via = gateway(&hop.attributes).map_or_else(String::new, |it| format!("via {it} "));
    // The kernel counts weights from zero, people from one.
    format!("{via}dev {} weight {}", names.name(hop.interface_index), u32::from(hop.hops) + 1)
}

fn gateway(attributes: &[RouteAttribute]) -> Option<String> {
    attributes.iter().find_map(|it| match it {
        RouteAttribute::Gateway(address) => route_address(address),
        RouteAttribute::Via(RouteVia::Inet(address)) => Some(address.to_string()),
        RouteAttribute::Via(RouteVia::Inet6(address)) => Some(address.to_string()),
        _ => None,
    })
}

fn route_address(address: &RouteAddress) -> Option<String> {
    match address {
        RouteAddress::Inet(address) => Some(address.to_string()),
        RouteAddress::Inet6(address) => Some(address.to_string()),
        other => Some(format!("{other:?}")),
    }
}

fn table_name(table: u32) -> Value {
    match table {
        253 => json!("default"),
        254 => json!("main"),
        255 => json!("local"),
        other => json!(other.to_string()),
    }
}

fn family(family: AddressFamily) -> Value {
    match family {
        AddressFamily::Inet => json!("inet"),
        AddressFamily::Inet6 => json!("inet6"),
        // linux/rtnetlink.h: multicast routing keeps rules of its own.
        other => match u8::from(other) {
            128 => json!("ipmr"),
            129 => json!("ip6mr"),
            other => json!(other.to_string()),
        },
    }
}

pub(super) fn neighbour(neighbour: &NeighbourMessage, names: &Names) -> Entry {
    let address = attribute!(neighbour.attributes, NeighbourAttribute::Destination).map(|it| match it {
        NeighbourAddress::Inet(address) => address.to_string(),
        NeighbourAddress::Inet6(address) => address.to_string(),
        other => format!("{other:?}"),
    });
    let hardware = attribute!(neighbour.attributes, NeighbourAttribute::LinkLayerAddress);
    Entry(vec![
        ("address", shown(address)),
        ("lladdr", shown(hardware.and_then(|it| hex(it)))),
        ("dev", json!(names.name(neighbour.header.ifindex))),
        // Timers move it.
        ("nud", shown(Some(neighbour.header.state))),
    ])
}

pub(super) fn rule(rule: &RuleMessage) -> Entry {
    let header = &rule.header;
    let prefix = |address: Option<String>, length: u8| address.map(|it| format!("{it}/{length}"));
    let source = attribute!(rule.attributes, RuleAttribute::Source).map(ToString::to_string);
    let destination = attribute!(rule.attributes, RuleAttribute::Destination).map(ToString::to_string);
    let mark = attribute!(rule.attributes, RuleAttribute::FwMark).map(|mark| {
        let mask = attribute!(rule.attributes, RuleAttribute::FwMask).copied().unwrap_or(u32::MAX);
        if mask == u32::MAX { format!("{mark:#x}") } else { format!("{mark:#x}/{mask:#x}") }
    });
    let action = match header.action {
        RuleAction::ToTable => Value::Null,
        action => named(action),
    };
    let table = attribute!(rule.attributes, RuleAttribute::Table).copied().unwrap_or(header.table.into());
    Entry(vec![
        ("priority", json!(attribute!(rule.attributes, RuleAttribute::Priority).copied().unwrap_or(0))),
        ("from", prefix(source, header.src_len).unwrap_or_else(|| "all".to_owned()).into()),
        ("to", shown(prefix(destination, header.dst_len))),
        ("iif", shown(attribute!(rule.attributes, RuleAttribute::Iifname))),
        ("oif", shown(attribute!(rule.attributes, RuleAttribute::Oifname))),
        ("fwmark", shown(mark)),
        ("table", if table == 0 { Value::Null } else { table_name(table) }),
        ("action", action),
        ("family", family(header.family)),
    ])
}
