//! What paths and methods mean.

use super::lower;

/// The callees of a program, in their order.
fn callees(files: &[(&str, &str)]) -> Vec<String> {
    use crate::ir::{Action, Callee};
    let (_, lowered) = lower(files);
    let blocks = lowered.program.functions.iter().flat_map(|it| &it.blocks);
    let steps = blocks.flat_map(|it| &it.steps);
    let calls = steps.filter_map(|it| match &it.action {
        Action::Call(call) => Some(match &call.callee {
            Callee::Path(path) => path.clone(),
            Callee::Method(name) => format!("?.{name}"),
            Callee::Value(_) => "*".into(),
        }),
        _ => None,
    });
    calls.collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(callees(&[("a.rs", text)]), expected, "{text}");
}

#[test]
fn paths_are_resolved_through_uses() {
    check(
        "use nix::sched::{self, setns as go}; fn f() { go(1); sched::unshare(2); }",
        &["nix::sched::setns", "nix::sched::unshare"],
    );
    check("use core::mem; fn f() { mem::forget(1); drop(2) }", &["std::mem::forget", "std::mem::drop"]);
    check("fn f() { use x::y; y(); z() } fn z() {}", &["x::y", "a::z"]);
    check(
        "mod m { pub fn f() { super::g(); self::h(); crate::g() } fn h() {} } fn g() {}",
        &["a::g", "a::m::h", "a::g"],
    );
    check("use m::*; mod m { pub use n::x as y; mod n { pub fn x() {} } } fn f() { y() }", &["a::m::n::x"]);
    check("fn g() {} mod tests { use super::*; fn f() { g() } }", &["a::g"]);
    check("extern crate nix as unix; fn f() { unix::sched::setns() }", &["nix::sched::setns"]);
}

#[test]
fn methods_are_resolved_where_the_type_is_known() {
    const S: &str = "struct S { t: Arc<T>, o: Option<T> } struct T; use std::sync::Arc;
        impl S { fn new() -> Self { loop {} } fn t(&self) -> &T { loop {} } }
        impl T { fn go(&self) {} async fn wait(&self) -> Option<S> { loop {} } }";
    let cases: &[(&str, &[&str])] = &[
        ("fn f(s: &S) { s.t.go() }", &["a::T::go"]),
        ("fn f() { S::new().t().go() }", &["a::S::new", "a::S::t", "a::T::go"]),
        ("fn f(s: Box<S>) { let t = Arc::clone(&s.t); t.go() }", &["std::sync::Arc::clone", "a::T::go"]),
        ("fn f(s: S) { s.o.unwrap().go() }", &["?.unwrap", "a::T::go"]),
        ("fn f(s: S) { if let Some(t) = &s.o { t.go() } }", &["a::T::go"]),
        ("async fn f(t: T) { t.wait().await.unwrap().t().go() }", &["a::T::wait", "?.unwrap", "a::S::t", "a::T::go"]),
        ("fn f(all: Vec<T>) { for t in all.iter() { t.go() } }", &["?.iter", "a::T::go"]),
        ("fn f(x: &lib::X) { x.go(); let y = lib::make(); y.go() }", &["lib::X::go", "lib::make", "?.go"]),
        ("fn f() -> Result<(), E> { let x = lib::open()?; x.go(); Ok(()) }", &["lib::open", "lib::File::go"]),
        (
            "type R<T> = Result<T, E>; fn m() -> R<T> { loop {} } fn f() -> R<()> { m()?.go(); Ok(()) }",
            &["a::m", "a::T::go"],
        ),
        ("impl S { fn f(&self) { Self::new(); self.t() ; } }", &["a::S::new", "a::S::t"]),
    ];
    for (text, expected) in cases {
        check(&format!("{S} {text}"), expected);
    }
}

#[test]
fn traits_of_the_tree_name_their_implementations() {
    let text = "trait Enter { fn enter(&self) {} fn leave(&self); } struct N;
        impl Enter for N { fn leave(&self) {} }
        fn f(n: &N, d: &dyn Enter, i: impl Enter) { n.enter(); n.leave(); d.leave(); i.enter(); }
        fn g<T: Enter>(t: T) { t.leave(); T::enter(&t) }";
    check(
        text,
        &["a::Enter::enter", "a::N::leave", "a::Enter::leave", "a::Enter::enter", "a::Enter::leave", "a::Enter::enter"],
    );
    let (_, lowered) = lower(&[("a.rs", text)]);
    assert_eq!(lowered.program.implementations, [("a::Enter".into(), "a::N".into())]);
}

#[test]
fn crates_and_modules_go_over_files() {
    let files = &[
        ("w/one/Cargo.toml", "[package]\nname = \"part-one\"\nedition = \"2021\""),
        ("w/one/src/lib.rs", "pub mod net; pub use net::inner::go; pub fn root() {}"),
        ("w/one/src/net/mod.rs", "pub mod inner; fn f() { inner::go(); super::root() }"),
        ("w/one/src/net/inner.rs", "pub fn go() { crate::root() }"),
        ("w/two/Cargo.toml", "[package]\nname = \"two\""),
        ("w/two/src/main.rs", "use part_one::go; fn main() { go(); part_one::net::inner::go() }"),
    ];
    assert_eq!(
        callees(files),
        [
            "part_one::net::inner::go",
            "part_one::root",
            "part_one::root",
            "part_one::net::inner::go",
            "part_one::net::inner::go"
        ]
    );
}

#[test]
fn modules_are_where_their_declaration_says() {
    let files = &[
        ("Cargo.toml", "[package]\nname = \"k\""),
        ("src/lib.rs", "#[path = \"x_tests.rs\"] mod tests; fn go() {}"),
        ("src/x_tests.rs", "use super::*; fn f() { go() }"),
        ("tests/t.rs", "mod common; fn f() { common::help() }"),
        ("tests/common/mod.rs", "pub fn help() {}"),
    ];
    assert_eq!(callees(files), ["k::go", "common::help"]);
}

#[test]
fn closures_learn_from_what_calls_them() {
    const T: &str = "struct T; impl T { fn go(&self) {} } fn with<R>(f: impl FnOnce(&T) -> R) -> R { loop {} }";
    let cases: &[(&str, &[&str])] = &[
        ("fn f() { with(|t| t.go()) }", &["a::with", "a::T::go"]),
        ("fn f(o: Option<T>) { o.map(|t| t.go()); }", &["?.map", "a::T::go"]),
        ("fn f(o: &[T]) { o.iter().for_each(|t| t.go()); }", &["?.iter", "?.for_each", "a::T::go"]),
        ("fn f() { std::thread::scope(|s| { s.spawn(|| 1); }) }", &["std::thread::scope", "std::thread::Scope::spawn"]),
        (
            "fn f() { std::process::Command::new(1).arg(2).spawn(); }",
            &["std::process::Command::new", "std::process::Command::arg", "std::process::Command::spawn"],
        ),
    ];
    for (text, expected) in cases {
        check(&format!("{T} {text}"), expected);
    }
}

#[test]
fn what_is_not_for_linux_is_not_there() {
    let text = "#[cfg(windows)] fn f() { lib::w() } #[cfg(target_os = \"linux\")] fn f() { lib::l() }
        #[cfg(not(unix))] mod m; fn g() { #[cfg(target_os = \"macos\")] let x = lib::m(); #[cfg(windows)] { lib::w() } #[cfg(windows)] return; }";
    check(text, &["lib::l"]);
}
