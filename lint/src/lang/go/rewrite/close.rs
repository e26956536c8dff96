//! What a function opens for itself it closes, once it knows that it is open.

use super::families::called;
use super::{in_item, region, sent, text};
use crate::facts::Effect;
use crate::lang::Rewriting;
use crate::lang::go::tree::Node;
use crate::remedy::{Edit, Fix, Safety};
use crate::source::{FileId, Span};

pub(super) fn rewrite(input: &Rewriting<'_>, opened: Span) -> Result<Fix, String> {
    in_item(input, opened, |item| {
        let call = item.at(opened).filter(|it| it.is("call_expression")).ok_or("it is opened elsewhere")?;
        let (list, statement) = region::statement(call).ok_or("it is opened in no statement")?;
        let function = region::function_around(call).ok_or("it is opened in no function")?;
        let by_hand = "close it on every way out";
        let holder = assigned(call).and_then(|it| it.field("left")).and_then(Node::child);
        let name = holder.filter(|it| it.is("identifier") && it.text() != "_").map(Node::text);
        let function_body = function.field("body").ok_or(by_hand)?;
        let is_given = name.is_some_and(|it| is_given_away(function_body, it));
        let is_declared = assigned(call).is_some_and(|it| it.is_same(statement) && it.is("short_var_declaration"));
        let name = name.filter(|_| is_declared);
        if name.is_some() && region::is_in_loop(list, function) {
            return Err("it is opened in a loop: close it at the end of each round".into());
        }
        if is_given {
            return Err("some ways out hand it on or close it: close it on the others".into());
        }
        let name = name.ok_or(by_hand)?;
        let close = closes(input, call).ok_or(by_hand)?;
        let last = checked(statement).ok_or("look at the error first, then close it with `defer`")?;
        let line = format!("{}defer {name}.{close}()\n", text::indent(input, statement));
        let at = text::line_after(input, last);
        let edit = Edit { span: Span::new(opened.file, at, at), text: line };
        Ok(Fix::new(Safety::Safe, format!("close it when the function is over: `defer {name}.{close}()`"), vec![edit]))
    })
}

/// The assignment or declaration of which a call is the right side, be it a statement or what an `if` begins with.
fn assigned(call: Node<'_>) -> Option<Node<'_>> {
    let around = call.parent().and_then(Node::parent)?;
    let is_right = around.field("right").and_then(Node::child).is_some_and(|it| it.is_same(call));
    (["short_var_declaration", "assignment_statement"].contains(&around.kind()) && is_right).then_some(around)
}

/// The method that gives back what a call opens.
fn closes(input: &Rewriting<'_>, call: Node<'_>) -> Option<&'static str> {
    method(input, call.span().file, called(input, call)?.results.first()?)
}

/// The method that gives back something of a type.
pub(super) fn method(input: &Rewriting<'_>, file: FileId, ty: &str) -> Option<&'static str> {
    ["Close", "Delete"].into_iter().find(|it| {
        let fact = input.facts.call(&format!("{ty}.{it}"));
        fact.is_some_and(|it| matches!(it.effect, Effect::Close { .. }) && sent::is_there(input, file, it))
    })
}

/// The last line that has to be passed to know that the statement worked: itself, or the check of its error.
fn checked(statement: Node<'_>) -> Option<Node<'_>> {
    let names = statement.field("left")?.children();
    let [_, error] = names[..] else { return (names.len() == 1).then_some(statement) };
    let next = statement.next()?;
    let condition = next.field("condition")?.text();
    let fails = next.field("consequence")?.child()?.children().last().is_some_and(|it| ends(*it));
    (condition == format!("{} != nil", error.text()) && fails && next.field("initializer").is_none()).then_some(next)
}

/// Whether nothing comes after a statement.
fn ends(statement: Node<'_>) -> bool {
    let leaves = ["return_statement", "continue_statement", "break_statement"];
    let text = statement.text();
    leaves.contains(&statement.kind())
        || ["panic(", "os.Exit(", "log.Fatal", "t.Fatal", "b.Fatal", "t.Skip"].iter().any(|it| text.starts_with(it))
}

/// Whether a goroutine uses a variable here, which may go on when the function is over.
fn outlives(used: Node<'_>, body: Node<'_>) -> bool {
    let around = std::iter::successors(used.parent(), |it| it.parent()).take_while(|it| !it.is_same(body));
    let starts = |it: Node<'_>| it.field("function").is_some_and(|it| it.text().ends_with(".Go"));
    around.into_iter().any(|it| it.is("go_statement") || it.is("call_expression") && starts(it))
}

/// Whether a function returns a variable, keeps it somewhere, hands it to a goroutine or closes it by itself.
fn is_given_away(body: Node<'_>, name: &str) -> bool {
    let mut given = false;
    body.walk(&mut |it| {
        if it.is("identifier") && it.text() == name {
            let parent = it.parent();
            let around = parent.and_then(Node::parent);
            let is_right = around.is_some_and(|around| {
                around.is("return_statement")
                    || ["assignment_statement", "short_var_declaration"].contains(&around.kind())
                        && around.field("right").is_some_and(|right| right.span().contains(it.span()))
            });
            let kept = parent.is_some_and(|it| {
                ["literal_element", "keyed_element", "return_statement", "send_statement"].contains(&it.kind())
            });
            let closed = parent.is_some_and(|it| {
                it.is("selector_expression") && [".Close", ".Delete"].iter().any(|end| it.text().ends_with(end))
            });
            given |= is_right || kept || closed || outlives(it, body);
        }
        !given
    });
    given
}
