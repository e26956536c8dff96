//! Rewriting of Rust: changes of the text at spans of its syntax tree.

mod bindings;
mod bodies;
mod branches;
mod calls;
mod place;
mod questions;

use syn::visit::Visit as _;

use self::place::{Rewrite, Walk};
use super::{Rewriting, Rewritten};
use crate::fixture::Fixture;

const REWRITINGS: &[(&str, Rewrite)] = &[
    ("question-inspected", questions::inspected),
    ("question-error-mapped", questions::error_mapped),
    ("question-by-constructor", questions::by_constructor),
    ("question-chained", questions::chained),
    ("question-matched", questions::matched),
    ("question-asked-first", questions::asked_first),
    ("descriptor-by-trait", calls::descriptor_by_trait),
    ("descriptor-generic", bodies::descriptor_generic),
    ("variable-declared-first", bindings::declared_first),
    ("variable-out-of-tuple", bindings::out_of_tuple),
    ("guard-in-tuple", bindings::guard_in_tuple),
    ("let-else-matched", bindings::let_else_matched),
    ("if-by-match", branches::by_match),
    ("if-let-by-match", branches::let_by_match),
    ("if-left-else", branches::left_else),
    ("while-by-loop", branches::while_by_loop),
    ("for-by-while", branches::for_by_while),
    ("body-in-closure", bodies::in_closure),
    ("body-returned", bodies::returned),
    ("body-in-helper", bodies::in_helper),
    ("closure-by-variable", calls::closure_by_variable),
    ("future-by-variable", calls::future_by_variable),
    ("future-in-async", calls::future_in_async),
    ("panic-by-closure", calls::panic_by_closure),
];

/// Each made of a fixture when it is asked for.
pub fn rewritings() -> Vec<Rewriting> {
    let all = REWRITINGS.iter().map(|&(name, rewrite)| Rewriting {
        name: name.to_owned(),
        rewrite: Box::new(move |fixture| rewritten(rewrite, fixture)),
    });
    all.collect()
}

fn rewritten(rewrite: Rewrite, fixture: &Fixture) -> Rewritten {
    let file = parse(&fixture.text)?;
    let mut walk = Walk::new(&fixture.text, rewrite);
    walk.visit_file(&file);
    let changed = walk.finish();
    if let Some((text, _)) = &changed {
        parse(text).map_err(|why| format!("{why}\n{text}"))?;
    }
    Ok(changed)
}

fn parse(text: &str) -> Result<syn::File, String> {
    syn::parse_file(text).map_err(|it| format!("line {}: {it}", it.span().start().line))
}
