//! All integration tests, in one binary.

mod code;
mod dominance;
mod huge;
mod lent;
mod printed;
mod programs;
mod random;
mod rules;
mod shapes;
