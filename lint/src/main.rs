//! The command `netns-lint`.

fn main() {}
