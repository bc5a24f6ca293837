//! The gentle filters, 6 dB per octave: they do not ring, and nothing makes them.
//!
//! Zavalishin, The art of VA filter design, 2012, section 3.10: a trapezoidal one-pole, its corner prewarped.

use super::corner::{Corner, HIGHEST, relative};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::math::hypot;
use crate::ir::F;

const REFERENCES: &[&str] = &["Zavalishin: The art of VA filter design, 2012, section 3.10"];

/// Lets low frequencies through.
pub const LOWPASS: Helper = Helper {
    name: "lowpass",
    aliases: &[],
    family: Family::Filter,
    arguments: &[
        Argument::signal("input", "sound to darken"),
        Argument::number("cutoff", Unit::Hertz, 0.0..=HIGHEST, "where it is 3 dB softer"),
    ],
    about: "Darkens a sound gently: 3 dB softer at the cutoff, 6 dB per octave above.",
    example: "saw(110).lowpass(500).gain(0.2)",
    claims: &[
        Claim::Corner { argument: "cutoff" },
        Claim::Magnitude { formula: "1/(1 + s) at s = i tan(π f/rate) / tan(π cutoff/rate)", curve: low_magnitude },
    ],
    references: REFERENCES,
    kernel: Kernel::Each2(lowpass),
}
.checked();

fn lowpass<'b>(site: &Site<'b>, [input, cutoff]: [F<'b>; 2]) -> F<'b> {
    let (above, below) = Corner::at(site, cutoff).ratio();
    let share = above / (above + below);
    let held = site.cell();
    let old = held.get();
    let rise = (input - old) * share;
    let low = old + rise;
    held.set(low + rise);
    low
}

/// Lets high frequencies through.
pub const HIGHPASS: Helper = Helper {
    name: "highpass",
    aliases: &[],
    family: Family::Filter,
    arguments: &[
        Argument::signal("input", "sound to thin"),
        Argument::number("cutoff", Unit::Hertz, 0.0..=HIGHEST, "where it is 3 dB softer"),
    ],
    about: "Thins a sound gently: 3 dB softer at the cutoff, 6 dB per octave below.",
    example: "noise().highpass(3000).gain(0.1)",
    claims: &[
        Claim::Corner { argument: "cutoff" },
        Claim::Magnitude { formula: "s/(1 + s) at s = i tan(π f/rate) / tan(π cutoff/rate)", curve: high_magnitude },
        Claim::Passes { argument: "cutoff", at: 0.0 },
    ],
    references: REFERENCES,
    kernel: Kernel::Each2(highpass),
}
.checked();

/// What is left when the low frequencies are taken away.
pub fn highpass<'b>(site: &Site<'b>, [input, cutoff]: [F<'b>; 2]) -> F<'b> {
    input - lowpass(site, [input, cutoff])
}

fn low_magnitude(frequency: f64, rate: f64, given: &[f64]) -> f64 {
    1.0 / hypot(1.0, relative(frequency, rate, given[0]))
}

fn high_magnitude(frequency: f64, rate: f64, given: &[f64]) -> f64 {
    let s = relative(frequency, rate, given[0]);
    s / hypot(1.0, s)
}
