//! Suites of testify, whose methods are called by their names.

use super::name::Named;
use super::{Entity, Lowering, Node, Value};
use crate::ir::{Callee, Operand};
use crate::lang::go::index::{Member, MemberKind};
use crate::lang::go::types::Type;
use crate::source::Span;

/// Runs the tests of a suite.
///
/// v1.11.1 suite/suite.go: `Run` calls `SetupSuite` and `TearDownSuite` on its own goroutine, and each test with
/// `SetupTest` and `TearDownTest` around it in a `t.Run`.
const RUN: &str = "github.com/stretchr/testify/suite.Run";

/// How many tests of one suite are followed from there.
const TESTS: usize = 24;
/// How many embedded structs are looked into.
const EMBEDDED: u8 = 3;
/// No name that a program can give to a variable.
const SUITE: &str = "(suite)";

impl Lowering<'_> {
    /// Lowers `suite.Run(t, s)` to what it calls, if the tree has the suite.
    pub(super) fn suite(&mut self, callee: &Callee, given: &[Value], name: Span, node: Node<'_>) -> bool {
        let [t, suite] = given else { return false };
        let Operand::Place(place) = suite.operand else { return false };
        if !matches!(callee, Callee::Path(it) if it == RUN) {
            return false;
        }
        let mut tests = Vec::new();
        self.tests_of(&suite.ty, EMBEDDED, &mut tests);
        if tests.is_empty() {
            return false;
        }
        tests.sort();
        tests.dedup();
        self.by_name(suite, "SetupSuite", name);
        let level = self.bodies.len() - 1;
        self.scopes.push(vec![(SUITE.to_owned(), Entity::Variable { level, place })]);
        for test in tests.into_iter().take(TESTS) {
            let closure = self.begin_closure(node);
            self.scopes.push(Vec::new());
            if let Some(Entity::Variable { place, .. }) = self.lookup(SUITE) {
                let suite = Value::new(Operand::Place(place), suite.ty.clone());
                for method in ["SetupTest", &test, "TearDownTest"] {
                    self.by_name(&suite, method, name);
                }
            }
            self.finish(node);
            let callee = Callee::Path("testing.T.Run".into());
            let args = vec![Operand::Text(test), Operand::Closure(closure)];
            self.implied(callee, Some(t.operand.clone()), args, name);
        }
        self.scopes.pop();
        self.by_name(suite, "TearDownSuite", name);
        true
    }

    /// The names of the tests that a suite has, itself or through what it embeds.
    fn tests_of(&self, ty: &Type, depth: u8, found: &mut Vec<String>) {
        let methods = ty.path().and_then(|it| self.index.methods(it));
        found.extend(methods.into_iter().flat_map(|it| it.keys()).filter(|it| it.starts_with("Test")).cloned());
        if let (Type::Struct(fields), Some(depth)) = (self.index.underlying(ty), depth.checked_sub(1)) {
            fields.iter().filter(|it| it.embedded).for_each(|it| self.tests_of(&it.ty, depth, found));
        }
    }

    /// Calls a method, if the tree has it.
    fn by_name(&mut self, suite: &Value, method: &str, span: Span) {
        let is_method = |it: &Member| matches!(it.kind, MemberKind::Method { path: Some(_), .. });
        if !self.index.member(&suite.ty, method).is_some_and(|it| is_method(&it)) {
            return;
        }
        if let Named::Method { receiver, callee, .. } = self.member(suite.clone(), method) {
            self.implied(callee, Some(receiver), Vec::new(), span);
        }
    }
}
