//! What the user typed.

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::spelling::Spelling;

/// Looks at real network namespaces: which there are, what is in them, what holds them, and who is in the wrong one.
///
/// A namespace NS is a name under /run/netns, a path, pid:N, tid:N, ino:N, id:N, or sock:PID/FD.
#[derive(Debug, Parser)]
#[command(name = "netns-scope", version, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 nothing found, 1 something found (audit, diff, verify), 2 wrong usage or refused, \
                        3 the view is incomplete."
)]
pub(crate) struct Cli {
    /// When to colour; NO_COLOR is obeyed.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    #[command(subcommand)]
    pub(crate) action: Action,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Tables for people, or one JSON object whose keys keep their meaning within its version.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Every network namespace of the host, and what holds it.
    List(Output),
    /// What is in a namespace, read through a verified handle.
    Show(Show),
    /// What differs between two namespaces, but for indexes, statistics and timers.
    Diff(Diff),
    /// Threads and netlink sockets that are not where their process is.
    Audit(Audit),
    /// Everything that keeps a namespace alive.
    Pins {
        #[arg(value_name = "NS")]
        netns: Spelling,
        #[command(flatten)]
        output: Output,
    },
    /// The namespaces as a picture: their links, and the veth pairs between them.
    Graph(Graph),
    /// Runs a command in a namespace.
    Exec(Exec),
    /// What this kernel and these privileges allow, by doing it.
    Verify(Output),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[arg(value_name = "NS")]
    pub(crate) netns: Spelling,
    /// What to show; everything if left out.
    #[arg(value_enum)]
    pub(crate) what: Vec<Section>,
    /// Also what proves that the handle is there.
    #[arg(long)]
    pub(crate) proof: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    Links,
    Addrs,
    Routes,
    Neigh,
    Rules,
    Sockets,
}

impl Section {
    /// Those asked for, in their own order; all if none was.
    pub(crate) fn chosen(what: &[Self]) -> Vec<Self> {
        let all = Self::value_variants().iter().copied();
        all.filter(|it| what.is_empty() || what.contains(it)).collect()
    }

    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|it| it.get_name().to_owned()).unwrap_or_default()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    #[arg(value_name = "A")]
    pub(crate) left: Spelling,
    #[arg(value_name = "B")]
    pub(crate) right: Spelling,
    /// What to compare; everything but sockets if left out.
    #[arg(value_enum)]
    pub(crate) what: Vec<Section>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// The process to look at.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) pid: Option<u32>,
    /// Every process.
    #[arg(long)]
    pub(crate) all: bool,
    /// Keep looking for so long, and say what comes and goes.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) watch: Option<f64>,
    /// How long a thread must stay in a foreign namespace to count as left behind; shorter visits are work in progress.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 100)]
    pub(crate) settle: u64,
    /// Do not report this rule; may be repeated.
    #[arg(long, value_name = "RULE", value_parser = clap::builder::PossibleValuesParser::new(super::audit::Rule::NAMES))]
    pub(crate) allow: Vec<String>,
    /// From which level on a finding makes the exit status 1.
    #[arg(long, value_enum, default_value_t = super::audit::Level::Warning)]
    pub(crate) fail_on: super::audit::Level,
    /// Tables for people, one JSON object, or with --watch one object a line.
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    pub(crate) format: AuditFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditFormat {
    Text,
    Json,
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// How to draw it.
    #[arg(long, value_enum, default_value_t = Picture::Svg)]
    pub(crate) format: Picture,
    /// How long a thread must stay in a foreign namespace to be drawn in red.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 100)]
    pub(crate) settle: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Picture {
    Svg,
    Dot,
    Mermaid,
}

#[derive(Debug, Args)]
pub(crate) struct Exec {
    #[arg(value_name = "NS")]
    pub(crate) netns: Spelling,
    /// Also mount the namespace's own /sys, in a mount namespace of the command's own.
    #[arg(long)]
    pub(crate) sysfs: bool,
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}
