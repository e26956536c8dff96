//! A handle that is opened among some statements, closed when their function is over, and makes the calls.

use std::borrow::Cow;

use super::super::unit;
use super::constants::{self, Constants};
use super::failure::{self, Failure, Means};
use super::first_failure;
use super::left::{self, Left};
use super::region::Start;
use super::sent::{self, Sent, embeds, library};
use super::{close, families, scope, text};
use crate::facts::Effect;
use crate::lang::Rewriting;
use crate::lang::go::tree::Node;
use crate::remedy::{Edit, Fix, Safety};
use crate::source::Span;

const NAMES: [&str; 4] = ["handle", "nlHandle", "nsHandle", "netlinkHandle"];
const ERRORS: [&str; 3] = ["handleErr", "errHandle", "openErr"];

/// The edits that open a handle and send the calls through it, or through the one that is there.
pub(super) fn rewrite(
    input: &Rewriting<'_>,
    item: Node<'_>,
    start: &Start<'_>,
    mut calls: Vec<&Sent<'_>>,
    title: &str,
    left: &mut Left,
) -> Result<Fix, String> {
    let ty = sent::handle_type(input, &calls).ok_or("")?;
    calls.retain(|it| {
        let fits = it.ty == ty || embeds(input, &ty, &it.ty);
        if !fits {
            left.add(left::OTHER_TYPE, input.sources.text(it.call.name));
        }
        fits
    });
    match opened_before(input, start, &ty, &calls) {
        Some((handle, opener)) => through(input, handle, opener, &ty, &calls),
        None => assembled(input, item, start, &ty, &calls, title),
    }
}

fn assembled(
    input: &Rewriting<'_>,
    item: Node<'_>,
    start: &Start<'_>,
    ty: &str,
    calls: &[&Sent<'_>],
    title: &str,
) -> Result<Fix, String> {
    let file = start.list.span().file;
    let text = &input.sources.get(file).text;
    let families = families_of(calls);
    let Constants { written, import } = constants::constants(input, file, &families)?;
    let imports = constants::imports(input, file);
    let means = Means {
        wraps: imports.iter().any(|it| it.path == "fmt" && it.name.is_none()) && text.contains("%w"),
        expects: imports.iter().any(|it| it.path == "github.com/onsi/gomega" && it.name.as_deref() == Some(".")),
    };
    let spans: Vec<_> = calls.iter().map(|it| it.call.call).collect();
    let failure = failure::failure(start.function, &means);
    let failure = failure.or_else(|| first_failure::of(start, &spans).map(Failure::AsFirst)).ok_or(start.unable)?;
    let name = scope::free_name(item, &NAMES).ok_or("every good name for the handle is taken")?;
    let mut edits: Vec<Edit> = import.into_iter().collect();
    let (error, assigned) = error_name(start, item, calls)?;
    if matches!(&failure, Failure::AsFirst(it) if !it.fits(error)) {
        return Err(start.unable.into());
    }
    edits.extend(assigned);
    edits.extend(calls.iter().map(|it| sent_through(input, name, ty, it)));
    let close = close::method(input, file, ty).unwrap_or("Close");
    let opener = qualifier(input, &imports, calls, ty)?;
    let opener = opener.map_or_else(|| "NewHandle".to_owned(), |it| format!("{it}.NewHandle"));
    let mut lines = vec![format!("{name}, {error} := {opener}({})", written.join(", "))];
    lines.extend(failure.lines(error));
    lines.push(format!("defer {name}.{close}()"));
    edits.extend(inserted(text, start, &lines)?);
    let mut fix = Fix::new(safety(calls), title, edits);
    fix.blocks.push(start.list.span());
    Ok(fix)
}

/// A call that is answered elsewhere today may be meant so.
fn safety(calls: &[&Sent<'_>]) -> Safety {
    if calls.iter().any(|it| it.call.stored) { Safety::Unsafe } else { Safety::Safe }
}

/// Each once, the usual one first.
fn families_of(calls: &[&Sent<'_>]) -> Vec<String> {
    let mut families: Vec<String> = calls.iter().flat_map(|it| it.call.families.clone()).collect();
    families.sort_by_key(|it| (it != "ROUTE", it.clone()));
    families.dedup();
    families
}

/// A call through the handle of that name.
fn sent_through(input: &Rewriting<'_>, name: &str, ty: &str, sent: &Sent<'_>) -> Edit {
    let overridden = sent.ty != ty && input.facts.call(&format!("{ty}.{}", sent.method)).is_some();
    let through = if overridden { format!("{name}.Handle") } else { name.to_owned() };
    Edit { span: sent.call.name, text: format!("{through}.{}", sent.method) }
}

/// A handle of that type that the region opens for itself before it makes any of the calls, and what opens it.
fn opened_before<'t>(
    input: &Rewriting<'_>,
    start: &Start<'t>,
    ty: &str,
    calls: &[&Sent<'_>],
) -> Option<(&'t str, Node<'t>)> {
    let first = calls.iter().map(|it| it.call.call.start).min()?;
    let statements = start.list.children();
    let mut before = statements.iter().filter(|it| start.from <= it.span().start && it.span().end <= first);
    before.find_map(|it| {
        let name = it.field("left").filter(|_| it.is("short_var_declaration"))?.child()?.text();
        let opener = it.field("right")?.child().filter(|it| it.is("call_expression"))?;
        let fact = families::called(input, opener)?;
        let Effect::OpenHandle { families_from: Some(0), .. } = fact.effect else { return None };
        let closes = |it: &Node<'_>| {
            it.is("expression_statement")
                && ["Close", "Delete"].iter().any(|end| it.text() == format!("{name}.{end}()"))
        };
        let is_lasting = library(&fact.path) == library(ty) && !statements.iter().any(closes);
        (is_lasting && name != "_" && !is_assigned(start.list, name)).then_some((name, opener))
    })
}

/// Whether `=` ever gives a variable something else.
fn is_assigned(list: Node<'_>, name: &str) -> bool {
    let mut assigned = false;
    list.walk(&mut |it| {
        if it.is("assignment_statement") {
            assigned |= it.field("left").is_some_and(|it| it.children().iter().any(|it| it.text() == name));
        }
        true
    });
    assigned
}

fn through(input: &Rewriting<'_>, name: &str, opener: Node<'_>, ty: &str, calls: &[&Sent<'_>]) -> Result<Fix, String> {
    let mut edits = families::extended(input, opener, &families_of(calls))?;
    edits.extend(calls.iter().map(|it| sent_through(input, name, ty, it)));
    Ok(Fix::new(safety(calls), "send the calls through the handle that the region has", edits))
}

/// The package of the handle as the file names it; `None` in that package itself.
fn qualifier<'a>(
    input: &Rewriting<'a>,
    imports: &[constants::Import],
    calls: &[&Sent<'_>],
    ty: &str,
) -> Result<Option<Cow<'a, str>>, String> {
    if let Some(call) = calls.iter().find(|it| it.ty == ty && !it.call.stored) {
        return Ok(input.sources.text(call.call.name).rsplit_once('.').map(|it| it.0.into()));
    }
    let import = imports.iter().find(|it| it.path == library(ty));
    let import = import.ok_or_else(|| format!("import {} and open a handle in the region", library(ty)))?;
    Ok(Some(import.name.clone().unwrap_or_else(|| unit::default_alias(&import.path).to_owned()).into()))
}

/// A name for the error, and the edits that let `err` be it.
fn error_name(start: &Start<'_>, item: Node<'_>, calls: &[&Sent<'_>]) -> Result<(&'static str, Vec<Edit>), String> {
    let all = start.list.children();
    let at = all.iter().position(|it| it.is_same(start.before)).unwrap_or(0);
    let (before, after) = all.split_at(at);
    let other = || scope::free_name(item, &ERRORS).ok_or_else(|| "every good name for the error is taken".to_owned());
    let is_body = start.list.parent().and_then(Node::parent).is_some_and(|it| it.is_same(start.function));
    let of_function = if is_body { scope::parameters(start.function) } else { Vec::new() };
    let is_declared =
        |name: &str| of_function.contains(&name) || before.iter().any(|it| scope::declared(*it).contains(&name));
    if is_declared("err") {
        let is_number = before.iter().any(|it| scope::declared(*it).contains(&"err") && it.text().contains("yscall"));
        let written = scope::is_written_first(after, "err");
        let named = of_function.contains(&"err");
        let fine = !is_number && (written == Some(true) || written.is_none() && !named);
        return Ok((if fine { "err" } else { other()? }, Vec::new()));
    }
    // A bare `return` would not see the result of that name.
    if !is_body && scope::parameters(start.function).contains(&"err") {
        return Ok((other()?, Vec::new()));
    }
    // The first declaration of `err` after it finds one already.
    let declares = after.iter().find(|it| scope::declared(**it).contains(&"err"));
    let mut edits = Vec::new();
    if let Some(first) = declares {
        let fresh = scope::declared(*first).into_iter().any(|it| it != "err" && it != "_" && !is_declared(it));
        if !first.is("short_var_declaration") {
            return Ok((other()?, Vec::new()));
        }
        if !fresh {
            let right = first.field("right").map(Node::span);
            let is_ours = calls.iter().any(|it| right == Some(it.call.call));
            let operator = first.token(":=").filter(|_| is_ours);
            let Some(operator) = operator else { return Ok((other()?, Vec::new())) };
            edits.push(Edit { span: operator, text: "=".into() });
        }
    }
    if scope::is_used_from_outside(after, "err") {
        return Ok((other()?, Vec::new()));
    }
    Ok(("err", edits))
}

/// The new lines, where they belong.
fn inserted(text: &str, start: &Start<'_>, lines: &[String]) -> Result<Vec<Edit>, String> {
    let file = start.list.span().file;
    let first = start.before.span().start as usize;
    let line = text[..first].rfind('\n').map_or(0, |it| it + 1);
    let indent = &text[line..first];
    let insert = |at: usize, text: String| Edit { span: Span::new(file, at, at), text };
    if indent.trim().is_empty() {
        let at = text::with_comments(text, line);
        let new: String = lines.iter().map(|it| format!("{indent}{it}\n")).collect();
        let above = text[..at].trim_end_matches([' ', '\t']);
        let is_first = above.ends_with("{\n") || above.ends_with("{\r\n") || above.ends_with(":\n");
        let gap = if is_first || above.ends_with("\n\n") || above.ends_with("\n\r\n") { "" } else { "\n" };
        return Ok(vec![insert(at, format!("{gap}{new}\n"))]);
    }
    // `{ return f() }`
    let body = start.list.parent().filter(|it| it.is("block")).ok_or("the region begins within a line")?;
    let (open, close) = (body.span().start as usize + 1, body.span().end as usize - 1);
    let list = start.list.span();
    let (one, end) = (start.list.children().len() == 1, list.end as usize);
    if !one || text[open..close].contains('\n') {
        return Err("the region begins within a line".into());
    }
    let outer: String = text[line..].chars().take_while(|it| it.is_whitespace()).collect();
    let new: String = lines.iter().map(|it| format!("{outer}\t{it}\n")).collect();
    Ok(vec![
        Edit { span: Span::new(file, open, first), text: format!("\n{new}\n{outer}\t") },
        Edit { span: Span::new(file, end, close), text: format!("\n{outer}") },
    ])
}
