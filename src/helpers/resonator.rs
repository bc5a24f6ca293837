//! A resonator: one partial that is struck or blown. It keeps a point that turns and shrinks, so nothing makes it grow by itself.

use super::corner::HIGHEST;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::{cos_turns, exp, hypot, sin_turns};
use crate::ir::F;

/// The natural logarithm of a thousandth, which is 60 dB softer.
const THOUSANDTH: f64 = -6.907755278982137;

/// Rings at a frequency.
pub const RESONATOR: Helper = Helper {
    name: "resonator",
    aliases: &[],
    family: Family::Filter,
    arguments: &[
        Argument::signal("input", "what strikes it"),
        Argument::number("freq", Unit::Hertz, 0.0..=HIGHEST, "where it rings; at most 0.49 of the sample rate"),
        Argument::number("decay", Unit::Seconds, 0.0..=60.0, "after which what rings is 60 dB softer"),
    ],
    about: "Rings at a frequency, as a bell's partial or a string does, and bends with it while it rings. White noise comes out as loud as it \
            went in, whatever `freq` and `decay`; so the longer it rings, the softer is a tick, by g = √(2 - 2r²) with r = 10^(-3/(decay rate)), \
            and the louder a tone at `freq`, by g/(2 - 2r): at 48 kHz and a decay of 1 s a tick is 32 dB softer and such a tone 38 dB louder.",
    example: "impulse(2).gain(8).resonator(440, 0.7)",
    claims: &[
        Claim::Rings { argument: "freq", with: &[("decay", 20.0)], cents: 0.1 },
        Claim::Fades { argument: "decay", percent: 1.0 },
        Claim::Magnitude {
            formula: "g (1 - r c z^-1)/(1 - 2 r c z^-1 + r² z^-2) with c = cos(2π freq/rate), r = 10^(-3/(decay rate)) and g = √(2 - 2r²)",
            curve: magnitude,
        },
    ],
    references: &["Mathews, Smith: Methods for synthesizing very high Q parametrically well behaved two pole filters, 2003"],
    kernel: Kernel::Each3(tick),
}
.checked();

/// What is left after a frame, and how loud a tick is.
fn left_and_loud<F: Float>(decay: F, rate: f64) -> [F; 2] {
    let left = exp(decay.lit(THOUSANDTH / rate) / decay.max(decay.lit(1e-9)));
    [left, (left * left).mul_add(left.lit(-2.0), left.lit(2.0)).sqrt()]
}

fn tick<'b>(site: &Site<'b>, [input, freq, decay]: [F<'b>; 3]) -> F<'b> {
    let rate = site.rate();
    let [left, loud] = left_and_loud(decay, rate);
    let turns = (freq * (1.0 / rate)).min(freq.lit(0.49));
    let (along, across) = (left * cos_turns(turns), left * sin_turns(turns));
    let (real, imaginary) = (site.cell(), site.cell());
    let (x, y) = (real.get(), imaginary.get());
    let moved = along.mul_add(x, loud.mul_add(input, -(across * y)));
    real.set(moved);
    imaginary.set(across.mul_add(x, along * y));
    moved
}

fn magnitude(frequency: f64, rate: f64, given: &[f64]) -> f64 {
    let [left, loud] = left_and_loud(given[1], rate);
    let along = left * cos_turns((given[0] / rate).min(0.49));
    let [first, second] =
        [1.0, 2.0].map(|frames| frames * frequency / rate).map(|turns| (cos_turns(turns), -sin_turns(turns)));
    let above = hypot(1.0 - along * first.0, along * first.1);
    let below = [1.0 - 2.0 * along * first.0 + left * left * second.0, left * left * second.1 - 2.0 * along * first.1];
    loud * above / hypot(below[0], below[1])
}
