//! The grammar of suppressions: lenient in what it reads.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Allow,
    Expect,
    File,
    /// In the words of another lint: `//nolint:netnslint`, `//lint:ignore netns-rule reason`.
    Foreign,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    pub kind: Kind,
    /// As written; empty for all rules.
    pub rules: Vec<String>,
    pub reason: String,
    /// The comment, in bytes.
    pub range: Range<usize>,
}

impl Directive {
    pub fn allows(&self, rule: &str) -> bool {
        self.rules.is_empty() && self.kind == Kind::Foreign || self.rules.iter().any(|it| it == rule)
    }
}

/// The suppressions of a text, given where its comments are.
pub fn directives(text: &str, comments: &[Range<usize>]) -> Vec<Directive> {
    comments.iter().filter_map(|it| directive(&text[it.clone()], it.clone())).collect()
}

fn directive(comment: &str, range: Range<usize>) -> Option<Directive> {
    let body = comment.strip_prefix("//").or_else(|| comment.strip_prefix("/*")?.strip_suffix("*/"))?.trim();
    let directive =
        |kind, rules, reason: &str| Some(Directive { kind, rules, reason: reason.trim().to_owned(), range });
    if let Some(rest) = body.strip_prefix("nolint:") {
        let (linters, reason) = rest.split_once("//").unwrap_or((rest, ""));
        let named = linters.split(',').any(|it| it.trim() == "netnslint");
        return named.then_some(()).and_then(|()| directive(Kind::Foreign, Vec::new(), reason));
    }
    if let Some(rest) = body.strip_prefix("lint:ignore ") {
        let (checks, reason) = rest.trim_start().split_once(' ')?;
        let rules: Vec<_> = checks.split(',').filter_map(|it| it.strip_prefix("netns-")).map(str::to_owned).collect();
        return if rules.is_empty() { None } else { directive(Kind::Foreign, rules, reason) };
    }
    let rest = body.strip_prefix("netns:")?.trim_start();
    let (word, rest) = rest.split_once('(')?;
    let kind = match word.trim_end() {
        "allow" => Kind::Allow,
        "expect" => Kind::Expect,
        "allow-file" => Kind::File,
        _ => return None,
    };
    let (rules, rest) = rest.split_once(')')?;
    let rules = rules.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    directive(kind, rules.collect(), rest.trim_start().strip_prefix("--").unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_read_leniently() {
        let cases = [
            ("//netns:allow(global-handle) -- a fake", "Allow [global-handle] a fake"),
            ("// netns: allow(a, b)--why", "Allow [a, b] why"),
            ("/* netns:expect(a) -- why */", "Expect [a] why"),
            ("//netns:allow-file(a) -- why", "File [a] why"),
            ("//netns:allow(a)", "Allow [a] "),
            ("//nolint:errcheck,netnslint // why", "Foreign [] why"),
            ("//nolint:all", "none"),
            ("//lint:ignore netns-wrong-view why", "Foreign [wrong-view] why"),
            ("//lint:ignore SA1019 why", "none"),
            ("// see netns:allow(a)", "none"),
        ];
        for (comment, expected) in cases {
            let found = directive(comment, 0..comment.len());
            let found = found.map(|it| format!("{:?} [{}] {}", it.kind, it.rules.join(", "), it.reason));
            assert_eq!(found.as_deref().unwrap_or("none"), expected, "{comment}");
        }
    }
}
