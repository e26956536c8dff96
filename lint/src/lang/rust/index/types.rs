//! What a type as written means.

use super::path::split;
use super::{Index, Known, STEPS, Scope};
use crate::lang::rust::declaration::TypeKind;
use crate::lang::rust::ty::{Bounds, Ty};

impl Index<'_> {
    /// A type with its names resolved.
    pub(in crate::lang::rust) fn ty(&self, written: &Ty, scope: &Scope) -> Ty {
        self.ty_after(written, scope, 0)
    }

    /// The type of a struct's or variant's field; `variant` is the name of the latter.
    pub(in crate::lang::rust) fn field(&self, ty: &Ty, variant: Option<&str>, name: &str) -> Ty {
        let field = match ty.peel() {
            Ty::Tuple(items) => name.parse().ok().and_then(|it: usize| items.get(it)).cloned(),
            Ty::Named { path, args } => self.types.get(path).and_then(|known| {
                let fields = match (&known.it, variant) {
                    (TypeKind::Struct(fields), _) => fields,
                    (TypeKind::Enum(variants), Some(variant)) => &variants.iter().find(|it| it.0 == variant)?.1,
                    _ => return None,
                };
                let scope = Scope { module: known.module.clone(), of: Some(ty.peel().clone()), ..Scope::default() };
                let written = &fields.iter().find(|it| it.0 == name)?.1;
                let field = self.ty(written, &scope);
                let mut values = Bounds::new();
                // Only a lone parameter can be told from the arguments without their names.
                parameters(&field, &mut |it| {
                    if args.len() == 1 {
                        values.insert(it.to_owned(), args[0].clone());
                    }
                });
                Some(field.with(&values))
            }),
            _ => None,
        };
        let field = field.unwrap_or_default();
        if ty.is_reference() && field != Ty::Unknown { Ty::Reference(Box::new(field)) } else { field }
    }

    fn ty_after(&self, written: &Ty, scope: &Scope, steps: usize) -> Ty {
        if steps > STEPS {
            return Ty::Unknown;
        }
        let inner = |it: &Ty| Box::new(self.ty_after(it, scope, steps + 1));
        match written {
            Ty::Named { path, args } => {
                if path == "Self" {
                    return scope.of.clone().unwrap_or_default();
                }
                let args: Vec<_> = args.iter().map(|it| self.ty_after(it, scope, steps + 1)).collect();
                let path = self.path(scope, &split(path));
                self.named(path, args, steps)
            }
            Ty::Trait(path) => Ty::Trait(self.path(scope, &split(path))),
            Ty::Reference(it) => Ty::Reference(inner(it)),
            Ty::List(it) => Ty::List(inner(it)),
            Ty::Function(inputs, it) => {
                Ty::Function(inputs.iter().map(|it| self.ty_after(it, scope, steps + 1)).collect(), inner(it))
            }
            Ty::Future(it) => Ty::Future(inner(it)),
            Ty::Tuple(items) => Ty::Tuple(items.iter().map(|it| self.ty_after(it, scope, steps + 1)).collect()),
            Ty::Unknown | Ty::Plain | Ty::Parameter(_) => written.clone(),
        }
    }

    fn named(&self, path: String, mut args: Vec<Ty>, steps: usize) -> Ty {
        match self.types.get(&path) {
            Some(Known { it: TypeKind::Alias(to), module, of }) => {
                let scope = Scope { module: module.clone(), of: of.clone(), ..Scope::default() };
                let target = self.ty_after(to, &scope, steps + 1);
                let mut values = Bounds::new();
                parameters(&target, &mut |name| {
                    if !values.contains_key(name) {
                        let next = if args.is_empty() { Ty::Unknown } else { args.remove(0) };
                        values.insert(name.to_owned(), next);
                    }
                });
                target.with(&values)
            }
            Some(_) => Ty::Named { path, args },
            // Every library's alias of `Result` has the good type first.
            None if path.ends_with("::Result") => Ty::result(args.into_iter().next().unwrap_or(Ty::Plain)),
            None if self.traits.contains(&path) => Ty::Trait(path),
            None => match args.first().map(|it| (path.as_str(), it)) {
                Some(("std::pin::Pin", it)) => it.clone(),
                _ => Ty::Named { path, args },
            },
        }
    }
}

fn parameters(ty: &Ty, visit: &mut dyn FnMut(&str)) {
    match ty {
        Ty::Parameter(name) => visit(name),
        Ty::Named { args, .. } | Ty::Tuple(args) => args.iter().for_each(|it| parameters(it, visit)),
        Ty::Reference(it) | Ty::List(it) | Ty::Function(_, it) | Ty::Future(it) => parameters(it, visit),
        Ty::Unknown | Ty::Plain | Ty::Trait(_) => (),
    }
}
