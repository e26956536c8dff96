//! Spans, and texts that cannot be read.

use super::lower;
use crate::ir::Action;

#[test]
fn spans_are_bytes_also_behind_wide_characters_and_in_the_second_file() {
    let second = "\u{feff}#!/usr/bin/env run\nfn g() { /* 𝄞é */ nix::sched::setns(\"𝄞\", 1); }";
    let (sources, lowered) = lower(&[("a.rs", "fn f() { let 𝄞 = 1; }"), ("b.rs", "fn h() {} "), ("c.rs", second)]);
    let function = lowered.program.functions.last().expect("three functions were read");
    let step = &function.blocks[0].steps[0];
    let Action::Call(call) = &step.action else { panic!("{:?}", step.action) };
    assert_eq!(sources.text(step.origin.span()), "nix::sched::setns(\"𝄞\", 1)");
    assert_eq!(sources.text(call.name), "nix::sched::setns");
    assert_eq!(sources.text(function.span), &second[second.find("fn").unwrap()..]);
}

/// The names of the functions that were read, and the texts that were not.
fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let (sources, lowered) = lower(&[("a.rs", text)]);
    let names = lowered.program.functions.iter().map(|it| it.name.clone()).collect();
    let unread = lowered.unread.iter().map(|it| sources.text(it.span).split_whitespace().collect::<Vec<_>>().join(" "));
    (names, unread.collect())
}

#[test]
fn a_syntax_error_costs_the_item_it_stands_in() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("fn a() {} fn b() { let ; } fn c() {}", &["a", "c"], &["fn b() { let ; }"]),
        ("fn a() {} use x::{y}; @@ fn b() {} const C: X = X { y: 1 };", &["a", "C"], &["@@ fn b() {}"]),
        ("impl S { fn a() {} fn b() { ) } fn c() {} }", &["S::a", "S::c"], &["fn b() { ) }"]),
        ("mod m { fn a() {} fn b( {} fn c() {} }", &["a"], &["fn b( {} fn c() {}"]),
        ("mod m { fn a() {} fn b(x y) {} fn c() {} }\nfn d() {}", &["a", "c", "d"], &["fn b(x y) {}"]),
        ("fn a() {}\nfn b() { {\nfn c() {}\nfn d() {}", &["a", "c", "d"], &["fn b() { {"]),
        (
            "fn a() { let s = \"} fn x() {\"; let c = '{'; let l: &'a u8 = r#\"\"}\"#; } fn b() { + }",
            &["a"],
            &["fn b() { + }"],
        ),
        ("fn a() {}\nfn b() { \"never ends\n}\n", &["a"], &["fn b() { \"never ends }"]),
    ];
    for (text, names, unread) in cases {
        let found = read(text);
        assert_eq!(
            (found.0, found.1),
            (names.iter().map(ToString::to_string).collect(), unread.iter().map(ToString::to_string).collect()),
            "{text}"
        );
    }
}

#[test]
fn what_is_too_deep_costs_its_item_and_nothing_overflows() {
    let nested =
        |open: &str, close: &str| format!("fn a() {{ {}1{} }} fn b() {{}}", open.repeat(10_000), close.repeat(10_000));
    let long = |piece: &str| format!("fn a() {{ let x = 1{}; }} fn b() {{}}", piece.repeat(20_000));
    let texts = [
        nested("(", ")"),
        nested("{", "}"),
        nested("[", "]"),
        nested("vec![", "]"),
        format!("fn a() {{ {} }} fn b() {{}}", "(".repeat(10_000)),
        long(" + 1"),
        long(".x()"),
        format!("fn a() {{ if x {{}} {} }} fn b() {{}}", "else if x {} ".repeat(20_000)),
        format!("fn a() {{ {}x; }} fn b() {{}}", "!".repeat(20_000)),
        format!("fn a() {{ let x: {}u8{}; }} fn b() {{}}", "Vec<".repeat(10_000), ">".repeat(10_000)),
        format!("fn b() {{}} type A = {}u8{}; fn c() {{}}", "Vec<".repeat(10_000), ">".repeat(10_000)),
        format!("type A = {}u8; fn b() {{}}", "&".repeat(10_000)),
        format!("const A: u8 = {}1; fn b() {{}}", "!".repeat(10_000)),
        format!("fn b() {{}} type A = {}u8", "fn() -> ".repeat(10_000)),
    ];
    for text in texts {
        let (names, unread) = read(&text);
        assert!(!unread.is_empty(), "{}", &text[..40]);
        assert!(
            names.iter().any(|it| it == "b") || text.matches('(').count() > text.matches(')').count(),
            "{}: {names:?}",
            &text[..40]
        );
    }
}

/// What is not too deep has to fit on the stack.
#[test]
fn what_is_nearly_too_deep_is_read() {
    let texts = [
        format!("fn a() {{ let x: {}u8 = 1; }} fn b() {{}}", "&".repeat(2_900)),
        format!("type A = {}u8{}; fn b() {{}}", "Vec<".repeat(900), ">".repeat(900)),
        format!("fn a() {{ let x = {}1; }} fn b() {{}}", "!".repeat(2_900)),
        format!("fn a() {{ let x = {}1; }} fn b() {{}}", "|| ".repeat(1_400)),
        format!("fn a() {{ let x = 1{}; }} fn b() {{}}", " + 1".repeat(1_400)),
        format!("fn a() {{ let {}x = 1; }} fn b() {{}}", "&".repeat(2_900)),
    ];
    for text in texts {
        let (names, unread) = read(&text);
        assert!(unread.is_empty() && names.contains(&"b".to_owned()), "{}: {names:?}", &text[..40]);
    }
}

#[test]
fn bodies_that_are_left_out_are_not_read_and_their_signatures_are() {
    use crate::facts::Facts;
    use crate::lang::{Input, Language};
    use crate::source::Sources;

    let text =
        "struct T; impl T { fn go(&self) {} } const fn make() -> T { let ; } fn f() { use x::make as m; make().go() }
        macro_rules! m { () => { fn made() { 1 } } } fn g() { fn inner() { h() } inner() } fn h() where T: Sized { }";
    let mut sources = Sources::default();
    let file = sources.add("a.rs", text);
    let starts = ["fn make", "fn g()"].map(|it| (file, text.find(it).unwrap() as u32));
    let facts = Facts::default();
    let left_out = starts.into_iter().collect();
    let input = Input {
        sources: &sources,
        facts: &facts,
        files: vec![file],
        manifests: Vec::new(),
        left_out,
        demand: None,
        chosen: &Default::default(),
    };
    let lowered = crate::lang::rust::Rust.lower(&input);
    assert!(lowered.unread.is_empty(), "{:?}", lowered.unread);
    let names: Vec<_> = lowered.program.functions.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(names, ["a::T::go", "a::f", "a::h"]);
    assert!(lowered.program.functions[1].to_string().contains("a::T::go(self: "));
}

/// Puts off what it was told to, and wants one after the other.
struct OneByOne(std::sync::Mutex<Vec<crate::scan::At>>);

impl crate::lang::Demand for OneByOne {
    fn is_put_off(&self, at: crate::scan::At) -> bool {
        self.0.lock().unwrap().contains(&at)
    }

    fn more(&self, _: &crate::ir::Program) -> rustc_hash::FxHashSet<crate::scan::At> {
        self.0.lock().unwrap().pop().into_iter().collect()
    }
}

#[test]
fn a_body_that_is_wanted_later_is_read_then_and_nothing_else_again() {
    use crate::lang::{Input, Language};
    let text = "struct T; impl T { fn b(&self) { fn inner() {} inner() } } static S: u8 = f();
        thread_local! { static L: u8 = f(); } fn c() { ) } fn a() { c() } const fn never() {}";
    let mut sources = crate::source::Sources::default();
    let file = sources.add("a.rs", text);
    let at = |what: &str| (file, text.find(what).unwrap() as u32);
    let demand = OneByOne(std::sync::Mutex::new(vec![at("fn a"), at("fn b")]));
    let input = Input {
        sources: &sources,
        facts: &Default::default(),
        files: vec![file],
        manifests: Vec::new(),
        left_out: [at("fn never")].into_iter().collect(),
        demand: Some(&demand),
        chosen: &Default::default(),
    };
    let lowered = crate::lang::rust::Rust.lower(&input);
    let names: Vec<_> = lowered.program.functions.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(names, ["a::S", "a::L", "a::L::{closure}", "a::T::b", "a::T::b::inner", "a::a"]);
    assert_eq!(lowered.program.types.len(), 1);
    let unread: Vec<_> = lowered.unread.iter().map(|it| sources.text(it.span)).collect();
    assert_eq!(unread, ["fn c() { ) }"]);
}

#[test]
fn what_stands_in_an_arm_is_read_where_the_arm_is_compiled_on_linux() {
    let cases: &[(&str, &[&str])] = &[
        (
            "cfg_if::cfg_if! { if #[cfg(target_os = \"linux\")] { fn a() {} } else if #[cfg(windows)] { fn b() {} } \
             else { fn c() {} } } fn d() {}",
            &["a", "d"],
        ),
        ("cfg_if! { if #[cfg(feature = \"x\")] { fn a() {} } else { fn b() {} } }", &["a", "b"]),
        ("mod m { cfg_if! { if #[cfg(windows)] { fn a() {} } else { struct S; impl S { fn b() {} } } } }", &["S::b"]),
        (
            "cfg_select! { all(unix, not(target_os = \"linux\")) => { fn a() {} } any(windows, unix) => { fn b() {} } \
             _ => { fn c() {} } }",
            &["b"],
        ),
        ("cfg_if! { if #[cfg(unix)] { cfg_select! { windows => { fn a() {} } _ => { fn b() {} } } } }", &["b"]),
        ("cfg_if! { if x { fn a() {} } } fn b() {}", &["b"]),
    ];
    for (text, names) in cases {
        let found = read(text);
        assert_eq!(found.0, names.iter().map(ToString::to_string).collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn a_function_in_an_arm_is_where_it_was_written() {
    let text = "/* é */ cfg_if! { if #[cfg(unix)] { /// x\n fn a() { nix::sched::setns(1) } } }";
    let (sources, lowered) = lower(&[("a.rs", text)]);
    let function = &lowered.program.functions[0];
    let span = function.blocks[0].steps[0].origin.span();
    assert_eq!(sources.text(span), "nix::sched::setns(1)");
    assert!(
        sources.text(function.span).ends_with("fn a() { nix::sched::setns(1) }"),
        "{}",
        sources.text(function.span)
    );
}
