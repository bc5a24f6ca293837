//! A string: a delay line that feeds itself, in tune. It has no player: what excites it is its input.
//!
//! The loop is a delay of whole frames, a symmetric filter of three taps that damps what is high (one frame late at any frequency), a filter
//! that keeps the loop free of a mean, and an all-pass for the rest of the period, whose delay is exact at the fundamental.

use std::f64::consts::TAU;

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::{Float, Int};
use crate::dsp::math::{self, sin_quarter};
use crate::ir::F;

/// The lowest and the highest pitch in hertz.
const LOWEST: f64 = 20.0;
const HIGHEST: f64 = 8000.0;
/// The shortest period in frames.
const SHORTEST: f64 = 5.0;
/// Where the filter against a mean has its corner, as a part of the pitch, and how far it is ahead there, in turns: the arc tangent.
const CORNER: f64 = 1.0 / 500.0;
const AHEAD: f64 = CORNER * (1.0 - CORNER * CORNER / 3.0) / TAU;
/// A loop whose length is modulated can gain energy, as a child on a swing does; it is stopped here.
const LOUDEST: f64 = 1000.0;

/// A string.
pub const STRING: Helper = Helper {
    name: "string",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        Argument::signal("input", "what excites it: a tick, a burst of noise, a bow"),
        Argument::number("freq", Unit::Hertz, LOWEST..=HIGHEST, "pitch; at most a fifth of the sample rate"),
        Argument::number("decay", Unit::Seconds, 0.001..=60.0, "after which its fundamental is 60 dB softer"),
        Argument::number("damp", Unit::Ratio, 0.0..=1.0, "how much faster the high partials die: 0 is all alike, as in steel wire; 1 is gut")
            .or(0.3),
    ],
    about: "A plucked or struck string: it rings with what it is given, in tune from the lowest key of a piano to the highest. Bend `freq` as \
            you like.",
    example: "string(noise() * decay(phasor(2), 300), 146.83, 3, 0.4).gain(0.3)",
    claims: &[
        Claim::Tuned { pitch: "freq", cents: 0.1, decay: "decay", percent: 1.0 },
    ],
    references: &[
        "Karplus, Strong: Digital synthesis of plucked-string and drum timbres, 1983",
        "Jaffe, Smith: Extensions of the Karplus-Strong plucked-string algorithm, 1983 (equation 15: the all-pass for a delay at a frequency)",
    ],
    kernel: Kernel::Each4(string),
}
.checked();

fn string<'b>(site: &Site<'b>, [input, freq, decay, damp]: [F<'b>; 4]) -> F<'b> {
    let rate = site.rate();
    let limit = rate / SHORTEST;
    let freq = if limit < HIGHEST { freq.min(freq.lit(limit)) } else { freq };
    let one = freq.lit(1.0);
    let turns = freq * (1.0 / rate);
    // The mean's filter is ahead at the fundamental, so the rest is as much longer than a period.
    let period = freq.lit((1.0 + AHEAD) * rate) / freq;
    let whole = (period - 0.5).floor();
    let part = period - whole;
    let half = turns * 0.5;
    let sine = sin_quarter(half);
    let square = sine * sine;

    // What of the loss in a period is the damping filter's, and what all frequencies share.
    let left = math::exp(freq.lit(-math::ln(1000.0)) / (freq * decay));
    let side = damp * ((one - left) / (square * 4.0)).min(one * 0.25);
    let share = left / (one - side * square * 4.0) * (1.0 + CORNER * CORNER / 2.0);

    let line = site.line((rate / LOWEST * (1.0 + AHEAD)).ceil() as u32 + 1);
    let (tape, middle) = (line.before(), whole.to_int());
    let tap = |later: i64| tape.behind(middle + middle.lit(later));
    // A tap at 0 is one frame old already.
    let damped = side.mul_add(tap(-2) + tap(0), (one - side * 2.0) * tap(-1));
    let ringing = centred(site, sine, damped * share);
    let tuned = fractional(site, [one - part, one + part].map(|delay| sin_quarter(delay * half)), ringing);
    let output = (input + tuned).min(one * LOUDEST).max(one * -LOUDEST);
    line.write(output);
    output
}

/// Without its mean: a high-pass whose corner is a part of the pitch that `sine`, of half its angle, tells.
fn centred<'b>(site: &Site<'b>, sine: F<'b>, input: F<'b>) -> F<'b> {
    let square = sine * sine;
    // The tangent of half the angle, and the bilinear transform's corner in powers of it, which is small.
    let tangent = sine
        * square
            .mul_add(sine.lit(0.3125), sine.lit(0.375))
            .mul_add(square, sine.lit(0.5))
            .mul_add(square, sine.lit(1.0));
    let corner = tangent * CORNER;
    let kept = corner.mul_add(corner - 1.0, corner.lit(1.0));
    let (before, held) = (site.cell(), site.cell());
    let output = held.get().mul_add(kept + kept - 1.0, (input - before.get()) * kept);
    before.set(input);
    held.set(output);
    output
}

/// Later by a part of a frame: a first-order all-pass, as a rotation of input and memory, which keeps the energy even while it is turned.
fn fractional<'b>(site: &Site<'b>, [above, below]: [F<'b>; 2], input: F<'b>) -> F<'b> {
    let factor = above / below;
    let other = (factor.lit(1.0) - factor * factor).sqrt();
    let held = site.cell();
    let memory = held.get();
    held.set(other * input - factor * memory);
    factor.mul_add(input, other * memory)
}
