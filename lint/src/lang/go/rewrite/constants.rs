//! The constants for protocol families, and the import that they need.

use super::super::items::{self, ItemKind};
use super::super::tree::{self, Node};
use super::kept;
use crate::lang::Rewriting;
use crate::remedy::Edit;
use crate::source::{FileId, Span};

const UNIX: &str = "golang.org/x/sys/unix";

/// The constants as a file can write them.
#[derive(Debug)]
pub(super) struct Constants {
    pub(super) written: Vec<String>,
    /// The import, if there has to be one.
    pub(super) import: Option<Edit>,
}

/// An import of a file.
pub(super) struct Import {
    pub(super) path: String,
    /// As written: `None`, an alias, `.` or `_`.
    pub(super) name: Option<String>,
    pub(super) span: Span,
}

/// For families as the catalogue names them: `ROUTE`.
pub(super) fn constants(input: &Rewriting<'_>, file: FileId, families: &[String]) -> Result<Constants, String> {
    let imports = imports(input, file);
    let of = |package: &str| imports.iter().find(|it| it.path == package).filter(|it| it.name.as_deref() != Some("_"));
    let written = |qualifier: &str, is_syscall: bool| -> Option<Vec<String>> {
        families.iter().map(|it| Some(format!("{qualifier}{}", constant(it, is_syscall)?))).collect()
    };
    let qualifier = |import: &Import, usual: &str| match import.name.as_deref() {
        Some(".") => String::new(),
        Some(name) => format!("{name}."),
        None => format!("{usual}."),
    };
    let unix = of(UNIX).and_then(|it| written(&qualifier(it, "unix"), false));
    let syscall = || of("syscall").and_then(|it| written(&qualifier(it, "syscall"), true));
    if let Some(written) = unix.or_else(syscall) {
        return Ok(Constants { written, import: None });
    }
    let here = |package: &str| is_free(input, file, package).then(|| added(input, file, &imports, package)).flatten();
    if input.versions.may_use(file, UNIX)
        && let (Some(written), Some(import)) = (written("unix.", false), here(UNIX))
    {
        return Ok(Constants { written, import: Some(import) });
    }
    match (written("syscall.", true), here("syscall")) {
        (Some(written), Some(import)) => Ok(Constants { written, import: Some(import) }),
        _ => Err(format!("import {UNIX} for the constants NETLINK_{}", families.join(", NETLINK_"))),
    }
}

fn constant(family: &str, is_syscall: bool) -> Option<String> {
    match family {
        // Older than its other name, and the only one in `syscall`.
        "SOCK_DIAG" => Some("NETLINK_INET_DIAG".into()),
        "RDMA" if is_syscall => None,
        _ => Some(format!("NETLINK_{family}")),
    }
}

/// What a name of a package of the standard library needs in front, and the import, if there has to be one.
pub(super) fn package(input: &Rewriting<'_>, file: FileId, path: &str) -> Option<(String, Option<Edit>)> {
    let imports = imports(input, file);
    match imports.iter().find(|it| it.path == path && it.name.as_deref() != Some("_")) {
        Some(Import { name: Some(name), .. }) if name == "." => Some((String::new(), None)),
        Some(import) => Some((format!("{}.", import.name.as_deref().unwrap_or(path)), None)),
        None if is_free(input, file, path) => Some((format!("{path}."), Some(added(input, file, &imports, path)?))),
        None => None,
    }
}

/// Whether the usual name of a package stands nowhere in the code of a file.
fn is_free(input: &Rewriting<'_>, file: FileId, package: &str) -> bool {
    let name = package.rsplit('/').next().unwrap_or(package);
    !kept::of_file(input, file).has_word(&input.sources.get(file).text, name)
}

pub(super) fn imports(input: &Rewriting<'_>, file: FileId) -> Vec<Import> {
    let text = &input.sources.get(file).text;
    let mut imports = Vec::new();
    let mut parser = tree::parser();
    for item in items::head(text).iter().filter(|it| it.kind == ItemKind::Import) {
        let Ok(parsed) = tree::parse(&mut parser, text, file, item, item.range.end) else { continue };
        parsed.root().walk(&mut |it| {
            if !it.is("import_spec") {
                return true;
            }
            if let Some(path) = it.field("path") {
                let path = path.text().trim_matches(['"', '`']).to_owned();
                imports.push(Import { path, name: it.field("name").map(|it| it.text().to_owned()), span: it.span() });
            }
            false
        });
    }
    imports
}

/// The edit that imports one more package, where gofmt would have it.
fn added(input: &Rewriting<'_>, file: FileId, imports: &[Import], package: &str) -> Option<Edit> {
    let source = input.sources.get(file);
    let line_of = |import: &Import| source.line_of(import.span.start as usize);
    let insert = |at: usize, text: String| Some(Edit { span: Span::new(file, at, at), text });
    let is_outside = |path: &str| path.split('/').next().is_some_and(|it| it.contains('.'));
    // Blank lines make sections, and the lines of a section are in order.
    let sections: Vec<&[Import]> = imports.chunk_by(|a, b| line_of(b) - line_of(a) <= 1).collect();
    let with_brackets = |section: &&&[Import]| {
        let line = source.line(line_of(&section[0])).unwrap_or_default();
        !source.text[line].trim_start().starts_with("import")
    };
    let mut grouped = sections.iter().filter(with_brackets);
    let same_kind = grouped.clone().find(|it| it.iter().any(|it| is_outside(&it.path) == is_outside(package)));
    if let Some(section) = same_kind {
        if let Some(next) = section.iter().find(|it| it.path.as_str() > package) {
            let line = source.line(line_of(next))?;
            return insert(line.start, format!("\t\"{package}\"\n"));
        }
        let line = source.line(line_of(section.last()?))?;
        return insert(line.end, format!("\t\"{package}\"\n"));
    }
    if let Some(section) = grouped.next_back() {
        let line = source.line(line_of(section.last()?))?;
        return insert(line.end, format!("\n\t\"{package}\"\n"));
    }
    let line = source.line(line_of(imports.last()?))?;
    insert(line.end, format!("import \"{package}\"\n"))
}

/// The families that a call already names: `ROUTE` of `unix.NETLINK_ROUTE`; `None` if one is something else.
pub(super) fn named(arguments: &[Node<'_>]) -> Option<Vec<String>> {
    let family = |it: &Node<'_>| {
        let name = it.text().rsplit('.').next()?.strip_prefix("NETLINK_")?;
        Some(if name == "INET_DIAG" { "SOCK_DIAG".to_owned() } else { name.to_owned() })
    };
    arguments.iter().map(family).collect()
}
