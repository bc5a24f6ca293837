//! Drive: pushes a sound into a soft curve. It has no memory but what keeps it from aliasing.

use super::round::Round;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// Up to here the curve is straight.
const KNEE: f64 = 0.5;
/// From here on it is flat.
const FLAT: f64 = 1.5;
/// Beyond this nothing changes any more, and squares stay exact enough.
const LOUDEST: f64 = 128.0;

/// Saturates a sound.
pub const DRIVE: Helper = Helper {
    name: "drive",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to saturate"),
        Argument::number("amount", Unit::Gain, 0.0..=100.0, "factor into the curve: 1 leaves what is soft, 10 squashes most of it")
            .shown(&[1.0, 4.0]),
    ],
    about: "Saturates a sound: straight up to 0.5, from there on a parabola that is flat at 1. It adds odd harmonics and keeps \
            its level below 1. Little of what it adds folds back, and what has not been beyond 0.5 for a while passes as it is.",
    example: "saw(55).lpf(600 + 400 * osc(0.3), 0.6).drive(4).gain(0.2)",
    claims: &[
        Claim::Transparent { argument: "amount", at: 1.0, up_to: KNEE, late: |_| 0 },
        Claim::Maps {
            formula: "x = input * amount where x is up to 0.5, 1 - (1.5 - x)²/2 up to 1.5, and 1 beyond, mirrored below 0",
            curve: |input, given| curve(input * given[0]),
        },
        Claim::Within { low: -1.0, high: 1.0 },
        Claim::Clean { tone: 1000.0, arguments: &[10.0], under: 80.0 },
        Claim::Clean { tone: 5000.0, arguments: &[4.0], under: 38.0 },
    ],
    references: &["Parker, Zavalishin, Le Bivic: Reducing the aliasing of nonlinear waveshaping using continuous-time convolution, 2016"],
    kernel: Kernel::Each2(drive),
}
.checked();

fn drive<'b>(site: &Site<'b>, [input, amount]: [F<'b>; 2]) -> F<'b> {
    let (loudest, one) = (input.lit(LOUDEST), input.lit(1.0));
    let pushed = (input * amount).min(loudest).max(-loudest);
    let round = Round::of(site, pushed, KNEE, f64::INFINITY);
    let lost = |side: F<'b>| round.bend(side - KNEE) - round.bend(side - FLAT);
    (pushed - (lost(pushed) - lost(-pushed))).min(one).max(-one)
}

/// The curve itself.
fn curve(x: f64) -> f64 {
    let size = x.abs();
    let flat = 1.0 - 0.5 * (FLAT - size.min(FLAT)) * (FLAT - size.min(FLAT));
    (if size <= KNEE { size } else { flat }).copysign(x)
}
