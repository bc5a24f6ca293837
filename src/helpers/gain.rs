//! Gain: louder or softer by a factor.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::ir::F;

/// Multiplies a sound.
pub const GAIN: Helper = Helper {
    name: "gain",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to change"),
        Argument::number("amount", Unit::Gain, -1000.0..=1000.0, "factor: 1 leaves it, 0.5 is 6 dB softer, -1 inverts"),
    ],
    about: "Makes a sound louder or softer.",
    example: "osc(220).gain(0.3)",
    claims: &[Claim::Passes { argument: "amount", at: 1.0 }],
    references: &[],
    kernel: Kernel::Each2(tick),
}
.checked();

fn tick<'b>(_: &Site<'b>, [input, amount]: [F<'b>; 2]) -> F<'b> {
    input * amount
}
