//! A goroutine is locked to its thread before that is moved, and unlocked once it is back.

use super::{constants, families, in_item, region, scope, text, unlock};
use crate::facts::{Effect, Fact};
use crate::lang::Rewriting;
use crate::lang::go::tree::Node;
use crate::remedy::{Edit, Fix, Safety};
use crate::source::Span;

const BY_HAND: &str = "runtime.LockOSThread() before the current namespace is remembered, and where the thread is led \
                       back: if netns.Set(origin) == nil { runtime.UnlockOSThread() }";

pub(super) fn rewrite(input: &Rewriting<'_>, switch: Span) -> Result<Fix, String> {
    in_item(input, switch, |item| {
        let call = item.at(switch).filter(|it| it.is("call_expression")).ok_or(BY_HAND)?;
        let function = region::function_around(call).ok_or(BY_HAND)?;
        if pins(input, function) {
            return Err("it is locked elsewhere in this function: lock it on every way here, before the current \
                        namespace is remembered, and unlock it only where the thread is back"
                .into());
        }
        let (package, import) = constants::package(input, switch.file, "runtime").ok_or(BY_HAND)?;
        let (lock, unlock) = (format!("{package}LockOSThread()"), format!("{package}UnlockOSThread()"));
        let returning = returning(input, function, call, (&lock, &unlock));
        let edits = returning.or_else(|why| for_good(input, function, &lock).ok_or(why))?;
        let edits = edits.into_iter().chain(import).collect();
        let mut fix = Fix::new(Safety::Unsafe, "lock the goroutine to its thread until that is back", edits);
        fix.blocks.extend(function.field("body").map(Node::span));
        Ok(fix)
    })
}

/// Whether a function locks its goroutine somewhere.
fn pins(input: &Rewriting<'_>, function: Node<'_>) -> bool {
    let mut pins = false;
    function.walk(&mut |it| {
        let is_pin = || families::called(input, it).is_some_and(|it| matches!(it.effect, Effect::Pin));
        pins |= it.is("call_expression") && is_pin();
        !pins
    });
    pins
}

/// For a function that leads its thread back when it ends.
fn returning(
    input: &Rewriting<'_>,
    function: Node<'_>,
    switch: Node<'_>,
    (lock, unlock): (&str, &str),
) -> Result<Vec<Edit>, String> {
    let (list, statement) = region::statement(switch).ok_or(BY_HAND)?;
    if region::is_in_loop(list, function) {
        return Err(BY_HAND.into());
    }
    let mut ways = Vec::new();
    list.walk(&mut |it| {
        if it.is("call_expression") && it.span().start > switch.span().end && leads_back(input, function, it) {
            let edit = region::statement(it).and_then(|at| unlock::if_restored(input, it, at.1, unlock).ok());
            ways.extend(edit.map(|(edit, registered)| (it, edit, registered)));
        }
        true
    });
    let [(back, ref edit, registered)] = ways[..] else { return Err(BY_HAND.into()) };
    if !region::statement(registered).is_some_and(|it| it.0.is_same(list)) {
        return Err(BY_HAND.into());
    }
    // What the way back is made of has to be remembered on the same thread.
    let statements = list.children();
    let mut before = statements.iter().filter(|it| it.span().start <= statement.span().start);
    let remembers = |it: &Node<'_>| scope::declared(*it).into_iter().any(|name| scope::mentions(back, name));
    let first = before.find(|it| remembers(it)).copied().unwrap_or(statement);
    let between = Span::new(edit.span.file, first.span().start as usize, registered.span().start as usize);
    let mut edits = vec![above(input, first, lock)?, edit.clone()];
    edits.extend(unlock::returns(input, function, between, unlock)?);
    Ok(edits)
}

/// Whether a call moves the thread and says whether that worked, and by nothing else.
fn leads_back(input: &Rewriting<'_>, function: Node<'_>, call: Node<'_>) -> bool {
    let fact = families::called(input, call).or_else(|| method(input, function, call));
    fact.is_some_and(|it| it.fallible && matches!(it.effect, Effect::Switch { gives: false, .. }))
}

/// What is known of the method of a variable that the function declares.
fn method<'a>(input: &Rewriting<'a>, function: Node<'_>, call: Node<'_>) -> Option<&'a Fact> {
    let callee = call.field("function").filter(|it| it.is("selector_expression"))?;
    let (variable, method) = (callee.field("operand")?.text(), callee.field("field")?.text());
    let mut found = None;
    function.walk(&mut |it| {
        if it.is("short_var_declaration") && scope::declared(it).first() == Some(&variable) {
            let opener = it.field("right").and_then(Node::child).filter(|it| it.is("call_expression"));
            let ty = opener.and_then(|it| families::called(input, it)).and_then(|it| it.results.first());
            found = ty.and_then(|ty| input.facts.call(&format!("{ty}.{method}")));
        }
        true
    });
    found
}

/// For a goroutine that begins here: it takes its thread with it when it ends locked.
fn for_good(input: &Rewriting<'_>, function: Node<'_>, lock: &str) -> Option<Vec<Edit>> {
    let spawned = function.parent().filter(|_| function.is("func_literal")).and_then(Node::parent)?;
    let first = function.field("body")?.child()?.child().filter(|_| spawned.is("go_statement"))?;
    Some(vec![above(input, first, lock).ok()?])
}

/// A new line above a statement and its comments.
pub(super) fn above(input: &Rewriting<'_>, statement: Node<'_>, line: &str) -> Result<Edit, String> {
    let span = statement.span();
    let source = input.sources.get(span.file);
    let start = source.line(source.line_of(span.start as usize)).ok_or(BY_HAND)?.start;
    let indent = &source.text[start..span.start as usize];
    if !indent.trim().is_empty() {
        return Err(BY_HAND.into());
    }
    let at = text::with_comments(&source.text, start);
    Ok(Edit { span: Span::new(span.file, at, at), text: format!("{indent}{line}\n") })
}
