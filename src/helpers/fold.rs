//! Fold: what is beyond 1 comes back, like a triangle. It adds no level at rest and no even harmonics.

use super::round::Round;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// A fold goes up and down once in this.
const PERIOD: f64 = 4.0;

/// Folds a sound.
pub const FOLD: Helper = Helper {
    name: "fold",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to fold"),
        Argument::number("amount", Unit::Gain, 0.0..=100.0, "factor before the fold: 1 leaves what is within 1, 3 folds it once to each side")
            .shown(&[2.0, 4.0]),
    ],
    about: "Folds a sound back at 1 and -1, as often as it is louder: bright, hollow spectra that move with the amount. \
            Little of what it adds folds back in frequency, and what has not been beyond 1 for a while passes as it is.",
    example: "osc(110).fold(2.5 + 1.5 * osc(0.2)).gain(0.3)",
    claims: &[
        Claim::Transparent { argument: "amount", at: 1.0, up_to: 1.0, late: |_| 0 },
        Claim::Maps {
            formula: "x = input * amount within 1, 2 - x from 1 to 3, x - 4 from 3 to 5, and so on, mirrored below 0",
            curve: |input, given| {
                let turn = (input * given[0] + 1.0).rem_euclid(PERIOD);
                if turn < 2.0 { turn - 1.0 } else { 3.0 - turn }
            },
        },
        Claim::Within { low: -1.0, high: 1.0 },
        Claim::Clean { tone: 1000.0, arguments: &[3.0], under: 60.0 },
        Claim::Clean { tone: 5000.0, arguments: &[1.5], under: 36.0 },
    ],
    references: &["Esqueda, Bilbao, Välimäki: Rounding corners with BLAMP, 2016"],
    kernel: Kernel::Each2(fold),
}
.checked();

fn fold<'b>(site: &Site<'b>, [input, amount]: [F<'b>; 2]) -> F<'b> {
    let pushed = input * amount;
    // At a reach of a whole period nothing is left to hear.
    let round = Round::of(site, pushed, 1.0, PERIOD);
    let (two, one, zero) = (input.lit(2.0), input.lit(1.0), input.lit(0.0));
    let part = (pushed * (1.0 / PERIOD)).nearest().mul_add(input.lit(-PERIOD), pushed);
    let folded = part.min(two - part).max(-two - part);
    // The corner that is nearest, the ones on both sides of it, and the next but one; they turn this way and that.
    let near = one - folded.abs();
    let rounding = round.kink(near) - round.kink(two - near) - round.kink(two + near) + round.kink(-near + 4.0);
    let rounding = F::select(folded.lt(zero), -rounding, rounding);
    (folded - rounding).min(one).max(-one)
}
