//! The small programs in `fixtures/`.

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

impl Fixture {
    /// What the fixes make of another fixture.
    pub fn is_fixed(&self) -> bool {
        self.name.contains(".fixed.")
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
