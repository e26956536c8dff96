//! Loops, and blocks with a label.

use super::{Lowerer, Value, Want};
use crate::ir::{BlockId, Loop, Operand, Place};
use crate::lang::rust::ty::{Ty, name};

impl Lowerer<'_> {
    pub(super) fn loop_(&mut self, it: &syn::ExprLoop, want: Want) -> Value {
        let place = self.meet(want);
        let (head, after) = (self.build().block(), self.build().block());
        self.build().goto(head);
        self.build().go_on_in(head);
        self.enter(it.label.as_ref(), Some(head), after, true, place);
        self.block_into(&it.body, Want::Nothing);
        self.build().leave_loop();
        self.build().goto(head);
        self.build().go_on_in(after);
        self.met(place, Ty::Unknown, want)
    }

    pub(super) fn while_(&mut self, it: &syn::ExprWhile) {
        let (head, after) = (self.build().block(), self.build().block());
        self.build().goto(head);
        self.build().go_on_in(head);
        self.enter(it.label.as_ref(), Some(head), after, true, None);
        let outer = self.build().scope();
        self.enter_block();
        self.condition(&it.cond, after, outer);
        self.block_into(&it.body, Want::Nothing);
        self.leave_block();
        let end = self.span(it.body.brace_token.span.close(), it.body.brace_token.span.close());
        self.build().end_scope(outer, end);
        self.build().leave_loop();
        self.build().goto(head);
        self.build().go_on_in(after);
    }

    pub(super) fn for_(&mut self, it: &syn::ExprForLoop) {
        let outer = self.build().scope();
        let items = self.borrow(&it.expr);
        let (head, after) = (self.build().block(), self.build().block());
        self.build().goto(head);
        self.build().go_on_in(head);
        let ways = self.build().choice(2);
        self.build().go_on_in(ways[1]);
        self.build().goto(after);
        self.build().go_on_in(ways[0]);
        self.enter(it.label.as_ref(), Some(head), after, true, None);
        let scope = self.build().scope();
        self.enter_block();
        let element = items.ty.element();
        self.bind(&it.pat, &Operand::Field(Box::new(items.operand), "[]".into()), &element);
        self.block_into(&it.body, Want::Nothing);
        self.leave_block();
        let end = self.span(it.body.brace_token.span.close(), it.body.brace_token.span.close());
        self.build().end_scope(scope, end);
        self.build().leave_loop();
        self.build().goto(head);
        self.build().go_on_in(after);
        self.build().end_scope(outer, end);
    }

    /// `'a: { … }` too.
    pub(super) fn labelled_block(&mut self, it: &syn::ExprBlock, want: Want) -> Value {
        let Some(label) = &it.label else { return self.block_value(&it.block, want) };
        let place = self.meet(want);
        let after = self.build().block();
        self.enter(Some(label), None, after, false, place);
        let ty = self.block_into(&it.block, place.map_or(Want::Nothing, Want::Into)).ty;
        self.build().leave_loop();
        self.build().goto(after);
        self.build().go_on_in(after);
        self.met(place, ty, want)
    }

    fn enter(
        &mut self,
        label: Option<&syn::Label>,
        again: Option<BlockId>,
        after: BlockId,
        unnamed: bool,
        result: Option<Place>,
    ) {
        let label = label.map(|it| name(&it.name.ident));
        self.build().enter_loop(Loop { label, again, after, unnamed, result });
    }
}
