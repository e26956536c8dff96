//! How a namespace is named on the command line.

use std::{fmt, num::NonZeroU64, path::PathBuf, str::FromStr};

use super::{
    inventory::Inventory,
    proc::{Process, Reach},
};
use crate::{Cause, Error, Netns};

/// What was typed. A bare number is refused: it could be four things, and tools disagree on which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spelling {
    Name(String),
    Path(PathBuf),
    Pid(u32),
    Tid(u32),
    Inode(u64),
    Id(NonZeroU64),
    Socket { pid: u32, descriptor: i32 },
}

impl FromStr for Spelling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        fn number<T: FromStr>(text: &str, what: &str) -> Result<T, String> {
            text.parse().map_err(|_| format!("{text:?} is no {what}"))
        }
        if let Ok(bare) = text.parse::<i128>() {
            return Err(format!(
                "a bare number says too little: did you mean pid:{bare}, tid:{bare}, ino:{bare}, id:{bare}, or the name \
                 /run/netns/{bare}?"
            ));
        }
        match text.split_once(':') {
            Some(("pid", it)) => number(it, "pid").map(Self::Pid),
            Some(("tid", it)) => number(it, "tid").map(Self::Tid),
            // As the kernel prints it too: net:[4026531833].
            Some(("ino" | "net", it)) => {
                number(it.trim_start_matches('[').trim_end_matches(']'), "inode").map(Self::Inode)
            }
            Some(("id", it)) => number(it, "namespace id").map(Self::Id),
            Some(("sock", it)) => {
                let (pid, descriptor) = it.split_once('/').ok_or("a socket is spelled sock:PID/FD")?;
                Ok(Self::Socket { pid: number(pid, "pid")?, descriptor: number(descriptor, "descriptor")? })
            }
            _ if text.contains('/') => Ok(Self::Path(text.into())),
            _ if text.is_empty() => Err("a name, a path, pid:N, tid:N, ino:N, id:N or sock:PID/FD".to_owned()),
            _ => Ok(Self::Name(text.to_owned())),
        }
    }
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Path(path) => path.display().fmt(f),
            Self::Pid(pid) => write!(f, "pid:{pid}"),
            Self::Tid(tid) => write!(f, "tid:{tid}"),
            Self::Inode(inode) => write!(f, "ino:{inode}"),
            Self::Id(id) => write!(f, "id:{id}"),
            Self::Socket { pid, descriptor } => write!(f, "sock:{pid}/{descriptor}"),
        }
    }
}

impl Spelling {
    /// Opens the namespace. Errors and tables then use the words that were typed.
    pub(crate) fn open(&self) -> Result<Netns, Error> {
        let netns = match self {
            Self::Name(name) => return Netns::from_name(name),
            Self::Path(path) => return Netns::from_path(path),
            Self::Pid(pid) => Netns::from_pid(*pid)?,
            Self::Tid(tid) => Netns::from_tid(*tid)?,
            Self::Inode(_) | Self::Id(_) => self.search()?,
            Self::Socket { pid, descriptor } => self.of_socket(*pid, *descriptor)?,
        };
        Ok(netns.named(&self.to_string()))
    }

    fn search(&self) -> Result<Netns, Error> {
        let inventory = Inventory::take()?;
        let wanted = |it: &&super::inventory::Namespace| match self {
            Self::Inode(inode) => it.inode.is_some_and(|it| it.number == *inode),
            Self::Id(id) => it.id == Some(*id),
            _ => false,
        };
        let Some(found) = inventory.namespaces.iter().find(wanted) else {
            let unseen = inventory.unseen.lines();
            let hint = (!unseen.is_empty()).then(|| format!("not seen: {}", unseen.join("; ")));
            return Err(Error::new("open", self, Cause::Kernel { errno: libc::ENOENT, hint }));
        };
        match &found.netns {
            Some(netns) => netns.try_clone(),
            None => {
                Err(Error::kernel("open", self, rustix::io::Errno::PERM).needs("the right to look at what holds it"))
            }
        }
    }

    fn of_socket(&self, pid: u32, descriptor: i32) -> Result<Netns, Error> {
        let failed = |errno| {
            Error::kernel("reach", self, errno).needs("the right to trace the process (see ptrace(2), \"access mode\")")
        };
        let process = Process::open(pid).map_err(failed)?;
        // The main thread may have ended: any thread that has the descriptor will do.
        let tasks = process.tasks().map_err(|_| failed(rustix::io::Errno::ACCESS))?;
        let tid = tasks.first().map_or(pid, |it| it.tid);
        let socket = Reach::into(pid, tid).and_then(|it| it.duplicate(descriptor)).map_err(failed)?;
        Netns::of_socket(socket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let id = NonZeroU64::new(4130).unwrap();
        let cases = [
            ("blue", Ok(Spelling::Name("blue".into()))),
            ("./blue", Ok(Spelling::Path("./blue".into()))),
            ("/proc/7/ns/net", Ok(Spelling::Path("/proc/7/ns/net".into()))),
            ("pid:7", Ok(Spelling::Pid(7))),
            ("tid:7", Ok(Spelling::Tid(7))),
            ("ino:4026531833", Ok(Spelling::Inode(4_026_531_833))),
            ("net:[4026531833]", Ok(Spelling::Inode(4_026_531_833))),
            ("id:4130", Ok(Spelling::Id(id))),
            ("sock:7/3", Ok(Spelling::Socket { pid: 7, descriptor: 3 })),
            ("cni-1:2", Ok(Spelling::Name("cni-1:2".into()))),
            (
                "7",
                Err("a bare number says too little: did you mean pid:7, tid:7, ino:7, id:7, or the name /run/netns/7?"),
            ),
            ("pid:x", Err("\"x\" is no pid")),
            ("id:0", Err("\"0\" is no namespace id")),
            ("sock:7", Err("a socket is spelled sock:PID/FD")),
            ("", Err("a name, a path, pid:N, tid:N, ino:N, id:N or sock:PID/FD")),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Spelling>(), expected.map_err(str::to_owned), "{text}");
        }
    }
}
