//! Which package a Go file is part of, as imports name it.

/// From the path of the file and the `go.mod` files of the tree.
pub(super) fn unit(path: &str, manifests: &[(&str, &str)]) -> String {
    let folder = path.rsplit_once('/').map_or("", |it| it.0);
    if let Some((_, below)) = format!("/{folder}").rsplit_once("/vendor/") {
        return below.to_owned();
    }
    let modules = manifests.iter().filter_map(|(path, text)| {
        let root = path.strip_suffix("go.mod")?.trim_end_matches('/');
        let rest = if root.is_empty() {
            Some(folder)
        } else {
            folder.strip_prefix(root).filter(|it| it.is_empty() || it.starts_with('/'))
        };
        let name = text.lines().find_map(|it| it.trim().strip_prefix("module "))?;
        Some((root.len(), name.split_whitespace().next()?.trim_matches('"'), rest?.trim_matches('/')))
    });
    match modules.max_by_key(|it| it.0) {
        Some((_, module, "")) => module.to_owned(),
        Some((_, module, rest)) => format!("{module}/{rest}"),
        None => folder.to_owned(),
    }
}

/// A guess at the name of a package that is not in the tree.
pub(super) fn default_alias(unit: &str) -> &str {
    let is_version = |it: &str| it.strip_prefix('v').is_some_and(|it| it.bytes().all(|it| it.is_ascii_digit()));
    let mut parts = unit.rsplit('/');
    let last = parts.next().unwrap_or(unit);
    let name = if is_version(last) { parts.next().unwrap_or(last) } else { last };
    let name = name.split(".v").next().unwrap_or(name);
    let name = name.strip_prefix("go-").or(name.strip_suffix("-go")).unwrap_or(name);
    name.rsplit_once('-').map_or(name, |(_, it)| it)
}
