//! What the names in a module stand for, as far as its own text says.

use std::collections::HashMap;
use std::ops::Range;

use syn::{GenericArgument, Item, Path, PathArguments, Stmt, Type, UseTree};

use super::around::{Part, range};

#[derive(Default)]
pub(super) struct Names<'a> {
    uses: HashMap<String, String>,
    aliases: HashMap<String, &'a Type>,
}

impl<'a> Names<'a> {
    /// The names in the innermost module around a place, and in the blocks of these parts.
    pub(super) fn at(items: &'a [Item], place: &Range<usize>, parts: &[Part<'a>]) -> Self {
        let mut names = Names::default();
        names.module(items, place);
        for part in parts {
            let Part::Block(block) = part else { continue };
            let items = block.stmts.iter().filter_map(|it| if let Stmt::Item(it) = it { Some(it) } else { None });
            items.for_each(|it| names.item(it));
        }
        names
    }

    fn module(&mut self, items: &'a [Item], place: &Range<usize>) {
        for item in items {
            if let Item::Mod(inner) = item
                && let Some((_, items)) = &inner.content
                && range(inner).contains(&place.start)
            {
                let sees_outer = items.iter().any(|it| matches!(it, Item::Use(it) if is_all_of_super(&it.tree)));
                if !sees_outer {
                    *self = Names::default();
                }
                return self.module(items, place);
            }
        }
        items.iter().for_each(|it| self.item(it));
    }

    fn item(&mut self, item: &'a Item) {
        match item {
            Item::Use(it) => self.tree(&it.tree, String::new()),
            Item::Type(it) => _ = self.aliases.insert(it.ident.to_string(), &it.ty),
            _ => (),
        }
    }

    fn tree(&mut self, tree: &UseTree, before: String) {
        match tree {
            UseTree::Path(it) => self.tree(&it.tree, format!("{before}{}::", it.ident)),
            UseTree::Group(it) => it.items.iter().for_each(|it| self.tree(it, before.clone())),
            UseTree::Name(it) if it.ident == "self" => {
                let path = before.trim_end_matches("::");
                let name = path.rsplit("::").next().unwrap_or(path).to_owned();
                self.uses.insert(name, path.to_owned());
            }
            UseTree::Name(it) => _ = self.uses.insert(it.ident.to_string(), format!("{before}{}", it.ident)),
            UseTree::Rename(it) => _ = self.uses.insert(it.rename.to_string(), format!("{before}{}", it.ident)),
            _ => (),
        }
    }

    /// The full path of what a path names.
    pub(super) fn path(&self, path: &Path) -> String {
        let mut parts: Vec<_> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        for _ in 0..4 {
            let Some(used) = self.uses.get(&parts[0]).filter(|it| !it.starts_with(&format!("{}::", parts[0]))) else {
                break;
            };
            if *used == parts[0] {
                break;
            }
            parts.splice(..1, used.split("::").map(str::to_owned));
        }
        let whole = parts.join("::");
        match &*whole {
            "Result" => "std::result::Result".into(),
            "Option" => "std::option::Option".into(),
            "Box" => "std::boxed::Box".into(),
            _ => whole.strip_prefix("core::").map_or(whole.clone(), |it| format!("std::{it}")),
        }
    }

    /// How a path is spelled here: its last name, if that is in scope.
    pub(super) fn spelled(&self, path: &str) -> String {
        let name = path.rsplit("::").next().unwrap_or(path);
        if self.uses.get(name).is_some_and(|it| it == path) { name.to_owned() } else { path.to_owned() }
    }

    /// What an alias of this module, or of a block around, stands for.
    pub(super) fn alias(&self, path: &Path) -> Option<&'a Type> {
        let only = path.segments.first().filter(|_| path.segments.len() == 1)?;
        self.aliases.get(&only.ident.to_string()).copied()
    }
}

fn is_all_of_super(tree: &UseTree) -> bool {
    matches!(tree, UseTree::Path(it) if it.ident == "super" && matches!(*it.tree, UseTree::Glob(_)))
}

/// The types between the angle brackets of the last part.
pub(super) fn arguments(path: &Path) -> Vec<&Type> {
    let Some(PathArguments::AngleBracketed(it)) = path.segments.last().map(|it| &it.arguments) else {
        return Vec::new();
    };
    let types = it.args.iter().filter_map(|it| if let GenericArgument::Type(it) = it { Some(it) } else { None });
    types.collect()
}
