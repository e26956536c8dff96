//! What a person has looked at and allows, said beside the code.
//!
//! `//netns:allow(rule[, rule]) -- reason` acts on its line, on the statement below
//! as far as its parentheses reach, and on the item that begins there; `//netns:expect(…)` is the same and has to
//! be of use; `//netns:allow-file(…)` acts on its file. A finding is allowed if
//! any line of its steps is.

mod directive;

pub use directive::{Directive, Kind, directives};

use std::collections::HashMap;
use std::ops::Range;

use crate::finding::{Finding, Level};
use crate::rules::Rule;
use crate::scan::outline::Outline;
use crate::source::{FileId, Source, Sources, Span};

/// The rules about suppressions themselves: name, summary, manual.
pub const NOTICES: [(&str, &str, &str); 3] = [
    (
        UNKNOWN,
        "A suppression names a rule that does not exist.",
        "A suppression names a rule that does not exist, so it allows nothing.\n\nCorrect the name; \
         `netns-lint rule --all` lists them.",
    ),
    (
        WITHOUT_REASON,
        "A suppression gives no reason.",
        "A suppression gives no reason. It acts all the same, but the next reader cannot know whether it still \
         holds.\n\nEnd it with ` -- ` and why the code is right: `//netns:allow(global-handle) -- the handle is a fake`.",
    ),
    (
        UNUSED,
        "A suppression suppresses nothing.",
        "A suppression suppresses nothing: what it allowed is gone, or stands elsewhere. It is reported only if its \
         rules ran and its file was read whole.\n\nTake it away, or move it to the line of one of the steps of the \
         finding. For `//netns:expect(…)` this is an error.",
    ),
];

const UNKNOWN: &str = "unknown-suppression";
const WITHOUT_REASON: &str = "suppression-without-reason";
const UNUSED: &str = "unused-suppression";

/// A file with suppressions in it.
pub struct Annotated {
    pub file: FileId,
    pub outline: Outline,
    /// In the order of the text.
    pub brackets: Vec<(usize, u8)>,
    pub directives: Vec<Directive>,
    /// Whether all of it was understood.
    pub whole: bool,
    /// The bytes that are not part of the build.
    pub absent: Vec<Range<usize>>,
}

/// Takes out the findings that are allowed, and adds what is wrong with the suppressions.
pub fn apply(findings: &mut Vec<Finding>, annotated: &[Annotated], sources: &Sources, ran: &[&Rule]) {
    let mut used = HashMap::new();
    let scopes: Vec<_> = annotated.iter().map(|it| scopes(it, sources)).collect();
    findings.retain(|finding| {
        let places: Vec<_> = finding.labels.iter().map(|it| it.span).chain([finding.span]).collect();
        let mut allowed = false;
        for (file, (annotated, scopes)) in annotated.iter().zip(&scopes).enumerate() {
            for (index, (directive, scope)) in annotated.directives.iter().zip(scopes).enumerate() {
                let inside = |it: &Span| it.file == annotated.file && scope.contains(&(it.start as usize));
                if directive.allows(finding.rule) && places.iter().any(inside) {
                    used.insert((file, index, finding.rule), ());
                    allowed = true;
                }
            }
        }
        !allowed
    });
    for (file, annotated) in annotated.iter().enumerate() {
        for (index, directive) in annotated.directives.iter().enumerate() {
            let is_used = |rule: &str| used.keys().any(|it| (it.0, it.1, it.2) == (file, index, rule));
            findings.extend(complaints(directive, annotated, ran, is_used));
        }
    }
}

fn complaints(
    directive: &Directive,
    annotated: &Annotated,
    ran: &[&Rule],
    is_used: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    let finding = |rule, level, message: String, help: &str| Finding {
        rule,
        level,
        sure: true,
        message,
        help: help.to_owned(),
        span: Span::new(annotated.file, directive.range.start, directive.range.end),
        item: String::new(),
        callee: directive.rules.join(", "),
        labels: Vec::new(),
        remedy: None,
        fix: None,
        by_hand: None,
    };
    let mut complaints = Vec::new();
    if directive.kind != Kind::Foreign && directive.reason.is_empty() {
        let help = "end it with ` -- ` and the reason";
        complaints.push(finding(WITHOUT_REASON, Level::Warning, "this suppression gives no reason".into(), help));
    }
    for name in &directive.rules {
        if Rule::find(name).is_none() && !NOTICES.iter().any(|it| it.0 == name) {
            let near = crate::cli::nearest(name, crate::rules::RULES.iter().map(|it| it.name));
            let help = near.map_or_else(String::new, |it| format!("did you mean `{it}`?"));
            complaints.push(finding(UNKNOWN, Level::Warning, format!("there is no rule `{name}`"), &help));
        }
    }
    let unused: Vec<_> = directive.rules.iter().filter(|it| !is_used(it)).map(String::as_str).collect();
    let known = unused.iter().all(|name| ran.iter().any(|it| it.name == *name));
    let none_used = unused.len() == directive.rules.len();
    let wrong = if directive.kind == Kind::Expect { !unused.is_empty() } else { none_used };
    let present = !annotated.absent.iter().any(|it| it.contains(&directive.range.start));
    if annotated.whole && present && known && wrong && !directive.rules.is_empty() {
        let level = if directive.kind == Kind::Expect { Level::Error } else { Level::Warning };
        let message = format!("this suppression of {} suppresses nothing", unused.join(", "));
        complaints.push(finding(UNUSED, level, message, "take it away"));
    }
    complaints
}

/// The bytes on which each directive acts, beginning with the line of its own.
fn scopes(annotated: &Annotated, sources: &Sources) -> Vec<Range<usize>> {
    let source = sources.get(annotated.file);
    let line_of = |it: &Directive| source.line_of(it.range.start);
    let scope = |directive: &Directive| {
        if directive.kind == Kind::File {
            return 0..source.text.len();
        }
        let own = line_of(directive);
        let own_range = source.line(own).unwrap_or_default();
        let alone = source.text[own_range.start..directive.range.start].trim().is_empty();
        if !alone {
            return own_range;
        }
        // Comments and attributes between it and the code belong to the code.
        let mut line = own + 1;
        while let Some(range) = source.line(line) {
            let text = source.text[range].trim();
            if text.is_empty() || !["//", "/*", "*", "#[", "#!["].iter().any(|it| text.starts_with(it)) {
                break;
            }
            line += 1;
        }
        let below = source.line(line).unwrap_or(source.text.len()..source.text.len());
        let item = annotated.outline.items.iter().find(|it| below.contains(&(it.start as usize)));
        let statement = statement_end(source, &annotated.brackets, below.clone());
        let end = item.map_or(statement, |it| (it.end as usize).max(statement));
        own_range.start..end
    };
    annotated.directives.iter().map(scope).collect()
}

/// Where the statement that begins in a line ends: at the end of the line in which its parentheses are closed. A block
/// that it opens is not part of it.
fn statement_end(source: &Source, brackets: &[(usize, u8)], line: Range<usize>) -> usize {
    let (mut end, mut depth) = (line.end, 0_usize);
    for (at, bracket) in &brackets[brackets.partition_point(|it| it.0 < line.start)..] {
        match bracket {
            _ if depth == 0 && *at >= end => break,
            b'{' | b')' | b']' | b'}' if depth == 0 => break,
            b'(' | b'[' | b'{' => depth += 1,
            _ => depth -= 1,
        }
        if depth == 0 {
            end = source.line(source.line_of(*at)).map_or(end, |it| it.end.max(end));
        }
    }
    end
}
