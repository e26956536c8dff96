//! Which crate a Rust file is part of, as paths name it.

/// From the path of the file and the `Cargo.toml` files of the tree.
pub(super) fn unit(path: &str, manifests: &[(&str, &str)]) -> String {
    let crates = manifests.iter().filter_map(|(manifest, text)| {
        let root = manifest.strip_suffix("Cargo.toml")?;
        path.starts_with(root).then_some(())?;
        let package = name_in("[package]", text)?;
        Some((root.len(), name_in("[lib]", text).unwrap_or(package).replace('-', "_")))
    });
    crates.max_by_key(|it| it.0).map_or_else(String::new, |it| it.1)
}

/// The value of `name` in a section, without reading all of the file.
fn name_in<'a>(section: &str, text: &'a str) -> Option<&'a str> {
    let lines = text.lines().map(str::trim).skip_while(|it| !it.starts_with(section)).skip(1);
    let value = lines
        .take_while(|it| !it.starts_with('['))
        .find_map(|it| it.strip_prefix("name")?.trim_start().strip_prefix('=').map(str::trim_start))?;
    let quote = value.chars().next().filter(|it| ['"', '\''].contains(it))?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_crate_is_called_as_its_manifest_says() {
        let manifests = [
            ("Cargo.toml", "[workspace]\nmembers = []\n"),
            ("a/Cargo.toml", "[package]\nversion = \"1\"\nname = \"my-a\" # why\n"),
            ("b/Cargo.toml", "[package]\nname='b'\n\n[[bin]]\nname = 'c'\n"),
            ("d/Cargo.toml", "[lib]\nname = \"other\"\n[package]\nname = \"d\"\n"),
            ("e/Cargo.toml", "[package]\nedition = \"2024\"\n[dependencies]\nname = \"1\"\n"),
        ];
        for (path, expected) in [
            ("a/src/lib.rs", "my_a"),
            ("b/src/x/y.rs", "b"),
            ("d/src/lib.rs", "other"),
            ("e/src/lib.rs", ""),
            ("x.rs", ""),
        ] {
            assert_eq!(super::unit(path, &manifests), expected, "{path}");
        }
    }
}
