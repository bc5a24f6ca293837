//! Building blocks of kernels: arithmetic, mathematics, phases. Knows nothing of programs, scripts or devices.

pub mod denormals;
pub mod float;
pub mod math;
pub mod phase;
