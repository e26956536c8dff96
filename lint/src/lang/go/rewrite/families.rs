//! The families that a handle is opened for.

use super::super::tree::Node;
use super::super::unit;
use super::constants::{self, Constants};
use super::in_item;
use crate::facts::{Effect, Fact};
use crate::lang::Rewriting;
use crate::remedy::{Edit, Fix, Safety};
use crate::source::Span;

pub(super) fn rewrite(input: &Rewriting<'_>, opened: Span, families: &[String]) -> Result<Fix, String> {
    in_item(input, opened, |item| {
        let call = item.at(opened).filter(|it| it.is("call_expression")).ok_or("the handle is opened elsewhere")?;
        let edits = extended(input, call, families)?;
        let title = format!("open the handle for NETLINK_{} too", families.join(", NETLINK_"));
        if edits.is_empty() {
            return Err("the handle is opened for them already".into());
        }
        Ok(Fix::new(Safety::Safe, title, edits))
    })
}

/// The edits that make a call open its handle for some families, whatever it opens it for now.
pub(super) fn extended(input: &Rewriting<'_>, call: Node<'_>, families: &[String]) -> Result<Vec<Edit>, String> {
    let file = call.span().file;
    let fact = called(input, call).ok_or("what opens the handle is not known")?;
    let Effect::OpenHandle { families: usual, families_from: Some(from), .. } = &fact.effect else {
        return Err(format!("`{}` takes no families", fact.path));
    };
    let list = call.field("arguments").ok_or("the call has no arguments")?;
    let arguments = list.children();
    let given = arguments.get(*from..).unwrap_or_default();
    let has =
        if given.is_empty() { usual.clone() } else { constants::named(given).ok_or("its families are not known")? };
    let missing: Vec<String> = families.iter().filter(|it| !has.contains(it)).cloned().collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    // A list replaces what it has without one.
    let added = if given.is_empty() { [has, missing].concat() } else { missing };
    let Constants { written, import } = constants::constants(input, file, &added)?;
    let end = arguments.last().map_or(list.span().start as usize + 1, |it| it.span().end as usize);
    let comma = if arguments.is_empty() { "" } else { ", " };
    let edit = Edit { span: Span::new(file, end, end), text: format!("{comma}{}", written.join(", ")) };
    Ok(import.into_iter().chain([edit]).collect())
}

/// What is known of the package function that is called.
pub(super) fn called<'a>(input: &Rewriting<'a>, call: Node<'_>) -> Option<&'a Fact> {
    let function = call.field("function")?;
    let (qualifier, name) = function.text().split_once('.')?;
    let imports = constants::imports(input, call.span().file);
    let import = imports.iter().find(|it| it.name.as_deref().unwrap_or(unit::default_alias(&it.path)) == qualifier)?;
    input.facts.call(&format!("{}.{name}", import.path))
}
