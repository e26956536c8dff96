//! What makes a finding the same finding after the code around it moved: no
//! line and no count, but what is wrong with which statement of which item.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::source::Sources;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub rule: String,
    /// With `/`, relative to what the holder of the identity says.
    pub path: String,
    /// The function.
    pub item: String,
    /// What the call names.
    pub callee: String,
    /// The line of the call, with single spaces.
    pub statement: String,
    /// Which one of several that agree in all of this, from 1 in the order of the text.
    pub ordinal: usize,
}

impl Identity {
    /// The identities of findings, in the order of the findings.
    pub fn of(findings: &[Finding], sources: &Sources, path: impl Fn(&str) -> String) -> Vec<Identity> {
        let mut seen = HashMap::new();
        let identities = findings.iter().map(|it| {
            let source = sources.get(it.span.file);
            let line = source.line(source.line_of(it.span.start as usize)).unwrap_or_default();
            let words = source.text[line].split_whitespace();
            let mut identity = Identity {
                rule: it.rule.into(),
                path: path(&source.path),
                item: it.item.clone(),
                callee: it.callee.clone(),
                statement: words.collect::<Vec<_>>().join(" "),
                ordinal: 0,
            };
            let count: &mut usize = seen.entry(identity.clone()).or_default();
            *count += 1;
            identity.ordinal = *count;
            identity
        });
        identities.collect()
    }

    /// For tools that keep one text a finding: 32 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let Identity { rule, path, item, callee, statement, ordinal } = self;
        let text = [rule, path, item, callee, statement, &ordinal.to_string()].map(String::as_str).join("\0");
        let hash = |seed: u64| {
            text.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
        };
        // FNV-1a from two starting points.
        format!("{:016x}{:016x}", hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325_cbf2_9ce4))
    }
}
