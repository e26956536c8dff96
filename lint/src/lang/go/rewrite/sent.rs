//! The calls that a handle can make, and which handle can.

use super::left::{self, Left};
use crate::facts::{Effect, Fact};
use crate::lang::Rewriting;
use crate::remedy::{AmbientCall, Region, Remedy};
use crate::source::FileId;

/// A call that a handle can make.
pub(super) struct Sent<'a> {
    pub(super) call: &'a AmbientCall,
    /// The handle's type and method: `github.com/vishvananda/netlink.Handle`, `LinkList`.
    pub(super) ty: String,
    pub(super) method: String,
}

pub(super) fn sent<'a>(
    input: &Rewriting<'_>,
    region: Region,
    call: &'a AmbientCall,
    left: &mut Left,
) -> Option<Sent<'a>> {
    let name = input.sources.text(call.name);
    let Some(form) = &call.handle_form else {
        // What a region within this one does is named there.
        if !is_of_another_region(input, region, call) {
            left.add(left::NO_FORM, name);
        }
        return None;
    };
    let (ty, method) = form.rsplit_once('.')?;
    if !call.drop_in {
        let short = form.rsplit('/').next().unwrap_or(form);
        left.add(&format!("`{short}` does the same with other arguments: call that instead"), name);
        return None;
    }
    // A function value, or an alias.
    if name.rsplit('.').next() != Some(method) {
        left.add(left::FUNCTION_VALUE, name);
        return None;
    }
    if call.families.is_empty() {
        left.add(left::NO_FAMILY, name);
        return None;
    }
    if !input.facts.call(form).is_none_or(|it| is_there(input, call.name.file, it)) {
        left.add(left::TOO_OLD, name);
        return None;
    }
    Some(Sent { call, ty: ty.to_owned(), method: method.to_owned() })
}

/// Whether a call stands in a closure that is a region by itself, somewhere else than this one.
fn is_of_another_region(input: &Rewriting<'_>, region: Region, call: &AmbientCall) -> bool {
    let place = region.span();
    input.remedies.iter().any(|it| match it {
        Remedy::UseHandle { region: Region::Closure(other), calls } => {
            other.contains(call.call) && !other.contains(place) && !place.contains(*other) && calls.contains(call)
        }
        _ => false,
    })
}

/// Whether the release that a file is built with has a function; where none is named, any may be.
pub(super) fn is_there(input: &Rewriting<'_>, file: FileId, fact: &Fact) -> bool {
    let used = input.versions.of(file, &fact.path);
    used.zip(fact.since.as_deref()).is_none_or(|(used, since)| used.has(since) == Some(true))
}

/// The module of a type, as far as its path says.
pub(super) fn library(ty: &str) -> &str {
    let slash = ty.rfind('/').map_or(0, |it| it + 1);
    ty[slash..].find('.').map_or(ty, |it| &ty[..slash + it])
}

/// The type of the handle that can make all the calls, or as many as possible.
pub(super) fn handle_type(input: &Rewriting<'_>, sent: &[&Sent<'_>]) -> Option<String> {
    let can_open = |ty: &str| {
        let opens = input.facts.call(&format!("{}.NewHandle", library(ty)));
        opens.is_some_and(|it| matches!(it.effect, Effect::OpenHandle { families_from: Some(0), .. }))
    };
    let mut types: Vec<_> = sent.iter().map(|it| &it.ty).filter(|it| can_open(it)).collect();
    types.sort();
    types.dedup();
    let wraps = types.iter().find(|ty| types.iter().all(|it| it == *ty || embeds(input, ty, it)));
    let most = || types.iter().max_by_key(|ty| sent.iter().filter(|it| it.ty == ***ty).count());
    wraps.or_else(most).map(|it| (*it).clone())
}

pub(super) fn embeds(input: &Rewriting<'_>, wrapper: &str, inner: &str) -> bool {
    input.facts.ty(wrapper).is_some_and(|it| it.fields.get("Handle").is_some_and(|it| it == inner))
}
