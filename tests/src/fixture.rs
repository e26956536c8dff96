//! The small programs in `fixtures/`, and what they say must be found in them.

use std::fs;
use std::path::PathBuf;

use walkdir::WalkDir;

/// A file that the lint reads as a whole program.
pub struct Fixture {
    pub path: PathBuf,
    /// `missing-restore/bad.go`.
    pub name: String,
    pub text: String,
}

/// One finding that a comment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// From 1.
    pub line: usize,
    pub rule: String,
    pub sure: bool,
    /// `error`, `warning`, or whatever it is.
    pub level: Option<String>,
}

impl Fixture {
    /// What the fixes make of another fixture.
    pub fn is_fixed(&self) -> bool {
        self.name.contains(".fixed.")
    }

    /// What `// want: …` asks for: on its own line, or on the line above if it stands alone.
    pub fn wanted(&self) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            let Some((before, after)) = line.split_once("// want: ") else { continue };
            let line = if before.trim().is_empty() { index } else { index + 1 };
            let list = after.split(" // ").next().unwrap_or(after);
            wanted.extend(list.split(", ").map(|it| Wanted::read(line, it)));
        }
        wanted
    }
}

impl Wanted {
    fn read(line: usize, text: &str) -> Self {
        let mut wanted = Wanted { line, rule: String::new(), sure: true, level: None };
        for word in text.split_whitespace() {
            match word {
                "maybe" => wanted.sure = false,
                "error" | "warning" => wanted.level = Some(word.to_owned()),
                rule => wanted.rule = rule.to_owned(),
            }
        }
        wanted
    }
}

/// The fixtures of a language, by the extension of its files, in the order of their names.
///
/// # Panics
///
/// If one cannot be read.
pub fn fixtures(extension: &str) -> Vec<Fixture> {
    let folder = crate::root().join("fixtures");
    WalkDir::new(&folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap_or_else(|error| panic!("read the fixtures: {error}")).into_path())
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .map(|path| Fixture {
            name: path.strip_prefix(&folder).expect("it was found there").display().to_string(),
            text: fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display())),
            path,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_asks_for_findings_on_its_line_or_the_one_above() {
        let text = "a // want: one\nb // want: two error, maybe three // gap: why\n    // want: four warning\n";
        let fixture = Fixture { path: PathBuf::new(), name: String::new(), text: text.into() };
        let wanted = |line, rule: &str, sure, level: Option<&str>| Wanted {
            line,
            rule: rule.into(),
            sure,
            level: level.map(Into::into),
        };
        let expected = [
            wanted(1, "one", true, None),
            wanted(2, "two", true, Some("error")),
            wanted(2, "three", false, None),
            wanted(2, "four", true, Some("warning")),
        ];
        assert_eq!(fixture.wanted(), expected);
    }
}
