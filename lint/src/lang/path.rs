//! Paths under `/proc` in literals: the same in every language.

use std::ops::Range;

use crate::source::Span;

pub(super) const TITLE: &str = "ask for the calling thread: `/proc/thread-self`";

/// What a literal with its quotes has to say to mean the calling thread: the bytes
/// to replace, counted from its start, and by what.
pub(super) fn of_calling_thread(literal: &str) -> Option<(Range<usize>, String)> {
    let open = literal.find(['"', '`'])? + 1;
    let rest = &literal[open..];
    let end = |it: &str| it.is_empty() || it.starts_with(['/', '"', '`']);
    // `/proc/net` is a link to `self/net`.
    let (old, new) = match rest {
        _ if rest.strip_prefix("/proc/net").is_some_and(end) => ("/proc/net", "/proc/thread-self/net"),
        _ if rest.strip_prefix("/proc/self/net").is_some_and(end) => ("/proc/self", "/proc/thread-self"),
        _ if rest.strip_prefix("/proc/self/ns").is_some_and(end) => ("/proc/self", "/proc/thread-self"),
        _ => return None,
    };
    Some((open..open + old.len(), new.to_owned()))
}

/// Rewrites the call in whose text the path may stand, or else the one that opens it.
pub(super) fn where_it_stands<T>(
    path: Span,
    opens: Span,
    rewrite: impl Fn(Span) -> Result<T, String>,
) -> Result<T, String> {
    rewrite(path).or_else(|why| rewrite(opens).map_err(|_| why))
}

/// What to do about a call in which no such literal stands.
pub(super) fn by_hand(call: &str) -> &'static str {
    if call.contains("/sys/") {
        "no path under /sys shows the thread's namespace: ask a netlink handle"
    } else {
        "the path is put together or written elsewhere: begin it with /proc/thread-self there"
    }
}

#[cfg(test)]
mod tests {
    use super::of_calling_thread;

    #[test]
    fn only_the_main_threads_own_files_are_asked_for_elsewhere() {
        let becomes = |literal: &str| {
            let (range, text) = of_calling_thread(literal)?;
            let mut changed = literal.to_owned();
            changed.replace_range(range, &text);
            Some(changed)
        };
        let same = |literal, expected: &str| assert_eq!(becomes(literal).as_deref(), Some(expected));
        same(r#""/proc/net/dev""#, r#""/proc/thread-self/net/dev""#);
        same("`/proc/net`", "`/proc/thread-self/net`");
        same(r#"c"/proc/self/net/route""#, r#"c"/proc/thread-self/net/route""#);
        same(r##"r#"/proc/self/ns/net"#"##, r##"r#"/proc/thread-self/ns/net"#"##);
        for other in [r#""/proc/network""#, r#""/proc/sys/net""#, r#""/proc/self/nsfs""#, r#""/proc/thread-self/net""#]
        {
            assert_eq!(becomes(other), None, "{other}");
        }
    }
}
