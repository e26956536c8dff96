//! What the user typed.

mod words;

pub use words::nearest;

use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::config::FailOn;
use crate::explain::Page;
use crate::finding::Level;
use crate::lang::{Chosen, LANGUAGES, Language};
use crate::remedy::Safety;
use crate::report::Format;
use crate::rules::{RULES, Rule};
use words::{chosen, command, format_named, language, output, page, rule};

/// Finds netlink calls and thread switches that end up in the wrong network namespace, in Go and Rust sources.
#[derive(Parser)]
#[command(name = "netns-lint", version, max_term_width = 100)]
#[command(after_help = "Try `netns-lint check` in the folder of a project.")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Look for faults in Go and Rust sources
    Check(Box<Check>),
    /// Explain a rule: what it finds, why that is wrong, the way out; or list them
    Rule(Explain),
    /// Look at the configuration
    #[command(subcommand)]
    Config(Config),
    /// Keep a list of known findings, which are not shown again
    #[command(subcommand)]
    Baseline(Baseline),
    /// Print a script that completes commands in a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man {
        /// The page of this command, `netns-lint-COMMAND(1)`
        #[arg(value_parser = command())]
        command: Option<String>,
    },
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub struct Check {
    /// Files and folders to look at; what .gitignore names is left out
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub what: What,

    #[command(flatten)]
    pub known: Known,

    #[command(flatten)]
    pub fixing: Fixing,

    #[command(flatten)]
    pub report: Report,
}

#[derive(Args)]
pub struct Explain {
    /// The rule; without one, all of them are listed
    #[arg(value_parser = page())]
    pub name: Option<Page>,

    /// All rules
    #[arg(long, conflicts_with = "name")]
    pub all: bool,

    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    pub format: ExplainFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    Markdown,
    Json,
}

#[derive(Subcommand)]
pub enum Config {
    /// Print the configuration that acts on a path
    Show(ConfigFile),
    /// Say whether the configuration can be read, and where it is
    Verify(ConfigFile),
    /// Print the JSON schema of netns-lint.toml
    Schema,
}

#[derive(Args)]
pub struct ConfigFile {
    /// Where to look for it, and in the folders above up to the root of the repository
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    /// This file, wherever it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum Baseline {
    /// Write the findings of now into the baseline
    Write(OnBaseline),
    /// Take out of the baseline what is not found any more
    Prune(OnBaseline),
    /// Print what the baseline knows
    Show {
        #[arg(long, value_name = "FILE", default_value = BASELINE, value_hint = ValueHint::FilePath)]
        baseline: PathBuf,
    },
}

#[derive(Args)]
pub struct OnBaseline {
    /// Files and folders to look at
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub what: What,

    /// The file; that of the configuration if there is one
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
}

/// Where the baseline is, if nobody says otherwise.
pub const BASELINE: &str = "netns-lint-baseline.json";

#[derive(Args)]
#[command(next_help_heading = "What to look at")]
pub struct What {
    /// Only these languages
    #[arg(long, value_name = "LANG", value_delimiter = ',', value_parser = language())]
    pub lang: Vec<&'static dyn Language>,

    /// Only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule())]
    pub select: Vec<&'static Rule>,

    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule())]
    pub ignore: Vec<&'static Rule>,

    /// Leave out what matches, written as in .gitignore
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,

    /// Build tags of Go that are set, or with `!` before them not set; the others are read both ways
    #[arg(long, value_name = "TAG", value_delimiter = ',', value_parser = chosen(Chosen::tag))]
    pub tags: Vec<String>,

    /// A condition of Rust that holds, such as `feature="x"`, or `not(…)` of one; may be given several times
    #[arg(long, value_name = "CFG", value_parser = chosen(Chosen::cfg))]
    pub cfg: Vec<String>,

    /// Use this configuration; otherwise that of NETNS_LINT_CONFIG, or the nearest netns-lint.toml around the first path
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Use no configuration
    #[arg(long)]
    pub no_config: bool,

    /// Look at what comes on the standard input, as if it were the text of this file
    #[arg(long, value_name = "FILE", conflicts_with = "paths", value_hint = ValueHint::FilePath)]
    pub stdin_filename: Option<PathBuf>,

    /// Ignore what the code says about what is allowed
    #[arg(long)]
    pub no_suppressions: bool,

    /// Report on tests too; the default
    #[arg(long, overrides_with = "no_tests")]
    pub tests: bool,

    /// Do not report on tests
    #[arg(long, overrides_with = "tests")]
    pub no_tests: bool,

    /// Report on vendor/, node_modules/, target/ and generated files too
    #[arg(long)]
    pub include_vendored: bool,

    /// Parse every file, also where nothing in it can matter; finds the same, slower
    #[arg(long)]
    pub no_prefilter: bool,
}

#[derive(Args)]
#[command(next_help_heading = "What to leave for later")]
pub struct Known {
    /// Show only what the baseline does not know; that of the configuration is used in any case
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,

    /// Show also what the baseline knows
    #[arg(long)]
    pub no_baseline: bool,

    /// Show only findings with a step in what changed since the last commit in common with REF
    #[arg(long, value_name = "REF", group = "since")]
    pub new_from_merge_base: Option<String>,

    /// Show only findings with a step in what changed since REF
    #[arg(long, value_name = "REF", group = "since")]
    pub new_from_rev: Option<String>,

    /// Show only findings with a step in this change, a unified diff; `-` for the standard input
    #[arg(long, value_name = "FILE", group = "since", value_hint = ValueHint::FilePath)]
    pub new_from_patch: Option<PathBuf>,

    /// Write a suppression with this reason above every finding, and report nothing
    #[arg(long, value_name = "REASON", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub add_allow: Option<String>,
}

#[derive(Args)]
#[command(next_help_heading = "What to change")]
#[command(group = ArgGroup::new("fixing").args(["fix", "fix_only", "diff"]).multiple(true))]
pub struct Fixing {
    /// Make the safe fixes, and report what is left
    #[arg(long, conflicts_with_all = ["stdin_filename", "show_files", "add_allow"])]
    pub fix: bool,

    /// Make the safe fixes, and report nothing
    #[arg(long, conflicts_with_all = ["fix", "stdin_filename", "show_files", "add_allow"])]
    pub fix_only: bool,

    /// Print what the fixes would change as a unified diff, and change nothing; exit 1 if that is anything
    #[arg(long, conflicts_with_all = ["fix_only", "show_files", "add_allow", "format", "output", "output_file"])]
    pub diff: bool,

    /// Make the fixes that may change what the program means, too
    #[arg(long, requires = "fixing")]
    pub unsafe_fixes: bool,

    /// Say which fixes were made
    #[arg(long, requires = "fixing")]
    pub show_fixes: bool,

    /// Exit 1 if something was fixed, even if nothing is left
    #[arg(long, requires = "fixing", conflicts_with = "diff")]
    pub exit_non_zero_on_fix: bool,
}

#[derive(Args)]
#[command(next_help_heading = "What to report")]
pub struct Report {
    /// From which level on a finding fails the check; `warning` if nothing else is said
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,

    /// Show also what may be wrong: paths disagree, or a call on the way is unknown; never fails the check
    #[arg(long)]
    pub maybe: bool,

    /// How to write the report; otherwise as NETNS_LINT_FORMAT says, or as `text`
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Write one more report: a format and a file, `-` for the standard output; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output, conflicts_with_all = ["format", "output_file"])]
    pub output: Vec<Output>,

    /// Say how many findings each rule has
    #[arg(long)]
    pub statistics: bool,

    /// Print the files that would be looked at, and look at none
    #[arg(long)]
    pub show_files: bool,

    /// Write the report to this file instead of the standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output_file: Option<PathBuf>,

    /// When to use colours; NO_COLOR and its kin are obeyed by `auto`
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: clap::ColorChoice,

    /// Say nothing on the standard error but what went wrong
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say also what was passed over; twice: what the analysis saw
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

const EXIT_CODES: &str = "\
Exit codes, the same in every format:
  0  nothing found at or above --fail-on
  1  findings
  2  a wrong option or configuration, or an internal error
  3  not everything could be looked at: a path is missing, a file cannot be read or parsed, nothing matched";

/// One report.
#[derive(Clone, Debug)]
pub struct Output {
    pub format: Format,
    /// `None` for the standard output.
    pub file: Option<PathBuf>,
}

impl FailOn {
    pub fn includes(self, level: Level) -> bool {
        match self {
            FailOn::Warning => true,
            FailOn::Error => level == Level::Error,
            FailOn::Never => false,
        }
    }
}

impl Fixing {
    /// The fixes to make, or to show; `None` for no fixes at all.
    pub fn up_to(&self) -> Option<Safety> {
        let any = self.fix || self.fix_only || self.diff;
        any.then_some(if self.unsafe_fixes { Safety::Unsafe } else { Safety::Safe })
    }
}

impl Report {
    /// The reports to write.
    ///
    /// # Errors
    ///
    /// If the environment asks for what there is not.
    pub fn outputs(&self) -> Result<Vec<Output>, String> {
        if !self.output.is_empty() {
            return Ok(self.output.clone());
        }
        let asked = || from_environment("NETNS_LINT_FORMAT").map(|it| format_named(&it)).transpose();
        let format = match self.format {
            Some(format) => Some(format),
            None => asked().map_err(|why| format!("NETNS_LINT_FORMAT: {why}"))?,
        };
        Ok(vec![Output { format: format.unwrap_or(Format::Text), file: self.output_file.clone() }])
    }
}

impl What {
    pub fn languages(&self) -> Vec<&'static dyn Language> {
        if self.lang.is_empty() { LANGUAGES.to_vec() } else { self.lang.clone() }
    }

    pub fn rules(&self) -> Vec<&'static Rule> {
        let named = |list: &[&Rule], rule: &Rule| list.iter().any(|it| it.name == rule.name);
        let selected = RULES.iter().filter(|it| self.select.is_empty() || named(&self.select, it));
        selected.filter(|it| !named(&self.ignore, it)).collect()
    }
}

/// What a variable says; one that is empty says nothing.
pub fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
