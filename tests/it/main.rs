//! All integration tests, in one binary.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

#[cfg(target_os = "linux")]
mod device;
mod diagnostic;
mod engine;
mod heap;
mod lent;
#[cfg(target_os = "linux")]
mod listen;
mod math;
mod math_operations;
mod pool;
mod programs;
#[cfg(target_os = "linux")]
mod pulse;
mod random;
#[cfg(target_os = "linux")]
mod rig;
mod setup;
mod tidy;
mod watch;
