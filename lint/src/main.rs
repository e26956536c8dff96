//! The command `netns-lint`: exit 0 clean, 1 findings, 2 trouble, 3 incomplete.
#![forbid(unsafe_code)]

mod run;

use std::panic;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};
use netns_lint::cli::Cli;

/// The representation and the states are many small pieces, which huge pages (`no_thp`) would not fill.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Front ends recurse as deep as they allow a text to nest.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| with_path_in_mind(error).exit());
    panic::set_hook(Box::new(|info| run::say(format_args!("internal error, please report it: {info}"))));
    let threads = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let run = || run::run(&cli);
    let done = threads.map_err(|error| format!("start the worker threads: {error}")).and_then(|pool| {
        let ended = panic::catch_unwind(panic::AssertUnwindSafe(|| pool.install(run)));
        ended.unwrap_or_else(|_| Err("the run ended early".into()))
    });
    done.unwrap_or_else(|trouble| {
        run::say(format_args!("error: {trouble}"));
        ExitCode::from(2)
    })
}

/// `netns-lint .` is a natural thing to try.
fn with_path_in_mind(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidSubcommand)
        && Path::new(given).exists()
    {
        let tip = format!("to look at it: netns-lint check {given}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}
