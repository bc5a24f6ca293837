//! All integration tests, in one binary.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod claims;
#[cfg(target_os = "linux")]
mod device;
mod diagnostic;
mod engine;
mod heap;
mod laws;
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
mod reference;
#[cfg(target_os = "linux")]
mod rig;
mod rulings;
mod setup;
mod stand;
mod tidy;
mod watch;
