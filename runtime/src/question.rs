//! The questions that ask for everything of a kind, for the blocking and for the asynchronous handle.

use netlink_packet_route::{
    RouteNetlinkMessage as Message, address::AddressMessage, link::LinkMessage, neighbour::NeighbourMessage,
    route::RouteMessage, rule::RuleMessage,
};

/// What to send, and which messages of the answer count.
pub(crate) struct Question<T> {
    /// For errors.
    pub(crate) doing: &'static str,
    pub(crate) message: Message,
    pub(crate) pick: fn(Message) -> Option<T>,
}

macro_rules! dump {
    ($name:ident, $doing:literal, $ask:ident($body:ident), $answer:ident) => {
        pub(crate) fn $name() -> Question<$body> {
            let pick = |it| match it {
                Message::$answer(it) => Some(it),
                _ => None,
            };
            Question { doing: $doing, message: Message::$ask($body::default()), pick }
        }
    };
}

dump!(links, "list the links of", GetLink(LinkMessage), NewLink);
dump!(addresses, "list the addresses of", GetAddress(AddressMessage), NewAddress);
dump!(routes, "list the routes of", GetRoute(RouteMessage), NewRoute);
dump!(neighbours, "list the neighbours of", GetNeighbour(NeighbourMessage), NewNeighbour);
dump!(rules, "list the rules of", GetRule(RuleMessage), NewRule);
