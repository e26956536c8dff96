//! Whether the end of a value's life does anything.

use super::{Index, Scope};
use crate::lang::rust::declaration::TypeKind;
use crate::lang::rust::ty::Ty;

impl Index<'_> {
    /// Whether dropping a value can do anything that the analysis would see.
    pub(in crate::lang::rust) fn acts_when_dropped(&self, ty: &Ty) -> bool {
        self.acts(ty, &mut Vec::new())
    }

    fn acts(&self, ty: &Ty, seen: &mut Vec<String>) -> bool {
        match ty {
            Ty::Unknown | Ty::Parameter(_) | Ty::Trait(_) => true,
            Ty::Plain | Ty::Reference(_) | Ty::Function(..) | Ty::Future(_) => false,
            Ty::List(it) => self.acts(it, seen),
            Ty::Tuple(items) => items.iter().any(|it| self.acts(it, seen)),
            Ty::Named { path, args } => {
                if self.droppable.contains(path) || self.facts.role(path).is_some() {
                    return true;
                }
                if seen.contains(path) {
                    return false;
                }
                if let Some(known) = self.types.get(path) {
                    seen.push(path.clone());
                    let scope = Scope { module: known.module.clone(), ..Scope::default() };
                    let fields: Vec<_> = match &known.it {
                        TypeKind::Struct(fields) => fields.iter().collect(),
                        TypeKind::Enum(variants) => variants.iter().flat_map(|it| &it.1).collect(),
                        TypeKind::Alias(_) => return true,
                    };
                    let acts = fields.into_iter().any(|(_, it)| self.acts(&self.ty(it, &scope), seen));
                    seen.pop();
                    return acts;
                }
                match path.as_str() {
                    "str"
                    | "std::string::String"
                    | "std::path::PathBuf"
                    | "std::path::Path"
                    | "std::ffi::OsString"
                    | "std::ffi::CString"
                    | "std::ffi::CStr" => false,
                    "std::mem::ManuallyDrop" | "std::mem::MaybeUninit" => false,
                    "std::result::Result" => args.first().is_none_or(|it| self.acts(it, seen)),
                    // A descriptor that closes may be a namespace's.
                    "std::fs::File" | "std::os::fd::OwnedFd" => true,
                    _ if path.starts_with("std::") => args.iter().any(|it| self.acts(it, seen)),
                    // What holds a namespace, a handle or a guard comes from a crate that has some.
                    _ => self.is_catalogued(path) || args.iter().any(|it| self.acts(it, seen)),
                }
            }
        }
    }

    fn is_catalogued(&self, path: &str) -> bool {
        path.split("::").next().is_some_and(|it| self.catalogued.contains(it))
    }
}
