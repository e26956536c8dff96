//! What changed since a commit, asked of git itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::change::Change;

/// Where a change begins.
#[derive(Clone, Copy, Debug)]
pub enum Since<'a> {
    /// This commit.
    Commit(&'a str),
    /// The last commit that the work has in common with this one.
    MergeBase(&'a str),
}

/// Everything in the working tree around `folder` that is not in the commit:
/// committed, staged, unstaged and untracked; and the root of that tree, to
/// which the paths are relative.
///
/// # Errors
///
/// Why it cannot be known, with the command that helps.
pub fn change(since: Since<'_>, folder: &Path) -> Result<(Change, PathBuf), String> {
    let git = |args: &[&str]| run(folder, args);
    let root = git(&["rev-parse", "--show-toplevel"]).map_err(|why| format!("find the git repository: {why}"))?;
    let root = PathBuf::from(root.trim_end_matches('\n'));
    let (Since::Commit(name) | Since::MergeBase(name)) = since;
    let fetch = || {
        let shallow = git(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|it| it.trim() == "true");
        let how = if shallow {
            "the clone is shallow: `git fetch --unshallow` helps (in a GitHub workflow: `fetch-depth: 0`)".to_owned()
        } else {
            format!("`git fetch origin {}` may help", name.rsplit('/').next().unwrap_or(name))
        };
        format!("compare with {name}: there is no such commit here; {how}")
    };
    let commit = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
    let mut commit = commit.map_err(|_| fetch())?.trim().to_owned();
    if let Since::MergeBase(_) = since {
        commit = git(&["merge-base", &commit, "HEAD"])
            .map_err(|_| fetch().replace("there is no such commit here", "HEAD and it have no commit in common here"))?
            .trim()
            .to_owned();
    }
    let diff = ["diff", "--unified=0", "--find-renames", "--no-color", "--no-ext-diff", "--no-textconv"];
    let prefixes = ["--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules", &commit, "--"];
    let text = run(&root, &[&diff[..], &prefixes].concat()).map_err(|why| format!("compare with {name}: {why}"))?;
    let mut change = Change::read(&text)?;
    let untracked = run(&root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    untracked.split('\0').filter(|it| !it.is_empty()).for_each(|it| change.add_file(it));
    Ok((change, root))
}

/// The root of the repository around a folder, if there is one.
pub fn root(folder: &Path) -> Option<PathBuf> {
    let whole = std::fs::canonicalize(folder).ok()?;
    whole.ancestors().find(|it| it.join(".git").exists()).map(Path::to_path_buf)
}

fn run(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new("git").args(["-c", "core.quotePath=false"]).args(args).current_dir(folder).output();
    let output = output.map_err(|error| format!("run git: {}", crate::files::reason(&error)))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(why.lines().last().unwrap_or("git gave no reason").trim_start_matches("fatal: ").to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
