//! Rewriting of Go, by the program in `rewrite/`.

use std::collections::HashMap;
use std::fs;
use std::process::Command;

use super::Rewriting;

/// By fixture, the text and the number of places.
type Touched = HashMap<String, (String, usize)>;

/// Made of all fixtures in one run of the program; `None`, if there is no Go to run it.
///
/// # Panics
///
/// If the program fails: what it makes is Go.
pub fn rewritings() -> Option<Vec<Rewriting>> {
    let root = crate::root();
    let folder = tempfile::tempdir().expect("a folder for what is rewritten");
    let output = Command::new("go")
        .args(["run", "."])
        .args([&root.join("fixtures"), folder.path()])
        .current_dir(root.join("tests/rewrite"))
        .output()
        .ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A line names a rewriting alone, and then each fixture that it touches, with the number of places.
    let mut all: Vec<(String, Touched)> = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((fixture, places)) = line.split_once('\t') else {
            all.push((line.to_owned(), Touched::new()));
            continue;
        };
        let (name, touched) = all.last_mut().expect("a rewriting comes before its fixtures");
        let text = fs::read_to_string(folder.path().join(name).join(fixture)).expect("it was written");
        touched.insert(fixture.to_owned(), (text, places.parse().expect("a number")));
    }
    let rewriting = |(name, touched): (_, Touched)| Rewriting {
        name,
        rewrite: Box::new(move |fixture| Ok(touched.get(&fixture.name).cloned())),
    };
    Some(all.into_iter().map(rewriting).collect())
}
