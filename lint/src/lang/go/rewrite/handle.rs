//! A region's calls through hidden sockets go through a handle that is opened where the region begins, and those of the
//! functions that it calls through handles of their own.

use super::super::tree::Node;
use super::left::{self, Left};
use super::region;
use super::sent::{self, Sent};
use super::{helper, in_item, opening, scope, unneeded};
use crate::lang::Rewriting;
use crate::remedy::{AmbientCall, Fix, Region};

const AT_START: &str = "open a handle at the start of the region and send the calls through it";

pub(super) fn rewrite(input: &Rewriting<'_>, region: Region, calls: &[AmbientCall]) -> Result<Fix, String> {
    let mut left = Left::default();
    let sent: Vec<_> = calls.iter().filter_map(|it| sent::sent(input, region, it, &mut left)).collect();
    let (here, elsewhere) = in_region(input, region, &sent, &mut left);
    let helpers = helper::rewrite(input, region, &elsewhere, &mut left);
    let (own, why) = match here {
        Ok(fix) => (Some(fix), String::new()),
        Err(why) if helpers.is_empty() => return Err(left.told(&why)),
        Err(why) => (None, why),
    };
    let title = title(own.as_ref().map(|it| &*it.title), &helpers);
    let mut fix = helpers.into_iter().map(|it| it.1).chain(own).reduce(together).ok_or_else(|| left.told(&why))?;
    fix.title = title;
    unneeded::without_imports(input, &mut fix);
    fix.left_alone = [why].into_iter().filter(|it| !it.is_empty()).chain(left.notes()).collect();
    Ok(fix)
}

/// What the region can do for the calls in its own text, and the calls that are made elsewhere.
fn in_region<'s, 'a>(
    input: &Rewriting<'_>,
    region: Region,
    sent: &'s [Sent<'a>],
    left: &mut Left,
) -> (Result<Fix, String>, Vec<&'s Sent<'a>>) {
    let place = region.span();
    let mut elsewhere = Vec::new();
    let fix = in_item(input, place, |item| {
        let near = |it: &&Sent<'_>| it.call.call.file == place.file && item.span().contains(it.call.call);
        let (mut near, far): (Vec<_>, Vec<_>) = sent.iter().partition(near);
        elsewhere = far;
        near.retain(|it| {
            let local = holder(input, it).is_some_and(|name| declares(item, name));
            if local {
                left.add(left::IN_A_VARIABLE, input.sources.text(it.call.name));
            }
            !local
        });
        let spans: Vec<_> = near.iter().map(|it| it.call.call).collect();
        let start = region::start(item, region, &spans)?;
        let is_inside = |it: &&Sent<'_>| {
            let in_list = start.list.span().contains(it.call.call) && start.before.span().start <= it.call.call.start;
            in_list && item.at(it.call.name).is_some_and(|it| region::runs_inside(input, it, start.function))
        };
        let (inside, outside): (Vec<_>, Vec<_>) = near.into_iter().partition(is_inside);
        elsewhere.extend(outside);
        opening::rewrite(input, item, &start, inside, AT_START, left)
    });
    (fix, elsewhere)
}

/// The variable with the stored handle that a call is made on.
fn holder<'s>(input: &'s Rewriting<'_>, sent: &Sent<'_>) -> Option<&'s str> {
    let (name, _) = input.sources.text(sent.call.name).split_once('.').filter(|_| sent.call.stored)?;
    Some(name)
}

fn declares(item: Node<'_>, name: &str) -> bool {
    let mut found = false;
    item.walk(&mut |it| {
        found |= scope::declared(it).contains(&name);
        !found
    });
    found
}

/// What a fix does, in the region and in the functions that it calls.
fn title(own: Option<&str>, helpers: &[(String, Fix)]) -> String {
    let there = match helpers {
        [] => return own.unwrap_or_default().to_owned(),
        [(name, _)] => name.clone(),
        [(one, _), (other, _)] => format!("{one} and {other}"),
        _ => "each of the functions that it calls".into(),
    };
    match own {
        Some(own) => format!("{own}; the same in {there}"),
        None => format!("open a handle in {there}, and send the calls through it"),
    }
}

/// Two fixes as one.
fn together(mut one: Fix, other: Fix) -> Fix {
    one.safety = one.safety.max(other.safety);
    one.edits.extend(other.edits);
    one.edits.sort_by_key(|it| (it.span.file, it.span.start, it.span.end));
    one.edits.dedup();
    one.blocks.extend(other.blocks);
    one
}
