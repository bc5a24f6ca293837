//! What stands in for sound devices where the program was built without them. Plays nothing and finds nothing.

use super::health::Health;
use super::pull::Counters;
use super::seat::Seat;
use super::{DeviceDescription, Error, Plan, Settings};
use std::sync::Arc;
use std::time::Duration;

/// A stream that nobody can open.
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) rate: u32,
    pub(super) delay: Duration,
    pub(super) channels: u16,
    pub(super) frames: Option<u32>,
    pub(super) format: String,
    pub(super) health: Arc<Health>,
    pub(super) seat: Arc<Seat>,
}

/// No device has an opinion.
///
/// # Errors
/// Always `Error::NotBuilt`.
pub(super) fn preferred_rate(_: &Settings) -> Result<u32, Error> {
    Err(Error::NotBuilt)
}

/// Opens nothing.
///
/// # Errors
/// Always `Error::NotBuilt`.
pub(super) fn open(_: &Settings, _: Plan, _: Arc<Counters>) -> Result<Stream, Error> {
    Err(Error::NotBuilt)
}

/// Finds nothing.
pub(super) fn list() -> Vec<DeviceDescription> {
    Vec::new()
}
