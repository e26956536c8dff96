//! A goroutine is locked to its thread before the current namespace is remembered, not afterwards.

use super::{families, in_item, pin, region, text, unlock};
use crate::facts::Effect;
use crate::lang::Rewriting;
use crate::lang::go::tree::Node;
use crate::remedy::{Edit, Fix, Safety};
use crate::source::Span;

const BY_HAND: &str = "lock the goroutine before the current namespace is remembered";

pub(super) fn rewrite(input: &Rewriting<'_>, remembered: Span) -> Result<Fix, String> {
    in_item(input, remembered, |item| {
        let call = item.at(remembered).filter(|it| it.is("call_expression")).ok_or(BY_HAND)?;
        let (list, statement) = region::statement(call).ok_or(BY_HAND)?;
        let function = region::function_around(call).ok_or(BY_HAND)?;
        let statements = list.children();
        let mut after = statements.iter().filter(|it| it.span().start > statement.span().start);
        let lock = after.find(|it| is(input, **it, |it| matches!(it, Effect::Pin))).copied().ok_or(BY_HAND)?;
        let unlock =
            lock.next().filter(|it| it.is("defer_statement") && is(input, *it, |it| matches!(it, Effect::Unpin)));
        let mut edits = vec![pin::above(input, statement, lock.text())?];
        match unlock {
            Some(unlock) => edits.push(pin::above(input, statement, unlock.text())?),
            // The ways out in between are not locked today.
            None => {
                let name = lock.text().replace("LockOSThread", "UnlockOSThread");
                let between = Span::new(remembered.file, statement.span().end as usize, lock.span().start as usize);
                edits.extend(unlock::returns(input, function, between, &name)?);
            }
        }
        edits.push(gone(input, lock, unlock.unwrap_or(lock)).ok_or(BY_HAND)?);
        Ok(Fix::new(Safety::Safe, "lock the goroutine before the current namespace is remembered", edits))
    })
}

/// Whether a statement is a call with that effect.
fn is(input: &Rewriting<'_>, statement: Node<'_>, effect: impl Fn(&Effect) -> bool) -> bool {
    let call = statement.child().filter(|it| it.is("call_expression"));
    ["expression_statement", "defer_statement"].contains(&statement.kind())
        && call.and_then(|it| families::called(input, it)).is_some_and(|it| effect(&it.effect))
}

/// The lines of some statements, and a blank one if there would be two.
fn gone(input: &Rewriting<'_>, first: Node<'_>, last: Node<'_>) -> Option<Edit> {
    let (first, last) = (text::lines(input, first)?, text::lines(input, last)?);
    let text = &input.sources.get(first.file).text;
    let (start, mut end) = (first.start as usize, last.end as usize);
    let is_blank_above = text[..start].trim_end_matches([' ', '\t']).ends_with("\n\n");
    let below = text[end..].find('\n').map_or(text.len(), |it| end + it + 1);
    if is_blank_above && text[end..below].trim().is_empty() {
        end = below;
    }
    Some(Edit { span: Span::new(first.file, start, end), text: String::new() })
}
