//! The envelope follower: how loud a sound is, as a control. It hears each channel by itself.

use super::slew::toward;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// Measures a level.
pub const FOLLOW: Helper = Helper {
    name: "follow",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::signal("input", "sound to measure"),
        Argument::number("attack", Unit::Seconds, 0.0..=60.0, "after which 63 % of a rise is done").or(0.005),
        Argument::number("release", Unit::Seconds, 0.0..=60.0, "after which 63 % of a fall is done").or(0.1),
    ],
    about: "The level of a sound as a control: its magnitude, smoothed upwards by `attack` and downwards by `release`. \
            With a release much longer than a period it is the peak.",
    example: "noise().gain(0.3 * osc(110).gain(decay(phasor(2), 6)).follow(0.002, 0.05))",
    claims: &[Claim::Course {
        arguments: &[0.01, 0.2],
        rows: &[],
        input: &[(0.0, -0.5), (0.5, 0.0)],
        output: &[(0.01, 0.5 * (1.0 - 1.0 / std::f64::consts::E)), (0.4, 0.5), (0.7, 0.5 / std::f64::consts::E)],
    }],
    references: &[],
    kernel: Kernel::Each3(follow),
}
.checked();

fn follow<'b>(site: &Site<'b>, [input, attack, release]: [F<'b>; 3]) -> F<'b> {
    let held = site.cell();
    let (old, size) = (held.get(), input.abs());
    let level = (old - size).mul_add(toward(site, old.lt(size), [attack, release]), size);
    held.set(level);
    level
}
