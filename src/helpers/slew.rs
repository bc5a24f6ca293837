//! Smoothing of jumps: lags of the first order. They never overshoot.

use super::pace::left;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// What an exponential has done after its time constant.
const DONE: f64 = 1.0 - 1.0 / std::f64::consts::E;

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
    claims: &[Claim::Passes { argument: "time", at: 0.0 }, Claim::Settles { argument: "time", part: DONE }],
    references: &[],
    kernel: Kernel::Each2(slew),
}
.checked();

fn slew<'b>(site: &Site<'b>, [input, time]: [F<'b>; 2]) -> F<'b> {
    let left = left(site, time, time.lit(1.0));
    let held = site.cell();
    let output = (held.get() - input).mul_add(left, input);
    held.set(output);
    output
}

/// Follows with one lag upwards and another one downwards.
pub const LAG: Helper = Helper {
    name: "lag",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::signal("input", "control to smooth"),
        Argument::number("rise", Unit::Seconds, 0.0..=60.0, "after which 63 % of a jump upwards is done"),
        Argument::number("fall", Unit::Seconds, 0.0..=60.0, "after which 63 % of a jump downwards is done"),
    ],
    about: "Smooths the jumps of a control, upwards at another pace than downwards. It starts at 0.",
    example: "saw(110).lpf(200 + 3000 * pulse(2, 0.1).lag(0.005, 0.3).max(0), 0.4).gain(0.2)",
    claims: &[
        Claim::Course {
            arguments: &[0.1, 0.4],
            rows: &[],
            input: &[(0.0, 1.0), (1.0, 0.0)],
            output: &[(0.1, DONE), (0.2, 1.0 - 0.1353352832366127), (1.4, 0.367862740212)],
        },
        Claim::Course {
            arguments: &[0.0, 0.2],
            rows: &[],
            input: &[(0.0, 1.0), (0.5, -1.0)],
            output: &[(0.25, 1.0), (0.7, 2.0 * (1.0 - DONE) - 1.0)],
        },
    ],
    references: &[],
    kernel: Kernel::Each3(lag),
}
.checked();

fn lag<'b>(site: &Site<'b>, [input, rise, fall]: [F<'b>; 3]) -> F<'b> {
    let held = site.cell();
    let old = held.get();
    let output = (old - input).mul_add(toward(site, old.lt(input), [rise, fall]), input);
    held.set(output);
    output
}

/// What a frame leaves of a distance, with a time constant for the way up and one for the way down.
pub fn toward<'b>(site: &Site<'b>, up: crate::ir::B<'b>, [rise, fall]: [F<'b>; 2]) -> F<'b> {
    let one = rise.lit(1.0);
    if rise.known().is_some() && fall.known().is_some() {
        return F::select(up, left(site, rise, one), left(site, fall, one));
    }
    left(site, F::select(up, rise, fall), one)
}
