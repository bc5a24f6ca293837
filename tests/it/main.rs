//! All integration tests, in one binary.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod bad_input;
mod cli;
mod closures;
mod code;
#[cfg(target_os = "linux")]
mod device;
mod diagnostic;
mod dominance;
mod engine;
mod heap;
mod huge;
mod lent;
#[cfg(target_os = "linux")]
mod listen;
mod math;
mod math_operations;
mod played;
mod pool;
mod printed;
mod programs;
#[cfg(target_os = "linux")]
mod pulse;
mod random;
#[cfg(target_os = "linux")]
mod rig;
mod rules;
mod session;
mod setup;
mod shapes;
mod tidy;
mod watch;
