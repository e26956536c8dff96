//! Findings that are known and not to be shown again, by what they are and not by where they stand.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::identity::Identity;

/// The file, version 1.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    findings: Vec<Identity>,
}

/// The findings of a run, compared with a baseline.
pub struct Compared {
    /// For each finding, whether the baseline has it.
    pub known: Vec<bool>,
    /// What the baseline has and the run does not.
    pub stale: Vec<Identity>,
}

impl Baseline {
    pub fn new(mut findings: Vec<Identity>) -> Self {
        findings.sort();
        Baseline { version: 1, findings }
    }

    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn read(text: &str) -> Result<Self, String> {
        let baseline: Baseline = serde_json::from_str(text).map_err(|wrong| wrong.to_string())?;
        match baseline.version {
            1 => Ok(baseline),
            other => Err(format!("version {other} is of a newer netns-lint; this one reads version 1")),
        }
    }

    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers only") + "\n"
    }

    pub fn findings(&self) -> &[Identity] {
        &self.findings
    }

    pub fn compare(&self, found: &[Identity]) -> Compared {
        let known: HashSet<_> = self.findings.iter().collect();
        let seen: HashSet<_> = found.iter().collect();
        Compared {
            known: found.iter().map(|it| known.contains(it)).collect(),
            stale: self.findings.iter().filter(|it| !seen.contains(it)).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(statement: &str, ordinal: usize) -> Identity {
        let text = |it: &str| it.to_owned();
        let (rule, path, item) = (text("global-handle"), text("a.go"), text("f"));
        Identity { rule, path, item, callee: text("netlink.LinkList"), statement: text(statement), ordinal }
    }

    #[test]
    fn a_finding_is_known_by_what_it_is_and_a_second_one_is_new() {
        let baseline = Baseline::new(vec![identity("netlink.LinkList()", 1), identity("gone()", 1)]);
        let baseline = Baseline::read(&baseline.text()).unwrap();
        let compared = baseline.compare(&[identity("netlink.LinkList()", 1), identity("netlink.LinkList()", 2)]);
        assert_eq!(compared.known, [true, false]);
        assert_eq!(compared.stale, [identity("gone()", 1)]);
    }
}
