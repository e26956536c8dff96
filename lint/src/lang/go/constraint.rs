//! Which files are built for linux/amd64.

use crate::lang::Chosen;

/// Whether a file belongs to the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Not on linux/amd64.
    Out,
    /// That depends on a tag that is a matter of choice: `cgo`, `integration`.
    Depends,
    /// That depends on such a tag, and on linux.
    LinuxDepends,
    /// On every system that it is built on, linux is one.
    In,
    /// It is named or tagged for linux.
    Linux,
}

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
const PROCESSORS: &[&str] = &[
    "386", "amd64", "arm", "arm64", "armbe", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc", "ppc64",
    "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm",
];

/// By the file's name without folders, and by what stands before its package clause.
pub(super) fn verdict(name: &str, header: &str, chosen: &Chosen) -> Verdict {
    let mut verdict = by_name(name);
    for line in header.lines().map(str::trim) {
        let tagged = match (line.strip_prefix("//go:build "), line.strip_prefix("// +build ")) {
            (Some(expression), _) => Expression::of(expression, chosen).or(),
            (None, Some(alternatives)) => by_old_line(alternatives, chosen),
            (None, None) => continue,
        };
        let linux = verdict == Verdict::Linux || line.replace("!linux", "").contains("linux");
        verdict = match (verdict, tagged) {
            (Verdict::Out, _) | (_, Some(false)) => Verdict::Out,
            (Verdict::Linux | Verdict::In, Some(true)) if linux => Verdict::Linux,
            (verdict, Some(true)) => verdict,
            (_, None) if linux => Verdict::LinuxDepends,
            (_, None) => Verdict::Depends,
        };
    }
    verdict
}

fn by_name(name: &str) -> Verdict {
    let stem = name.strip_suffix(".go").unwrap_or(name);
    let stem = stem.strip_suffix("_test").unwrap_or(stem);
    // What stands before the first `_` is never a tag.
    let mut parts: Vec<_> = stem.split('_').skip(1).collect();
    if let Some(last) = parts.last().filter(|it| PROCESSORS.contains(it)) {
        if *last != "amd64" {
            return Verdict::Out;
        }
        parts.pop();
    }
    match parts.last() {
        Some(&"linux") => Verdict::Linux,
        Some(last) if SYSTEMS.contains(last) => Verdict::Out,
        _ => Verdict::In,
    }
}

/// Whether a file tells systems apart, by its name or by what stands before its package clause.
pub(super) fn names_system(name: &str, header: &str) -> bool {
    let stem = name.strip_suffix(".go").unwrap_or(name);
    let is_constraint = |it: &&str| it.starts_with("//go:build ") || it.starts_with("// +build ");
    let mut tags =
        header.lines().map(str::trim).filter(is_constraint).flat_map(|it| it.split(|it| !char::is_alphanumeric(it)));
    stem.split('_').skip(1).any(|it| SYSTEMS.contains(&it)) || tags.any(|it| SYSTEMS.contains(&it))
}

/// Whether a tag is no matter of choice.
pub(in crate::lang) fn is_fixed(name: &str) -> bool {
    fixed(name).is_some()
}

/// `None`: it depends.
fn tag(name: &str, chosen: &Chosen) -> Option<bool> {
    fixed(name).or_else(|| chosen.has_tag(name))
}

fn fixed(name: &str) -> Option<bool> {
    match name {
        "linux" | "amd64" | "unix" | "gc" => Some(true),
        "gccgo" => Some(false),
        _ if SYSTEMS.contains(&name) || PROCESSORS.contains(&name) => Some(false),
        _ if name.starts_with("go1.") => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn not(it: Option<bool>) -> Option<bool> {
    it.map(|it| !it)
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    not(or(not(a), not(b)))
}

/// `// +build a,b c`: a blank is or, a comma is and.
fn by_old_line(alternatives: &str, chosen: &Chosen) -> Option<bool> {
    let term = |it: &str| it.strip_prefix('!').map_or_else(|| tag(it, chosen), |name| not(tag(name, chosen)));
    let every = |it: &str| it.split(',').map(term).fold(Some(true), and);
    alternatives.split_whitespace().map(every).fold(Some(false), or)
}

/// A `//go:build` expression that is read from the left.
struct Expression<'a> {
    rest: &'a str,
    /// How many parentheses and negations may still be opened.
    levels: usize,
    chosen: &'a Chosen,
}

impl<'a> Expression<'a> {
    fn of(rest: &'a str, chosen: &'a Chosen) -> Self {
        Expression { rest, levels: 100, chosen }
    }

    fn or(&mut self) -> Option<bool> {
        let mut value = self.and();
        while self.takes("||") {
            value = or(value, self.and());
        }
        value
    }

    fn and(&mut self) -> Option<bool> {
        let mut value = self.not();
        while self.takes("&&") {
            value = and(value, self.not());
        }
        value
    }

    fn not(&mut self) -> Option<bool> {
        self.levels = self.levels.checked_sub(1)?;
        if self.takes("!") {
            return not(self.not());
        }
        if self.takes("(") {
            let value = self.or();
            self.takes(")");
            return value;
        }
        let end = self.rest.find(|it: char| !it.is_alphanumeric() && it != '_' && it != '.');
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        tag(name, self.chosen)
    }

    fn takes(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest).trim_start();
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_linux_does_not_build_are_out() {
        for (name, header, expected) in [
            ("a.go", "", Verdict::In),
            ("linux.go", "", Verdict::In),
            ("a_linux.go", "", Verdict::Linux),
            ("a_linux_test.go", "", Verdict::Linux),
            ("a_windows.go", "", Verdict::Out),
            ("a_linux_arm64.go", "", Verdict::Out),
            ("a_unsupported.go", "//go:build !linux", Verdict::Out),
            ("a.go", "//go:build linux && cgo", Verdict::LinuxDepends),
            ("a.go", "//go:build !linux || !cgo", Verdict::Depends),
            ("a_linux.go", "//go:build cgo", Verdict::LinuxDepends),
            ("a.go", "//go:build linux || darwin", Verdict::Linux),
            ("a.go", "//go:build (freebsd || windows) && !integration", Verdict::Out),
            ("a.go", "//go:build integration", Verdict::Depends),
            ("a.go", "//go:build unix && go1.21", Verdict::In),
            ("a.go", "// +build windows,cgo darwin", Verdict::Out),
            ("a.go", "// +build linux,cgo darwin", Verdict::LinuxDepends),
        ] {
            assert_eq!(verdict(name, header, &Chosen::default()), expected, "{name} {header}");
        }
    }

    #[test]
    fn a_chosen_tag_decides_and_leaves_the_others_open() {
        let mut chosen = Chosen::default();
        ["integration", "!cgo"].into_iter().for_each(|it| chosen.tag(it).unwrap());
        for (name, header, expected) in [
            ("a.go", "//go:build integration", Verdict::In),
            ("a.go", "//go:build !integration", Verdict::Out),
            ("a.go", "//go:build cgo && linux", Verdict::Out),
            ("a.go", "//go:build !cgo && linux", Verdict::Linux),
            ("a.go", "//go:build integration && other", Verdict::Depends),
            ("a.go", "// +build !integration", Verdict::Out),
            ("a_linux.go", "//go:build !windows && !cgo", Verdict::Linux),
            ("a_windows.go", "//go:build integration", Verdict::Out),
        ] {
            assert_eq!(verdict(name, header, &chosen), expected, "{name} {header}");
        }
    }
}
