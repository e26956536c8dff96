//! `audit --watch`: what comes and goes.

use std::{
    collections::HashSet,
    thread::sleep,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{Finding, Looked, look, outcome};
use crate::command::{
    Failure, Outcome, cli,
    cli::AuditFormat,
    inventory::Unseen,
    print::{self, Report, Screen, Tone},
};

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event {
    /// It was there in two looks running.
    Found {
        at: f64,
        finding: Finding,
    },
    /// It was reported, and is there no more.
    Gone {
        at: f64,
        finding: Finding,
    },
    End {
        at: f64,
        looks: usize,
        looked_at: Looked,
        findings: usize,
        complete: bool,
        unseen: Vec<String>,
    },
}

impl Report for Event {
    const NAME: &'static str = "audit-event";

    fn text(&self, screen: Screen) -> String {
        match self {
            Self::Found { at, finding } => format!("{at:8.3}s {}", finding.text(screen)),
            Self::Gone { at, finding } => {
                format!("{at:8.3}s {} {}\n", screen.tint("gone:", Tone::Good), finding.message)
            }
            Self::End { at, looks, looked_at, findings, unseen, .. } => {
                let missing = unseen.iter().map(|it| format!("{} {it}\n", screen.tint("not seen:", Tone::Warning)));
                format!("{at:8.3}s after {looks} looks: {}", looked_at.text(*findings)) + &missing.collect::<String>()
            }
        }
    }
}

pub(super) fn run(arguments: &cli::Audit, seconds: f64, screen: Screen) -> Result<Outcome, Failure> {
    let length = Duration::try_from_secs_f64(seconds).map_err(|error| format!("--watch {seconds}: {error}"))?;
    let begin = Instant::now();
    let say = |event: Event| match arguments.format {
        AuditFormat::Text => print::write(&event.text(screen)),
        AuditFormat::Json | AuditFormat::Jsonl => print::line(&event),
    };
    let at = || begin.elapsed().as_secs_f64();
    let (mut before, mut reported) = (HashSet::new(), HashSet::new());
    let (mut looks, mut total, mut worst) = (0, 0, Outcome::Clean);
    loop {
        let (inventory, findings) = match look(arguments.pid) {
            Ok(looked) => looked,
            // A process that was being watched has ended.
            Err(_) if looks > 0 => break end(say, at(), looks, Looked::default(), total, &Unseen::default())?,
            Err(error) => return Err(error.into()),
        };
        looks += 1;
        let now: HashSet<_> = findings.into_iter().filter(|it| arguments.wants(it)).collect();
        let found: Vec<_> = now.intersection(&before).filter(|it| !reported.contains(*it)).cloned().collect();
        let gone: Vec<_> = reported.difference(&now).cloned().collect();
        if outcome(arguments, &found, &inventory) != Outcome::Clean && worst != Outcome::Found {
            worst = outcome(arguments, &found, &inventory);
        }
        total += found.len();
        reported.retain(|it| now.contains(it));
        for finding in found {
            reported.insert(finding.clone());
            say(Event::Found { at: at(), finding })?;
        }
        for finding in gone {
            say(Event::Gone { at: at(), finding })?;
        }
        before = now;
        if begin.elapsed() >= length {
            break end(say, at(), looks, Looked::of(&inventory, arguments.pid), total, &inventory.unseen)?;
        }
        sleep(Duration::from_millis(arguments.settle).min(length.saturating_sub(begin.elapsed())));
    }
    Ok(worst)
}

fn end(
    say: impl Fn(Event) -> std::io::Result<()>,
    at: f64,
    looks: usize,
    looked_at: Looked,
    findings: usize,
    unseen: &Unseen,
) -> std::io::Result<()> {
    let unseen = unseen.lines();
    say(Event::End { at, looks, looked_at, findings, complete: unseen.is_empty(), unseen })
}
