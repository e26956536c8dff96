//! Where control goes.

use super::check;

#[test]
fn the_question_mark_leaves_with_a_failure_after_the_drops() {
    check(
        "fn f() -> Result<(), E> { let g = lib::open(1)?; lib::open(2)?; Ok(()) }",
        "Named a::f() -> (t0)
        b0:
          g = lib::open(1)
          if good g b1 else b4
        b1:
          t2 = lib::open(2) ! b5
          if good t2 b2 else b3
        b2:
          drop t2
          t0 = good(?)
          drop g
          leave Return
        b3:
          t0 = bad
          drop g
          leave Failure
        b4:
          t0 = bad
          leave Failure
        b5:
          drop g
          leave Unwind",
    );
}

#[test]
fn a_result_within_a_result_is_asked_twice() {
    check(
        "async fn f(s: &mut lib::S) -> Result<(), E> { while let Some(x) = s.next().await? { lib::see(x); } Ok(()) }",
        "Async a::f(s) -> (t0)
        b0:
          goto b1
        b1:
          t2 = lib::S::next(self: s)
          t3 = await move t2
          if good t3 b2 else b5
        b2:
          t3 = t3.?
          if good t3 b3 else b4
        b3:
          x = move t3.?
          t5 = lib::see(move x) ! b6
          drop t5
          drop x
          drop t3
          goto b1
        b4:
          drop t3
          t0 = good(?)
          leave Return
        b5:
          t0 = bad
          leave Failure
        b6:
          drop x
          drop t3
          leave Unwind",
    );
}

#[test]
fn a_status_of_c_is_zero_or_not() {
    check(
        "fn f() -> i32 { let r = unsafe { libc::setns(3, 4) }; if r < 0 { return -1; } let bad = lib::go() != 0; 0 }",
        "Named a::f() -> (t0)
        b0:
          r = libc::setns(3, 4)
          if zero r b1 else b5
        b1:
          t3 = lib::go()
          if zero t3 b2 else b4
        b2:
          drop t3
          bad = false
          goto b3
        b3:
          t0 = 0
          leave Return
        b4:
          drop t3
          bad = true
          goto b3
        b5:
          t0 = -1
          leave Return",
    );
}
