//! `verify`: what this kernel and these privileges allow, and that the proof works here, by doing it.

use std::{os::fd::AsFd, process::Command};

use serde::Serialize;

use super::{
    Failure, Outcome,
    print::{Report, Screen, Tone},
    proc::Reach,
};
use crate::{Error, Evidence, Netns, NetnsId, SocketKind, error::said, socket_cookie, sys, thread, user};

#[derive(Serialize)]
pub(crate) struct Verify {
    kernel: String,
    /// Where the trial took place.
    place: &'static str,
    abilities: Vec<Ability>,
    sockets: Vec<Socket>,
}

/// Something that the kernel may allow.
#[derive(Serialize)]
struct Ability {
    what: &'static str,
    since: &'static str,
    allowed: bool,
    /// What it needs, or what the kernel said.
    detail: String,
}

/// A socket of the trial: where it should be by the way it was opened, and where the kernel says it is.
#[derive(Serialize)]
struct Socket {
    opened: &'static str,
    expected: &'static str,
    found: String,
    right: bool,
    proof: String,
}

impl Verify {
    /// # Errors
    ///
    /// If no namespaces can be made, not even in a user namespace of one's own.
    pub(crate) fn run() -> Result<Self, Failure> {
        let mut abilities = vec![Ability::of("look into other processes (pidfd_getfd)", "5.6", reach_a_child())];
        let place = match Netns::create() {
            Ok(_) => "with the privileges of the caller",
            Err(refused) if refused.errno() == Some(libc::EPERM) => {
                user::become_root()?;
                "in a user namespace of its own, because the caller may not make network namespaces"
            }
            Err(refused) => return Err(refused.into()),
        };
        let [a, b] = [Netns::create()?, Netns::create()?];
        abilities.extend(abilities_in(&a));
        let kernel = rustix::system::uname().release().to_string_lossy().into_owned();
        Ok(Self { kernel, place, abilities, sockets: trial(&a, &b)? })
    }

    pub(crate) fn outcome(&self) -> Outcome {
        if self.sockets.iter().all(|it| it.right) { Outcome::Clean } else { Outcome::Found }
    }
}

impl Ability {
    fn of(what: &'static str, since: &'static str, tried: Result<String, String>) -> Self {
        let allowed = tried.is_ok();
        Self { what, since, allowed, detail: tried.unwrap_or_else(|said| said) }
    }
}

fn abilities_in(netns: &Netns) -> Vec<Ability> {
    let words = |errno: rustix::io::Errno| said(errno.raw_os_error());
    let proof = |evidence| match netns.open_proved_by(SocketKind::ROUTE, evidence) {
        Ok(handle) => Ok(handle.proof().netns().to_string()),
        Err(error) => Err(error.to_string()),
    };
    let id = sys::ns_id(netns.as_fd()).map(|id| format!("{id}")).map_err(words);
    let this = rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty());
    let by_pidfd = this.and_then(|it| sys::pidfd_netns(it.as_fd())).map(|_| "yes".to_owned()).map_err(words);
    vec![
        Ability::of("the id of a namespace (NS_GET_ID)", "6.18", id),
        Ability::of("the namespace of a pidfd (PIDFD_GET_NET_NAMESPACE)", "6.11", by_pidfd),
        Ability::of("proof by the socket's cookie", "6.18", proof(Evidence::Cookie)),
        Ability::of("proof by the socket's namespace (SIOCGSKNS)", "4.10", proof(Evidence::SocketNetns)),
        Ability::of("proof by the opening thread", "3.17", proof(Evidence::Thread)),
    ]
}

/// What `audit` and `list` need: a socket out of another process.
fn reach_a_child() -> Result<String, String> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").map_err(|error| error.to_string())?;
    let mut child = Command::new("sleep")
        .arg("60")
        .stdin(std::os::fd::OwnedFd::from(socket))
        .spawn()
        .map_err(|it| it.to_string())?;
    let reached = Reach::into(child.id(), child.id()).and_then(|it| it.duplicate(0));
    let seen = reached.map_err(|errno| said(errno.raw_os_error())).and_then(|socket| {
        socket_cookie(&socket).map(|id| format!("a child's socket is in {id}")).map_err(|error| error.to_string())
    });
    let ended = child.kill().and_then(|()| child.wait());
    ended.map_err(|error| error.to_string()).and(seen)
}

/// Scoped handles beside sockets that are opened where the thread happens to be.
fn trial(a: &Netns, b: &Netns) -> Result<Vec<Socket>, Failure> {
    let mut sockets = Vec::new();
    let here = Netns::ambient()?;
    let mut scoped = |opened, expected, netns: &Netns| -> Result<(), Error> {
        let handle = netns.open(SocketKind::ROUTE)?;
        sockets.push(Socket::of(
            opened,
            expected,
            netns,
            &handle,
            [&here, a, b],
            handle.proof().evidence().to_string(),
        ));
        Ok(())
    };
    scoped("scoped handle for A", "A", a)?;
    scoped("scoped handle for B", "B", b)?;
    let bare = |opened, expected, wanted: &Netns, socket| {
        Socket::of(opened, expected, wanted, &socket, [&here, a, b], "none: it is where the thread was".to_owned())
    };
    let ambient = || SocketKind::ROUTE.open().map_err(|errno| Error::kernel("open", "a socket", errno));
    let before = ambient()?;
    // This thread ends, so it need not come back.
    let moved = thread::once("verify", || -> Result<_, Error> {
        let opened_before = ambient()?;
        b.enter()?;
        let opened_after = ambient()?;
        let scoped = a.open(SocketKind::ROUTE)?;
        Ok((opened_before, opened_after, scoped))
    });
    let (opened_before, opened_after, from_inside) = moved??;
    sockets.push(bare("ambient socket, the thread never moved", "here", &here, before));
    sockets.push(bare("ambient socket, before the thread moved to B", "here", &here, opened_before));
    sockets.push(bare("ambient socket, after the thread moved to B", "B", b, opened_after));
    let proof = from_inside.proof().evidence().to_string();
    sockets.push(Socket::of("scoped handle for A, asked for from B", "A", a, &from_inside, [&here, a, b], proof));
    Ok(sockets)
}

impl Socket {
    fn of(
        opened: &'static str,
        expected: &'static str,
        wanted: &Netns,
        socket: impl AsFd,
        [here, a, b]: [&Netns; 3],
        proof: String,
    ) -> Self {
        let (right, found) = match place_of(socket, wanted.id()) {
            Ok(id) => {
                let name = [("here", here), ("A", a), ("B", b)].into_iter().find(|it| is(it.1.id(), id));
                (is(wanted.id(), id), name.map_or_else(|| id.to_string(), |it| it.0.to_owned()))
            }
            Err(error) => (false, error.to_string()),
        };
        Self { opened, expected, found, right, proof }
    }
}

/// Asks the kernel anew, by whatever it answers to.
fn place_of(socket: impl AsFd, like: NetnsId) -> Result<NetnsId, Error> {
    match (socket_cookie(&socket), like.kernel()) {
        (Ok(cookie), Some(_)) => Ok(NetnsId { kernel: Some(cookie), inode: like.inode() }),
        _ => Netns::of_socket(socket).map(|it| it.id()),
    }
}

/// All of them are held open, so inodes tell them apart where there are no ids.
fn is(one: NetnsId, other: NetnsId) -> bool {
    one.is_same(&other).unwrap_or(one.inode() == other.inode())
}

impl Report for Verify {
    const NAME: &'static str = "verify";

    fn text(&self, screen: Screen) -> String {
        let yes = |it: bool| if it { ("yes".to_owned(), Tone::Good) } else { ("no".to_owned(), Tone::Bad) };
        let plain = |it: &str| (it.to_owned(), Tone::Plain);
        let head = format!("Linux {}, tried {}\n\n", self.kernel, self.place);
        let abilities = self
            .abilities
            .iter()
            .map(|it| vec![plain(it.what), (it.since.to_owned(), Tone::Faint), yes(it.allowed), plain(&it.detail)]);
        let sockets = self.sockets.iter().map(|it| {
            let found = (it.found.clone(), if it.right { Tone::Good } else { Tone::Bad });
            vec![plain(it.opened), plain(it.expected), found, plain(&it.proof)]
        });
        head + &screen.table(&["ABILITY", "SINCE", "HERE", ""], abilities)
            + "\n"
            + &screen.table(&["SOCKET", "SHOULD BE IN", "IS IN", "PROOF"], sockets)
    }
}
