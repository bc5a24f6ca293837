//! The sound device: open it, lose it, find it again, and keep time without one. Knows nothing of what it plays.

#[cfg(not(feature = "device"))]
mod absent;
#[cfg(feature = "device")]
mod choose;
mod clock;
mod edge;
mod event;
#[cfg(feature = "device")]
mod format;
mod health;
mod lapse;
#[cfg(feature = "device")]
mod output;
#[cfg(feature = "device")]
mod pace;
mod pull;
#[cfg(feature = "device")]
mod quiet;
mod resample;
mod seat;
mod supervisor;

#[cfg(not(feature = "device"))]
use absent as output;
use serde::Serialize;
use std::time::Duration;

pub use edge::Edge;
pub use event::{Error, Event, Loss};
pub use pull::{Counters, Counts};
pub use supervisor::{Playback, start};

/// Frames asked of a device in one go unless `Settings` says otherwise.
pub const FRAMES: u32 = 512;

/// The engine's rate in hertz where no device and nobody else has an opinion.
pub const RATE: u32 = 48_000;

/// How long `probe` waits for a device that does not answer.
const PROBE_PATIENCE: Duration = Duration::from_secs(3);

/// What a device pulls: something that can fill any number of frames.
pub trait Source: Send {
    /// Fills `out`, interleaved, frames times `channels`. Audio thread.
    fn render(&mut self, out: &mut [f32], channels: usize);

    /// Whether it is past its beginning, so that a device that hears it from here on needs a fade. Audio thread.
    fn is_under_way(&self) -> bool;
}

/// What the performer asked of the device; `None` leaves the choice to the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// An id or a part of a name, as `list` gives them.
    pub device: Option<String>,
    /// Frames per second of the source; a device that plays another rate hears it resampled.
    pub rate: Option<u32>,
    /// Frames per callback; the device's own limits win.
    pub buffer: Option<u32>,
    /// Channels that the source renders; two if not given.
    pub channels: Option<u16>,
}

/// The one rate and channel count that hold until the end of the performance, whatever devices come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Frames per second.
    pub rate: u32,
    /// Channels that the source renders.
    pub channels: u16,
}

/// An output device as `aither devices` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceDescription {
    /// What `Settings::device` takes to mean exactly this device.
    pub id: String,
    /// The device's name for people.
    pub name: String,
    /// Whether this one plays when none is named.
    pub default: bool,
    /// Channel counts it can play, ascending.
    pub channels: Vec<u16>,
    /// Lowest and highest rate in hertz of each range it can play.
    pub rates: Vec<[u32; 2]>,
    /// Fewest and most frames per callback, where the device tells.
    pub buffer: Option<[u32; 2]>,
    /// Sample formats it takes.
    pub formats: Vec<String>,
    /// Why it cannot be opened now, if it cannot.
    pub problem: Option<String>,
}

/// Decides the engine's rate and channels by asking the device that would be opened; without one the settings or the
/// defaults decide. Waits at most three seconds. Control thread.
pub fn probe(settings: &Settings) -> Plan {
    let plain = Plan { rate: settings.rate.unwrap_or(RATE), channels: settings.channels.unwrap_or(2).max(1) };
    if settings.rate.is_some() {
        return plain;
    }
    let (answer, answered) = crossbeam_channel::bounded(1);
    let asked = settings.clone();
    // A device whose server hangs must not hang the engine, so somebody else asks.
    let asking = std::thread::Builder::new().name("aither-probe".into()).spawn(move || {
        answer.try_send(output::preferred_rate(&asked)).ok();
    });
    let rate = asking.ok().and_then(|_| answered.recv_timeout(PROBE_PATIENCE).ok()).and_then(Result::ok);
    Plan { rate: rate.unwrap_or(RATE), ..plain }
}

/// Every output device that keeps time, the default one first. Control thread.
pub fn list() -> Vec<DeviceDescription> {
    output::list()
}
