//! All integration tests, in one binary.

#[cfg(target_os = "linux")]
mod device;
#[cfg(target_os = "linux")]
mod listen;
#[cfg(target_os = "linux")]
mod pulse;
#[cfg(target_os = "linux")]
mod rig;
