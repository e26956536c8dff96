//! A function that a region calls opens a handle of its own: in whatever namespace its thread is, as its calls do now,
//! and so for every caller.

use super::left::{self, Left};
use super::region;
use super::sent::{self, Sent};
use super::{in_item, opening};
use crate::lang::Rewriting;
use crate::lang::go::tree::Node;
use crate::remedy::{Fix, Region, Remedy, Safety};
use crate::source::Span;

/// The fix of each function that makes some of the calls, with its name.
pub(super) fn rewrite(
    input: &Rewriting<'_>,
    region: Region,
    calls: &[&Sent<'_>],
    left: &mut Left,
) -> Vec<(String, Fix)> {
    let mut functions: Vec<(Span, Vec<&Sent<'_>>)> = Vec::new();
    for call in calls {
        let name = input.sources.text(call.call.name);
        if !(input.changeable)(call.call.call.file) {
            left.add(left::FOREIGN, name);
            continue;
        }
        let function =
            in_item(input, call.call.call, |item| Ok(item.at(call.call.name).and_then(function_of).map(Node::span)));
        match function.ok().flatten() {
            Some(function) => match functions.iter_mut().find(|it| it.0 == function) {
                Some((_, calls)) => calls.push(call),
                None => functions.push((function, vec![call])),
            },
            None => left.add(left::ELSEWHERE, name),
        }
    }
    let mut fixes = Vec::new();
    for (function, calls) in functions {
        match in_function(input, region, function, &calls, left) {
            Ok(fix) => fixes.push(fix),
            Err(why) => calls.iter().for_each(|it| left.add(&why, input.sources.text(it.call.name))),
        }
    }
    fixes
}

fn in_function(
    input: &Rewriting<'_>,
    region: Region,
    function: Span,
    calls: &[&Sent<'_>],
    left: &mut Left,
) -> Result<(String, Fix), String> {
    in_item(input, function, |item| {
        let node = item.at(function).ok_or(left::ELSEWHERE)?;
        // Every region that calls it asks for the same edits.
        let of_others = of_others(input, region, function, item);
        let mut all: Vec<&Sent<'_>> = calls.iter().copied().chain(&of_others).collect();
        all.retain(|it| item.at(it.call.name).and_then(function_of).is_some_and(|it| it.is_same(node)));
        all.sort_by_key(|it| it.call.call);
        all.dedup_by_key(|it| it.call.call);
        let spans: Vec<_> = all.iter().map(|it| it.call.call).collect();
        let start = region::in_helper(node, &spans).ok_or(left::ELSEWHERE)?;
        let mut fix = opening::rewrite(input, item, &start, all, "", left)?;
        // Why the program itself should be another one no test says.
        if is_test(input, region.span()) && !is_test(input, function) {
            fix.safety = Safety::Unsafe;
        }
        Ok((name(node), fix))
    })
}

fn is_test(input: &Rewriting<'_>, place: Span) -> bool {
    input.sources.get(place.file).path.ends_with("_test.go")
}

/// The calls in a function that other regions make from elsewhere.
fn of_others<'a>(input: &Rewriting<'a>, region: Region, function: Span, item: Node<'_>) -> Vec<Sent<'a>> {
    let mut others = Vec::new();
    for remedy in input.remedies {
        let Remedy::UseHandle { region: other, calls } = remedy else { continue };
        if *other != region && !item.span().contains(other.span()) {
            let calls = calls.iter().filter(|it| function.contains(it.call));
            others.extend(calls.filter_map(|it| sent::sent(input, region, it, &mut Left::default())));
        }
    }
    others
}

/// The function in which something is called; what is called where it is written is a part of the one around.
fn function_of(call: Node<'_>) -> Option<Node<'_>> {
    let mut function = region::function_around(call)?;
    while is_called_there(function) {
        function = region::function_around(function)?;
    }
    Some(function)
}

fn is_called_there(function: Node<'_>) -> bool {
    let call = function.parent().filter(|it| it.field("function").is_some_and(|it| it.is_same(function)));
    function.is("func_literal") && call.and_then(Node::parent).is_some_and(|it| !it.is("go_statement"))
}

fn name(function: Node<'_>) -> String {
    function.field("name").map_or_else(|| "a closure".into(), |it| format!("`{}`", it.text()))
}
