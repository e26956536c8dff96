//! From the declarations of all files to the index.

use std::collections::{HashMap, HashSet};

use super::{Held, Index, Known, Scope};
use crate::facts::Facts;
use crate::lang::rust::declaration::{Declarations, Impl, Module};
use crate::lang::rust::ty::Ty;

impl<'a> Index<'a> {
    pub(in crate::lang::rust) fn new(files: Vec<Declarations>, facts: &'a Facts) -> Self {
        let mut index = Index {
            facts,
            modules: HashMap::new(),
            types: HashMap::new(),
            functions: HashMap::new(),
            values: HashMap::new(),
            associated: HashMap::new(),
            implemented: HashMap::new(),
            traits: HashSet::new(),
            droppable: HashSet::new(),
            macros: HashMap::new(),
            crates: HashSet::new(),
            catalogued: facts.calls().filter_map(|it| it.path.split("::").next()).collect(),
            implementations: Vec::new(),
            blanket: Vec::new(),
        };
        let (mut impls, mut traits) = (Vec::new(), Vec::new());
        for mut module in files.into_iter().flat_map(|it| it.modules) {
            impls.extend(module.impls.drain(..).map(|it| (module.path.clone(), it)));
            traits.extend(module.traits.drain(..).map(|it| (module.path.clone(), it)));
            index.add_module(module);
        }
        for (module, it) in traits {
            index.add_trait(module, it);
        }
        for (module, it) in impls {
            index.add_impl(module, it);
        }
        index
    }

    fn add_module(&mut self, mut module: Module) {
        let path = module.path.clone();
        self.crates.insert(path.split("::").next().unwrap_or("").to_owned());
        let known = |module: &str| (module.to_owned(), None);
        for it in module.types.drain(..) {
            let (module, of) = known(&path);
            self.types.entry(format!("{path}::{}", it.name)).or_insert(Known { it: it.kind, module, of });
        }
        for it in module.functions.drain(..) {
            let (module, of) = known(&path);
            self.functions.entry(format!("{path}::{}", it.name)).or_insert(Known { it, module, of });
        }
        for it in module.values.drain(..) {
            let (module, of) = known(&path);
            let name = format!("{path}::{}", it.name);
            let it = Held { ty: it.ty, constant: it.constant, is_static: it.is_static };
            self.values.entry(name).or_insert(Known { it, module, of });
        }
        for it in module.macros.drain(..) {
            self.macros.entry(it.name.clone()).or_default().push(it);
        }
        match self.modules.get_mut(&path) {
            // The same file as a part of two crates, or a module and a function of one name.
            Some(known) => {
                for (name, it) in module.names {
                    known.names.entry(name).or_insert(it);
                }
                known.globs.extend(module.globs);
            }
            None => {
                self.modules.insert(path, module);
            }
        }
    }

    fn add_trait(&mut self, module: String, it: Impl) {
        let path = format!("{module}::{}", it.ty.path().unwrap_or(""));
        self.traits.insert(path.clone());
        for function in it.functions {
            let of = Some(Ty::Trait(path.clone()));
            let known = Known { it: function, module: module.clone(), of };
            self.functions.entry(format!("{path}::{}", known.it.name)).or_insert(known);
        }
    }

    fn add_impl(&mut self, module: String, it: Impl) {
        let scope = Scope { module: module.clone(), ..Scope::default() };
        let ty = self.ty(&it.ty, &scope);
        let of = it.of.map(|it| self.path(&scope, &it));
        let Some(path) = impl_path(&ty, of.as_deref()) else { return };
        if let Some(of) = of {
            if of == "std::ops::Drop" {
                self.droppable.insert(path.clone());
            }
            if of == path {
                self.blanket.push(of);
            } else {
                self.implemented.entry(path.clone()).or_default().push(of.clone());
                self.implementations.push((of, path.clone()));
            }
        }
        for (name, associated) in it.types {
            let scope = Scope { module: module.clone(), of: Some(ty.clone()), ..Scope::default() };
            let associated = self.ty(&associated, &scope);
            self.associated.insert(format!("{path}::{name}"), associated);
        }
        for function in it.functions {
            let known = Known { it: function, module: module.clone(), of: Some(ty.clone()) };
            self.functions.entry(format!("{path}::{}", known.it.name)).or_insert(known);
        }
        for value in it.values {
            let name = format!("{path}::{}", value.name);
            let it = Held { ty: value.ty, constant: value.constant, is_static: value.is_static };
            self.values.entry(name).or_insert(Known { it, module: module.clone(), of: Some(ty.clone()) });
        }
    }
}

/// Under which path the functions of an `impl` stand: the type's, or the
/// trait's if it is for every type.
pub(in crate::lang::rust) fn impl_path(ty: &Ty, of: Option<&str>) -> Option<String> {
    match (ty.path(), of) {
        (Some(_), Some(of)) if matches!(ty.peel(), Ty::Trait(_)) => Some(of.to_owned()),
        (Some(path), _) => Some(path.to_owned()),
        (None, Some(of)) => Some(of.to_owned()),
        (None, None) => None,
    }
}
