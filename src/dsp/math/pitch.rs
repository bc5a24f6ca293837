//! The units that musicians count in, as frequencies and factors: semitones and decibels. Names of notes are not known here.

use super::explog::exp2;
use super::poly::two_sum;
use crate::dsp::float::Float;
use std::f64::consts::LN_2;

/// The frequency of a4, note 69.
const CONCERT_PITCH: f64 = 440.0;

/// Octaves in a decibel, log2(10) / 20.
const OCTAVES: f64 = 0.16609640474436813;
/// What that lacks, rounded to double.
const OCTAVES_REST: f64 = -8.345257784509387e-18;

/// The frequency of a note in hertz: 440 at 69, and twice as much 12 semitones further. Exact for every a.
///
/// Largest error: 2.3 ulp. 35 operations, one of them a division.
pub fn midi<F: Float>(note: F) -> F {
    let (semitones, lost) = two_sum(note.lit(-69.0), note);
    let octaves = semitones / 12.0;
    let rest = (octaves.mul_add(octaves.lit(-12.0), semitones) + lost) * (1.0 / 12.0);
    power(octaves, rest) * CONCERT_PITCH
}

/// The factor that so many decibels are; exactly 1 at 0.
///
/// Largest error: 1.3 ulp. 31 operations.
pub fn db<F: Float>(decibels: F) -> F {
    let octaves = decibels * OCTAVES;
    let rest = decibels.mul_add(decibels.lit(OCTAVES), -octaves);
    power(octaves, decibels.mul_add(decibels.lit(OCTAVES_REST), rest))
}

/// 2 to the power of an exponent in two parts.
fn power<F: Float>(exponent: F, rest: F) -> F {
    let power = exp2(exponent);
    power.mul_add(rest * LN_2, power)
}
