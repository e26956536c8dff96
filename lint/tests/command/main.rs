//! The command, as a user runs it: in a folder of its own, in a scrubbed environment.

mod bad_input;
mod baseline;
mod configuration;
mod crates;
mod documents;
mod entrances;
mod exit_codes;
mod fixes;
mod formats;
mod new_only;
mod snapshots;
mod suppressions;
mod told;
mod versions;
mod whole_programs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A call of the package's functions inside a region: one warning, in line 10.
pub(crate) const FAULT: &str = "\
package x

import (
	\"github.com/containernetworking/plugins/pkg/ns\"
	\"github.com/vishvananda/netlink\"
)

func links(target ns.NetNS) error {
	return target.Do(func(ns.NetNS) error {
		_, err := netlink.LinkList()
		return err
	})
}
";

pub(crate) const CLEAN: &str = "package x\n\nfunc nothing() {}\n";

/// A folder with files, removed at the end.
pub(crate) struct Tree {
    folder: tempfile::TempDir,
}

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Tree {
        let tree = Tree { folder: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(path, text)| tree.write(path, text));
        tree
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The folder, links resolved.
    pub(crate) fn root(&self) -> String {
        fs::canonicalize(self.folder.path()).unwrap().display().to_string()
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Runs `netns-lint` in the folder; the arguments are split at spaces.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_in("", &arguments.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        let output = self.command(folder).args(arguments).stdin(Stdio::null()).output().unwrap();
        Ran::from(output)
    }

    /// The command without arguments, with nothing of this machine's environment that it obeys.
    pub(crate) fn command(&self, folder: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netns-lint"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.current_dir(self.path(folder)).env_clear().env("PATH", path);
        command
    }

    /// Runs git in the folder; everything has to work.
    pub(crate) fn git(&self, arguments: &[&str]) {
        git(self.folder.path(), arguments);
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    pub(crate) fn init(&self) {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
    }
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let people = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"];
    let mut command = Command::new("git");
    command.args(people).args(arguments).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    /// The rules of the findings of a `concise` report, with their lines.
    pub(crate) fn findings(&self) -> Vec<String> {
        let finding = |line: &str| {
            let (place, rest) = line.split_once(": ")?;
            let line = place.split(':').nth(1)?;
            Some(format!("{line} {}", rest.split(['[', ']']).nth(1)?))
        };
        self.out.lines().filter_map(finding).collect()
    }

    #[track_caller]
    pub(crate) fn expect(&self, code: i32, on_stderr: &str) {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        assert!(self.err.contains(on_stderr), "{on_stderr:?} is not in: {}", self.err);
    }
}
