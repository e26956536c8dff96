//! Which variables and parameters a name can mean.

use syn::visit::{self, Visit};

use super::around::Part;

/// What binds a name in a function.
pub(super) struct Bindings<'n, 'a> {
    name: &'n str,
    /// How often the name is bound.
    pub(super) count: usize,
    /// The last `let` that binds nothing else.
    pub(super) alone: Option<&'a syn::Local>,
    /// The type of the parameter or variable that has it.
    pub(super) ty: Option<&'a syn::Type>,
}

impl<'n, 'a> Bindings<'n, 'a> {
    pub(super) fn of(name: &'n str, function: Part<'a>) -> Self {
        let mut found = Bindings { name, count: 0, alone: None, ty: None };
        if let Part::Function(signature, block) = function {
            signature.inputs.iter().for_each(|it| found.visit_fn_arg(it));
            found.visit_block(block);
        }
        found
    }
}

impl<'a> Visit<'a> for Bindings<'_, 'a> {
    fn visit_pat_ident(&mut self, it: &'a syn::PatIdent) {
        self.count += usize::from(it.ident == self.name);
        visit::visit_pat_ident(self, it);
    }

    fn visit_pat_type(&mut self, it: &'a syn::PatType) {
        if matches!(&*it.pat, syn::Pat::Ident(pat) if pat.ident == self.name) {
            self.ty = Some(&it.ty);
        }
        visit::visit_pat_type(self, it);
    }

    fn visit_local(&mut self, it: &'a syn::Local) {
        if matches!(&it.pat, syn::Pat::Ident(pat) if pat.ident == self.name && pat.mutability.is_none()) {
            self.alone = Some(it);
        }
        visit::visit_local(self, it);
    }
}
