//! Macros: those that everybody knows, and those of the tree.

use super::{check, lower};
use crate::ir::{Action, Callee, Origin};

#[test]
fn a_failure_in_a_spliced_block_leaves_the_function_that_calls_the_macro() {
    check(
        "macro_rules! inside { ($ns:expr, $do:block) => {{ let r = 1; lib::go($ns); let out = $do; lib::back(r); out }} }
         fn f(r: i32) -> Result<(), E> { let n: i32 = inside!(7, { lib::open(r)?; 5 }); Ok(()) }",
        "Named a::f(r) -> (t0)
        b0:
          r = 1
          t4 = lib::go(7)
          drop t4
          t6 = lib::open(r)
          if good t6 b1 else b2
        b1:
          drop t6
          out = 5
          t7 = lib::back(r)
          drop t7
          n = out
          t0 = good(?)
          leave Return
        b2:
          t0 = bad
          leave Failure",
    );
}

#[test]
fn what_a_macro_names_is_seen_behind_it_and_what_it_hides_is_not() {
    check(
        "macro_rules! get { ($name:ident, $($x:expr),+ $(,)?) => { let hidden = 1; $( lib::see($x); )+ let $name = hidden; } }
         fn f(hidden: i32) { get!(shown, hidden, 2,); lib::see(shown); lib::see(hidden) }",
        "Named a::f(hidden)
        b0:
          hidden = 1
          t2 = lib::see(hidden)
          drop t2
          t3 = lib::see(2)
          drop t3
          shown = hidden
          t5 = lib::see(shown)
          drop t5
          t6 = lib::see(hidden)
          drop t6
          leave Return",
    );
    // The same names, but the first and the last call mean the parameter.
    let text = "macro_rules! get { ($x:expr) => { let hidden = 1; lib::see($x); } } fn f(hidden: i32) { get!(hidden); lib::see(hidden) }";
    let (_, lowered) = lower(&[("a.rs", text)]);
    let steps = &lowered.program.functions[0].blocks[0].steps;
    let calls: Vec<_> = steps
        .iter()
        .filter_map(|it| if let Action::Call(call) = &it.action { Some(&call.args) } else { None })
        .collect();
    assert_eq!(calls[0], calls[1]);
}

#[test]
fn what_the_caller_wrote_is_written_and_what_the_macro_wrote_is_expanded() {
    let text = "#[macro_export] macro_rules! go { ($x:expr) => { $crate::enter(); $x }; } pub fn enter() {}";
    let call = "fn f() { one::go!(lib::work()) }";
    let (sources, lowered) = lower(&[
        ("one/Cargo.toml", "[package]\nname = \"one\""),
        ("one/src/lib.rs", text),
        ("two/Cargo.toml", "[package]\nname = \"two\""),
        ("two/src/lib.rs", call),
    ]);
    let function = lowered.program.functions.last().expect("f was read");
    let mut found = Vec::new();
    for step in function.blocks.iter().flat_map(|it| &it.steps) {
        if let Action::Call(call) = &step.action
            && let Callee::Path(path) = &call.callee
        {
            found.push((path.as_str(), matches!(step.origin, Origin::Written(_)), sources.text(step.origin.span())));
        }
    }
    assert_eq!(found, [("one::enter", false, "one::go!(lib::work())"), ("lib::work", true, "lib::work()")]);
}

#[test]
fn a_format_fills_its_places_in_order() {
    check(
        "const NS: &str = \"net\"; fn f(pid: i32) -> String { format!(\"/proc/{pid}/task/{}/ns/{NS}{0}\", 7) }",
        "Initialiser a::NS()
        b0:
          @a::NS = \"net\"
          leave Return

        Named a::f(pid) -> (t0)
        b0:
          t0 = std::format!(\"/proc/{pid}/task/{}/ns/{NS}{0}\", pid, 7, \"net\", 7)
          leave Return",
    );
}

#[test]
fn assertions_and_panics_unwind() {
    check(
        "fn f(ok: bool, g: lib::Guard) { assert!(ok, \"{}\", 1); panic!() }",
        "Named a::f(ok, g)
        b0:
          if true ok b1 else b2
        b1:
          std::panic!() ! b3
          stop
        b2:
          std::panic!() ! b3
          stop
        b3:
          drop g
          leave Unwind",
    );
}

#[test]
fn a_select_awaits_one_of_its_futures() {
    check(
        "async fn f() { tokio::select! { biased; x = lib::a() => lib::see(x), Some(y) = lib::b(), if true => { lib::see(y); } } }",
        "Async a::f()
        b0:
          t0 = lib::a()
          t1 = lib::b()
          any b1 b3
        b1:
          t2 = await move t0
          x = move t2
          t4 = lib::see(move x) ! b4
          drop t4
          drop x
          goto b2
        b2:
          leave Return
        b3:
          t5 = await move t1
          y = move t5.?
          t7 = lib::see(move y) ! b5
          drop t7
          drop y
          goto b2
        b4:
          drop x
          leave Unwind
        b5:
          drop y
          leave Unwind",
    );
}
