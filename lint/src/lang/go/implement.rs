//! Which types of the tree implement which interfaces.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::index::Index;
use super::types::{Interface, Type};

/// How many embedded types are followed.
const STEPS: usize = 12;

/// Interface path and type path, in order. Interfaces of libraries only where
/// the tree says so (`var _ Interface = T{}`).
pub(super) fn implementations(index: &Index<'_>) -> Vec<(String, String)> {
    let mut found = BTreeSet::new();
    let mut interfaces = BTreeMap::new();
    let mut methods: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (path, written) in index.types() {
        match index.underlying(written) {
            Type::Interface(interface) => {
                let mut names = BTreeSet::new();
                if collect_interface(index, &interface, STEPS, &mut names) && !names.is_empty() {
                    interfaces.insert(path, names);
                }
            }
            _ => {
                let mut names = BTreeSet::new();
                collect_methods(index, &Type::of_path(path), STEPS, &mut names);
                if !names.is_empty() {
                    methods.insert(path, names);
                }
            }
        }
    }
    let mut having: HashMap<&str, Vec<&str>> = HashMap::new();
    for (ty, names) in &methods {
        for name in names {
            having.entry(name).or_default().push(ty);
        }
    }
    for (interface, wanted) in &interfaces {
        let candidates = |it: &String| having.get(it.as_str()).map_or(&[][..], Vec::as_slice);
        let rarest = wanted.iter().map(candidates).min_by_key(|it| it.len()).unwrap_or_default();
        for ty in rarest.iter().filter(|it| wanted.is_subset(&methods[**it])) {
            found.insert(((*interface).to_owned(), (*ty).to_owned()));
        }
    }
    for (interface, origin) in &index.asserted {
        if let (Some(interface), Some(ty)) = (interface.path(), index.type_of(origin).path())
            && methods.contains_key(ty)
        {
            found.insert((interface.to_owned(), ty.to_owned()));
        }
    }
    found.into_iter().collect()
}

/// `false` if it has methods that the tree does not tell.
fn collect_interface(index: &Index<'_>, interface: &Interface, steps: usize, names: &mut BTreeSet<String>) -> bool {
    let Some(steps) = steps.checked_sub(1) else { return false };
    names.extend(interface.methods.iter().map(|(name, _)| name.clone()));
    interface.embedded.iter().all(|embedded| match index.underlying(embedded) {
        Type::Interface(inner) => collect_interface(index, &inner, steps, names),
        Type::Named(path) if &*path == "error" => {
            names.insert("Error".to_owned());
            true
        }
        _ => false,
    })
}

fn collect_methods(index: &Index<'_>, ty: &Type, steps: usize, names: &mut BTreeSet<String>) {
    let Some(steps) = steps.checked_sub(1) else { return };
    let ty = index.canonical(ty);
    if let Some(methods) = ty.path().and_then(|it| index.methods(it)) {
        names.extend(methods.keys().cloned());
    }
    match index.underlying(&ty) {
        Type::Struct(fields) => {
            fields.iter().filter(|it| it.embedded).for_each(|it| collect_methods(index, &it.ty, steps, names));
        }
        Type::Interface(interface) => _ = collect_interface(index, &interface, steps, names),
        _ => (),
    }
}
