//! What the lint says about its own rules: for `rule NAME`, for reports, for `docs/rules/`.

use serde::Serialize;

use crate::rules::RULES;
use crate::suppress::NOTICES;

/// The manual of one rule.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Page {
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Markdown.
    pub manual: &'static str,
}

/// All of them: what the rules say of a program, then what there is to say of suppressions.
pub fn pages() -> Vec<Page> {
    let rules = RULES.iter().map(|it| Page { name: it.name, summary: it.summary, manual: it.manual });
    let notices = NOTICES.iter().map(|(name, summary, manual)| Page { name, summary, manual });
    rules.chain(notices).collect()
}

impl Page {
    /// As a page of its own.
    pub fn markdown(&self) -> String {
        format!("# `{}`\n\n{}\n", self.name, self.manual.trim())
    }
}

/// The table of contents of all pages.
pub fn contents() -> String {
    let mut text = String::from("# Rules\n\n| rule | what |\n|---|---|\n");
    for page in pages() {
        text += &format!("| [`{0}`]({0}.md) | {1} |\n", page.name, page.summary);
    }
    text + "\nThese pages are generated from the rules: `netns-lint rule --all --format markdown`.\n"
}
