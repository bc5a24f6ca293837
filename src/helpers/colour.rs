//! Noise that falls off: pink by 3 dB and brown by 6 dB per octave. It makes no white noise of its own.
//!
//! Pink is a ladder of poles and zeros that alternate, two octaves a step, so that each step falls by half of what one pole would (Smith:
//! Spectral audio signal processing, section on spectral tilt). The rungs next to half the sample rate are found by minimising the largest
//! deviation, and in the same place at any rate; below them the ladder goes on as far down as it must. It runs as a sum of one-poles.

use std::f64::consts::{PI, TAU};

use super::noise::white;
use super::{Claim, Family, Helper, Kernel, Site};
use crate::dsp::float::Float;
use crate::dsp::math::{exp, sqrt};
use crate::ir::F;

/// The root mean square of both noises, about; uneven as they are, they seldom reach four times as far.
const LEVEL: f64 = 0.25;

/// Pink noise.
pub const PINK: Helper = Helper {
    name: "pink",
    aliases: &[],
    family: Family::Source,
    arguments: &[],
    about: "Pink noise: as much power in each octave, as in rain and in old recordings. Its level is the same at any sample rate, 0.25 on \
            the average; it seldom leaves -1 to 1. Every use and every channel has its own, and it is the same in every run.",
    example: "pink().gain(0.4)",
    claims: &[Claim::Tilt { decibels: -3.0103, from: 20.0 }],
    references: &["Smith: Spectral audio signal processing, 2011, appendix on spectrum analysis of 1/f noise and tilt filters"],
    kernel: Kernel::Each0(pink),
}
.checked();

/// The highest pole, in radians per frame.
const TOP: f64 = 1.89549;
/// From pole to pole, downwards.
const STEP: f64 = 4.0;
/// The two highest zeros; the others lie an octave above their poles.
const ZEROS: [f64; 2] = [0.404704, -0.0759169];
/// The lowest pole lies below this, in hertz.
const LOWEST: f64 = 5.0;
/// The power of the ladder times the frequency in radians per frame.
const POWER: f64 = 1.1465;

/// Poles and zeros of a ladder for a sample rate, from the top down.
fn ladder(rate: f64) -> (Vec<f64>, Vec<f64>) {
    let (mut poles, mut zeros) = (Vec::new(), Vec::new());
    let mut at = TOP;
    loop {
        poles.push(exp(-at));
        zeros.push(ZEROS.get(zeros.len()).copied().unwrap_or_else(|| exp(-at * 2.0)));
        if at * rate / TAU < LOWEST {
            return (poles, zeros);
        }
        at /= STEP;
    }
}

fn pink<'b>(site: &Site<'b>) -> F<'b> {
    let (poles, zeros) = ladder(site.rate());
    // White noise between -1 and 1 has 2 / (3 rate) of power per hertz, and the band of 20 Hz to 20 kHz shall have LEVEL² of it.
    let gain = LEVEL * sqrt(3.0 * PI / POWER / 6.907_755_278_982_137);
    let input = white(site);
    let straight = poles.iter().zip(&zeros).fold(gain, |product, (pole, zero)| product * (zero / pole));
    poles.iter().enumerate().fold(input * straight, |sum, (at, &pole)| {
        // The residue of this pole.
        let own = zeros.iter().fold(gain, |product, zero| product * (1.0 - zero / pole));
        let others = poles.iter().enumerate().filter(|(other, _)| *other != at);
        let share = others.fold(own, |product, (_, other)| product / (1.0 - other / pole));
        let held = site.cell();
        let value = held.get().mul_add(site.lit(pole), input * share);
        held.set(value);
        sum + value
    })
}

/// Brown noise.
pub const BROWN: Helper = Helper {
    name: "brown",
    aliases: &[],
    family: Family::Source,
    arguments: &[],
    about: "Brown noise: white noise summed up, deep as a distant storm; below 10 Hz it does not grow any more. Its level is 0.25 on the \
            average; it seldom leaves -1 to 1. Every use and every channel has its own, and it is the same in every run.",
    example: "brown().gain(0.6)",
    claims: &[Claim::Tilt { decibels: -6.0206, from: 40.0 }],
    references: &[],
    kernel: Kernel::Each0(brown),
}
.checked();

/// Where brown noise begins to fall, in hertz.
const KNEE: f64 = 10.0;
/// What of the previous sample makes a sum fall by 6 dB per octave up to 18 kHz, within 0.3 dB at 44.1 kHz.
const PREVIOUS: f64 = 0.145;

fn brown<'b>(site: &Site<'b>) -> F<'b> {
    let pole = exp(-TAU * KNEE / site.rate());
    // The power of what comes out, for white noise of a third.
    let power = (1.0 + PREVIOUS * PREVIOUS + 2.0 * PREVIOUS * pole) / (1.0 - pole * pole) / 3.0;
    let input = white(site) * (LEVEL / sqrt(power));
    let (before, sum) = (site.cell(), site.cell());
    let driven = before.get().mul_add(site.lit(PREVIOUS), input);
    before.set(input);
    let value = sum.get().mul_add(site.lit(pole), driven);
    sum.set(value);
    value
}
