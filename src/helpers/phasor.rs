//! Ramps and clocks: a phase as a signal, and what is read off one. They are not band-limited.

use super::clock::{Clock, FASTEST};
use super::{Argument, Family, Helper, Kernel, Site, Unit};
use crate::dsp::phase;
use crate::ir::F;

/// A ramp.
pub const PHASOR: Helper = Helper {
    name: "phasor",
    aliases: &[],
    family: Family::Source,
    arguments: &[Argument::number("freq", Unit::Hertz, -FASTEST..=FASTEST, "ramps per second; below 0 they fall")],
    about: "A ramp from 0 up to 1, again and again: the clock of beats, and what naive waves are made of. It is 0 in the first frame.",
    example: "osc(220) * decay(phasor(2), 8) * 0.3",
    claims: &[],
    references: &[],
    kernel: Kernel::Each1(tick),
}
.checked();

fn tick<'b>(site: &Site<'b>, [freq]: [F<'b>; 1]) -> F<'b> {
    phase::unipolar(Clock::run(site, freq).phase)
}
