//! The links of a namespace, read from outside: `cargo run -p netns-scope --example links -- /run/netns/blue`

use netns_scope::{Netns, RouteHandle, packet::link::LinkAttribute};

#[expect(clippy::print_stdout, reason = "an example shows something")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).unwrap_or_else(|| "/proc/thread-self/ns/net".into());
    let mut route = RouteHandle::open(&Netns::from_path(path)?)?;
    println!("a socket {}", route.handle().proof());
    for link in route.links()? {
        let name = link.attributes.iter().find_map(|it| match it {
            LinkAttribute::IfName(name) => Some(name.as_str()),
            _ => None,
        });
        println!("{}: {}", link.header.index, name.unwrap_or("?"));
    }
    Ok(())
}
