//! A body that rings: a bank of modes, each a decaying sine. It has no hammer: what strikes it is its input.

use std::f64::consts::LN_10;

use super::partials::{audible, nth};
use super::ratios::{AMPS, DECAYS, RATIOS};
use super::{Argument, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::{cos_turns, exp, sin_turns};
use crate::ir::F;

/// Modes.
pub const MODAL: Helper = Helper {
    name: "modal",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        Argument::signal("input", "what strikes it: a tick, a burst of noise"),
        Argument::numbers("freqs", Unit::Hertz, "of each mode, times `scale`; a body by name gives ratios").within(0.0..=20_000.0).sets(RATIOS),
        Argument::numbers("decays", Unit::Seconds, "after which each mode is 60 dB softer; the last goes for all that follow")
            .within(0.001..=60.0)
            .sets(DECAYS),
        Argument::numbers("gains", Unit::Gain, "how loud a tick of 1 makes each mode; the last goes for all that follow")
            .within(-10.0..=10.0)
            .sets(AMPS),
        Argument::number(
            "scale",
            Unit::Plain,
            0.0..=20_000.0,
            "what all `freqs` are multiplied by: the lowest pitch in hertz, where they are ratios",
        )
        .or(1.0),
    ],
    about: "A struck bar, plate, bell or drum: each mode rings at its pitch, decays in its time, and starts at 0 when it is struck. Modes \
            fade out before half the sample rate.",
    example: "modal(impulse(2), \"bar\", \"metal\", \"bell\", 523.25).gain(0.1)",
    claims: &[],
    references: &["Adrien: The missing link: modal synthesis, in Representations of musical signals, 1991"],
    kernel: Kernel::Each2(modal),
}
.checked();

fn modal<'b>(site: &Site<'b>, [input, scale]: [F<'b>; 2]) -> F<'b> {
    let (freqs, decays, gains) = (site.numbers(0), site.numbers(1), site.numbers(2));
    freqs.iter().enumerate().fold(site.lit(0.0), |sum, (mode, &freq)| {
        let turns = scale * site.number(freq / site.rate());
        // What is left after a frame: the impulse response is the decaying sine itself, sampled.
        let left = site.number(exp(-3.0 * LN_10 / (nth(decays, mode) * site.rate())));
        let (forth, across) = (left * cos_turns(turns), left * sin_turns(turns));
        let (real, imaginary) = (site.cell(), site.cell());
        let (x, y) = (real.get(), imaginary.get());
        let sine = across.mul_add(x, forth * y);
        real.set(forth.mul_add(x, input - across * y));
        imaginary.set(sine);
        (audible(turns) * site.number(nth(gains, mode))).mul_add(sine, sum)
    })
}
