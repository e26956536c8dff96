//! Which crate a Rust file is part of, as paths name it.

/// From the path of the file and the `Cargo.toml` files of the tree.
pub(super) fn unit(path: &str, manifests: &[(&str, &str)]) -> String {
    let crates = manifests.iter().filter_map(|(manifest, text)| {
        let root = manifest.strip_suffix("Cargo.toml")?;
        path.starts_with(root).then_some(())?;
        let package = text.split("[package]").nth(1)?;
        let name = package.lines().find_map(|it| it.trim().strip_prefix("name")?.trim_start().strip_prefix('='))?;
        Some((root.len(), name.trim().trim_matches('"').replace('-', "_")))
    });
    crates.max_by_key(|it| it.0).map_or_else(String::new, |it| it.1)
}
