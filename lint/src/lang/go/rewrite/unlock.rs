//! A goroutine is unlocked from its thread only if that is back where it was.

use super::{families, in_item, region, scope, text};
use crate::facts::Effect;
use crate::lang::Rewriting;
use crate::lang::go::tree::Node;
use crate::remedy::{Edit, Fix, Safety};
use crate::source::Span;

const BY_HAND: &str = "unlock where the switch back is known to have worked, and nowhere else";

pub(super) fn rewrite(input: &Rewriting<'_>, back: Span, unlock: Span) -> Result<Fix, String> {
    in_item(input, unlock, |item| {
        if !item.span().contains(back) {
            return Err("the thread is switched back in another function: let that say whether it worked".into());
        }
        let call = |span| item.at(span).filter(|it| it.is("call_expression")).ok_or(BY_HAND);
        let (back, unlock) = (call(back)?, call(unlock)?);
        // A function of the program may do more than that, or something else first.
        if !families::called(input, unlock).is_some_and(|it| matches!(it.effect, Effect::Unpin)) {
            return Err(BY_HAND.into());
        }
        let (_, back_statement) = region::statement(back).ok_or(BY_HAND)?;
        let (_, unlock_statement) = region::statement(unlock).ok_or(BY_HAND)?;
        let edits = if unlock_statement.is("defer_statement") {
            deferred(input, (back, back_statement), (unlock, unlock_statement))?
        } else {
            beside(input, (back, back_statement), (unlock, unlock_statement))?
        };
        Ok(Fix::new(Safety::Unsafe, "unlock the goroutine only if the switch back worked", edits))
    })
}

/// `defer runtime.UnlockOSThread()`, and a deferred switch back.
fn deferred(
    input: &Rewriting<'_>,
    (back, back_statement): (Node<'_>, Node<'_>),
    (unlock, unlock_statement): (Node<'_>, Node<'_>),
) -> Result<Vec<Edit>, String> {
    let function = region::function_around(unlock_statement).ok_or(BY_HAND)?;
    let unlock = unlock.text();
    let (edit, registered) = if_restored(input, back, back_statement, unlock)?;
    // Every way from the lock on comes past what unlocks, or returns before.
    let list = |it| region::statement(it).map(|it| it.0);
    if !list(registered).zip(list(unlock_statement)).is_some_and(|(one, other)| one.is_same(other)) {
        return Err(BY_HAND.into());
    }
    let between = Span::new(edit.span.file, unlock_statement.span().end as usize, registered.span().start as usize);
    let mut edits = vec![edit];
    edits.push(Edit { span: text::without(input, unlock_statement).ok_or(BY_HAND)?, text: String::new() });
    edits.extend(returns(input, function, between, unlock)?);
    Ok(edits)
}

/// The edit that lets a deferred switch back unlock if it worked, and the `defer` that it is part of.
pub(super) fn if_restored<'t>(
    input: &Rewriting<'_>,
    back: Node<'t>,
    back_statement: Node<'t>,
    unlock: &str,
) -> Result<(Edit, Node<'t>), String> {
    let indent = text::indent(input, back_statement);
    let set = back.text();
    let (span, text, registered) = if back_statement.is("defer_statement") {
        // What a deferred call is handed happens at once.
        if !back_statement.child().is_some_and(|it| it.is_same(back)) {
            return Err(BY_HAND.into());
        }
        let new =
            format!("defer func() {{\n{indent}\tif {set} == nil {{\n{indent}\t\t{unlock}\n{indent}\t}}\n{indent}}}()");
        (back_statement.span(), new, back_statement)
    } else {
        let closure = region::function_around(back).filter(|it| it.is("func_literal")).ok_or(BY_HAND)?;
        let (_, registered) = region::statement(closure).filter(|it| it.1.is("defer_statement")).ok_or(BY_HAND)?;
        match back_statement.kind() {
            "if_statement" if is_error_check(back_statement, back) => {
                let end = back_statement.span().end as usize;
                let new = format!(" else {{\n{indent}\t{unlock}\n{indent}}}");
                (Span::new(back.span().file, end, end), new, registered)
            }
            "expression_statement" => {
                let (first, worked) = match handed_on(back, back_statement, name(closure)) {
                    Some(rest) => (format!("{} := {set}\n{indent}{rest}\n{indent}", name(closure)), name(closure)),
                    None => (String::new(), set),
                };
                let new = format!("{first}if {worked} == nil {{\n{indent}\t{unlock}\n{indent}}}");
                (back_statement.span(), new, registered)
            }
            _ => return Err(BY_HAND.into()),
        }
    };
    Ok((Edit { span, text }, registered))
}

/// `if err := netns.Set(origin); err != nil { … }` that goes on afterwards.
fn is_error_check(statement: Node<'_>, back: Node<'_>) -> bool {
    let is_checked = statement.field("condition").is_some_and(|it| it.text().ends_with("!= nil"));
    let goes_on = statement.field("consequence").and_then(Node::child).is_some_and(|it| {
        it.children().last().is_some_and(|it| !it.is("return_statement") && !it.text().starts_with("panic("))
    });
    let holds = statement.field("initializer").is_some_and(|it| it.span().contains(back.span()));
    is_checked && goes_on && holds && statement.field("alternative").is_none()
}

/// The unlocks that the ways out need before anything leads back.
pub(super) fn returns(
    input: &Rewriting<'_>,
    function: Node<'_>,
    between: Span,
    unlock: &str,
) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    let mut is_plain = true;
    if let Some(body) = function.field("body") {
        body.walk(&mut |it| {
            if it.is("func_literal") {
                return false;
            }
            if !between.contains(it.span()) {
                return true;
            }
            is_plain &= !["break_statement", "continue_statement", "goto_statement"].contains(&it.kind());
            if it.is("return_statement") {
                let at = text::lines(input, it).map(|it| it.start as usize);
                is_plain &= at.is_some();
                let new = format!("{}{unlock}\n", text::indent(input, it));
                edits.extend(at.map(|at| Edit { span: Span::new(between.file, at, at), text: new }));
            }
            true
        });
    }
    if is_plain { Ok(edits) } else { Err(BY_HAND.into()) }
}

/// Both in one list of statements, the switch back first.
fn beside(
    input: &Rewriting<'_>,
    (back, back_statement): (Node<'_>, Node<'_>),
    (unlock, unlock_statement): (Node<'_>, Node<'_>),
) -> Result<Vec<Edit>, String> {
    let list = region::statement(unlock).map(|it| it.0).ok_or(BY_HAND)?;
    let same = region::statement(back).is_some_and(|it| it.0.is_same(list));
    let is_bare = back_statement.is("expression_statement") && unlock_statement.is("expression_statement");
    if !same || !is_bare || back.span().start > unlock.span().start {
        return Err(BY_HAND.into());
    }
    let name = name(list);
    let indent = text::indent(input, unlock_statement);
    let rest = handed_on(back, back_statement, name).map_or(String::new(), |it| format!("\n{indent}{it}"));
    Ok(vec![
        Edit { span: back_statement.span(), text: format!("{name} := {}{rest}", back.text()) },
        Edit {
            span: unlock_statement.span(),
            text: format!("if {name} == nil {{\n{indent}\t{}\n{indent}}}", unlock.text()),
        },
    ])
}

/// A name for the result of the switch back, among these.
fn name(around: Node<'_>) -> &'static str {
    if scope::mentions(around, "err") { "restoreErr" } else { "err" }
}

/// The statement with the name in place of the switch back, if it does something with that: `report(netns.Set(origin))`.
fn handed_on(back: Node<'_>, statement: Node<'_>, name: &str) -> Option<String> {
    if statement.child().is_some_and(|it| it.is_same(back)) {
        return None;
    }
    let (around, inner) = (statement.span(), back.span());
    let (before, after) = ((inner.start - around.start) as usize, (inner.end - around.start) as usize);
    let text = statement.text();
    Some(format!("{}{name}{}", &text[..before], &text[after..]))
}
