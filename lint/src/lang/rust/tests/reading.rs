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
