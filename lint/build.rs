//! Finds the catalogue by file name, so that adding a library is adding one file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut list = String::from("&[\n");
    for path in files(&root.join("catalog"), "toml") {
        let name = path.strip_prefix(&root).expect("found below the root").display().to_string();
        writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string()).expect("a String takes it");
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("catalog.rs"), list).expect("the build directory is writable");
    println!("cargo:rerun-if-changed=catalog");
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let paths = entries.map(walkdir::DirEntry::into_path);
    paths.filter(|it| it.extension().is_some_and(|it| it == extension)).collect()
}
