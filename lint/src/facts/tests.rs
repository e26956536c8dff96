//! The catalogue is right in form, and the reader says what is wrong with others.

use super::*;

#[test]
fn every_catalogue_file_is_read_and_every_fact_has_evidence() {
    let facts = Facts::embedded();
    assert!(facts.calls().count() > 0);
    for fact in facts.calls() {
        assert!(fact.evidence.len() > 8, "{} has no evidence", fact.path);
    }
}

#[test]
fn every_handle_form_is_a_request_on_a_handle() {
    let facts = Facts::embedded();
    for fact in facts.calls() {
        if let Effect::UseAmbient { handle_form: Some(form), .. } = &fact.effect {
            let form = facts.call(form).unwrap_or_else(|| panic!("{}: {form} is not described", fact.path));
            assert!(matches!(form.effect, Effect::UseHandle { .. }), "{}: {form:?}", fact.path);
        }
    }
}

/// A scan that looks for the words must see every call that makes a file matter.
#[test]
fn every_call_that_matters_has_a_word() {
    let facts = Facts::embedded();
    for fact in facts.calls().filter(|it| it.effect.is_root() && !it.path.starts_with("?.")) {
        assert!(facts.words().any(|it| fact.path.contains(it)), "no word finds {}", fact.path);
    }
}

fn wrong(text: &str, expected: &str) {
    let answer = read(text, &mut Facts::default()).expect_err(text);
    assert!(answer.contains(expected), "{answer}");
}

#[test]
fn wrong_facts_are_named_with_their_place() {
    let call = |keys: &str| format!("\n[[call]]\npath = \"a.B\"\nevidence = \"by reading\"\n{keys}");
    wrong(&call("effect = \"swich\"\nto = 0"), "line 3: a.B: unknown variant `swich`");
    wrong(&call("effect = \"switch\""), "a.B: missing field `to`");
    wrong(&call("effect = \"switch\"\nto = \"arg\""), "receiver, current, home, new, other, arg0");
    wrong(&call("effect = \"switch\"\nto = -1"), "arguments count from 0");
    wrong(&call("effect = \"switch\"\nto = 0\nfallable = true"), "unknown field `fallable`");
    wrong(&call("effect = \"capture\"\nto = 0"), "line 3: a.B: unknown field `to`, expected `locks`");
    wrong(&call("effect = \"pin\"\nto = 0"), "a.B: unknown field `to`: `pin` has none of its own");
    wrong("libary = \"a\"", "unknown field `libary`");
    wrong(&[call("effect = \"pin\""), call("effect = \"unpin\"")].concat(), "line 7: a.B: the call is described twice");
}

#[test]
fn a_fact_holds_under_every_spelling() {
    let text = r#"
        library = "new.org/x"
        also = ["old.org/x"]

        [[call]]
        path = "new.org/x.Open"
        also = ["new.org/x.OpenOther"]
        effect = "open-handle"
        results = ["[]new.org/x.Handle", "error"]
        evidence = "by reading"
    "#;
    let mut facts = Facts::default();
    read(text, &mut facts).expect("it is right");
    for path in ["new.org/x.Open", "new.org/x.OpenOther", "old.org/x.Open", "old.org/x.OpenOther"] {
        let fact = facts.call(path).unwrap_or_else(|| panic!("{path} is not known"));
        assert_eq!(fact.path, path);
    }
    assert_eq!(facts.results("old.org/x.Open"), ["[]old.org/x.Handle", "error"]);
    assert_eq!(facts.words().collect::<Vec<_>>(), ["Open", "OpenOther"]);
}

#[test]
fn the_page_beside_the_catalogue_shows_a_fact_that_can_be_read() {
    let page = include_str!("../../catalog/README.md");
    let example = page.split("```toml").nth(1).and_then(|it| it.split("```").next()).expect("it has an example");
    let mut facts = Facts::default();
    read(example, &mut facts).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(facts.role("example.org/nets/v2.Conn"), Some(Role::Handle));
}
