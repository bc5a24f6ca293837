//! All integration tests, in one binary.

mod math;
mod math_operations;
