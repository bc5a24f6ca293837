//! All integration tests, in one binary.

mod lent;
mod programs;
mod random;
