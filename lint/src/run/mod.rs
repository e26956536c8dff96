//! What the user's words mean: runs, reports, and decides how to exit.

mod allow;
mod baseline;
mod check;
mod fix;
mod tell;

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory as _;
use netns_lint::Request;
use netns_lint::cli::{Cli, Command, Config, ConfigFile, Explain, ExplainFormat, What, from_environment};
use netns_lint::config::{self, Loaded};
use netns_lint::explain;
use netns_lint::facts::{self, Facts};
use netns_lint::files::{self, Exclude};
use netns_lint::lang::Chosen;

/// Does what the user asked.
///
/// # Errors
///
/// What kept it from being done.
pub(crate) fn run(cli: &Cli) -> Result<ExitCode, String> {
    match &cli.command {
        Command::Check(options) => return check::check(options),
        Command::Baseline(command) => return baseline::run(command),
        Command::Rule(options) => print(&rule(options))?,
        Command::Config(command) => print(&configuration(command)?)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
            // clap_complete 4.6.11 takes the hyphen of the name for the start of a subcommand in one of two places
            // that have to agree, and bash then completes nothing after `netns-lint check`.
            print(&String::from_utf8_lossy(&script).replace("netns__subcmd__lint", "netns__lint"))?;
        }
        Command::Man { command } => {
            let mut page = Vec::new();
            // Built, so that a subcommand knows its whole name.
            let mut all = Cli::command();
            all.build();
            let of = command.as_ref().and_then(|it| all.find_subcommand(it)).unwrap_or(&all).clone();
            let title = of.get_display_name().unwrap_or(env!("CARGO_PKG_NAME")).to_owned();
            let made = clap_mangen::Man::new(of).title(title).render(&mut page);
            made.map_err(|it| format!("make the page: {it}"))?;
            print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a line to stderr; if that is closed, nobody is left to be told.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "netns-lint: {line}");
}

/// A request in the words of the configuration and of the command line, which wins.
fn request(paths: &[PathBuf], what: &What, loaded: &Loaded) -> Result<Request, String> {
    let config = &loaded.config;
    let unsaved = match &what.stdin_filename {
        Some(path) => {
            let text = io::read_to_string(io::stdin()).map_err(|it| format!("read the standard input: {it}"))?;
            Some((path.clone(), text))
        }
        None => None,
    };
    Ok(Request {
        paths: if unsaved.is_some() { Vec::new() } else { paths.to_vec() },
        languages: what.languages(),
        rules: what.rules(),
        tests: if what.tests || what.no_tests { !what.no_tests } else { config.tests.unwrap_or(true) },
        include_vendored: what.include_vendored || config.include_vendored.unwrap_or(false),
        exclude: [Exclude { from: None, folder: ".".into(), patterns: what.exclude.clone() }]
            .into_iter()
            .chain(loaded.exclude.iter().cloned())
            .collect(),
        unsaved,
        chosen: chosen(what, config)?,
        prefilter: !what.no_prefilter,
    })
}

/// What the configuration says, then what the command line says.
fn chosen(what: &What, config: &config::Config) -> Result<Chosen, String> {
    let mut chosen = Chosen::default();
    config.tags.iter().map(|it| &it.0).chain(&what.tags).try_for_each(|it| chosen.tag(it))?;
    config.cfg.iter().map(|it| &it.0).chain(&what.cfg).try_for_each(|it| chosen.cfg(it))?;
    Ok(chosen)
}

fn load(what: &What, paths: &[PathBuf]) -> Result<Loaded, String> {
    match what.config.clone().or_else(|| from_environment("NETNS_LINT_CONFIG").map(PathBuf::from)) {
        _ if what.no_config => Ok(Loaded::none()),
        Some(file) => Loaded::file(&file),
        None => Loaded::around(what.stdin_filename.as_ref().or(paths.first()).map_or(Path::new("."), |it| it)),
    }
}

/// The catalogue, and what the project adds to it.
fn all_facts(loaded: &Loaded) -> Result<Facts, String> {
    let mut known = Facts::embedded();
    let inline = loaded.config.calls.iter().map(|it| ("call", it));
    for (kind, said) in inline.chain(loaded.config.types.iter().map(|it| ("type", it))) {
        let place = config::place(loaded.file.as_deref().unwrap_or(Path::new("")), &said.path);
        facts::read_one(kind, said, &mut known).map_err(|wrong| format!("{place}: {}: {wrong}", said.path))?;
    }
    for file in &loaded.config.facts {
        let path = loaded.folder.join(file);
        let text = files::read(&path).map_err(|why| format!("{}: {why}", files::shown(&path)))?;
        facts::read(&text, &mut known).map_err(|wrong| format!("{}: {}", files::shown(&path), wrong.trim_end()))?;
    }
    Ok(known)
}

fn rule(options: &Explain) -> String {
    if !options.all && options.name.is_none() && options.format == ExplainFormat::Markdown {
        return explain::list();
    }
    let pages = options.name.map_or_else(explain::pages, |it| vec![it]);
    match options.format {
        ExplainFormat::Json => serde_json::to_string_pretty(&pages).expect("texts only") + "\n",
        ExplainFormat::Markdown => pages.iter().map(explain::Page::markdown).collect::<Vec<_>>().join("\n"),
    }
}

fn configuration(command: &Config) -> Result<String, String> {
    let find = |options: &ConfigFile| match &options.config {
        Some(file) => Loaded::file(file),
        None => Loaded::around(&options.path),
    };
    Ok(match command {
        Config::Schema => config::Config::schema(),
        Config::Show(options) => {
            let loaded = find(options)?;
            let text = toml::to_string_pretty(&loaded.config).map_err(|it| format!("print the configuration: {it}"))?;
            match &loaded.file {
                Some(file) => format!("# {}\n{text}", files::shown(file)),
                None => "# no configuration; the defaults act\n".into(),
            }
        }
        Config::Verify(options) => match find(options)?.file {
            Some(file) => format!("{}: correct\n", files::shown(&file)),
            None => "no configuration; the defaults act\n".into(),
        },
    })
}

/// Writes to stdout, of which nobody need read all.
fn print(text: &str) -> Result<(), String> {
    print_bytes(text.as_bytes())
}

fn print_bytes(text: &[u8]) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("write the report: {}", files::reason(&error)))
        }
        _ => Ok(()),
    }
}
