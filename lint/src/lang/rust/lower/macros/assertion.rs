//! Macros that ask, and fail or panic.

use syn::Macro;

use super::arguments;
use crate::ir::{BlockId, End};
use crate::lang::rust::lower::{Lowerer, Value, Want};
use crate::lang::rust::ty::Ty;

impl Lowerer<'_> {
    pub(super) fn assert_macro(&mut self, mac: &Macro) -> Value {
        let given = arguments(mac);
        if let Some(condition) = given.first() {
            let no = self.build().block();
            let outer = self.build().scope();
            self.condition(condition, no, outer);
            self.otherwise_panic(mac, no);
        }
        Value::plain()
    }

    pub(super) fn assert_eq_macro(&mut self, mac: &Macro) -> Value {
        let given = arguments(mac);
        for it in given.iter().take(2) {
            self.borrow(it);
        }
        let test = self.opaque_test(&mac.tokens);
        let negated = mac.path.segments.last().is_some_and(|it| it.ident.to_string().ends_with("ne"));
        let (yes, no) = self.build().branch(test);
        let _ = negated;
        self.build().go_on_in(yes);
        self.otherwise_panic(mac, no);
        Value::plain()
    }

    pub(super) fn ensure_macro(&mut self, mac: &Macro) {
        let given = arguments(mac);
        let Some(condition) = given.first() else { return };
        let span = self.mac_origin(mac).span();
        let no = self.build().block();
        let outer = self.build().scope();
        self.condition(condition, no, outer);
        let here = self.build().here();
        self.build().go_on_in(no);
        self.fail(span);
        self.build().go_on_in(here);
    }

    pub(super) fn panic(&mut self, mac: &Macro) {
        self.call_macro(mac, "std::panic!", Vec::new(), Ty::Plain, Want::Nothing);
        self.build().end(End::Stop);
    }

    fn otherwise_panic(&mut self, mac: &Macro, no: BlockId) {
        let here = self.build().here();
        self.build().go_on_in(no);
        self.panic(mac);
        self.build().go_on_in(here);
    }
}
