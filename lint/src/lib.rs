//! Finds netlink calls and thread switches that end up in the wrong network namespace.
#![forbid(unsafe_code)]

// From what everybody may use to what uses everything; a module imports only from those above it.
pub mod source;

pub mod files;
pub mod ir;
pub mod scan;

pub mod facts;
pub mod remedy;

pub mod lang;

pub mod finding;

pub mod coverage;
pub mod progress;
pub mod report;

use coverage::Coverage;
use finding::Finding;
use source::Sources;

/// What came out of a run.
pub struct Checked {
    pub sources: Sources,
    /// By path and place.
    pub findings: Vec<Finding>,
    pub coverage: Coverage,
}
pub mod flow;
pub mod judge;
pub mod rules;
