//! What lives how long.

use super::check;

#[test]
fn a_guard_lives_to_the_end_of_its_block_last_declared_first() {
    check(
        "fn f() { let _a = lib::make(); { let b = lib::make(); } lib::work(1); }",
        "Named a::f()
        b0:
          _a = lib::make()
          b = lib::make() ! b1
          drop b
          t2 = lib::work(1) ! b1
          drop t2
          drop _a
          leave Return
        b1:
          drop _a
          leave Unwind",
    );
}

#[test]
fn a_wildcard_and_a_statement_drop_at_once() {
    check(
        "struct G; impl Drop for G { fn drop(&mut self) {} }
         fn make() -> G { G }
         fn f(g: &G) { let _ = make(); make(); let _ = g; }",
        "Named a::G::drop(self)
        b0:
          leave Return

        Named a::make() -> (t0)
        b0:
          t0 = a::G
          leave Return

        Named a::f(g)
        b0:
          t1 = a::make()
          drop t1
          t2 = a::make()
          drop t2
          leave Return",
    );
}

#[test]
fn moves_are_said_and_plain_values_are_not_dropped() {
    check(
        "fn f(n: usize, text: String, g: lib::Guard) -> lib::Guard { let h = g; lib::note(n, text); drop(1); h }",
        "Named a::f(n, text, g) -> (t0)
        b0:
          h = move g
          t5 = lib::note(n, move text) ! b1
          drop t5
          std::mem::drop(1) ! b1
          t0 = move h
          drop h
          drop g
          leave Return
        b1:
          drop h
          drop g
          leave Unwind",
    );
}

#[test]
fn assignment_drops_the_old_value_when_the_new_one_is_there() {
    check(
        "fn f() { let mut g = lib::make(); g = lib::make(); }",
        "Named a::f()
        b0:
          g = lib::make()
          t1 = lib::make() ! b1
          drop g
          g = move t1
          drop g
          leave Return
        b1:
          drop g
          leave Unwind",
    );
}

#[test]
fn a_borrowed_temporary_lives_to_the_end_of_the_statement() {
    check(
        "fn f() { let fd = lib::make().fd; let kept = &lib::make(); lib::work(&lib::make()); }",
        "Named a::f()
        b0:
          t1 = lib::make()
          fd = t1.fd
          drop t1
          kept = lib::make() ! b1
          t3 = lib::make() ! b2
          t4 = lib::work(t3) ! b3
          drop t4
          drop t3
          drop kept
          drop fd
          leave Return
        b1:
          drop fd
          leave Unwind
        b2:
          drop kept
          drop fd
          leave Unwind
        b3:
          drop t3
          drop kept
          drop fd
          leave Unwind",
    );
}

#[test]
fn a_move_closure_takes_what_it_uses() {
    check(
        "fn f() { let g = lib::make(); lib::later(move || lib::work(&g)); }",
        "Named a::f()
        b0:
          g = lib::make()
          t1 = move g
          t2 = lib::later({closure}) ! b1
          drop t2
          drop g
          leave Return
        b1:
          drop g
          leave Unwind

        Closure a::f::{closure}() -> (t0)
        b0:
          t0 = lib::work(^g)
          leave Return",
    );
}

#[test]
fn a_scrutinee_lives_through_else_up_to_2021() {
    let text = "fn f() { if let Some(x) = lib::lock().get() { lib::a(x) } else { lib::b() } lib::c(1) }";
    let order = |edition: &str| {
        let manifest = format!("[package]\nname = \"a\"\nedition = \"{edition}\"");
        let (_, lowered) = super::lower(&[("Cargo.toml", &manifest), ("src/lib.rs", text)]);
        let printed = lowered.program.functions[0].to_string();
        let at = |what: &str| printed.find(what).unwrap_or_else(|| panic!("{what} is not in {printed}"));
        let otherwise = at("lib::b()");
        // Whether something is dropped on the way to `else`.
        let block = printed[..otherwise].rfind(":\n").unwrap();
        printed[block..otherwise].contains("drop")
    };
    assert!(order("2024"));
    assert!(!order("2021"));
}

#[test]
fn a_guard_of_an_arm_only_looks() {
    check(
        "fn f(ok: bool) { match lib::open(1) { Ok(g) if ok => lib::use_it(&g), Ok(g) => drop(g), Err(_) => (), } }",
        "Named a::f(ok)
        b0:
          t1 = lib::open(1)
          if good t1 b1 else b3
        b1:
          g = t1
          if true ok b2 else b4
        b2:
          g = move t1
          t4 = lib::use_it(g) ! b5
          drop t4
          drop g
          goto b3
        b3:
          drop t1
          leave Return
        b4:
          g = move t1
          std::mem::drop(move g) ! b6
          drop g
          goto b3
        b5:
          drop g
          drop t1
          leave Unwind
        b6:
          drop g
          drop t1
          leave Unwind",
    );
}
