//! The words that options take, and what was meant by one that is none of them.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Output;
use crate::explain::{self, Page};
use crate::lang::{Chosen, LANGUAGES, Language};
use crate::report::Format;
use crate::rules::{RULES, Rule};

/// The name that was probably meant.
pub fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = known.map(|it| (strsim::jaro_winkler(given, it), it));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.7).then(|| best.1.to_owned())
}

pub(super) fn rule() -> impl TypedValueParser<Value = &'static Rule> {
    let names = PossibleValuesParser::new(RULES.iter().map(|it| it.name));
    names.map(|name| RULES.iter().find(|it| it.name == name).expect("one of the names above"))
}

pub(super) fn language() -> impl TypedValueParser<Value = &'static dyn Language> {
    let names = PossibleValuesParser::new(LANGUAGES.iter().map(|it| it.name()));
    names.map(|name| *LANGUAGES.iter().find(|it| it.name() == name).expect("one of the names above"))
}

/// A text, if it can be chosen.
pub(super) fn chosen(
    take: fn(&mut Chosen, &str) -> Result<(), String>,
) -> impl Fn(&str) -> Result<String, String> + Clone + Send + Sync {
    move |text| take(&mut Chosen::default(), text).map(|()| text.to_owned())
}

/// The commands that have options of their own.
pub(super) fn command() -> PossibleValuesParser {
    PossibleValuesParser::new(["check", "rule", "config", "baseline", "completions"])
}

pub(super) fn page() -> impl TypedValueParser<Value = Page> {
    let names = PossibleValuesParser::new(explain::pages().iter().map(|it| it.name));
    names.map(|name| *explain::pages().iter().find(|it| it.name == name).expect("one of the names above"))
}

pub(super) fn output(text: &str) -> Result<Output, String> {
    let (format, file) = text.split_once('=').ok_or("write it as FORMAT=FILE, such as sarif=netns-lint.sarif")?;
    Ok(Output { format: format_named(format)?, file: (file != "-").then(|| file.into()) })
}

pub(super) fn format_named(format: &str) -> Result<Format, String> {
    let formats = Format::value_variants().iter().filter_map(|it| it.to_possible_value());
    Format::from_str(format, false).map_err(|_| {
        let near = nearest(
            format,
            formats.clone().map(|it| it.get_name().to_owned()).collect::<Vec<_>>().iter().map(|it| &**it),
        );
        let names: Vec<_> = formats.map(|it| it.get_name().to_owned()).collect();
        let near = near.map_or_else(String::new, |it| format!("did you mean `{it}`? "));
        format!("there is no format `{format}`; {near}there are {}", names.join(", "))
    })
}
