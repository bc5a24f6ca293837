//! Names of music as numbers: notes, scales, chords, rhythms. It knows neither signals nor scripts.
//!
//! Notes are numbered as in MIDI: 60 is c4, 69 is a4, a semitone is 1.

pub mod chord;
pub mod note;
pub mod rhythm;
pub mod scale;

use crate::dsp::denormals::Flush;
use crate::dsp::math;

/// A name that means nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong.
    pub message: String,
    /// What would work.
    pub help: String,
}

/// The frequency of a note by its number, in hertz: the same bits as `midi` gives on the audio thread.
pub fn frequency(number: f64) -> f64 {
    let _flush = Flush::on();
    math::midi(number)
}

/// The frequency so many semitones above another one.
pub fn transposed(root: f64, semitones: f64) -> f64 {
    let _flush = Flush::on();
    root * math::exp2(semitones / 12.0)
}

/// A name as it is compared: small letters, and single spaces for spaces, dashes and underscores.
fn plain(name: &str) -> String {
    let spaced = name.to_lowercase().replace(['-', '_'], " ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
