//! The ladder: four one-poles in a row inside a loop, as in Moog's filter, that sings by itself. Its poles are linear; the loop saturates.
//!
//! The loop has no delay. It is solved for the linear ladder, and what enters the first pole is bent after that (D'Angelo and Välimäki
//! 2014): no iteration that could fail. Seen the other way, this is the exact solution of a loop whose saturation is a little harder where
//! the poles are fast. The saturation has no memory, so it turns no phase: what sings does so at the cutoff, however loud.

use super::corner::{Corner, relative};
use super::svf::CUTOFF;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::{exp, hypot};
use crate::ir::F;

/// What `res` 1 feeds back. From 4 on it sings; the rest decides how loud, and how fast it begins.
const MOST: f64 = 4.2;
/// What the first pole gets at most: half as much is 1 dB softer than it would be.
const CEILING: f64 = 2.0;
/// Where the answer of the linear ladder is still told: above, it rings for too long to be measured.
const TOLD: f64 = 3.9;

/// Moog's filter.
pub const LADDER: Helper = Helper {
    name: "ladder",
    aliases: &[],
    family: Family::Filter,
    arguments: &[
        Argument::signal("input", "sound to darken"),
        CUTOFF,
        Argument::number(
            "res",
            Unit::Ratio,
            0.0..=1.0,
            "resonance at the cutoff: from 0.953 on it sings by itself once it was struck",
        ),
        Argument::number("drive", Unit::Decibels, 0.0..=48.0, "how hard the sound is pushed into the ladder; what is loud stays as loud")
            .or(0.0),
    ],
    about: "Darkens a sound, 24 dB per octave above the cutoff, with the resonance of a transistor ladder. Low frequencies keep their level \
            at any resonance, and what is loud saturates softly.",
    example: "saw(55).ladder(300 + 1200 * decay(phasor(2), 5), 0.85, 6).gain(0.3)",
    claims: &[
        Claim::Magnitude {
            formula: "(1 + k)/((1 + s)⁴ + k) with k = 4.2 res, at s = i tan(π f/rate) / tan(π cutoff/rate), up to a `res` of 0.92; \
                      a drive of d > 1 times makes it √((w² + d²)/(w² + 1)) louder with w = 2 + 2 k, because soft sounds keep up with loud ones",
            curve: magnitude,
        },
        Claim::Rings { argument: "cutoff", with: &[("res", 1.0)], cents: 1.0 },
    ],
    references: &[
        "Zavalishin: The art of VA filter design, 2012, chapter 5",
        "D'Angelo, Välimäki: Generalized Moog ladder filter, part II: explicit nonlinear model through a novel delay-free loop implementation method, 2014",
    ],
    kernel: Kernel::Each4(tick),
}
.checked();

fn tick<'b>(site: &Site<'b>, [input, cutoff, res, drive]: [F<'b>; 4]) -> F<'b> {
    let one = input.lit(1.0);
    let (above, below) = Corner::at(site, cutoff).ratio();
    let scale = one / (above + below);
    // A pole gives `share` of what enters it and `rest` of what it holds.
    let (share, rest) = (above * scale, below * scale);
    let cells = [(); 4].map(|()| site.cell());
    let held = cells.map(|cell| cell.get());
    let square = share * share;
    let back = res * MOST;

    // What would come out if nothing entered, and what enters.
    let silent = held.into_iter().fold(input.lit(0.0), |sum, held| sum.mul_add(share, held)) * rest;
    let pushed = input * gain(drive);
    let open = (-back).mul_add(silent, pushed);
    let loop_gain = (square * square).mul_add(back, one);
    let scaled = open * (1.0 / CEILING);
    let enters = open / scaled.mul_add(scaled, loop_gain * loop_gain).sqrt();

    let last = cells.into_iter().zip(held).fold(enters, |enters, (cell, held)| {
        let rise = (enters - held) * share;
        let leaves = held + rise;
        cell.set(leaves + rise);
        leaves
    });
    last * (back + 1.0) * makeup(back, drive)
}

fn gain<F: Float>(drive: F) -> F {
    exp(drive * (std::f64::consts::LN_10 / 20.0))
}

/// Brings a low tone of level 1 back to where it would be without the drive.
fn makeup<F: Float>(back: F, drive: F) -> F {
    let gain = gain(drive);
    let width = (back + 1.0) * CEILING;
    let width = width * width;
    ((gain * gain + width) / (width + 1.0)).sqrt() / gain
}

fn magnitude(frequency: f64, rate: f64, given: &[f64]) -> f64 {
    let (s, back, drive) = (relative(frequency, rate, given[0]), given[1] * MOST, given[2]);
    if back > TOLD {
        return f64::NAN;
    }
    // (1 + is)⁴ in parts.
    let (real, imaginary) = (1.0 - 6.0 * s * s + s * s * s * s, 4.0 * s - 4.0 * s * s * s);
    (1.0 + back) / hypot(real + back, imaginary) * makeup(back, drive) * gain(drive)
}
