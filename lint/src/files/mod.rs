//! Which files to read, and reading them. With `fix.rs` and `main.rs` the only room that touches the disk.
//!
//! A run is asked about some paths, but a region may be opened in another
//! package. So the module or workspace around each path is listed too, as
//! background: known to the analysis, not reported on. So are `vendor/`,
//! `node_modules/` and `target/`.

mod exclude;
mod replace;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::{DirEntry, WalkBuilder, WalkState};
use rayon::slice::ParallelSliceMut as _;
use rustc_hash::FxHashSet as HashSet;

pub use exclude::{Exclude, Idle};
use exclude::{Excludes, excludes};
pub use replace::{NotReplaced, as_on_disk, replace_source, write, write_source};

/// What is asked of a run.
pub struct Wanted<'a> {
    pub paths: &'a [PathBuf],
    /// The extensions of the sources, without the dot.
    pub extensions: &'a [&'a str],
    pub include_vendored: bool,
    /// What to leave out, also as background.
    pub exclude: &'a [Exclude],
    /// A text that is not on the disk, or not as it is there.
    pub unsaved: Option<(&'a Path, &'a str)>,
}

/// What was found, each list sorted by path.
#[derive(Default)]
pub struct Listing {
    pub files: Vec<Listed>,
    /// `go.mod`, `go.work`, `vendor/modules.txt`, `Cargo.toml`, `Cargo.lock`, also those around the paths.
    pub manifests: Vec<PathBuf>,
    /// What was asked for and cannot be had.
    pub trouble: Vec<Trouble>,
    /// What is left out by rule.
    pub passed_over: Vec<Trouble>,
    /// The patterns of [`Wanted::exclude`] that matched nothing.
    pub idle: Vec<Idle>,
}

pub struct Listed {
    pub path: PathBuf,
    /// Whether findings in it are shown; otherwise it is background.
    pub reported: bool,
    /// Named itself by the user, so that no rule but an error leaves it out.
    pub named: bool,
    /// What to read in its place.
    pub text: Option<String>,
}

/// A file and what is the matter with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    pub path: String,
    pub why: String,
}

/// No source that a person reads is longer; in bytes.
pub const LONGEST: u64 = 8 << 20;

const MANIFESTS: [&str; 5] = ["go.mod", "go.work", "modules.txt", "Cargo.toml", "Cargo.lock"];
const VENDORED: [&str; 3] = ["vendor", "node_modules", "target"];

/// Lists the sources of a run. Never fails: what is missing is in [`Listing::trouble`].
pub fn list(wanted: &Wanted<'_>) -> Listing {
    let mut listing = Listing::default();
    let exclude: Arc<[Excludes]> = excludes(wanted, &mut listing).into();
    let mut seen = HashSet::default();
    let mut around = Vec::new();
    if let Some((path, text)) = wanted.unsaved {
        let folder = folder_of(path);
        seen.insert(key(folder).join(path.file_name().unwrap_or_default()));
        let text = Some(text.to_owned());
        listing.files.push(Listed { path: tidy(path), reported: true, named: true, text });
        around.push((folder.to_path_buf(), false));
    }
    for path in wanted.paths {
        let path = &tidy(path);
        match fs::metadata(path) {
            Err(error) => listing.trouble.push(Trouble::new(path, reason(&error))),
            Ok(found) if found.is_dir() => {
                walk(path, Walk::Reported, wanted, &exclude, &mut seen, &mut listing);
                around.push((path.to_path_buf(), true));
            }
            Ok(found) if found.is_file() => {
                let known = path.extension().is_some_and(|it| wanted.extensions.iter().any(|known| it == *known));
                if !known {
                    let names = wanted.extensions.iter().map(|it| format!(".{it}")).collect::<Vec<_>>().join(" or ");
                    listing
                        .trouble
                        .push(Trouble::new(path, format!("not a source file (its name does not end in {names})")));
                } else if seen.insert(key(folder_of(path)).join(path.file_name().unwrap_or_default())) {
                    listing.files.push(Listed { path: path.clone(), reported: true, named: true, text: None });
                }
                let folder = folder_of(path);
                around.push((folder.to_path_buf(), false));
            }
            Ok(_) => listing.trouble.push(Trouble::new(path, "neither a file nor a folder".into())),
        }
    }
    around.sort();
    around.dedup();
    for (folder, listed) in around {
        for extension in wanted.extensions {
            let wanted = Wanted { extensions: &[extension], ..*wanted };
            match background(&folder, extension) {
                Some(whole) if whole != folder || !listed => {
                    walk(&whole, Walk::Background, &wanted, &exclude, &mut seen, &mut listing);
                }
                _ if listed => (),
                _ => walk(&folder, Walk::Beside, &wanted, &exclude, &mut seen, &mut listing),
            }
        }
    }
    listing.files.par_sort_by(|a, b| a.path.cmp(&b.path));
    listing.manifests.sort();
    listing.manifests.dedup();
    listing.trouble.sort();
    listing.passed_over.sort();
    listing.idle = exclude.iter().flat_map(Excludes::idle).collect();
    listing
}

/// The text of a file, byte for byte as long as the file: a byte order mark is
/// three spaces, so that offsets into the text are offsets into the file.
///
/// # Errors
///
/// Why there is none, in words for people.
pub fn read(path: &Path) -> Result<String, String> {
    let bytes = read_bytes(path, LONGEST).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => format!("longer than {} MB", LONGEST >> 20),
        _ => reason(&error),
    })?;
    let mut text = String::from_utf8(bytes).map_err(|wrong| {
        let line = wrong.as_bytes()[..wrong.utf8_error().valid_up_to()].iter().filter(|it| **it == b'\n').count() + 1;
        format!("not UTF-8 (line {line})")
    })?;
    if text.starts_with('\u{feff}') {
        text.replace_range(.."\u{feff}".len(), "   ");
    }
    Ok(text)
}

/// The first bytes of a file that is too long to be read.
pub fn head(path: &Path) -> String {
    let mut bytes = Vec::new();
    let _ = fs::File::open(path).and_then(|it| it.take(4096).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a text says of itself, before its first line of code, that a program wrote it.
pub fn is_generated(text: &str) -> bool {
    let lines = text.lines().map(str::trim).take(64);
    let comments =
        lines.take_while(|it| it.is_empty() || ["//", "/*", "*", "#!["].iter().any(|mark| it.starts_with(mark)));
    comments
        .into_iter()
        .any(|it| it.contains("@generated") || it.contains("Code generated ") && it.contains("DO NOT EDIT"))
}

/// Whether a path leads into the copy of somebody else's sources.
pub fn is_vendored(path: &str) -> bool {
    path.split(['/', '\\']).any(|it| VENDORED.contains(&it))
}

/// As reports show a path: relative to the working directory if it is below, with `/`.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let text = relative.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

/// What the system says, as a clause.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or(&text);
            text[..1].to_lowercase() + &text[1..]
        }
    }
}

/// A path as [`shown`], relative to a folder if it is below that.
pub fn below(folder: &Path, shown: &str) -> String {
    let path = Path::new(shown);
    let whole = key(folder_of(path)).join(path.file_name().unwrap_or_default());
    match whole.strip_prefix(folder) {
        Ok(below) => below.to_string_lossy().replace('\\', "/"),
        Err(_) => shown.to_owned(),
    }
}

/// From the root of the file system, links resolved.
///
/// # Errors
///
/// If there is no such thing.
pub fn whole(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path })
}

impl Trouble {
    pub fn new(path: &Path, why: String) -> Self {
        Trouble { path: shown(path), why }
    }
}

fn read_bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    if length > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::with_capacity(length as usize + 1);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a walk is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    Reported,
    Background,
    /// Background too, but only the folder itself: a file that is part of nothing may lie in anybody's home.
    Beside,
}

fn walk(
    root: &Path,
    what: Walk,
    wanted: &Wanted<'_>,
    exclude: &Arc<[Excludes]>,
    seen: &mut HashSet<PathBuf>,
    listing: &mut Listing,
) {
    let reported = what == Walk::Reported;
    let (entries, whole) = (Mutex::new(Vec::new()), key(root));
    let mut builder = WalkBuilder::new(root);
    // What one person's machine ignores everywhere is not what the tree ignores.
    builder.max_depth((what == Walk::Beside).then_some(1));
    builder.require_git(false).git_global(false).threads(rayon::current_num_threads());
    if !exclude.is_empty() {
        let exclude = exclude.clone();
        // All of them are asked, also after one that says yes.
        builder.filter_entry(move |entry| exclude.iter().filter(|it| it.has(entry)).count() == 0);
    }
    builder.build_parallel().run(|| {
        Box::new(|entry| {
            if entry.as_ref().map_or(true, |it| is_source(it, wanted) || is_manifest(it)) {
                entries.lock().expect("no walker panics").push(entry);
            }
            WalkState::Continue
        })
    });
    for entry in entries.into_inner().expect("no walker panics") {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if reported => {
                listing.trouble.push(unwalkable(&error, root));
                continue;
            }
            Err(_) => continue,
        };
        let path = tidy(entry.path());
        if !seen.insert(whole.join(entry.path().strip_prefix(root).unwrap_or(&path))) {
            continue;
        }
        let kind = entry.file_type();
        if !kind.is_some_and(|it| it.is_file()) {
            let what = if kind.is_some_and(|it| it.is_symlink()) { "a symbolic link" } else { "not a regular file" };
            if reported && is_source(&entry, wanted) && !kind.is_some_and(|it| it.is_dir()) {
                listing.passed_over.push(Trouble::new(&path, what.into()));
            }
        } else if is_source(&entry, wanted) {
            let below = path.strip_prefix(root).unwrap_or(&path);
            let vendored = is_vendored(&below.to_string_lossy());
            listing.files.push(Listed {
                path,
                reported: reported && (wanted.include_vendored || !vendored),
                named: false,
                text: None,
            });
        } else {
            listing.manifests.push(path);
        }
    }
}

fn is_source(entry: &DirEntry, wanted: &Wanted<'_>) -> bool {
    let extension = entry.path().extension();
    extension.is_some_and(|it| wanted.extensions.iter().any(|known| it == *known))
}

fn is_manifest(entry: &DirEntry) -> bool {
    MANIFESTS.iter().any(|it| entry.file_name() == *it)
}

fn unwalkable(error: &ignore::Error, root: &Path) -> Trouble {
    fn place(error: &ignore::Error) -> Option<&Path> {
        match error {
            ignore::Error::WithPath { path, .. } => Some(path),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place(err),
            _ => None,
        }
    }
    let why = error.io_error().map_or_else(|| error.to_string(), reason);
    Trouble::new(place(error).unwrap_or(root), why)
}

/// The module or workspace that the sources of a folder are part of.
fn background(folder: &Path, extension: &str) -> Option<PathBuf> {
    let whole = fs::canonicalize(folder).ok()?;
    let mut found = None;
    for (up, place) in whole.ancestors().enumerate() {
        let says = |what: &str| fs::read_to_string(place.join("Cargo.toml")).is_ok_and(|it| it.contains(what));
        let (unit, more) = match extension {
            "rs" => (says("[package]"), says("[workspace]")),
            _ => (place.join("go.mod").is_file(), place.join("go.work").is_file()),
        };
        // A workspace alone does not make a stray file part of a program.
        if found.is_none() && unit || found.is_some() && more {
            found = Some((up, place));
        }
        if place.join(".git").exists() {
            break;
        }
    }
    let (up, place) = found?;
    if up == 0 {
        return Some(folder.to_path_buf());
    }
    // In the user's words where they reach that far: `sub` is in `.`.
    let depth = folder.components().filter(|it| matches!(it, Component::Normal(_))).count();
    let plain = folder.is_relative() && !folder.components().any(|it| it == Component::ParentDir);
    Some(match plain {
        true if up < depth => folder.ancestors().nth(up)?.to_path_buf(),
        true if up == depth => ".".into(),
        _ => place.to_path_buf(),
    })
}

/// The folder that a file is in, `.` if its path has none.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Without `.` components: `./x` is `x`.
fn tidy(path: &Path) -> PathBuf {
    let tidied: PathBuf = path.components().filter(|it| *it != Component::CurDir).collect();
    if tidied.as_os_str().is_empty() { ".".into() } else { tidied }
}

/// The same for every way to write the path of a folder.
fn key(folder: &Path) -> PathBuf {
    whole(folder).unwrap_or_else(|_| folder.to_path_buf())
}
