//! Tremolo: level that swings. All channels swing together.

use super::clock::Clock;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::phase;
use crate::ir::F;

/// Swings the level with a sine.
pub const TREMOLO: Helper = Helper {
    name: "tremolo",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to swing"),
        Argument::number("rate", Unit::Hertz, 0.0..=1000.0, "swings per second"),
        Argument::number("depth", Unit::Ratio, 0.0..=1.0, "how deep: 0 not at all, 1 down to silence"),
    ],
    about: "Swings the level between 1 and 1 - depth with a sine, from the middle upwards.",
    example: "saw(110).lpf(600, 0.2).tremolo(5, 0.8).gain(0.3)",
    claims: &[Claim::Passes { argument: "depth", at: 0.0 }],
    references: &[],
    kernel: Kernel::Each3(tick),
}
.checked();

fn tick<'b>(site: &Site<'b>, [input, rate, depth]: [F<'b>; 3]) -> F<'b> {
    let swing = phase::sine::<F<'b>>(Clock::run(site, rate).phase);
    let level = (depth * 0.5).mul_add(swing - 1.0, depth.lit(1.0));
    input * level
}
