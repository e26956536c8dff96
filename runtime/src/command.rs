//! The command `netns-scope`: what it does with what the user typed.

mod audit;
mod cli;
mod exec;
mod graph;
mod inventory;
mod list;
mod print;
mod proc;
mod scan;
mod show;
mod snapshot;
mod spelling;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use self::{
    cli::{Action, Cli},
    inventory::Inventory,
    print::Screen,
};
use crate::Error;

/// How it went, as the exit status says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing was found.
    Clean = 0,
    /// Something was.
    Found = 1,
    /// It could not be done.
    Refused = 2,
    /// It was done, and not everything could be seen.
    Incomplete = 3,
}

/// Runs it.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(outcome) => ExitCode::from(outcome as u8),
        Err(error) => {
            // Nothing can be done about an error that cannot be told.
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("netns-scope: {error}\n"));
            ExitCode::from(Outcome::Refused as u8)
        }
    }
}

/// What ends a command: an error of the library's, or a screen that takes nothing.
type Failure = Box<dyn std::error::Error>;

fn run(cli: Cli) -> Result<Outcome, Failure> {
    let screen = Screen::of_stdout(cli.color);
    match cli.action {
        Action::List(output) => {
            let inventory = Inventory::take()?;
            print::report(&list::List::of(&inventory), output.format, screen)?;
            Ok(complete(&inventory))
        }
        Action::Pins { netns, output } => {
            let wanted = netns.open()?;
            let inventory = Inventory::take()?;
            let gone = || Error::kernel("find what holds", &netns, rustix::io::Errno::NOENT);
            let found = inventory.find(wanted.id()).ok_or_else(gone)?;
            print::report(&list::Pins::of(found, &inventory.unseen), output.format, screen)?;
            Ok(complete(&inventory))
        }
        Action::Audit(arguments) => audit::run(&arguments, screen),
        Action::Show(arguments) => show::show(&arguments, screen),
        Action::Diff(arguments) => show::diff(&arguments, screen),
        Action::Exec(arguments) => exec::run(&arguments).map(|never| match never {}),
        Action::Verify(output) => {
            let verify = verify::Verify::run()?;
            print::report(&verify, output.format, screen)?;
            Ok(verify.outcome())
        }
        Action::Graph(arguments) => graph::run(&arguments),
    }
}

fn complete(inventory: &Inventory) -> Outcome {
    if inventory.unseen.is_empty() { Outcome::Clean } else { Outcome::Incomplete }
}
