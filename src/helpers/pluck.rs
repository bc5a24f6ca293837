//! Struck envelopes: up at once, then an exponential down. How far up is how hard the trigger was.

use super::pace::{SIXTY, left};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// Dies away after each trigger.
pub const PLUCK: Helper = Helper {
    name: "pluck",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::signal("trigger", "each rise above 0 strikes, as hard as it is high"),
        Argument::number("time", Unit::Seconds, 0.0..=60.0, "in which it falls by 60 dB"),
    ],
    about: "An envelope for what is struck: up at once to the height of the trigger, and down by 60 dB in `time` seconds, \
            however long the trigger stays high. A softer strike than what still sounds changes nothing.",
    example: "osc(220) * pluck(impulse(3), 0.4) * 0.4",
    claims: &[
        Claim::Course { arguments: &[0.4], rows: &[], input: &[(0.0, 0.5)], output: &[(0.0, 0.5), (0.2, 0.5 * 0.0316228), (0.4, 0.0005)] },
        Claim::Course {
            arguments: &[1.0],
            rows: &[],
            input: &[(0.0, 1.0), (0.01, 0.0), (0.5, 0.01), (0.6, 0.0), (0.7, 0.8)],
            output: &[(0.5, 0.0316228), (0.7, 0.8)],
        },
    ],
    references: &[],
    kernel: Kernel::Each2(pluck),
}
.checked();

fn pluck<'b>(site: &Site<'b>, [trigger, time]: [F<'b>; 2]) -> F<'b> {
    let (level, height) = (site.cell(), site.cell());
    let zero = trigger.lit(0.0);
    let trigger = trigger.max(zero);
    // A band-limited edge rises through several frames; each of them strikes a little harder.
    let strike = F::select(trigger.gt(height.get()), trigger, zero);
    let now = strike.max(level.get() * left(site, time, time.lit(SIXTY)));
    level.set(now);
    height.set(trigger);
    now
}

/// Falls from the peaks of a signal.
pub const DISCHARGE: Helper = Helper {
    name: "discharge",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::signal("trigger", "what charges it: its height, at once"),
        Argument::number("time", Unit::Seconds, 0.0..=60.0, "after which 37 % are left of a charge"),
    ],
    about: "A capacitor that is charged at once to whatever is higher than itself, and discharges: it holds the peaks of a signal \
            and forgets them.",
    example: "noise().hpf(4000, 0.3) * discharge(impulse(6) * (0.5 + 0.5 * osc(0.75)), 0.03) * 0.3",
    claims: &[Claim::Course {
        arguments: &[0.2],
        rows: &[],
        input: &[(0.0, 0.5), (0.1, 0.0), (0.6, 1.0), (0.7, -1.0)],
        output: &[(0.05, 0.5), (0.3, 0.5 / std::f64::consts::E), (0.65, 1.0), (0.9, 1.0 / std::f64::consts::E)],
    }],
    references: &[],
    kernel: Kernel::Each2(discharge),
}
.checked();

fn discharge<'b>(site: &Site<'b>, [trigger, time]: [F<'b>; 2]) -> F<'b> {
    let level = site.cell();
    let now = trigger.max(level.get() * left(site, time, time.lit(1.0)));
    level.set(now);
    now
}
