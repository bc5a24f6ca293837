//! Slew: smooths jumps. It is a lag of the first order and never overshoots.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math;
use crate::ir::F;

/// Follows with a lag.
pub const SLEW: Helper = Helper {
    name: "slew",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::signal("input", "control to smooth"),
        Argument::number("time", Unit::Seconds, 0.0..=60.0, "after which 63 % of a jump is done, and 95 % after three times as long"),
    ],
    about: "Smooths the jumps of a control: it comes nearer to the input by the same share in each moment, and starts at 0.",
    example: "saw(wave(1, [110, 165, 220, 82]).slew(0.05)).lpf(900, 0.4).gain(0.2)",
    claims: &[Claim::Passes { argument: "time", at: 0.0 }, Claim::Settles { argument: "time", part: 1.0 - 1.0 / std::f64::consts::E }],
    references: &[],
    kernel: Kernel::Each2(tick),
}
.checked();

fn tick<'b>(site: &Site<'b>, [input, time]: [F<'b>; 2]) -> F<'b> {
    // Below a nanosecond nothing is left of the past: the exponential is 0.
    let left = math::exp(time.lit(-1.0 / site.rate()) / time.max(time.lit(1e-9)));
    let held = site.cell();
    let output = (held.get() - input).mul_add(left, input);
    held.set(output);
    output
}
