//! Names in a function: which are taken, and what a new one would capture.

use super::super::tree::Node;

/// The first of some names that stands nowhere in a stretch of text.
pub(super) fn free_name(around: Node<'_>, names: &[&'static str]) -> Option<&'static str> {
    names.iter().copied().find(|name| !mentions(around, name))
}

/// Whether an identifier stands anywhere below.
pub(super) fn mentions(around: Node<'_>, name: &str) -> bool {
    let mut found = false;
    around.walk(&mut |it| {
        found |= is_named(it, name);
        !found
    });
    found
}

fn is_named(node: Node<'_>, name: &str) -> bool {
    ["identifier", "package_identifier"].contains(&node.kind()) && node.text() == name
}

/// The names that `:=` or `var` of a statement introduces, if it is one.
pub(super) fn declared(statement: Node<'_>) -> Vec<&str> {
    match statement.kind() {
        "short_var_declaration" => statement.field("left").map_or_else(Vec::new, names_in),
        "var_declaration" | "const_declaration" => {
            let mut names = Vec::new();
            statement.walk(&mut |it| {
                if ["var_spec", "const_spec"].contains(&it.kind()) {
                    names.extend(it.fields("name").into_iter().map(Node::text));
                    return false;
                }
                it.kind() != "func_literal"
            });
            names
        }
        _ => Vec::new(),
    }
}

fn names_in(list: Node<'_>) -> Vec<&str> {
    list.children().into_iter().filter(|it| it.is("identifier")).map(Node::text).collect()
}

/// The names of the parameters and results of a function.
pub(super) fn parameters(function: Node<'_>) -> Vec<&str> {
    let lists = ["receiver", "parameters", "result"].into_iter().filter_map(|it| function.field(it));
    let lists = lists.filter(|it| it.is("parameter_list"));
    lists.flat_map(|it| it.children()).flat_map(|it| it.fields("name")).map(Node::text).collect()
}

/// Whether some of the statements use a name that none of them declares.
pub(super) fn is_used_from_outside(statements: &[Node<'_>], name: &str) -> bool {
    let mut declared = false;
    statements.iter().any(|it| uses(*it, name, &mut declared))
}

/// `declared` is whether a declaration in the scope around is already passed.
fn uses(node: Node<'_>, name: &str, declared: &mut bool) -> bool {
    match node.kind() {
        "identifier" => return !*declared && node.text() == name,
        "short_var_declaration" => {
            let outside = node.field("right").is_some_and(|it| uses(it, name, declared));
            *declared |= node.field("left").is_some_and(|it| names_in(it).contains(&name));
            return outside;
        }
        "var_spec" => {
            let outside = node.fields("value").into_iter().any(|it| uses(it, name, declared));
            *declared |= node.fields("name").into_iter().any(|it| it.text() == name);
            return outside;
        }
        "range_clause" | "receive_statement" if node.has_token(":=") => {
            let outside = node.field("right").is_some_and(|it| uses(it, name, declared));
            *declared |= node.field("left").is_some_and(|it| names_in(it).contains(&name));
            return outside;
        }
        _ => (),
    }
    let opens = [
        "block",
        "if_statement",
        "for_statement",
        "expression_switch_statement",
        "type_switch_statement",
        "select_statement",
        "expression_case",
        "default_case",
        "type_case",
        "communication_case",
        "func_literal",
    ];
    let mut inner = *declared || node.is("func_literal") && parameters(node).contains(&name);
    let scope = if opens.contains(&node.kind()) { &mut inner } else { declared };
    node.children().into_iter().any(|it| !it.is("parameter_list") && uses(it, name, scope))
}

/// The first place at which some of the statements mention a name, if it is one that writes it without reading it.
pub(super) fn is_written_first(statements: &[Node<'_>], name: &str) -> Option<bool> {
    let mut first = None;
    for statement in statements {
        statement.walk(&mut |it| {
            if first.is_some() {
                return false;
            }
            if ["short_var_declaration", "assignment_statement"].contains(&it.kind()) && it.operator_is_plain() {
                let left = it.field("left").is_some_and(|it| names_in(it).contains(&name));
                let right = it.field("right").is_some_and(|it| mentions(it, name));
                if left || right {
                    first = Some(left && !right);
                    return false;
                }
            } else if is_named(it, name) {
                first = Some(false);
            }
            true
        });
    }
    first
}
