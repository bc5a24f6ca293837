//! Building blocks of kernels: arithmetic, mathematics, phases. Knows nothing of programs, scripts or devices.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

pub mod between;
pub mod denormals;
pub mod float;
pub mod magnitude;
pub mod math;
pub mod phase;
