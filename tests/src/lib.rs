//! Integration tests of both programs live beside this file; here is what they share.

pub mod fixture;
pub mod rewrite;

use std::path::{Path, PathBuf};

use netns_lint::Request;
use netns_lint::lang::Language;
use netns_lint::rules::RULES;

/// Where the project stands.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a folder of their own").into()
}

/// Every rule, on all that lies at a path.
pub fn request(language: &'static dyn Language, path: PathBuf) -> Request {
    Request {
        paths: vec![path],
        languages: vec![language],
        rules: RULES.iter().collect(),
        tests: true,
        include_vendored: false,
        exclude: Vec::new(),
        unsaved: None,
        chosen: Default::default(),
        prefilter: true,
    }
}
