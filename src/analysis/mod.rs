//! Measures of sound that was rendered or recorded: level, loudness, pitch, spectrum. It renders nothing and shows nothing.

mod figures;
mod level;
mod peaks;
mod pitch;
pub mod spectrum;
mod wave;

pub use figures::{Figures, Listener};
pub use level::{FULL, Level};
pub use peaks::Peak;
pub use pitch::{Pitch, fundamental};
pub use wave::{COLUMNS, Wave};

/// An amplitude in decibels below full scale; `None` of silence.
pub fn decibels(amplitude: f64) -> Option<f64> {
    (amplitude.abs() > 0.0).then(|| 20.0 * amplitude.abs().log10())
}
