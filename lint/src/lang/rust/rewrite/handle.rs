//! Calls that say nowhere which namespace they ask go through a verified handle, which is opened where they are made.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, Ident, Item};

use super::around::{self, Part, range_of};
use super::failure::{Failure, Within};
use super::names::Names;
use super::opening;
use super::spelling::spelled;
use super::taken::{Taken, taken};
use super::{arguments, depend, imports, stored};
use crate::facts::{Effect, Subject};
use crate::lang::Rewriting;
use crate::lang::rust::{pieces, read};
use crate::remedy::{AmbientCall, Edit, Fix, Region, Remedy, Safety};
use crate::source::{FileId, Span};

const TITLE: &str = "open a verified handle and send the calls through it";

const NO_FORM: &str = "no handle gives the same";
const IN_MACRO: &str = "it stands in a macro";
const FOREIGN: &str = "it is made in a file that is not changed";
const OTHER_ERROR: &str = "its error goes on as what it is";
const SILENT: &str = "nothing around it can say that no handle could be opened";
const NO_DEPENDENCY: &str = "netns-scope is not among the dependencies";

pub(super) fn rewrite(input: &Rewriting<'_>, region: Region, calls: &[AmbientCall]) -> Result<Fix, String> {
    let mut left = Left::default();
    let mut fix = Fix::new(Safety::Unsafe, TITLE, Vec::new());
    let mut files: Vec<FileId> = calls.iter().map(|it| it.call.file).collect();
    files.sort();
    files.dedup();
    for file in files {
        let here: Vec<&AmbientCall> = calls.iter().filter(|it| it.call.file == file).collect();
        if !(input.changeable)(file) {
            here.iter().for_each(|it| left.add(FOREIGN, input, it));
            continue;
        }
        in_file(input, file, region, here, &mut fix, &mut left);
    }
    if fix.edits.is_empty() {
        return Err(format!("{}; {}", left.notes().join("; "), by_hand(input, calls)));
    }
    fix.edits.sort_by_key(|it| it.span);
    fix.edits.dedup();
    fix.left_alone = left.notes();
    Ok(fix)
}

/// The same without an edit.
fn by_hand(input: &Rewriting<'_>, calls: &[AmbientCall]) -> String {
    let feature = calls.iter().any(|it| it.stored).then_some("tokio");
    let first = calls.first().map_or_else(String::new, |it| depend::first(input, it.name.file, feature));
    const NETNS: &str = "where `netns` is `netns_scope::Netns::from_path(…)?`";
    if calls.iter().all(|it| it.handle_form.is_none()) {
        return format!("{first}without any switch `netns.run(|| …)?`, {NETNS}");
    }
    let handle = if feature.is_some() { "asynchronous::AsyncRouteHandle" } else { "RouteHandle" };
    format!(
        "{first}without any switch `netns_scope::{handle}::open(&netns)?`, {NETNS}; for what has no handle, \
         `netns.run(|| …)?`"
    )
}

/// What is left as it is, and why.
#[derive(Default)]
struct Left(Vec<(String, Vec<String>)>);

impl Left {
    fn add(&mut self, why: &str, input: &Rewriting<'_>, call: &AmbientCall) {
        let text = input.sources.text(call.name);
        // A function that is handed to another one is not what is called here.
        let is_named = text.rsplit("::").next().map(str::trim) == call.path.rsplit("::").next();
        let text = if is_named || call.stored { text } else { &call.path };
        let name = format!("`{}`", text.split_whitespace().collect::<String>());
        match self.0.iter_mut().find(|it| it.0 == why) {
            Some((_, names)) if names.contains(&name) => (),
            Some((_, names)) => names.push(name),
            None => self.0.push((why.to_owned(), vec![name])),
        }
    }

    fn notes(&self) -> Vec<String> {
        self.0.iter().map(|(why, names)| format!("{}: {why}", names.join(", "))).collect()
    }
}

/// A call, and what stands around it.
pub(super) struct Found<'c, 'a> {
    pub(super) call: &'c AmbientCall,
    pub(super) parts: Vec<Part<'a>>,
    /// Which of the parts is the innermost body.
    pub(super) body: usize,
    /// What becomes of its result.
    taken: Option<Taken>,
}

impl<'a> Found<'_, 'a> {
    pub(super) fn expr(&self) -> Option<&'a Expr> {
        if let Some(Part::Expr(it)) = self.parts.last() { Some(it) } else { None }
    }

    pub(super) fn body(&self) -> Part<'a> {
        self.parts[self.body]
    }
}

fn in_file<'c>(
    input: &'c Rewriting<'_>,
    file: FileId,
    region: Region,
    mut calls: Vec<&'c AmbientCall>,
    fix: &mut Fix,
    left: &mut Left,
) {
    // Every region that calls a function asks for the same edits of it.
    let of_others = input.remedies.iter().filter_map(|it| match it {
        Remedy::UseHandle { region: other, calls } if *other != region => Some(calls),
        _ => None,
    });
    let others: Vec<&AmbientCall> = of_others.flatten().filter(|it| it.call.file == file).collect();
    let own: Vec<Span> = calls.iter().map(|it| it.call).collect();
    calls.extend(others);
    calls.sort_by_key(|it| it.call);
    calls.dedup_by_key(|it| it.call);
    let whole = &input.sources.get(file).text;
    let bodies = |it: &pieces::Body| !calls.iter().any(|call| it.around().contains(&(call.call.start as usize)));
    let read = read::read(whole, &bodies);
    let base = read.base;
    let file = File { input, file, region, text: &whole[base..], base, items: &read.items };
    let mut groups: Vec<(Range<usize>, bool, Vec<Found<'_, '_>>)> = Vec::new();
    for call in calls {
        match file.find(call) {
            Some(found) => {
                let key = (found.body().range(), call.stored);
                match groups.iter_mut().find(|it| (&it.0, it.1) == (&key.0, key.1)) {
                    Some(group) => group.2.push(found),
                    None => groups.push((key.0, key.1, vec![found])),
                }
            }
            None if own.contains(&call.call) => left.add(IN_MACRO, input, call),
            None => (),
        }
    }
    let mut gone = Vec::new();
    for (body, is_stored, mut group) in groups {
        if !group.iter().any(|it| own.contains(&it.call.call)) {
            continue;
        }
        // A body with the switch in it is the region's own.
        if body.contains(&(region.span().start as usize).saturating_sub(base)) {
            group.retain(|it| own.contains(&it.call.call));
        }
        let edits = if is_stored { stored::edits(&file, &group) } else { file.ambient(&group, left, &own, &mut gone) };
        match edits {
            Ok(edits) => {
                fix.edits.extend(edits);
                fix.blocks.push(file.span(body));
            }
            Err(why) => {
                group.iter().filter(|it| own.contains(&it.call.call)).for_each(|it| left.add(&why, input, it.call));
            }
        }
    }
    without_imports(&file, &gone, fix);
}

/// Takes out the imports that only these callees needed.
fn without_imports(file: &File<'_, '_>, gone: &[&Expr], fix: &mut Fix) {
    let of_all = |it: &'_ Remedy| if let Remedy::UseHandle { calls, .. } = it { calls.clone() } else { Vec::new() };
    let all = file.input.remedies.iter().flat_map(of_all).filter(|it| it.name.file == file.file);
    let all: BTreeSet<Span> = all.map(|it| it.name).collect();
    for name in imports::names(gone) {
        let all: Vec<Span> = all.iter().copied().filter(|it| file.input.sources.text(*it) == name).collect();
        let own: BTreeSet<Span> = gone.iter().map(|it| file.span(range_of(it))).filter(|it| all.contains(it)).collect();
        if let Some(edit) = imports::unused(file, file.items, &name, own.len()) {
            let touches = |it: &Edit| it.span.start <= edit.span.end && edit.span.start <= it.span.end;
            if !fix.edits.iter().any(|it| it.span.file == edit.span.file && touches(it)) {
                fix.edits.push(edit);
            }
        } else if own.last() == all.last() && imports::unused(file, file.items, &name, all.len()).is_some() {
            // Of several fixes that use up an import, the last one is made alone, and takes it out.
            fix.blocks.push(file.span(0..file.text.len()));
        }
    }
}

/// A file that was read for its fixes.
pub(super) struct File<'f, 'a> {
    pub(super) input: &'f Rewriting<'f>,
    pub(super) file: FileId,
    region: Region,
    /// From the byte on from which spans count.
    pub(super) text: &'a str,
    base: usize,
    items: &'a [Item],
}

impl<'a> File<'_, 'a> {
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start + self.base, range.end + self.base)
    }

    pub(super) fn edit(&self, range: Range<usize>, text: impl Into<String>) -> Edit {
        Edit { span: self.span(range), text: text.into() }
    }

    pub(super) fn around(&self, range: Range<usize>) -> Option<Vec<Part<'a>>> {
        around::find(self.items, range)
    }

    fn find<'c>(&self, call: &'c AmbientCall) -> Option<Found<'c, 'a>> {
        let at = (call.call.start as usize).checked_sub(self.base)?..(call.call.end as usize).checked_sub(self.base)?;
        let parts = around::find(self.items, at)?;
        let body = parts.iter().rposition(|it| it.is_body())?;
        let taken = taken(&parts);
        Some(Found { call, parts, body, taken })
    }

    /// The calls of one body that a handle can make, through one; `gone` takes in what they called.
    fn ambient(
        &self,
        group: &[Found<'_, 'a>],
        left: &mut Left,
        own: &[Span],
        gone: &mut Vec<&'a Expr>,
    ) -> Result<Vec<Edit>, String> {
        let mut sent: Vec<(&Found<'_, 'a>, &str, &str)> = Vec::new();
        for found in group {
            match self.form(found) {
                Ok((ty, method)) if sent.first().is_none_or(|it| it.1 == ty) => sent.push((found, ty, method)),
                Ok(_) => return Err(NO_FORM.into()),
                Err(why) if own.contains(&found.call.call) => left.add(&why, self.input, found.call),
                Err(_) => (),
            }
        }
        // What was not sent is named above.
        let Some((_, ty, _)) = sent.first().copied() else { return Ok(Vec::new()) };
        if !depend::is_there(self.input, self.file, None) {
            return Err(NO_DEPENDENCY.into());
        }
        let name = self.free_name(&sent[0].0.parts, sent[0].0.body, &["route", "netlink", "route_handle"])?;
        let found: Vec<_> = sent.iter().map(|it| it.0).collect();
        let function = format!("{ty}::ambient");
        let all: Vec<_> = found.iter().map(|it| &*it.parts).collect();
        let mut edits = self.opened(
            &all,
            &New {
                body: found[0].body,
                name: &name,
                mutable: true,
                function: &function,
                first: found[0].taken,
                tries: found.iter().any(|it| it.taken == Some(Taken::Try)),
            },
        )?;
        for (found, _, method) in &sent {
            let Some(Expr::Call(call)) = found.expr() else { continue };
            let method = format_ident!("{method}");
            let receiver = spelled(quote!(#name));
            let rest = spelled(quote!(.#method));
            let gap = line_break(&self.text[range_of(found.expr().ok_or(NO_FORM)?).end..]);
            edits.push(self.edit(range_of(&call.func), format!("{receiver}{gap}{rest}")));
        }
        gone.extend(found.iter().filter_map(|it| match it.expr() {
            Some(Expr::Call(call)) => Some(&*call.func),
            _ => None,
        }));
        Ok(edits)
    }

    /// The type and the method of a handle that does what a call does, in this place.
    fn form<'c>(&self, found: &Found<'c, 'a>) -> Result<(&'c str, &'c str), String> {
        let path = found.call.handle_form.as_deref().ok_or(NO_FORM)?;
        if !found.call.drop_in {
            return Err(format!("`{path}` does the same, but takes and gives other types: call that instead"));
        }
        let form = path.rsplit_once("::").ok_or(NO_FORM)?;
        let opens = self.input.facts.call(&format!("{}::ambient", form.0)).map(|it| &it.effect);
        let Some(Effect::OpenHandle { at: Subject::Current, .. }) = opens else { return Err(NO_FORM.into()) };
        let Some(Expr::Call(call)) = found.expr() else { return Err(NO_FORM.into()) };
        let function = found.parts.iter().copied().find(|it| matches!(it, Part::Function(..))).ok_or(NO_FORM)?;
        if !call.args.iter().all(|it| arguments::is_text(it, function)) {
            return Err(arguments::NOT_TEXT.into());
        }
        found.taken.map(|_| form).ok_or_else(|| OTHER_ERROR.into())
    }

    pub(super) fn free_name(&self, parts: &[Part<'a>], body: usize, names: &[&str]) -> Result<Ident, String> {
        let body = parts[body].range();
        opening::free_name(self.text, body, names).ok_or_else(|| "the names of its handle are taken".into())
    }

    /// The edits that open a handle by that function before all of some expressions in one body, the first of them first;
    /// each is what stands around it.
    pub(super) fn opened(&self, all: &[&[Part<'a>]], new: &New<'_>) -> Result<Vec<Edit>, String> {
        let parts = all[0];
        let names = Names::at(self.items, &parts[0].range(), parts);
        let region = matches!(self.region, Region::Closure(_)).then(|| self.region.span());
        let within = Within { names: &names, region: region.filter(|it| it.file == self.file), base: self.base };
        let failure = within.failure(&parts[..=new.body], new.first).ok_or(SILENT)?;
        if new.tries && failure != Failure::Try {
            return Err(SILENT.into());
        };
        let place = opening::place(all, new.body).ok_or("it is not in a statement")?;
        self.after_switch(&place, parts, new.body, failure)?;
        let function: TokenStream = {
            let (ty, method) = new.function.rsplit_once("::").ok_or(SILENT)?;
            format!("{}::{method}", names.spelled(ty)).parse().map_err(|_| SILENT)?
        };
        let statement = opening::statement(new.name, new.mutable, &failure.checked(quote!(#function())));
        let inserted = place.inserted(self.text, &spelled(statement))?;
        Ok(inserted.into_iter().map(|(at, text)| self.edit(at..at, text)).collect())
    }

    /// Nothing may be opened before the thread is there, and what leaves early must not leave it there.
    fn after_switch(
        &self,
        place: &opening::Place<'_>,
        first: &[Part<'a>],
        body: usize,
        failure: Failure,
    ) -> Result<(), String> {
        let Region::After(switch) = self.region else { return Ok(()) };
        let Some(switch) = (switch.start as usize).checked_sub(self.base).filter(|_| switch.file == self.file) else {
            return Ok(());
        };
        if !first[body].range().contains(&switch) {
            return Ok(());
        }
        if place.start() <= switch {
            return Err("the region begins within a statement".into());
        }
        let leaves = first[body..].iter().any(|it| matches!(it, Part::Expr(Expr::Try(_))));
        let blocks = first[body..].iter().filter_map(|it| if let Part::Block(it) = it { Some(it) } else { None });
        let mut statements = blocks.flat_map(|it| &it.stmts);
        let is_guarded = statements.any(|it| {
            let is_kept = matches!(it, syn::Stmt::Local(it) if !matches!(it.pat, syn::Pat::Wild(_)));
            is_kept && around::range(it).contains(&switch)
        });
        if leaves || is_guarded || failure == Failure::Panics {
            return Ok(());
        }
        Err("nothing would lead the thread back if no handle could be opened".into())
    }
}

/// A handle to open.
pub(super) struct New<'n> {
    /// In which of the parts.
    pub(super) body: usize,
    pub(super) name: &'n Ident,
    pub(super) mutable: bool,
    /// The function that opens it, by its full path.
    pub(super) function: &'n str,
    /// What becomes of the first result.
    pub(super) first: Option<Taken>,
    /// Whether one of the calls says by `?` that it failed.
    pub(super) tries: bool,
}

/// The line break and blanks before the next link of a chain that has one on each line.
pub(super) fn line_break(rest: &str) -> &str {
    let blank = &rest[..rest.len() - rest.trim_start().len()];
    if blank.contains('\n') && rest[blank.len()..].starts_with('.') { blank } else { "" }
}
