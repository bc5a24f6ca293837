//! Combs and all-passes: short lines that feed themselves, with a stated time to fade. They keep no level of their own.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::{cos_turns, exp, hypot, sin_turns};
use crate::ir::F;

/// The longest line in seconds.
const LONGEST: f64 = 60.0;
/// What comes round at most.
const MOST: f64 = 0.9999;
/// The fewest frames from echo to echo: the cubic looks one frame ahead.
const FEWEST: f64 = 2.0;
/// The natural logarithm of a thousandth, which is 60 dB softer.
const THOUSANDTH: f64 = -6.907755278982137;

const MAX: Argument = Argument::constant(
    "max",
    Unit::Seconds,
    0.0..=LONGEST,
    "the longest time that will be asked for: it decides the memory",
);
const TIME: Argument = Argument::number(
    "time",
    Unit::Seconds,
    0.0..=LONGEST,
    "from echo to echo, one over the pitch; at most `max`, at least two frames",
);
const DECAY: Argument = Argument::number("decay", Unit::Seconds, 0.0..=60.0, "after which what rings is 60 dB softer");
const REFERENCES: &[&str] = &["Schroeder: Natural sounding artificial reverberation, 1962"];

/// A line in a loop.
struct Echo<'b> {
    line: super::tape::Line<'b>,
    /// What comes back in this frame.
    back: F<'b>,
    /// How loud it goes in again.
    amount: F<'b>,
}

impl<'b> Echo<'b> {
    fn of(site: &Site<'b>, max: F<'b>, time: F<'b>, decay: F<'b>) -> Echo<'b> {
        let rate = site.rate();
        let longest = (max * rate).max(max.lit(FEWEST));
        let reach = longest.known().expect("a constant is known").ceil() as u32;
        let line = site.line(reach + 1);
        let frames = (time * rate).min(longest).max(time.lit(FEWEST));
        // A tap at 0 reads the previous frame's sample, so what is asked of it is one less.
        let behind = frames - 1.0;
        let tape = line.before();
        // Where the time moves as fast as sound, only the straight line is never louder than what it lies between.
        let back = if behind.known().is_some() { tape.cubic(behind) } else { tape.between(behind) };
        let amount = amount(frames, decay * rate);
        Echo { line, back, amount }
    }
}

/// What is left after one round of so many frames, when 60 dB go in `decay` frames.
fn amount<F: Float>(frames: F, decay: F) -> F {
    exp(frames * THOUSANDTH / decay.max(decay.lit(1e-3))).min(frames.lit(MOST))
}

/// Echoes at the distance of a period.
pub const COMB: Helper = Helper {
    name: "comb",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to ring"), MAX, TIME, DECAY],
    about: "Rings at the pitch of 1 / time and all its harmonics: the sound with echoes that fade by 60 dB in `decay`. Of each round at most \
            0.9999 comes back. Between two frames it interpolates: on a cubic where `time` is a number, which dulls little, on a straight line \
            where it is a signal, which is stable however it moves.",
    example: "(noise() * decay(phasor(2), 40)).comb(0.05, 1.0 / 110, 0.8).gain(0.2)",
    claims: &[
        Claim::Fades { argument: "decay", percent: 1.0 },
        Claim::Magnitude {
            formula: "1/(1 - g z^-n) with n = time rate frames, and what interpolation lacks between them, g = 10^(-3 time/decay)",
            curve: |f, rate, given| {
                let (echo, amount) = echo(f, rate, given);
                1.0 / hypot(1.0 - amount * echo[0], amount * echo[1])
            },
        },
    ],
    references: REFERENCES,
    kernel: Kernel::Each4(comb),
}
.checked();

fn comb<'b>(site: &Site<'b>, [input, max, time, decay]: [F<'b>; 4]) -> F<'b> {
    let Echo { line, back, amount } = Echo::of(site, max, time, decay);
    let sum = amount.mul_add(back, input);
    line.write(sum);
    sum
}

/// Echoes that leave the spectrum as it is.
pub const ALLPASS: Helper = Helper {
    name: "allpass",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to smear"), MAX, TIME, DECAY],
    about: "Smears a sound in time and leaves its spectrum: the echoes of a `comb`, and the sound itself turned over so that all frequencies \
            come out alike. Some in a row make a reverb. Between two frames it interpolates as `comb` does.",
    example: "(noise() * decay(phasor(1), 90)).allpass(0.1, 0.037, 0.6).allpass(0.1, 0.0113, 0.4).gain(0.4)",
    claims: &[
        Claim::Fades { argument: "decay", percent: 1.0 },
        Claim::Magnitude {
            formula: "1, and where n = time rate is no whole number of frames less at the top by what interpolation lacks: \
                      (z^-n - g)/(1 - g z^-n) with g = 10^(-3 time/decay)",
            curve: |f, rate, given| {
                let (echo, amount) = echo(f, rate, given);
                hypot(echo[0] - amount, echo[1]) / hypot(1.0 - amount * echo[0], amount * echo[1])
            },
        },
    ],
    references: REFERENCES,
    kernel: Kernel::Each4(allpass),
}
.checked();

fn allpass<'b>(site: &Site<'b>, [input, max, time, decay]: [F<'b>; 4]) -> F<'b> {
    let Echo { line, back, amount } = Echo::of(site, max, time, decay);
    let sum = amount.mul_add(back, input);
    line.write(sum);
    (-amount).mul_add(sum, back)
}

/// What the line gives back of a tone, its real and imaginary part, and how much of it comes round.
fn echo(frequency: f64, rate: f64, given: &[f64]) -> ([f64; 2], f64) {
    let [max, time, decay] = *given else { unreachable!("three arguments after the input") };
    let frames = (time * rate).min(max * rate).max(FEWEST);
    let (whole, part) = (frames.floor(), frames - frames.floor());
    let (up, down, far) = (part + 1.0, part - 1.0, part - 2.0);
    let weights = [part * down * far / -6.0, up * down * far / 2.0, up * part * far / -2.0, up * part * down / 6.0];
    let tap = |(n, weight): (usize, f64)| {
        let turns = frequency / rate * (whole - 1.0 + n as f64);
        [weight * cos_turns(turns), -weight * sin_turns(turns)]
    };
    let sum = weights.into_iter().enumerate().map(tap).fold([0.0; 2], |sum, tap| [sum[0] + tap[0], sum[1] + tap[1]]);
    (sum, amount(frames, decay * rate))
}
