//! What a path as written means.

use super::{Index, Known, STEPS, Scope};
use crate::lang::rust::declaration::{Name, TypeKind};
use crate::lang::rust::ty::Ty;

/// How many modules are looked into for one path.
const LOOKED: usize = 400;

const PRELUDE: &[(&str, &str)] = &[
    ("Option", "std::option::Option"),
    ("Some", "std::option::Option::Some"),
    ("None", "std::option::Option::None"),
    ("Result", "std::result::Result"),
    ("Ok", "std::result::Result::Ok"),
    ("Err", "std::result::Result::Err"),
    ("Box", "std::boxed::Box"),
    ("Vec", "std::vec::Vec"),
    ("String", "std::string::String"),
    ("ToString", "std::string::ToString"),
    ("drop", "std::mem::drop"),
    ("Drop", "std::ops::Drop"),
    ("Fn", "std::ops::Fn"),
    ("Default", "std::default::Default"),
    ("Clone", "std::clone::Clone"),
    ("From", "std::convert::From"),
    ("Into", "std::convert::Into"),
    ("AsRef", "std::convert::AsRef"),
    ("Iterator", "std::iter::Iterator"),
];

/// The names that are being looked for, each because of the one before.
#[derive(Default)]
struct Trail {
    open: Vec<(String, String)>,
    looked: usize,
}

impl Index<'_> {
    /// The full path of a path as written.
    pub(in crate::lang::rust) fn path(&self, scope: &Scope, written: &[String]) -> String {
        let path = self.spelled(scope, written);
        // Through an alias with another error: `io::Result::Ok`, `anyhow::Ok`.
        match written.last().map(String::as_str) {
            Some(variant @ ("Ok" | "Err"))
                if is_variant_of_result(&path, variant) && self.variant_of(&path).is_none() =>
            {
                format!("std::result::Result::{variant}")
            }
            _ => path,
        }
    }

    fn spelled(&self, scope: &Scope, written: &[String]) -> String {
        let trail = &mut Trail::default();
        if written.first().is_some_and(|it| it == "Self")
            && let Some(of) = scope.of.as_ref().and_then(Ty::path)
        {
            return self.below(of.to_owned(), &written[1..], trail);
        }
        if let [parameter, rest @ ..] = written
            && !rest.is_empty()
            && let Some(path) = scope.bounds.get(parameter).and_then(Ty::path)
        {
            let of = self.resolve(&scope.module, &split(path), trail);
            return self.below(of, rest, trail);
        }
        self.resolve(&scope.module, written, trail)
    }

    fn resolve(&self, module: &str, written: &[String], trail: &mut Trail) -> String {
        let Some((first, rest)) = written.split_first() else { return String::new() };
        match first.as_str() {
            "" => {
                let start = rest.first().map_or(String::new(), |it| external(it));
                return self.below(start, rest.get(1..).unwrap_or(&[]), trail);
            }
            "crate" => return self.below(module.split("::").next().unwrap_or("").to_owned(), rest, trail),
            "self" => return self.below(self.enclosing(module).to_owned(), rest, trail),
            "super" => {
                let (mut at, mut rest) = (self.enclosing(module), written);
                while let Some(("super", more)) = rest.split_first().map(|(it, more)| (it.as_str(), more)) {
                    at = at.rsplit_once("::").map_or(at, |it| it.0);
                    rest = more;
                }
                return self.below(at.to_owned(), rest, trail);
            }
            _ => (),
        }
        let mut around = Some(module);
        while let Some(at) = around {
            if let Some(found) = self.name(at, first, trail) {
                return self.below(found, rest, trail);
            }
            around = self.modules.get(at).and_then(|it| it.around.as_deref());
        }
        let start = if self.crates.contains(first) {
            first.clone()
        } else {
            match PRELUDE.iter().find(|(name, _)| name == first) {
                Some((_, full)) => (*full).to_owned(),
                None => external(first),
            }
        };
        self.below(start, rest, trail)
    }

    /// The module itself, for the items of a body.
    fn enclosing<'m>(&'m self, mut module: &'m str) -> &'m str {
        while let Some(around) = self.modules.get(module).and_then(|it| it.around.as_deref()) {
            module = around;
        }
        module
    }

    /// What the names `rest` mean below `path`.
    fn below(&self, mut path: String, rest: &[String], trail: &mut Trail) -> String {
        for name in rest {
            if let Some(found) = self.name(&path, name, trail) {
                path = found;
                continue;
            }
            if let Some(Known { it: TypeKind::Alias(Ty::Named { path: to, .. }), module, .. }) = self.types.get(&path)
                && trail.open.len() < STEPS
            {
                trail.open.push((path.clone(), String::new()));
                path = self.resolve(module, &split(to), trail);
                trail.open.pop();
            }
            if !path.is_empty() {
                path.push_str("::");
            }
            path.push_str(name);
        }
        reexported(path)
    }

    /// The full path of a name that a module has.
    fn name(&self, module: &str, name: &str, trail: &mut Trail) -> Option<String> {
        let it = self.modules.get(module)?;
        if matches!(it.names.get(name), Some(Name::Item)) {
            return Some(format!("{module}::{name}"));
        }
        // A name that leads to itself, by `use x;` or around globs, is another crate's or nobody's.
        let open = (module.to_owned(), name.to_owned());
        if trail.open.len() >= STEPS || trail.looked >= LOOKED || trail.open.contains(&open) {
            return None;
        }
        trail.looked += 1;
        trail.open.push(open);
        let found = match it.names.get(name) {
            Some(Name::Use(target)) => Some(self.resolve(module, target, trail)),
            _ => it.globs.iter().find_map(|glob| self.name_in_glob(module, glob, name, trail)),
        };
        trail.open.pop();
        found
    }

    fn name_in_glob(&self, module: &str, glob: &[String], name: &str, trail: &mut Trail) -> Option<String> {
        let from = self.resolve(module, glob, trail);
        if from == module {
            return None;
        }
        if let Some(Known { it: TypeKind::Enum(variants), .. }) = self.types.get(&from) {
            return variants.iter().any(|it| it.0 == name).then(|| format!("{from}::{name}"));
        }
        if self.modules.contains_key(&from) {
            return self.name(&from, name, trail);
        }
        let full = reexported(format!("{from}::{name}"));
        self.facts.knows(&full).then_some(full)
    }
}

/// Modules of the standard library that only give others' names: library/std/src/os/unix/{io/mod,mod}.rs.
const REEXPORTS: &[(&str, &str)] =
    &[("std::os::unix::io::", "std::os::fd::"), ("std::os::unix::prelude::", "std::os::fd::")];

/// The path of what is written with that of a re-export.
fn reexported(path: String) -> String {
    let from = REEXPORTS.iter().find_map(|(from, to)| Some(format!("{to}{}", path.strip_prefix(from)?)));
    from.unwrap_or(path)
}

pub(super) fn split(path: &str) -> Vec<String> {
    path.split("::").map(str::to_owned).collect()
}

fn external(name: &str) -> String {
    if name == "core" || name == "alloc" { "std".into() } else { name.into() }
}

fn is_variant_of_result(path: &str, variant: &str) -> bool {
    let of = path.strip_suffix(variant).and_then(|it| it.strip_suffix("::")).unwrap_or_default();
    of.ends_with("::Result") || matches!(of, "anyhow" | "eyre" | "color_eyre::eyre")
}
