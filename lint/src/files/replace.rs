//! New texts in the place of files: whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{LONGEST, folder_of, read_bytes, reason, shown};

/// Writes a text that came from [`read`](super::read) and was edited back to its file.
///
/// # Errors
///
/// As [`write()`].
pub fn write_source(path: &Path, text: &str) -> Result<(), String> {
    write(path, as_on_disk(path, text).as_bytes())
}

/// A text that came from [`read`](super::read), with the byte order mark that its file has.
pub fn as_on_disk(path: &Path, text: &str) -> String {
    const MARK: &str = "\u{feff}";
    let marked = || read_bytes(path, LONGEST).is_ok_and(|it| it.starts_with(MARK.as_bytes()));
    match text.strip_prefix("   ").filter(|_| marked()) {
        Some(rest) => format!("{MARK}{rest}"),
        None => text.to_owned(),
    }
}

/// Why a file was not replaced.
#[derive(Debug)]
pub enum NotReplaced {
    /// It is not any more what was looked at.
    Stale(String),
    Failed(String),
}

/// Replaces a source by an edited text, unless it is not any more what was read.
///
/// # Errors
///
/// Why the file is as it was.
pub fn replace_source(path: &Path, read: &str, text: &str) -> Result<(), NotReplaced> {
    let failed = |error: io::Error| NotReplaced::Failed(format!("write {}: {}", shown(path), reason(&error)));
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => NotReplaced::Stale("it is not there any more".into()),
        _ => failed(error),
    };
    // A file that may not be written is not replaced either, though its folder would allow it.
    if fs::metadata(path).map_err(gone)?.permissions().readonly() {
        return Err(failed(io::ErrorKind::PermissionDenied.into()));
    }
    let file = fs::File::options().write(true).open(path).map_err(gone)?;
    // Another run of this program waits here, and finds a file that is not what it read.
    match file.lock() {
        Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(failed(error)),
        _ => (),
    }
    match super::read(path) {
        Ok(now) if now == read => write_source(path, text).map_err(NotReplaced::Failed),
        _ => Err(NotReplaced::Stale("it changed while it was looked at".into())),
    }
}

/// Writes a text in the place of a file, whole or not at all.
///
/// # Errors
///
/// What was being done, and what the system says.
pub fn write(path: &Path, text: &[u8]) -> Result<(), String> {
    let trouble = |error: io::Error| format!("write {}: {}", shown(path), reason(&error));
    let kept = match fs::metadata(path) {
        Ok(found) if found.is_file() => Some(found.permissions()),
        // A pipe or a device is written into, not replaced.
        Ok(_) => return fs::write(path, text).map_err(trouble),
        Err(_) => None,
    };
    // A link stays a link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let replace = || {
        // The permissions of a new file, unless there was one.
        let mut beside = tempfile::Builder::new();
        beside.prefix(".netns-lint-").permissions(PermissionsExt::from_mode(0o666));
        let mut beside = beside.tempfile_in(folder_of(&path))?;
        beside.write_all(text)?;
        kept.map_or(Ok(()), |it| beside.as_file().set_permissions(it))?;
        beside.as_file().sync_all()?;
        beside.persist(&path).map_err(|it| it.error).map(drop)
    };
    replace().map_err(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What another program does between reading and writing.
    fn after(change: impl FnOnce(&Path)) -> (tempfile::TempDir, NotReplaced) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.go");
        fs::write(&path, "old").unwrap();
        change(&path);
        let refused = replace_source(&path, "old", "new").unwrap_err();
        (folder, refused)
    }

    #[test]
    fn a_file_that_is_not_what_was_read_is_left_alone() {
        let (folder, refused) = after(|it| fs::write(it, "other").unwrap());
        assert!(matches!(refused, NotReplaced::Stale(why) if why == "it changed while it was looked at"));
        assert_eq!(fs::read_to_string(folder.path().join("a.go")).unwrap(), "other");
        let (folder, refused) = after(|it| fs::remove_file(it).unwrap());
        assert!(matches!(refused, NotReplaced::Stale(why) if why == "it is not there any more"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let (_, refused) = after(|it| fs::remove_dir_all(it.parent().unwrap()).unwrap());
        assert!(matches!(refused, NotReplaced::Stale(_)));
    }
}
