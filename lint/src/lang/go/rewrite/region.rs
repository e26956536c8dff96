//! Where in the text a region begins, and where something can be put that all of it sees.

use super::super::tree::Node;
use super::{families, scope};
use crate::facts::Effect;
use crate::lang::Rewriting;
use crate::remedy::Region;
use crate::source::Span;

/// The place for new statements.
pub(super) struct Start<'t> {
    pub(super) function: Node<'t>,
    /// The statements of which the new ones become a part.
    pub(super) list: Node<'t>,
    /// The statement before which they come.
    pub(super) before: Node<'t>,
    /// The byte from which on the thread is where the calls find it.
    pub(super) from: u32,
    /// What to say of a function that cannot say that something did not work.
    pub(super) unable: &'static str,
}

const REGION: &str = "the region's function cannot say that no handle could be opened: let it return an error";
const HELPER: &str = "the region calls a function that does it, and that cannot say that no handle could be opened: give it the handle as a \
     parameter";

/// Finds it for a region and the calls in it.
pub(super) fn start<'t>(item: Node<'t>, region: Region, calls: &[Span]) -> Result<Start<'t>, String> {
    let (function, list, first, from) = match region {
        Region::Closure(span) => {
            let function = item.at(span).filter(|it| it.is("func_literal")).ok_or("the closure is not there")?;
            let list = function.field("body").and_then(Node::child).ok_or("the closure is empty")?;
            let holds_call = |it: &Node<'_>| calls.iter().any(|call| it.span().contains(*call));
            // What makes sure that the closure ends well stays its first statement.
            let mut statements = list.children().into_iter();
            let first = statements.find(|it| !it.is("defer_statement") || holds_call(it));
            (function, list, first.ok_or("the closure is empty")?, span.start)
        }
        Region::After(span) => {
            let call = item.at(span).ok_or("the switch is not there")?;
            let (list, statement) = statement(call).ok_or("the switch is in no statement")?;
            let function = function_around(call).ok_or("the switch is in no function")?;
            if is_in_loop(list, function) {
                return Err(
                    "the region begins in a loop: open a handle there, and close it at the end of each round".into()
                );
            }
            // Not at once: what leads back comes first, and the handle must not leave before that.
            let after = list.children().into_iter().filter(|it| it.span().start >= statement.span().end);
            let first = after.into_iter().find(|it| calls.iter().any(|call| it.span().contains(*call)));
            (function, list, first.ok_or_else(String::new)?, statement.span().end)
        }
    };
    if function.text().contains("goto ") {
        return Err("a `goto` may not jump over the handle".into());
    }
    Ok(Start { function, list, before: first, from, unable: REGION })
}

/// The place in a function that a region calls, before the first of the calls and on no way that makes none.
pub(super) fn in_helper<'t>(function: Node<'t>, calls: &[Span]) -> Option<Start<'t>> {
    let mut list = function.field("body").and_then(Node::child)?;
    let holds_call = |it: &Node<'_>| calls.iter().any(|call| it.span().contains(*call));
    let holds_all = |it: &Node<'_>| calls.iter().all(|call| it.span().contains(*call));
    loop {
        let before = list.children().into_iter().find(holds_call)?;
        match branches(before).into_iter().find(holds_all).and_then(Node::child) {
            Some(inner) => list = inner,
            None if function.text().contains("goto ") => return None,
            None => return Some(Start { function, list, before, from: function.span().start, unable: HELPER }),
        }
    }
}

/// The blocks of an `if` with all that follow it.
fn branches(statement: Node<'_>) -> Vec<Node<'_>> {
    let mut blocks = Vec::new();
    let mut next = Some(statement).filter(|it| it.is("if_statement"));
    while let Some(it) = next {
        blocks.extend(it.field("consequence"));
        next = it.field("alternative");
        blocks.extend(next.filter(|it| it.is("block")));
    }
    blocks
}

/// The statement that a node is part of, and the list that it is in.
pub(super) fn statement(mut node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    while let Some(parent) = node.parent() {
        if parent.is("statement_list") {
            return Some((parent, node));
        }
        node = parent;
    }
    None
}

pub(super) fn function_around(node: Node<'_>) -> Option<Node<'_>> {
    let mut around = node.parent();
    while let Some(it) = around {
        if ["func_literal", "function_declaration", "method_declaration"].contains(&it.kind()) {
            return Some(it);
        }
        around = it.parent();
    }
    None
}

pub(super) fn is_in_loop(node: Node<'_>, function: Node<'_>) -> bool {
    let mut around = node.parent();
    while let Some(it) = around.filter(|it| !it.is_same(function)) {
        if it.is("for_statement") {
            return true;
        }
        around = it.parent();
    }
    false
}

/// Whether a call runs while the function that begins the region does, on its goroutine.
pub(super) fn runs_inside(input: &Rewriting<'_>, call: Node<'_>, function: Node<'_>) -> bool {
    let mut node = call;
    while let Some(parent) = node.parent() {
        if node.is_same(function) {
            return true;
        }
        if parent.is("go_statement") || node.is("func_literal") && (leaves(input, node) || named_leaves(input, node)) {
            return false;
        }
        node = parent;
    }
    node.is_same(function)
}

/// Whether a closure, or a variable that holds one, is handed to what runs it later or elsewhere, or kept beyond its function.
fn leaves(input: &Rewriting<'_>, closure: Node<'_>) -> bool {
    let Some(parent) = closure.parent() else { return false };
    match parent.kind() {
        "return_statement" | "keyed_element" | "literal_element" | "send_statement" => true,
        "argument_list" => parent.parent().is_some_and(|it| defers(input, it)),
        "expression_list" => parent.parent().is_some_and(|it| {
            let is_right = it.field("right").is_some_and(|it| it.is_same(parent));
            it.is("return_statement") || it.is("assignment_statement") && is_right
        }),
        _ => false,
    }
}

/// The same for the variable that a closure is declared as.
fn named_leaves(input: &Rewriting<'_>, closure: Node<'_>) -> bool {
    let declared = closure.parent().and_then(Node::parent).filter(|it| it.is("short_var_declaration"));
    let names = declared.map_or_else(Vec::new, scope::declared);
    let Some(function) = declared.and_then(function_around) else { return false };
    let mut leaving = false;
    function.walk(&mut |it| {
        leaving |= it.is("identifier") && names.contains(&it.text()) && leaves(input, it);
        !leaving
    });
    leaving
}

/// Whether what is called runs the closure that it gets later, or elsewhere.
fn defers(input: &Rewriting<'_>, call: Node<'_>) -> bool {
    let method = call.field("function").and_then(|it| it.field("field")).map_or("", Node::text);
    let fact = families::called(input, call).or_else(|| input.facts.call(&format!("testing.T.{method}")));
    fact.is_some_and(|it| matches!(it.effect, Effect::AtEnd { .. } | Effect::Spawn { .. }))
}
