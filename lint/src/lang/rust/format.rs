//! The placeholders of a format string.

/// What stands in a pair of braces.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    Next,
    At(usize),
    Named(String),
}

/// The placeholders in their order; `{{` is none.
pub(super) fn placeholders(format: &str) -> Vec<Placeholder> {
    let mut found = Vec::new();
    let mut rest = format;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let Some(end) = rest.find('}') else { break };
        let name = rest[..end].split(':').next().unwrap_or("").trim();
        found.push(match name.parse() {
            Ok(at) => Placeholder::At(at),
            Err(_) if name.is_empty() => Placeholder::Next,
            Err(_) => Placeholder::Named(name.to_owned()),
        });
        rest = &rest[end + 1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_in_order() {
        let named = |it: &str| Placeholder::Named(it.into());
        assert_eq!(placeholders("/proc/{}/task/{tid:?}/{1}"), [Placeholder::Next, named("tid"), Placeholder::At(1)]);
        assert_eq!(placeholders("{{no}} {x:>5}"), [named("x")]);
        assert_eq!(placeholders("broken {"), []);
    }
}
