//! `--fix` and `--diff`: the new texts, on the disk or on the screen.

use std::path::Path;
use std::process::ExitCode;

use netns_lint::Checked;
use netns_lint::cli::Check;
use netns_lint::files::{self, NotReplaced};
use netns_lint::finding::Finding;
use netns_lint::fix::{Dropped, Made, Plan, diff};
use netns_lint::remedy::Safety;
use netns_lint::source::Span;

use super::check::{INCOMPLETE, colored, coverage_code, worst};
use super::tell::counted;
use super::{print, say};

/// What became of the fixes.
#[derive(Default)]
pub(super) struct Outcome {
    /// How many files were written.
    pub(super) changed: usize,
    /// Whether every file that was to be written is.
    pub(super) complete: bool,
    /// 0, or what the exit code has to be at least.
    pub(super) exit_code: u8,
}

/// Writes the new texts, each whole or not at all.
pub(super) fn make(options: &Check, checked: &Checked, plan: &Plan) -> Outcome {
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    let mut left = Vec::new();
    for text in &plan.texts {
        let read = &checked.sources.get(text.file).text;
        match files::replace_source(Path::new(&text.path), read, &text.new) {
            Ok(()) => outcome.changed += 1,
            Err(NotReplaced::Stale(why)) => {
                say(format_args!("{}: {why}; not fixed", text.path));
                outcome.exit_code = worst(outcome.exit_code, INCOMPLETE);
                left.push(text.file);
            }
            Err(NotReplaced::Failed(why)) => {
                say(format_args!("error: {why}; not fixed"));
                // Trouble is worse than findings that nobody could look at.
                outcome.exit_code = 2;
                left.push(text.file);
            }
        }
    }
    outcome.complete = left.is_empty();
    let made: Vec<_> = plan.made.iter().filter(|it| !it.files.iter().any(|it| left.contains(it))).collect();
    tell(options, checked, plan, &made);
    outcome
}

/// Prints what would change.
pub(super) fn show(options: &Check, checked: &Checked, plan: &Plan) -> Result<ExitCode, String> {
    let colored = colored(options, true);
    for text in &plan.texts {
        let path = Path::new(&text.path);
        let old = files::as_on_disk(path, &checked.sources.get(text.file).text);
        print(&diff::unified(&text.path, &old, &files::as_on_disk(path, &text.new), colored))?;
    }
    tell(options, checked, plan, &plan.made.iter().collect::<Vec<_>>());
    Ok(ExitCode::from(worst(coverage_code(&checked.coverage), u8::from(!plan.texts.is_empty()))))
}

/// What was done and what was not, on stderr.
fn tell(options: &Check, checked: &Checked, plan: &Plan, made: &[&Made]) {
    let place = |span: Span| {
        let at = checked.sources.start(span);
        format!("{}:{}:{}", checked.sources.get(span.file).path, at.line, at.column)
    };
    for Dropped { rule, place: span, why } in &plan.dropped {
        say(format_args!("{}: the fix of {rule} is not made: {why}", place(*span)));
    }
    if options.report.quiet {
        return;
    }
    let done = if options.fixing.diff { "would be fixed" } else { "fixed" };
    for it in made.iter().filter(|_| options.fixing.show_fixes) {
        say(format_args!("{}: {} {done} ({}): {}", place(it.place), it.rule, it.safety.name(), it.title));
    }
    let is_unsafe = |it: &&Finding| it.fix.as_ref().is_some_and(|it| it.safety == Safety::Unsafe);
    let more = match checked.findings.iter().filter(is_unsafe).count() {
        count if count > 0 && !options.fixing.unsafe_fixes => format!("; {count} more with --unsafe-fixes"),
        _ => String::new(),
    };
    let deferred = match plan.deferred {
        0 => String::new(),
        count => format!("; {count} more touch the same text, run again"),
    };
    say(format_args!("{} {done}{more}{deferred}", counted(made.len(), "finding")));
}
