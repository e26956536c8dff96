//! How a function says that something did not work.

use super::super::tree::Node;
use super::first_failure::FirstFailure;

/// The statements for an error in a variable, without indentation of their own.
pub(super) enum Failure<'t> {
    /// `return nil, err`: all but the error, as written.
    /// And `t.Error(err)` before it, where nobody looks at what is returned.
    Return { before: Vec<String>, wrapped: bool, test: Option<&'t str> },
    /// `t.Fatal(err)`.
    Fatal(&'t str),
    /// `Expect(err).NotTo(HaveOccurred())`.
    Expect,
    /// What it does when the first call fails.
    AsFirst(FirstFailure<'t>),
}

impl Failure<'_> {
    pub(super) fn lines(&self, error: &str) -> Vec<String> {
        let checked = |line: String| vec![format!("if {error} != nil {{"), format!("\t{line}"), "}".into()];
        match self {
            Failure::Return { before, wrapped, test } => {
                let returned = match wrapped {
                    true => format!("fmt.Errorf(\"open a netlink handle: %w\", {error})"),
                    false => error.to_owned(),
                };
                let results: Vec<_> = before.iter().cloned().chain([returned]).collect();
                let mut lines = checked(format!("return {}", results.join(", ")));
                if let Some(test) = test {
                    lines.insert(1, format!("\t{test}.Error({error})"));
                }
                lines
            }
            Failure::Fatal(test) => checked(format!("{test}.Fatal({error})")),
            Failure::AsFirst(first) => first.lines(error),
            Failure::Expect => vec![format!("Expect({error}).NotTo(HaveOccurred())")],
        }
    }
}

/// What a file has to say failures with.
pub(super) struct Means {
    /// It imports `fmt` and wraps errors with `%w`.
    pub(super) wraps: bool,
    /// `import . "github.com/onsi/gomega"`
    pub(super) expects: bool,
}

/// How the function whose body that is can say it; `None` if it cannot.
pub(super) fn failure<'t>(function: Node<'t>, means: &Means) -> Option<Failure<'t>> {
    let results = results(function);
    // Where nobody looks at the result of the closure, the file's own way is the better one, and a test hears of it.
    let is_lost = !is_result_used(function);
    if means.expects && (results.is_empty() || is_lost) {
        return Some(Failure::Expect);
    }
    if let Some((last, others)) = results.split_last()
        && last.text() == "error"
    {
        let before = returned(function, others.len()).unwrap_or_else(|| others.iter().map(|it| zero(*it)).collect());
        let wrapped = means.wraps && !super::scope::parameters(function).contains(&"fmt");
        let test = is_lost.then(|| test_of(function)).flatten();
        return Some(Failure::Return { before, wrapped, test });
    }
    test_of(function).map(Failure::Fatal).or(means.expects.then_some(Failure::Expect))
}

/// The types of the results, one for each.
fn results(function: Node<'_>) -> Vec<Node<'_>> {
    let Some(result) = function.field("result") else { return Vec::new() };
    if !result.is("parameter_list") {
        return vec![result];
    }
    let mut types = Vec::new();
    for parameter in result.children() {
        let Some(ty) = parameter.field("type") else { continue };
        let count = parameter.fields("name").len().max(1);
        types.extend(std::iter::repeat_n(ty, count));
    }
    types
}

/// Whether anybody looks at what the call that gets this function literal gives.
fn is_result_used(function: Node<'_>) -> bool {
    let mut node = function;
    while let Some(parent) = node.parent().filter(|it| ["argument_list", "call_expression"].contains(&it.kind())) {
        node = parent;
    }
    match node.parent() {
        Some(it) if it.is("expression_statement") => false,
        Some(it) if it.is("expression_list") => {
            let dropped = |it: Node<'_>| it.field("left").is_some_and(|it| it.text() == "_");
            !it.parent().is_some_and(dropped)
        }
        _ => true,
    }
}

/// What another failure of the same function returns beside the error.
fn returned(function: Node<'_>, count: usize) -> Option<Vec<String>> {
    let mut found = None;
    function.field("body")?.walk(&mut |it| {
        if it.is("func_literal") || found.is_some() {
            return false;
        }
        if it.is("return_statement") {
            let values = it.child().map_or_else(Vec::new, |it| it.children());
            if values.len() == count + 1 {
                let (error, others) = values.split_at(count);
                let fails =
                    others[0].text() != "nil" && (others[0].is("identifier") || others[0].is("call_expression"));
                if fails && error.iter().all(|it| is_constant(*it)) {
                    found = Some(error.iter().map(|it| it.text().to_owned()).collect());
                }
            }
        }
        true
    });
    found
}

fn is_constant(value: Node<'_>) -> bool {
    let literals = ["nil", "false", "true", "int_literal", "interpreted_string_literal", "raw_string_literal"];
    match value.kind() {
        "unary_expression" => value.child().is_some_and(is_constant),
        "composite_literal" => value.field("body").is_some_and(|it| it.children().is_empty()),
        kind => literals.contains(&kind),
    }
}

/// The zero value of a type.
fn zero(ty: Node<'_>) -> String {
    let nil = ["pointer_type", "slice_type", "map_type", "channel_type", "function_type", "interface_type"];
    let text = ty.text();
    match text {
        _ if nil.contains(&ty.kind()) => "nil".into(),
        "error" | "any" => "nil".into(),
        "string" => "\"\"".into(),
        "bool" => "false".into(),
        "byte" | "rune" | "uintptr" => "0".into(),
        _ if ["int", "uint", "float", "complex"]
            .iter()
            .any(|it| text.strip_prefix(it).is_some_and(|rest| rest.bytes().all(|it| it.is_ascii_digit()))) =>
        {
            "0".into()
        }
        _ if ty.is("array_type") || ty.is("struct_type") => format!("{text}{{}}"),
        // Whatever it is.
        _ => format!("*new({text})"),
    }
}

/// The nearest test around: the `t` of `t *testing.T`.
fn test_of(function: Node<'_>) -> Option<&str> {
    let mut around = Some(function);
    while let Some(node) = around {
        if let Some(list) = node.field("parameters").filter(|it| it.is("parameter_list")) {
            let test = list.children().into_iter().find(|it| {
                let ty = it.field("type").map_or("", Node::text);
                ["*testing.T", "*testing.B", "*testing.F", "testing.TB"].contains(&ty)
            });
            if let Some(name) = test.and_then(|it| it.field("name")).filter(|it| it.text() != "_") {
                return Some(name.text());
            }
        }
        // A test may be ended on its own goroutine only.
        if node.parent().is_some_and(|it| it.parent().is_some_and(|it| it.is("go_statement"))) {
            return None;
        }
        around = node.parent();
    }
    None
}
