//! What the user typed.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::finding::Level;
use crate::lang::{LANGUAGES, Language};
use crate::report::Format;
use crate::rules::{RULES, Rule};

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
}

/// Exit codes: 0 nothing found, 1 findings, 2 a wrong call or an internal error, 3 not everything could be looked at.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub struct Check {
    /// Files and folders to look at; what .gitignore names is left out
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub what: What,

    #[command(flatten)]
    pub report: Report,
}

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
#[command(next_help_heading = "What to report")]
pub struct Report {
    /// From which level on a finding fails the check
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    pub fail_on: FailOn,

    /// Show also what may be wrong: paths disagree, or a call on the way is unknown; never fails the check
    #[arg(long)]
    pub maybe: bool,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Warning,
    Error,
    Never,
}

const EXIT_CODES: &str = "\
Exit codes, the same in every format:
  0  nothing found at or above --fail-on
  1  findings
  2  a wrong option or configuration, or an internal error
  3  not everything could be looked at: a path is missing, a file cannot be read or parsed, nothing matched";

impl FailOn {
    pub fn includes(self, level: Level) -> bool {
        match self {
            FailOn::Warning => true,
            FailOn::Error => level == Level::Error,
            FailOn::Never => false,
        }
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

fn rule() -> impl TypedValueParser<Value = &'static Rule> {
    let names = PossibleValuesParser::new(RULES.iter().map(|it| it.name));
    names.map(|name| RULES.iter().find(|it| it.name == name).expect("one of the names above"))
}

fn language() -> impl TypedValueParser<Value = &'static dyn Language> {
    let names = PossibleValuesParser::new(LANGUAGES.iter().map(|it| it.name()));
    names.map(|name| *LANGUAGES.iter().find(|it| it.name() == name).expect("one of the names above"))
}
