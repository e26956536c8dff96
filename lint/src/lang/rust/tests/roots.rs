//! What starts a function, and who may call it.

use super::lower;
use crate::ir::{Affinity, Kind, Root};

#[test]
fn roots_and_tests_are_told_by_attributes_and_folders() {
    let block_on = |multi_thread| Some(Root::BlockOn { multi_thread });
    let text = "#[tokio::main] async fn main() {} #[test] fn t() {} #[tokio::test(flavor = \"multi_thread\")] async fn m() {}
        #[tokio::test] async fn s() {} #[cfg(test)] mod tests { fn helper() {} } pub fn open() {} pub(crate) fn inner() {}
        #[tokio::main(flavor = \"current_thread\")] async fn c() {}";
    let (_, lowered) =
        lower(&[("Cargo.toml", "[package]\nname = \"k\""), ("src/lib.rs", text), ("tests/it.rs", "fn h() {}")]);
    let found = lowered.program.functions.iter().map(|it| (it.name.as_str(), it.root, it.test, it.exported));
    let called = lowered.program.functions.iter().find(|it| it.name == "c");
    assert_eq!(called.map(|it| it.kind), Some(Kind::BlockOn { multi_thread: false }));
    let expected = [
        ("main", block_on(true), false, false),
        ("t", Some(Root::Test), true, false),
        ("m", block_on(true), true, false),
        ("s", block_on(false), true, false),
        ("helper", None, true, false),
        ("open", None, false, true),
        ("inner", None, false, false),
        ("c", None, false, false),
        ("h", None, true, false),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn of_two_attributes_the_one_that_drives_the_future_says_how() {
    let text = "#[rstest] #[tokio::test] async fn a() {} #[tokio::test] #[rstest::rstest] async fn b() {}
        #[test_log::test(tokio::test)] async fn c() {} #[test(tokio::test(flavor = \"multi_thread\"))] async fn d() {}
        #[test_case::test_case(1)] #[tokio::test] async fn e(_: u8) {} #[test_log::test] fn f() {}
        #[rstest] #[test_attr(test_log::test(tokio::test))] async fn g() {} #[rstest] fn h() {}";
    let (_, lowered) = lower(&[("Cargo.toml", "[package]\nname = \"k\""), ("src/lib.rs", text)]);
    let found: Vec<_> = lowered.program.functions.iter().map(|it| (it.name.as_str(), it.root)).collect();
    let block_on = |multi_thread| Some(Root::BlockOn { multi_thread });
    let expected = [
        ("a", block_on(false)),
        ("b", block_on(false)),
        ("c", block_on(false)),
        ("d", block_on(true)),
        ("e", block_on(false)),
        ("f", Some(Root::Test)),
        ("g", block_on(false)),
        ("h", Some(Root::Test)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_main_is_a_root_and_statics_run_first() {
    let text = "use std::sync::LazyLock; static N: LazyLock<u8> = LazyLock::new(|| lib::make()); fn main() {}
        thread_local! { static T: u8 = lib::local(); } async fn a() { async { 1 }.await; }";
    let (_, lowered) = lower(&[("Cargo.toml", "[package]\nname = \"k\""), ("src/main.rs", text)]);
    let found = lowered.program.functions.iter().map(|it| (it.path.as_str(), it.kind, it.root));
    let expected = [
        ("k::N", Kind::Initialiser, None),
        ("k::N::{closure}", Kind::Closure, None),
        ("k::main", Kind::Named, Some(Root::Main)),
        ("k::T", Kind::Initialiser, None),
        ("k::T::{closure}", Kind::Closure, None),
        ("k::a", Kind::Async, None),
        ("k::a::{closure}", Kind::AsyncBlock, None),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert!(lowered.program.functions.iter().all(|it| it.affinity == Affinity::UntilSuspended));
}
