//! Coarse sound: fewer levels, fewer samples. What that adds folds back, which is how it is meant to sound.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math;
use crate::ir::F;

/// Fewer levels.
pub const CRUSH: Helper = Helper {
    name: "crush",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to make coarse"),
        Argument::number("bits", Unit::Plain, 1.0..=24.0, "how finely it is told apart between -1 and 1; between whole numbers too")
            .shown(&[3.0]),
    ],
    about: "Rounds a sound to the nearest of few levels, 2^(1 - bits) apart: 16 is a compact disc, 4 is gritty, 1 has three levels. \
            Silence stays silent, and what it adds is not band-limited.",
    example: "osc(110).lpf(900, 0.2).crush(3 + 2 * osc(0.5)).gain(0.3)",
    claims: &[Claim::Maps {
        formula: "the nearest multiple of 2^(1 - bits)",
        curve: |input, given| {
            let step = math::exp2(1.0 - given[0]);
            (input / step).round_ties_even() * step
        },
    }],
    references: &[],
    kernel: Kernel::Each2(crush),
}
.checked();

fn crush<'b>(_: &Site<'b>, [input, bits]: [F<'b>; 2]) -> F<'b> {
    let finer = math::exp2(bits - 1.0);
    (input * finer).nearest() * math::exp2(-bits + 1.0)
}

/// The most samples per second that can be asked for.
const MOST: f64 = 192_000.0;
/// What rounding may leave of a period, in periods.
const ROUNDING: f64 = 1e-9;

/// Fewer samples.
pub const DOWNSAMPLE: Helper = Helper {
    name: "downsample",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to make coarse"),
        Argument::number("rate", Unit::Hertz, 0.0..=MOST, "samples per second; 0 holds the last one").shown(&[20.0]),
    ],
    about: "Takes so many samples per second of a sound and holds each until the next, without a filter before or after. \
            The first sample is taken in the first frame.",
    example: "saw(110).downsample(3000 + 2500 * osc(0.3)).gain(0.2)",
    claims: &[
        Claim::Passes { argument: "rate", at: MOST },
        Claim::Frames {
            inputs: &[&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
            arguments: &[16_000.0],
            output: &[0.1, 0.1, 0.1, 0.4, 0.4, 0.4, 0.7],
        },
    ],
    references: &[],
    kernel: Kernel::Each2(downsample),
}
.checked();

fn downsample<'b>(site: &Site<'b>, [input, rate]: [F<'b>; 2]) -> F<'b> {
    let (held, ahead) = (site.cell(), site.cell());
    let (left, one) = (ahead.get(), rate.lit(1.0));
    let due = left.lt(rate.lit(ROUNDING));
    let now = F::select(due, input, held.get());
    held.set(now);
    ahead.set(F::select(due, left + 1.0, left) - (rate * (1.0 / site.rate())).min(one));
    now
}
