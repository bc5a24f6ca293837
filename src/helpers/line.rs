//! Ramps that run once, from the moment they first appear in a signal. Edits around them do not start them anew.

use super::pace::share;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math;
use crate::ir::F;

/// The largest number that a ramp begins or ends at.
const LARGEST: f64 = 100_000.0;
/// The smallest number that an exponential ramp begins or ends at: 120 dB under 1.
const SMALLEST: f64 = 1e-6;
/// The longest ramp: a day.
const DAY: f64 = 86_400.0;

const TIME: Argument = Argument::number(
    "time",
    Unit::Seconds,
    0.0..=DAY,
    "how long it takes; changed on the way, what is left goes at the new pace",
)
.shown(&[0.5]);

/// A straight ramp.
pub const LINE: Helper = Helper {
    name: "line",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::number("from", Unit::Plain, -LARGEST..=LARGEST, "where it begins").shown(&[0.1]),
        Argument::number("to", Unit::Plain, -LARGEST..=LARGEST, "where it ends and stays").shown(&[1.0]),
        TIME,
    ],
    about: "A straight ramp that runs once. Its time starts when it first appears in a signal, and later edits let it go on.",
    example: "saw(110).lpf(line(200, 4000, 1.5), 0.5).gain(0.2)",
    claims: &[Claim::Course {
        arguments: &[-1.0, 3.0, 0.8],
        rows: &[],
        input: &[],
        output: &[(0.0, -1.0), (0.2, 0.0), (0.6, 2.0), (0.8, 3.0), (1.2, 3.0)],
    }],
    references: &[],
    kernel: Kernel::Each3(line),
}
.checked();

fn line<'b>(site: &Site<'b>, [from, to, time]: [F<'b>; 3]) -> F<'b> {
    math::lerp(from, to, progress(site, time))
}

/// An exponential ramp.
pub const EXPLINE: Helper = Helper {
    name: "expline",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::number("from", Unit::Plain, SMALLEST..=LARGEST, "where it begins").shown(&[0.1]),
        Argument::number("to", Unit::Plain, SMALLEST..=LARGEST, "where it ends and stays").shown(&[1.0]),
        TIME,
    ],
    about: "A ramp that runs once and changes by the same factor in each moment: straight to the ear for pitches and levels. \
            Its time starts when it first appears in a signal, and later edits let it go on.",
    example: "saw(expline(55, 440, 1.5)).lpf(1200, 0.3).gain(0.2)",
    claims: &[Claim::Course {
        arguments: &[100.0, 1600.0, 0.8],
        rows: &[],
        input: &[],
        output: &[(0.0, 100.0), (0.2, 200.0), (0.6, 800.0), (0.8, 1600.0), (1.2, 1600.0)],
    }],
    references: &[],
    kernel: Kernel::Each3(expline),
}
.checked();

fn expline<'b>(site: &Site<'b>, [from, to, time]: [F<'b>; 3]) -> F<'b> {
    let done = progress(site, time);
    let between = math::exp(math::lerp(math::ln(from), math::ln(to), done));
    // The ends are what was asked for, to the last bit.
    let begun = F::select(done.gt(done.lit(0.0)), between, from);
    F::select(done.lt(done.lit(1.0)), begun, to)
}

/// How much of the way is done: 0 in the first frame, in the end 1.
fn progress<'b>(site: &Site<'b>, time: F<'b>) -> F<'b> {
    let done = site.cell();
    let (old, step, one) = (done.get(), share(site, time), time.lit(1.0));
    done.set((old + step).min(one));
    // What takes no time is over in the first frame.
    F::select(step.lt(one), old, one)
}
