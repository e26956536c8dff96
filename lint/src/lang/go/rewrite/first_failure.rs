//! What a function does when its first call fails, which it does when no handle can be opened too: the call cannot open a
//! socket then either.

use super::super::tree::Node;
use super::region::Start;
use super::scope;
use crate::source::Span;

/// More would be said twice.
const LINES: usize = 8;

/// The block that runs when the first call fails, and ends the function.
pub(super) struct FirstFailure<'t> {
    block: Node<'t>,
    error: &'t str,
    /// Whether it has to be that variable: `=`, not `:=`.
    kept: bool,
}

/// For the calls at a place: that of the first one, if it is checked right there.
pub(super) fn of<'t>(start: &Start<'t>, calls: &[Span]) -> Option<FirstFailure<'t>> {
    let is_call = |it: Node<'_>| calls.contains(&it.span());
    let (made, check) = match start.before.field("initializer") {
        Some(made) if start.before.is("if_statement") => (made, start.before),
        _ => {
            (start.before, start.before.next().filter(|it| it.is("if_statement") && it.field("initializer").is_none())?)
        }
    };
    if !["short_var_declaration", "assignment_statement"].contains(&made.kind()) {
        return None;
    }
    made.field("right").and_then(Node::child).filter(|it| is_call(*it))?;
    let names = made.field("left")?.children();
    let (error, others) = names.split_last()?;
    let block = check.field("consequence")?;
    let fails = error.is("identifier") && check.field("condition")?.text() == format!("{} != nil", error.text());
    let ends =
        block.child()?.children().last().is_some_and(|it| it.is("return_statement") || it.text().starts_with("panic("));
    let kept = made.is("assignment_statement");
    // Somebody outside may look at the variable.
    let statements = start.list.children();
    let before = statements.iter().take_while(|it| !it.is_same(start.before));
    let is_own = !kept || before.flat_map(|it| scope::declared(*it)).any(|it| it == error.text());
    let is_own = is_own && !scope::parameters(start.function).contains(&error.text());
    let knows_others = others.iter().any(|it| it.text() != "_" && scope::mentions(block, it.text()));
    let calls_again = calls.iter().any(|it| block.span().contains(*it));
    let text = block.text();
    // Its lines can be taken as they are, and its names be told from keys.
    let is_plain = text.lines().count() <= LINES + 2 && text.contains("{\n") && !text.contains('`') && !has_keys(block);
    (fails && ends && is_own && is_plain && !knows_others && !calls_again).then(|| FirstFailure {
        block,
        error: error.text(),
        kept,
    })
}

fn has_keys(block: Node<'_>) -> bool {
    let mut keys = false;
    block.walk(&mut |it| {
        keys |= it.is("keyed_element");
        !keys
    });
    keys
}

impl FirstFailure<'_> {
    /// Whether a variable of that name will do.
    pub(super) fn fits(&self, error: &str) -> bool {
        !self.kept || self.error == error
    }

    /// The lines that check an error of that name, without indentation of their own.
    pub(super) fn lines(&self, error: &str) -> Vec<String> {
        let mut names = Vec::new();
        self.block.walk(&mut |it| {
            if it.is("identifier") && it.text() == self.error {
                names.push(it.span());
            }
            true
        });
        let (start, mut text) = (self.block.span().start, self.block.text().to_owned());
        for it in names.iter().rev() {
            text.replace_range((it.start - start) as usize..(it.end - start) as usize, error);
        }
        let lines: Vec<_> = text.lines().collect();
        let indent = lines.last().map_or(0, |it| it.len() - it.trim_start().len());
        let lines =
            lines.iter().enumerate().map(|(index, it)| if index == 0 { it } else { it.get(indent..).unwrap_or("") });
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines[0] = format!("if {error} != nil {}", lines[0]);
        lines
    }
}
