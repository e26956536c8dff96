//! Tables for people, objects for programs.

use std::io::{self, IsTerminal, Write};

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use serde::Serialize;

use super::cli::{Colour, Format};

/// Changes when a key goes away or comes to mean something else; not when one is added.
const VERSION: u32 = 1;

/// What a command found, for both kinds of readers.
pub(crate) trait Report: Serialize {
    /// The name of the command.
    const NAME: &'static str;
    /// The same for people, in lines that end with a newline.
    fn text(&self, screen: Screen) -> String;
}

/// What the reader's screen can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    colour: bool,
    /// In characters; `None` if it is no terminal.
    width: Option<u16>,
}

/// What a word says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

impl Screen {
    pub(crate) fn of_stdout(colour: Colour) -> Self {
        let stdout = io::stdout();
        let size = stdout.is_terminal().then(|| comfy_table::Table::new().width()).flatten();
        // COLUMNS is how scripts and tests say what a terminal would.
        let columns = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok());
        let plain = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        let colour = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => stdout.is_terminal() && !plain && std::env::var_os("TERM").is_none_or(|it| it != "dumb"),
        };
        Self { colour, width: size.or(columns) }
    }

    /// Aligned columns under a line of heads. Long cells wrap where the screen ends.
    pub(crate) fn table(
        self,
        heads: &[impl AsRef<str>],
        rows: impl IntoIterator<Item = Vec<(String, Tone)>>,
    ) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if self.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        if let Some(width) = self.width {
            table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
        }
        if heads.is_empty() {
            return String::new();
        }
        table.set_header(heads.iter().map(|it| Cell::new(it.as_ref()).add_attribute(Attribute::Bold)));
        for row in rows {
            table.add_row(row.into_iter().map(|(text, tone)| cell(&text, tone)));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let lines = table.to_string();
        lines.lines().map(|it| format!("{}\n", it.trim_end())).collect()
    }

    /// A word in a line of text.
    pub(crate) fn tint(self, text: &str, tone: Tone) -> String {
        let code = match tone {
            _ if !self.colour => return text.to_owned(),
            Tone::Plain => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

fn cell(text: &str, tone: Tone) -> Cell {
    let cell = Cell::new(text);
    match tone {
        Tone::Plain => cell,
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Good => cell.fg(Color::Green),
        Tone::Warning => cell.fg(Color::Yellow),
        Tone::Bad => cell.fg(Color::Red),
    }
}

#[derive(Serialize)]
struct Envelope<'a, R> {
    version: u32,
    tool: Tool,
    report: &'static str,
    #[serde(flatten)]
    body: &'a R,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

fn envelope<R: Report>(body: &R) -> Envelope<'_, R> {
    let tool = Tool { name: "netns-scope", version: env!("CARGO_PKG_VERSION") };
    Envelope { version: VERSION, tool, report: R::NAME, body }
}

pub(crate) fn report<R: Report>(report: &R, format: Format, screen: Screen) -> io::Result<()> {
    write(&match format {
        Format::Text => report.text(screen),
        Format::Json => serde_json::to_string_pretty(&envelope(report))? + "\n",
    })
}

/// One object on one line.
pub(crate) fn line<R: Report>(report: &R) -> io::Result<()> {
    write(&(serde_json::to_string(&envelope(report))? + "\n"))
}

pub(crate) fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // Whoever read it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// A number of 64 bits, which JSON readers would round.
pub(crate) fn as_text<S: serde::Serializer>(number: &Option<std::num::NonZeroU64>, to: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => to.collect_str(number),
        None => to.serialize_none(),
    }
}
