//! What go.mod says about the library that a file uses.

use semver::Version;

use crate::lang::Rewriting;
use crate::source::FileId;

/// The requirements of the module that a file is in; empty if there is no `go.mod`.
pub(super) struct Module<'a> {
    lines: Vec<Vec<&'a str>>,
}

impl<'a> Module<'a> {
    pub(super) fn around(input: &Rewriting<'a>, file: FileId) -> Option<Self> {
        let path = &input.sources.get(file).path;
        let manifests = input.manifests.iter().map(|it| input.sources.get(*it));
        let around = manifests.filter_map(|it| {
            let folder = it.path.strip_suffix("go.mod")?;
            path.starts_with(folder).then_some((folder.len(), &*it.text))
        });
        let (_, text) = around.max_by_key(|it| it.0)?;
        Some(Module { lines: text.lines().map(words).collect() })
    }

    /// The version of a module that is required; `None` if it is not, or replaced by a folder.
    pub(super) fn version(&self, module: &str) -> Option<Version> {
        let replaced = self.lines.iter().find_map(|line| {
            let arrow = line.iter().position(|it| *it == "=>")?;
            line[..arrow].contains(&module).then(|| line[arrow + 1..].get(1).copied())
        });
        let required = || {
            self.lines.iter().find_map(|line| {
                let at = line.iter().position(|it| *it == module).filter(|_| !line.contains(&"=>"))?;
                line.get(at + 1).copied()
            })
        };
        version(replaced.unwrap_or_else(required)?)
    }

    /// Whether a package of that module can be imported without a change of `go.mod`.
    pub(super) fn has(&self, module: &str) -> bool {
        self.lines.iter().any(|it| it.contains(&module)) || self.is_before_1_17()
    }

    /// Before that, `go.mod` did not list what only the dependencies need.
    fn is_before_1_17(&self) -> bool {
        let written = self.lines.iter().find_map(|it| it.strip_prefix(&["go"])?.first());
        let minor = written.and_then(|it| it.split('.').nth(1)?.parse::<u32>().ok());
        minor.is_none_or(|it| it < 17)
    }
}

/// As Go spells it: `v1.2.3`, `v1.2.4-0.20240102030405-0123456789ab`.
pub(super) fn version(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v')?.trim_end_matches("+incompatible")).ok()
}

fn words(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or(line);
    code.split_whitespace().map(|it| it.trim_matches('"')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Module<'_> {
        Module { lines: text.lines().map(words).collect() }
    }

    #[test]
    fn a_module_requires_versions_and_replaces_them() {
        let text = "module a.example\n\ngo 1.21\n\nrequire b.example v1.2.0 // indirect\nrequire (\n\tc.example v1.0.0\n\td.example v0.1.0\n)\n\
                    replace c.example => c.example v1.9.0\nreplace d.example => ../d\n";
        let module = module(text);
        let version = |name| module.version(name).map(|it| it.to_string());
        assert_eq!(version("b.example").as_deref(), Some("1.2.0"));
        assert_eq!(version("c.example").as_deref(), Some("1.9.0"));
        assert_eq!(version("d.example"), None);
        assert!(module.has("b.example") && !module.has("e.example"));
    }

    #[test]
    fn a_commit_between_releases_is_between_them() {
        let at = |it| version(it).unwrap();
        assert!(at("v1.1.1-0.20220101000000-0123456789ab") < at("v1.2.0-beta"));
        assert!(at("v1.2.1-0.20230101000000-0123456789ab") > at("v1.2.0-beta"));
    }
}
