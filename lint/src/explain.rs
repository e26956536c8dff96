//! What the lint says about its own rules: for `rule NAME`, for reports, for `docs/rules/`.

use serde::Serialize;

use crate::rules::{Example, RULES};
use crate::suppress::NOTICES;

/// The manual of one rule.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Page {
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Markdown.
    pub manual: &'static str,
    pub examples: &'static [Example],
    /// The first version that has it.
    pub since: &'static str,
}

/// All of them: what the rules say of a program, then what there is to say of suppressions.
pub fn pages() -> Vec<Page> {
    let page = |name, summary, manual, examples| Page { name, summary, manual, examples, since: since(name) };
    let rules = RULES.iter().map(|it| page(it.name, it.summary, it.manual, it.examples));
    let notices = NOTICES.iter().map(|(name, summary, manual)| page(name, summary, manual, &[]));
    rules.chain(notices).collect()
}

/// Rules that came after the first release, with the version.
const LATER: &[(&str, &str)] = &[];

fn since(name: &str) -> &'static str {
    LATER.iter().find(|it| it.0 == name).map_or("0.1.0", |it| it.1)
}

impl Page {
    /// As a page of its own.
    pub fn markdown(&self) -> String {
        format!("# `{}`\n\n{}", self.name, self.body())
    }

    /// All but the title.
    pub fn body(&self) -> String {
        let mut text = self.manual.trim().to_owned() + "\n";
        if !self.examples.is_empty() {
            text += "\n## Example\n";
        }
        for Example { language, bad, fixed } in self.examples {
            text += &format!("\n```{language}\n{bad}```\n");
            if let Some(fixed) = fixed {
                text += &format!("\nThe fix makes of it:\n\n```{language}\n{fixed}```\n");
            }
        }
        text + &format!("\nSince version {}.\n", self.since)
    }
}

/// One line a rule, for a terminal.
pub fn list() -> String {
    let pages = pages();
    let width = pages.iter().map(|it| it.name.len()).max().unwrap_or(0);
    pages.iter().map(|it| format!("{:width$}  {}\n", it.name, it.summary)).collect()
}

/// The table of contents of all pages.
pub fn contents() -> String {
    let mut text = String::from("# Rules\n\n| rule | what |\n|---|---|\n");
    for page in pages() {
        text += &format!("| [`{0}`]({0}.md) | {1} |\n", page.name, page.summary);
    }
    text + "\nThese pages are generated from the rules: `netns-lint rule --all --format markdown`.\n"
}
