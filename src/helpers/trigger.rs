//! Triggers: what happens when a signal rises above 0, and how often it did. They make no sound of their own.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::{B, F};

/// Whether a signal is above 0 and was not in the frame before; before the first frame nothing was.
pub fn rises<'b>(site: &Site<'b>, signal: F<'b>) -> B<'b> {
    let before = site.cell();
    let (old, zero) = (before.get(), signal.lit(0.0));
    before.set(signal);
    signal.gt(zero) & old.le(zero)
}

/// Marks rises.
pub const TRIGGER: Helper = Helper {
    name: "trigger",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[Argument::signal("input", "what is waited for to rise above 0")],
    about: "Gives 1 in each frame in which the input rises from 0 or below to above 0, else 0. A signal that is above 0 in its first frame \
            rises there.",
    example: "osc(330) * pluck(trigger(osc(3) - 0.5), 0.2) * 0.4",
    claims: &[
        Claim::Within { low: 0.0, high: 1.0 },
        Claim::Frames { inputs: &[&[0.0, 0.5, 1.0, -1.0, 0.0, 0.1, 0.0]], arguments: &[], output: &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0] },
        Claim::Frames { inputs: &[&[1.0, 1.0, 0.0]], arguments: &[], output: &[1.0, 0.0, 0.0] },
    ],
    references: &[],
    kernel: Kernel::Each1(trigger),
}
.checked();

fn trigger<'b>(site: &Site<'b>, [input]: [F<'b>; 1]) -> F<'b> {
    rises(site, input).to_real()
}

/// Marks rises and falls.
pub const EDGE: Helper = Helper {
    name: "edge",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[Argument::signal("input", "what is watched as it goes above 0 and comes back")],
    about: "Gives 1 in each frame in which the input rises above 0, -1 where it falls back to 0 or below, else 0: `edge(x).abs()` marks both.",
    example: "osc(440) * pluck(edge(osc(2)).abs(), 0.15) * 0.4",
    claims: &[
        Claim::Within { low: -1.0, high: 1.0 },
        Claim::Frames { inputs: &[&[0.0, 0.5, 1.0, -1.0, 0.0, 0.1, 0.0]], arguments: &[], output: &[0.0, 1.0, 0.0, -1.0, 0.0, 1.0, -1.0] },
    ],
    references: &[],
    kernel: Kernel::Each1(edge),
}
.checked();

fn edge<'b>(site: &Site<'b>, [input]: [F<'b>; 1]) -> F<'b> {
    let before = site.cell();
    let above = input.gt(input.lit(0.0)).to_real();
    let old = before.get();
    before.set(above);
    above - old
}

/// Switches at each trigger.
pub const TOGGLE: Helper = Helper {
    name: "toggle",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[Argument::signal("trigger", "each rise above 0 switches")],
    about: "A switch that each trigger turns: 0 at first, 1 after the first trigger, 0 after the second, and so on.",
    example: "saw(110 + 55 * toggle(impulse(4))).lpf(900, 0.3).gain(0.2)",
    claims: &[
        Claim::Within { low: 0.0, high: 1.0 },
        Claim::Frames {
            inputs: &[&[0.0, 1.0, 1.0, 0.0, 2.0, 0.0, 1.0]],
            arguments: &[],
            output: &[0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0],
        },
    ],
    references: &[],
    kernel: Kernel::Each1(toggle),
}
.checked();

fn toggle<'b>(site: &Site<'b>, [trigger]: [F<'b>; 1]) -> F<'b> {
    let (turned, held) = (rises(site, trigger), site.cell());
    let old = held.get();
    let now = F::select(turned, -old + 1.0, old);
    held.set(now);
    now
}

/// Counts triggers.
pub const COUNT: Helper = Helper {
    name: "count",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::signal("trigger", "each rise above 0 counts"),
        Argument::number("length", Unit::Plain, 0.0..=100_000.0, "where the count starts at 0 again; 0 is never")
            .or(0.0),
    ],
    about: "How often the trigger has come: 0 at first, 1 from the first one on. With a length it goes round: \
            the last one before the length is followed by 0.",
    example: "osc(110 * count(impulse(6), 5) + 110).gain(0.3)",
    claims: &[
        Claim::Frames {
            inputs: &[&[0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]],
            arguments: &[0.0],
            output: &[0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0],
        },
        Claim::Frames {
            inputs: &[&[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]],
            arguments: &[2.0],
            output: &[1.0, 1.0, 0.0, 0.0, 1.0, 1.0],
        },
    ],
    references: &[],
    kernel: Kernel::Each2(count),
}
.checked();

fn count<'b>(site: &Site<'b>, [trigger, length]: [F<'b>; 2]) -> F<'b> {
    let (counted, held) = (rises(site, trigger), site.cell());
    let (old, zero) = (held.get(), length.lit(0.0));
    let more = old + 1.0;
    let next = match length.known() {
        Some(length) if length < 1.0 => more,
        _ => {
            let goes_round = length.ge(length.lit(1.0)) & more.ge(length);
            F::select(goes_round, zero, more)
        }
    };
    let now = F::select(counted, next, old);
    held.set(now);
    now
}
