//! Pan: where between left and right a sound is. It makes stereo of mono and keeps more channels than two.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::{cos_turns, sin_turns};
use crate::ir::F;

/// Places a sound between left and right.
pub const PAN: Helper = Helper {
    name: "pan",
    aliases: &[],
    family: Family::Channel,
    arguments: &[
        Argument::signal("input", "sound to place"),
        Argument::number("position", Unit::Ratio, -1.0..=1.0, "-1 is left, 0 the centre, 1 right"),
    ],
    about: "Places a mono sound between left and right with equal power: the centre is 3 dB softer on both sides. \
            A stereo sound is balanced: the side that one turns from becomes softer, and the centre changes nothing. \
            More channels count as left, right, left, right and so on.",
    example: "saw(110).lpf(700, 0.4).pan(osc(0.2)).gain(0.3)",
    claims: &[
        Claim::Levels { arguments: &[0.0], decibels: &[-3.0103, -3.0103] },
        Claim::Levels { arguments: &[-1.0], decibels: &[0.0, f64::NEG_INFINITY] },
        Claim::Levels { arguments: &[1.0], decibels: &[f64::NEG_INFINITY, 0.0] },
    ],
    references: &[],
    kernel: Kernel::Wide2(tick),
}
.checked();

fn tick<'b>(_: &Site<'b>, input: &[F<'b>], [position]: [F<'b>; 1]) -> Vec<F<'b>> {
    if let [mono] = *input {
        let eighths = (position + 1.0) * 0.125;
        return vec![mono * cos_turns(eighths), mono * sin_turns(eighths)];
    }
    // Cosines from 1 in the centre to 0 at the far end.
    let zero = position.lit(0.0);
    let sides = [position, -position].map(|away| cos_turns(away.max(zero) * 0.25));
    input.iter().zip(sides.iter().cycle()).map(|(&channel, &level)| channel * level).collect()
}
