//! Requests through a handle of rtnetlink that is kept go through one of their own, on a verified socket.

use quote::quote;
use syn::{Expr, Stmt};

use super::around::{Part, range_of};
use super::bindings::Bindings;
use super::depend;
use super::handle::{File, Found, New, line_break};
use super::opening::mentions;
use super::spelling::spelled;
use super::taken::Taken;
use crate::lang::rust::outline;
use crate::remedy::Edit;

const HANDLE: &str = "rtnetlink::Handle::";
/// The releases of rtnetlink whose handle the runtime crate gives out.
const SPOKEN: &str = "0.24";

pub(super) fn edits<'a>(file: &File<'_, 'a>, group: &[Found<'_, 'a>]) -> Result<Vec<Edit>, String> {
    if !group.iter().all(|it| it.call.handle_form.as_deref().is_some_and(|it| it.starts_with(HANDLE))) {
        return Err("no verified handle is one of its type".into());
    }
    if !group[0].body().is_async() {
        return Err("it is not in an `async` block, where tokio is".into());
    }
    if !depend::is_there(file.input, file.file, Some("tokio")) {
        return Err("netns-scope, with its feature tokio, is not among the dependencies".into());
    }
    if !depend::is_release(file.input, file.file, "rtnetlink", SPOKEN) {
        return Err(format!("netns-scope has the handle of rtnetlink {SPOKEN}"));
    }
    let mut receivers = Vec::new();
    for found in group {
        let Some(Expr::MethodCall(call)) = found.expr() else { return Err("it is no method call".into()) };
        if !ends_here(found) {
            return Err("it is perhaps awaited where the handle is gone".into());
        }
        receivers.push(&*call.receiver);
    }
    let name = file.free_name(&group[0].parts, group[0].body, &["verified", "scoped", "verified_handle"])?;
    let mut all: Vec<_> = group.iter().map(|it| &*it.parts).collect();
    let opened = |all: &[&[Part<'a>]], first| {
        let function = "netns_scope::asynchronous::AsyncRouteHandle::ambient";
        let body = group[0].body;
        file.opened(all, &New { body, name: &name, mutable: false, function, first, tries: false })
    };
    let handle = |gap: &str| spelled(quote!(#name)) + gap + &spelled(quote!(.rtnetlink()));
    if let Some((init, parts)) = variable(file, group, &receivers) {
        all.insert(0, &parts);
        let mut edits = opened(&all, first(init))?;
        let is_clone = matches!(init, Expr::MethodCall(it) if it.method == "clone" || it.method == "cloned");
        edits.push(file.edit(range_of(init), handle("") + if is_clone { ".clone()" } else { "" }));
        return Ok(edits);
    }
    let mut edits = opened(&all, first(receivers[0]))?;
    for receiver in receivers {
        let range = range_of(receiver);
        let gap = line_break(&file.text[range.end..]);
        edits.push(file.edit(range, handle(gap)));
    }
    Ok(edits)
}

/// What becomes of the text if there is no handle.
fn first(receiver: &Expr) -> Option<Taken> {
    match receiver {
        Expr::MethodCall(it) if it.method == "unwrap" || it.method == "expect" => Some(Taken::Panics),
        Expr::MethodCall(it) if it.method == "clone" || it.method == "cloned" => first(&it.receiver),
        Expr::Try(it) => matches!(&*it.expr, Expr::MethodCall(it) if it.method == "get").then_some(Taken::OkTry),
        _ => None,
    }
}

/// Whether nothing of a request outlives the block that it stands in.
fn ends_here(found: &Found<'_, '_>) -> bool {
    let statement = found.parts.iter().rposition(|it| matches!(it, Part::Statement(_)));
    let Some(at) = statement.filter(|it| *it > found.body) else { return false };
    let is_tail = matches!(found.parts[at], Part::Statement(Stmt::Expr(_, None)));
    let is_awaited = found.parts[at..].iter().any(|it| matches!(it, Part::Expr(Expr::Await(_))));
    !is_tail || is_awaited
}

/// The value of the variable through which all of the requests go, if it is used for nothing else, and what stands
/// around it.
fn variable<'a>(
    file: &File<'_, 'a>,
    group: &[Found<'_, 'a>],
    receivers: &[&'a Expr],
) -> Option<(&'a Expr, Vec<Part<'a>>)> {
    let name = match receivers.first()? {
        Expr::Path(it) => it.path.get_ident()?.to_string(),
        _ => return None,
    };
    let is_same = |it: &&&Expr| matches!(it, Expr::Path(it) if it.path.is_ident(&name));
    let function = *group[0].parts.iter().find(|it| matches!(it, Part::Function(..)))?;
    let bindings = Bindings::of(&name, function);
    let body = without_comments(&file.text[group[0].body().range()]);
    let is_all = receivers.iter().filter(is_same).count() == receivers.len();
    if !is_all || bindings.count != 1 || mentions(&body, &name) != receivers.len() + 1 {
        return None;
    }
    let init = bindings.alone?.init.as_ref().filter(|it| it.diverge.is_none())?;
    let parts = file.around(range_of(&init.expr))?;
    let is_in_body = parts.iter().rposition(|it| it.is_body()) == Some(group[0].body);
    (is_in_body && parts[group[0].body].range() == group[0].body().range()).then_some((&*init.expr, parts))
}

fn without_comments(text: &str) -> String {
    let (mut kept, mut done) = (String::new(), 0);
    for comment in outline::comments(text) {
        kept += &text[done..comment.start];
        done = comment.end;
    }
    kept + &text[done..]
}
