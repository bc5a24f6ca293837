//! Knobs of the engine as they cross to the audio thread. No programs, no memory.

use super::SlotId;
use super::tape::Recording;

/// A command; it takes effect at the first quantum boundary after it arrives. Ways go on from the present value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Moves a signal's gain. The slot keeps it until its signal is gone.
    Gain {
        /// Where the signal plays.
        slot: SlotId,
        /// Linear gain, 0 to [`Command::MOST_GAIN`].
        linear: f64,
        /// Length of the way.
        seconds: f64,
    },
    /// Mutes a signal or lets it be heard again. Its state keeps running.
    Mute {
        /// Where the signal plays.
        slot: SlotId,
        /// Whether it falls silent.
        on: bool,
        /// Length of the way.
        seconds: f64,
    },
    /// Moves the gain of the whole master, before the limiter: 0 stops everything.
    Master {
        /// Linear gain, 0 to [`Command::MOST_GAIN`].
        linear: f64,
        /// Length of the way.
        seconds: f64,
    },
    /// Puts the listener elsewhere, at once.
    Position {
        /// To the right.
        x: f64,
        /// To the front.
        y: f64,
        /// Up.
        z: f64,
    },
    /// That is recorded from here on.
    Record(Recording),
    /// Another tempo from here on; the beat goes on from where it is.
    Tempo {
        /// Beats per minute, kept within [`crate::ir::call::TEMPI`].
        bpm: f64,
    },
}

impl Command {
    /// The most gain a command can ask for, 60 dB.
    pub const MOST_GAIN: f64 = 1000.0;
}

/// A command as the audio thread takes it: in range, in frames.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Gain { slot: SlotId, linear: f64, frames: u32 },
    Mute { slot: SlotId, on: bool, frames: u32 },
    Master { linear: f64, frames: u32 },
    Position([f64; 3]),
    Tempo(f64),
    Record(Recording),
}

impl Order {
    pub(super) fn new(command: Command, rate: u32) -> Order {
        match command {
            Command::Gain { slot, linear, seconds } => {
                Order::Gain { slot, linear: gain(linear), frames: frames(seconds, rate) }
            }
            Command::Mute { slot, on, seconds } => Order::Mute { slot, on, frames: frames(seconds, rate) },
            Command::Master { linear, seconds } => {
                Order::Master { linear: gain(linear), frames: frames(seconds, rate) }
            }
            Command::Position { x, y, z } => Order::Position([x, y, z].map(|at| if at.is_finite() { at } else { 0.0 })),
            Command::Tempo { bpm } => Order::Tempo(bpm),
            Command::Record(recording) => Order::Record(recording),
        }
    }
}

/// A gain in range; NaN is silence.
pub(super) fn gain(linear: f64) -> f64 {
    if linear.is_nan() { 0.0 } else { linear.clamp(0.0, Command::MOST_GAIN) }
}

/// Seconds as frames, between none and an hour; NaN is none.
pub(super) fn frames(seconds: f64, rate: u32) -> u32 {
    (seconds.clamp(0.0, 3600.0) * f64::from(rate)).round() as u32
}
