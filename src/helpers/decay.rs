//! Shapes of a phase: what a ramp becomes as an envelope. They keep no state.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::math;
use crate::ir::F;

/// A falling exponential of a phase.
pub const DECAY: Helper = Helper {
    name: "decay",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::number("phase", Unit::Turns, 0.0..=1.0, "a ramp from 0 to 1, such as a `phasor`"),
        Argument::number("steepness", Unit::NepersPerCycle, 0.0..=1000.0, "how far it falls over a whole ramp: 1 is 8.7 dB")
            .shown(&[3.0, 8.0]),
    ],
    about: "An envelope that falls from 1 along a ramp, exp(-phase * steepness): it starts anew with the ramp and keeps its proportion at any tempo.",
    example: "osc(110) * decay(phasor(2), 8) * 0.5",
    claims: &[Claim::Within { low: 0.0, high: 1.0 }],
    references: &[],
    kernel: Kernel::Each2(tick),
}
.checked();

fn tick<'b>(_: &Site<'b>, [phase, steepness]: [F<'b>; 2]) -> F<'b> {
    math::exp(-phase * steepness)
}
