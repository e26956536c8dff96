//! Integration tests of both programs live beside this file; here is what they share.

pub mod fixture;

use std::path::{Path, PathBuf};

/// Where the project stands.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a folder of their own").into()
}
