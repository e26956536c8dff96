//! A guard with a name lives as long as its scope; `_` is no name.

use crate::lang::Rewriting;
use crate::remedy::{Edit, Fix, Safety};
use crate::source::Span;

pub(super) fn rewrite(input: &Rewriting<'_>, entered: Span) -> Result<Fix, String> {
    let text = &input.sources.get(entered.file).text;
    let after = text.get(entered.end as usize..).unwrap_or_default().trim_start();
    let before = text.get(..entered.start as usize).unwrap_or_default().trim_end();
    if let Some(at) = kept_by_nobody(before).filter(|_| after.starts_with("else")) {
        let edit = Edit { span: Span::new(entered.file, at, at + "_".len()), text: "_guard".into() };
        return Ok(fix(edit));
    }
    let is_unpacked = ["?", ".unwrap()", ".expect("].iter().any(|it| after.starts_with(it));
    if !is_unpacked && !input.sources.text(entered).ends_with('?') {
        return Err("look at the result, and give the guard in it a name: `let _guard = …?`".into());
    }
    let edit = match before.strip_suffix('=').map(str::trim_end).and_then(|it| it.strip_suffix("let _")) {
        Some(statement) => {
            let at = statement.len() + "let ".len();
            Edit { span: Span::new(entered.file, at, at + "_".len()), text: "_guard".into() }
        }
        None if before.ends_with([';', '{', '}']) => {
            let at = entered.start as usize;
            Edit { span: Span::new(entered.file, at, at), text: "let _guard = ".into() }
        }
        None => return Err("give the guard a name that begins with an underscore: `let _guard = …`".into()),
    };
    Ok(fix(edit))
}

fn fix(edit: Edit) -> Fix {
    Fix::new(Safety::Unsafe, "give the guard a name, so that it lives as long as its scope", vec![edit])
}

/// Where the `_` stands of `let Ok(_) =`, which the text ends with.
fn kept_by_nobody(before: &str) -> Option<usize> {
    let pattern = before.strip_suffix('=')?.trim_end();
    let is_one = ["let Ok(_)", "let Some(_)"].iter().any(|it| pattern.ends_with(it));
    is_one.then(|| pattern.len() - "_)".len())
}
