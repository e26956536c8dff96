//! What a user has decided about a build: the tags of Go, the `cfg`s of Rust.
//!
//! What nobody decided is read both ways: code behind `//go:build integration`
//! and behind `!integration`, behind `#[cfg(feature = "x")]` and behind its `not`.

use std::collections::HashMap;

use super::go::constraint;
use super::rust::cfg;

/// The decisions; of two about the same thing the later one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    tags: HashMap<String, bool>,
    /// By name and value.
    cfgs: HashMap<(String, Option<String>), bool>,
}

impl Chosen {
    /// Takes over a build tag of Go: `integration`, or `!integration`.
    ///
    /// # Errors
    ///
    /// Why it cannot be chosen.
    pub fn tag(&mut self, text: &str) -> Result<(), String> {
        let (name, on) = text.strip_prefix('!').map_or((text, true), |it| (it, false));
        if name.is_empty() || !name.chars().all(|it| it.is_alphanumeric() || it == '_' || it == '.') {
            return Err(format!("`{text}` is not a build tag; write `name` or `!name`"));
        }
        if constraint::is_fixed(name) {
            return Err(format!("the build tag `{name}` cannot be chosen: what is built for linux/amd64 is looked at"));
        }
        self.tags.insert(name.to_owned(), on);
        Ok(())
    }

    /// Takes over a condition of Rust: `feature = "x"`, `name`, or `not(…)` of one.
    ///
    /// # Errors
    ///
    /// Why it cannot be chosen.
    pub fn cfg(&mut self, text: &str) -> Result<(), String> {
        let (key, on) = cfg::choice(text)?;
        self.cfgs.insert(key, on);
        Ok(())
    }

    pub(super) fn has_tag(&self, name: &str) -> Option<bool> {
        self.tags.get(name).copied()
    }

    pub(super) fn has_cfg(&self, name: &str, value: Option<&str>) -> Option<bool> {
        self.cfgs.get(&(name.to_owned(), value.map(str::to_owned))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_lint_decides_itself_cannot_be_chosen() {
        let mut chosen = Chosen::default();
        for (text, wrong) in [
            ("integration", ""),
            ("!cgo", ""),
            ("go1.22", "cannot be chosen"),
            ("!linux", "cannot be chosen"),
            ("windows", "cannot be chosen"),
            ("a b", "is not a build tag"),
            ("!", "is not a build tag"),
        ] {
            let said = chosen.tag(text).err().unwrap_or_default();
            assert!(said.contains(wrong) && said.is_empty() == wrong.is_empty(), "{text}: {said}");
        }
        for (text, wrong) in [
            ("feature = \"x\"", ""),
            ("feature=\"y\"", ""),
            ("not(feature = \"z\")", ""),
            ("tokio_unstable", ""),
            ("windows", "cannot be chosen"),
            ("target_os = \"macos\"", "cannot be chosen"),
            ("test", "cannot be chosen"),
            ("all(a, b)", "is not one condition"),
            ("a b", "is not one condition"),
            ("not(not(a))", "is not one condition"),
            ("feature = 1", "is not one condition"),
        ] {
            let said = chosen.cfg(text).err().unwrap_or_default();
            assert!(said.contains(wrong) && said.is_empty() == wrong.is_empty(), "{text}: {said}");
        }
        assert_eq!(chosen.has_tag("cgo"), Some(false));
        assert_eq!(chosen.has_cfg("feature", Some("y")), Some(true));
        assert_eq!(chosen.has_cfg("feature", Some("z")), Some(false));
        assert_eq!(chosen.has_cfg("feature", None), None);
    }
}
