//! Which crate a file belongs to, wherever the command runs.

use crate::Tree;

const GUARD: &str = "\
use std::fs::File;

use nix::sched::{CloneFlags, setns};

pub struct Inside {
    origin: File,
    not_send: std::marker::PhantomData<*const ()>,
}

impl Inside {
    pub fn enter(netns: &File) -> std::io::Result<Inside> {
        let origin = File::open(\"/proc/thread-self/ns/net\")?;
        setns(netns, CloneFlags::CLONE_NEWNET)?;
        Ok(Inside { origin, not_send: std::marker::PhantomData })
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        setns(&self.origin, CloneFlags::CLONE_NEWNET).expect(\"the way back\");
    }
}
";

const DROPS: &str = "\
use crate::guard::Inside;

pub fn bind(netns: &std::fs::File) -> std::io::Result<std::net::UdpSocket> {
    let _ = Inside::enter(netns)?;
    std::net::UdpSocket::bind(\"127.0.0.1:53\")
}
";

/// What is above the working directory says which crate and module it is, and what the names in it mean.
#[test]
fn a_folder_of_a_crate_is_part_of_it_wherever_one_stands() {
    let tree = Tree::new(&[
        ("Cargo.toml", "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("src/lib.rs", "pub mod guard;\npub mod work;\n"),
        ("src/guard.rs", GUARD),
        ("src/work/mod.rs", "pub mod inside;\n"),
        ("src/work/inside.rs", DROPS),
    ]);
    for (folder, path, shown) in [
        ("", ".", "src/work/inside.rs:4"),
        ("src", ".", "work/inside.rs:4"),
        ("src/work", ".", "inside.rs:4"),
        ("src/work", "inside.rs", "inside.rs:4"),
        ("src/work", "..", "inside.rs:4"),
    ] {
        let ran = tree.run_in(folder, &["check", "--format", "concise", path]);
        let found: Vec<_> = ran.out.lines().filter(|it| it.contains("dropped-guard")).collect();
        assert!(matches!(found[..], [it] if it.contains(shown)), "{folder} {path}: {}{}", ran.out, ran.err);
    }
    // A crate without a manifest has no name, and is one all the same.
    let alone = format!("{GUARD}\n{}", DROPS.replace("use crate::guard::Inside;", ""));
    for name in ["lib.rs", "main.rs", "src/lib.rs", "src/x/mod.rs", "x.rs"] {
        let ran = Tree::new(&[(name, &alone)]).run("check --format concise");
        assert_eq!(ran.out.matches("dropped-guard").count(), 1, "{name}: {}{}", ran.out, ran.err);
    }
}
