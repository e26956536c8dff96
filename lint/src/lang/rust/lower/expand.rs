//! Calls of macros that the tree defines.

use syn::Macro;

use super::{Lowerer, Value, Want};

impl Lowerer<'_> {
    /// The value of a call of a macro of the tree; `None` if it is none.
    pub(super) fn expanded(&mut self, _mac: &Macro, _want: Want) -> Option<Value> {
        None
    }
}
