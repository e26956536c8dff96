//! A configuration as it was found: the file, those that it extends, and what their patterns match.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{Config, ForPath, RuleName, Setting, metadata, read};
use crate::files::{self, Exclude};
use crate::finding::Level;
use crate::git;

/// A configuration, with what it extends filled in.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// Where it was found; `None` if there is none.
    pub file: Option<PathBuf>,
    /// What its paths are relative to.
    pub folder: PathBuf,
    /// What to leave out, as each of the files says it.
    pub exclude: Vec<Exclude>,
    /// What each of the files says of paths, the one that counts last.
    paths: Vec<Pattern>,
}

/// `[[path]]`.
#[derive(Debug)]
pub struct Pattern {
    /// The file that says it.
    pub file: PathBuf,
    said: ForPath,
    /// What it is relative to, links resolved.
    folder: PathBuf,
    matcher: Gitignore,
}

const NAMES: [&str; 2] = ["netns-lint.toml", ".netns-lint.toml"];

/// How many files may extend each other.
const CHAIN: usize = 16;

impl Loaded {
    pub fn none() -> Self {
        let (config, folder) = (Config::default(), ".".into());
        Loaded { config, file: None, folder, exclude: Vec::new(), paths: Vec::new() }
    }

    /// The nearest configuration around a path, up to the root of its repository.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn around(path: &Path) -> Result<Self, String> {
        let start = if path.is_dir() { path } else { files::folder_of(path) };
        let Ok(start) = files::whole(start) else { return Ok(Loaded::none()) };
        let root = git::root(&start);
        for folder in start.ancestors() {
            if let Some(name) = NAMES.iter().find(|it| folder.join(it).is_file()) {
                return Loaded::file(&folder.join(name));
            }
            let manifest = folder.join("Cargo.toml");
            if let Some(config) = files::read(&manifest).ok().and_then(|text| metadata(&text, &manifest)) {
                return Loaded::new(config?, &manifest);
            }
            if root.as_deref().is_none_or(|it| it == folder) {
                break;
            }
        }
        Ok(Loaded::none())
    }

    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn file(path: &Path) -> Result<Self, String> {
        Loaded::new(read(path)?, path)
    }

    fn new(config: Config, file: &Path) -> Result<Self, String> {
        let folder = files::folder_of(file).to_path_buf();
        let mut loaded = Loaded { config: Config::default(), file: Some(file.into()), folder, ..Loaded::none() };
        let (mut next, mut within) = (Some((config, file.to_path_buf())), PathBuf::new());
        for _ in 0..CHAIN {
            let Some((mut config, file)) = next.take() else { break };
            loaded.patterns(&config, &file)?;
            if let Some(base) = config.extend.take() {
                let base = files::folder_of(&file).join(base);
                next = Some((read(&base)?, base));
            }
            loaded.config.fill_from(config, &within);
            if let Some((_, base)) = &next {
                // From the first file to this one.
                let base = files::folder_of(base);
                within = base.strip_prefix(&loaded.folder).unwrap_or(base).to_path_buf();
            }
        }
        match next {
            None => Ok(loaded),
            Some(_) => Err(format!("{}: more than {CHAIN} files extend each other", files::shown(file))),
        }
    }

    /// Takes over what a file of the chain says of paths.
    fn patterns(&mut self, config: &Config, file: &Path) -> Result<(), String> {
        let folder = files::folder_of(file);
        self.exclude.push(Exclude {
            from: Some(file.to_path_buf()),
            folder: folder.to_path_buf(),
            patterns: config.exclude.clone(),
        });
        let folder = files::whole(folder).unwrap_or_else(|_| folder.to_path_buf());
        let patterns = config.paths.iter().map(|said| {
            let mut builder = GitignoreBuilder::new(&folder);
            let built = builder.add_line(None, &said.pattern).and_then(|builder| builder.build());
            let matcher =
                built.map_err(|error| format!("{}: the pattern {:?}: {error}", files::shown(file), said.pattern))?;
            Ok(Pattern { file: file.to_path_buf(), said: said.clone(), folder: folder.clone(), matcher })
        });
        let patterns = patterns.collect::<Result<Vec<_>, String>>()?;
        self.paths.splice(0..0, patterns);
        Ok(())
    }

    /// The level of a finding; `None` if it is not to be reported.
    pub fn level(&self, rule: &str, path: &str, level: Level) -> Option<Level> {
        let name = RuleName(rule.to_owned());
        let of_path = self.paths.iter().rev().filter(|it| it.said.rules.contains_key(&name));
        let of_path = of_path.filter(|it| it.matches(path)).find_map(|it| it.said.rules.get(&name));
        match of_path.or_else(|| self.config.rules.get(&name)) {
            Some(Setting::Off) => None,
            Some(Setting::Warning) => Some(Level::Warning),
            Some(Setting::Error) => Some(Level::Error),
            None => Some(level),
        }
    }

    /// The patterns of `[[path]]` that match none of these files.
    pub fn idle<'a>(&'a self, files: &'a [PathBuf]) -> impl Iterator<Item = &'a Pattern> {
        self.paths.iter().filter(|it| !files.iter().any(|path| it.matches(&path.to_string_lossy())))
    }
}

impl Pattern {
    pub fn text(&self) -> &str {
        &self.said.pattern
    }

    fn matches(&self, path: &str) -> bool {
        let below = files::below(&self.folder, path);
        Path::new(&below).is_relative() && self.matcher.matched_path_or_any_parents(&below, false).is_ignore()
    }
}
