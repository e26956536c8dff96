//! Addresses that are given to what looks up names.

use super::Lowerer;
use crate::facts::{Condition, Effect, Role};
use crate::ir::Operand;
use crate::lang::rust::ty::Ty;

impl Lowerer<'_> {
    /// The arguments of a call, where an address says by its type that it is a number.
    pub(super) fn with_addresses(&self, callee: &str, mut args: Vec<Operand>, types: &[Ty]) -> Vec<Operand> {
        let Some(Effect::Escape { when: Some(Condition::HostName { address }), .. }) =
            self.index.facts.call(callee).map(|it| &it.effect)
        else {
            return args;
        };
        if let (Some(operand), Some(ty)) = (args.get_mut(*address), types.get(*address))
            && let Some(path) = self.number(operand, ty)
        {
            let inner = std::mem::replace(operand, Operand::Unknown);
            *operand = Operand::literal(Some(path), vec![("0".into(), inner)]);
        }
        args
    }

    /// The type of a number of a machine, also one with a port, or in a list.
    fn number(&self, operand: &Operand, ty: &Ty) -> Option<String> {
        let is_one = |path: &&str| self.index.facts.role(path) == Some(Role::Address);
        match (ty.peel(), operand) {
            // A variant, or a constant of the type.
            (Ty::Named { path, .. }, _) | (Ty::Unknown, Operand::Path(path)) => {
                let owner = path.rsplit_once("::").map_or("", |it| it.0);
                [path.as_str(), owner].iter().find(|it| is_one(it)).map(|it| (*it).to_owned())
            }
            (Ty::Tuple(types), Operand::Struct(tuple)) => self.number(&tuple.fields.first()?.1, types.first()?),
            (Ty::Tuple(types), _) => self.number(&Operand::Unknown, types.first()?),
            (Ty::List(element), _) => self.number(&Operand::Unknown, element),
            _ => None,
        }
    }
}
