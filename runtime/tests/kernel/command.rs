//! The command, as a program beside the test.

use std::process::{Command, Output};

use serde_json::Value;

/// What it said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("it writes text");
        let status = output.status.code().expect("it ends by itself");
        Self { status, out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// One line that says why it could not be done, in these words.
    #[track_caller]
    pub(crate) fn assert_refused(&self, words: &str) {
        assert_eq!(self.status, 2, "{self:?}");
        assert!(self.err.contains(words), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        assert_eq!(self.out, "");
    }
}

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_netns-scope");

pub(crate) fn netns_scope(arguments: &[&str]) -> Said {
    run(Command::new(PROGRAM).args(arguments))
}

/// A colour or a width of the surroundings must not matter.
pub(crate) fn run(command: &mut Command) -> Said {
    command.env_remove("NO_COLOR").env_remove("COLUMNS").output().expect("the program is built").into()
}
