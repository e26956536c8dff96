//! Macros that ask, and fail or panic.

use syn::{BinOp, Expr, ExprBinary, Macro};

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

    /// `assert_eq!(a, b)` asks what `assert!(a == b)` asks.
    pub(super) fn assert_eq_macro(&mut self, mac: &Macro) -> Value {
        let mut given = arguments(mac).into_iter();
        if let (Some(left), Some(right)) = (given.next(), given.next()) {
            let negated = mac.path.segments.last().is_some_and(|it| it.ident.to_string().ends_with("ne"));
            let op = if negated { BinOp::Ne(Default::default()) } else { BinOp::Eq(Default::default()) };
            let asked = ExprBinary { attrs: Vec::new(), left: Box::new(left), op, right: Box::new(right) };
            let no = self.build().block();
            let outer = self.build().scope();
            self.condition(&Expr::Binary(asked), no, outer);
            self.otherwise_panic(mac, no);
        }
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
