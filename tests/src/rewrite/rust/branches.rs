//! Other ways to write a branch or a loop.

use syn::{Block, Expr, ExprIf, Stmt};

use super::place::{Node, Place, range};
use crate::rewrite::edits::Edits;

/// `if c { … } else { … }` → `{ let holds = c; match holds { true => { … } false => { … } } }`
pub(super) fn by_match(place: &Place<'_>, edits: &mut Edits) {
    let Some(it) = plain_if(place) else { return };
    edits.before(range(it).start, "{ ");
    edits.replace(range(&it.if_token), "let holds =");
    edits.after(range(&it.cond).end, "; match holds { true =>");
    edits.after(range(it).end, " } }");
    match &it.else_branch {
        Some((r#else, _)) => edits.replace(range(r#else), "false =>"),
        None => edits.after(range(it).end, " false => {}"),
    }
}

/// `if let P = e { … } else { … }` → `match e { P => { … } _ => { … } }`
pub(super) fn let_by_match(place: &Place<'_>, edits: &mut Edits) {
    let Node::Expr(Expr::If(it)) = place.node else { return };
    let Expr::Let(condition) = &*it.cond else { return };
    let pattern = place.text_of(&condition.pat);
    edits.replace(range(it).start..range(&condition.expr).start, "match ");
    edits.after(range(&condition.expr).end, format!(" {{ {pattern} =>"));
    edits.after(range(it).end, " }");
    match &it.else_branch {
        Some((r#else, _)) => edits.replace(range(r#else), "_ =>"),
        None => edits.after(range(it).end, " _ => {}"),
    }
}

/// `if c { return x; } …` → `if c { return x; } else { … }`
pub(super) fn left_else(place: &Place<'_>, edits: &mut Edits) {
    let Node::Block(block) = place.node else { return };
    for (at, statement) in block.stmts.iter().enumerate() {
        if let Some(last) = block.stmts[at + 1..].last()
            && let Stmt::Expr(Expr::If(it), _) = statement
            && it.else_branch.is_none()
            && leaves(&it.then_branch)
        {
            edits.after(range(it).end, " else {");
            edits.after(range(last).end, " }");
        }
    }
}

/// `while c { … }` → `loop { if c { … } else { break } }`
pub(super) fn while_by_loop(place: &Place<'_>, edits: &mut Edits) {
    let Node::Expr(Expr::While(it)) = place.node else { return };
    edits.replace(range(&it.while_token), "loop { if");
    edits.after(range(it).end, " else { break } }");
}

/// `for x in e { … }` → `{ let mut rest = (e).into_iter(); while let Some(x) = rest.next() { … } }`
pub(super) fn for_by_while(place: &Place<'_>, edits: &mut Edits) {
    let Node::Expr(Expr::ForLoop(it)) = place.node else { return };
    let (pattern, all) = (place.text_of(&it.pat), place.text_of(&it.expr));
    let label = it.label.as_ref().map(|it| place.text_of(it)).unwrap_or_default();
    let head = format!("{{ let mut rest = ({all}).into_iter(); {label} while let Some({pattern}) = rest.next() ");
    edits.replace(range(it).start..range(&it.body).start, head);
    edits.after(range(it).end, " }");
}

/// An `if` on something that is true or false.
fn plain_if<'a>(place: &Place<'a>) -> Option<&'a ExprIf> {
    match place.node {
        Node::Expr(Expr::If(it)) if !has_let(&it.cond) => Some(it),
        _ => None,
    }
}

fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(it) => has_let(&it.left) || has_let(&it.right),
        _ => false,
    }
}

fn leaves(block: &Block) -> bool {
    matches!(block.stmts.last(), Some(Stmt::Expr(Expr::Return(_) | Expr::Break(_) | Expr::Continue(_), _)))
}
