//! Prints the representation of source files: `cargo run -p netns-lint --example lower -- FILE…`
//!
//! All files are read as one program. With `--count` as the first argument, prints only how much there is, with
//! `--calls` one line a call: where it stands, in bytes, and what is called.

use std::error::Error;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use netns_lint::facts::Facts;
use netns_lint::ir::{Action, Call, Callee, Origin, Program};
use netns_lint::lang::{Input, LANGUAGES};
use netns_lint::source::{Sources, Span};

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    let mode = paths.first().filter(|it| it.starts_with("--")).cloned().unwrap_or_default();
    paths.drain(..usize::from(!mode.is_empty()));
    let facts = Facts::embedded();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut sources = Sources::default();
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(text) => _ = sources.add(path, text),
            Err(wrong) => writeln!(out, "{path}: {wrong}")?,
        }
    }
    for language in LANGUAGES {
        let has = |extension: &str, path: &str| Path::new(path).extension().is_some_and(|it| it == extension);
        let files = sources.ids().filter(|it| has(language.extension(), &sources.get(*it).path)).collect();
        let manifests = sources.ids().filter(|it| !has("go", &sources.get(*it).path)).collect();
        let lowered = language.lower(&Input {
            sources: &sources,
            facts: &facts,
            files,
            manifests,
            left_out: Default::default(),
            demand: None,
            chosen: &Default::default(),
        });
        for unread in &lowered.unread {
            let at = sources.start(unread.span);
            writeln!(out, "{}:{}: {}", sources.get(unread.span.file).path, at.line, unread.why)?;
        }
        match mode.as_str() {
            "--count" => writeln!(out, "{}: {}", language.name(), count(&lowered.program))?,
            "--calls" => {
                for (call, span) in calls(&lowered.program) {
                    let callee = match &call.callee {
                        Callee::Path(path) => path.as_str(),
                        Callee::Method(_) => "?",
                        Callee::Value(_) => "*",
                    };
                    writeln!(out, "{}:{}:{} {callee}", sources.get(span.file).path, span.start, span.end)?;
                }
            }
            _ => {
                for function in &lowered.program.functions {
                    writeln!(out, "{function}")?;
                }
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn count(program: &Program) -> String {
    let (mut paths, mut methods, mut values) = (0, 0, 0);
    for (call, _) in calls(program) {
        match &call.callee {
            Callee::Path(_) => paths += 1,
            Callee::Method(_) => methods += 1,
            Callee::Value(_) => values += 1,
        }
    }
    format!(
        "{} functions, {} implementations, calls by path {paths}, by method name {methods}, of values {values}",
        program.functions.len(),
        program.implementations.len()
    )
}

/// Every call that the text says, with its span.
fn calls(program: &Program) -> impl Iterator<Item = (&Call, Span)> {
    let steps = program.functions.iter().flat_map(|it| &it.blocks).flat_map(|it| &it.steps);
    steps.filter_map(|step| match (&step.action, step.origin) {
        (Action::Call(call) | Action::Defer(call) | Action::Spawn(call), Origin::Written(span)) => Some((call, span)),
        _ => None,
    })
}
