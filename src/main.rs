//! The command line.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

fn main() {}
