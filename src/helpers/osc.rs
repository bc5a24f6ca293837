//! The classical waves: sine, saw, triangle, square and pulse. They are band-limited; naive shapes are mathematics on a `phasor`.
//!
//! All have their fundamental in phase with the sine, so that one goes over into another without a jump of the ear.

use super::clock::{Clock, FASTEST};
use super::edge::Reach;
use super::{Argument, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::sin_within_turn;
use crate::dsp::phase;
use crate::ir::F;

const FREQ: Argument =
    Argument::number("freq", Unit::Hertz, -FASTEST..=FASTEST, "pitch; below 0 the wave runs backwards");

/// A sine.
pub const OSC: Helper = Helper {
    name: "osc",
    aliases: &[],
    family: Family::Source,
    arguments: &[FREQ],
    about: "A sine wave between -1 and 1. It starts at 0 and rises.",
    example: "osc(220).gain(0.3)",
    claims: &[],
    references: &[],
    kernel: Kernel::Each1(sine),
}
.checked();

fn sine<'b>(site: &Site<'b>, [freq]: [F<'b>; 1]) -> F<'b> {
    sin_within_turn(phase::bipolar(Clock::run(site, freq).phase))
}

/// A saw.
pub const SAW: Helper = Helper {
    name: "saw",
    aliases: &[],
    family: Family::Source,
    arguments: &[FREQ],
    about: "A saw wave between -1 and 1, band-limited. It starts at 0 and rises to 1, jumps to -1 half a period later, and rises again. \
            A ramp that starts at its jump is `phasor`.",
    example: "saw(110).lpf(800, 0.5).gain(0.2)",
    claims: &[],
    references: &[],
    kernel: Kernel::Each1(saw),
}
.checked();

fn saw<'b>(site: &Site<'b>, [freq]: [F<'b>; 1]) -> F<'b> {
    let clock = Clock::run(site, freq);
    // The jump is where the phase is half a turn.
    let past: F<'b> = phase::past_half(clock.phase);
    let step = Reach::new(clock.turns, 0.5).step(past.abs());
    let sign: F<'b> = phase::sign(clock.phase);
    sign.mul_add(step, past + past)
}
