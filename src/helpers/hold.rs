//! What was: the sample of a trigger, and the one of the frame before. They interpolate nothing.

use super::trigger::rises;
use super::{Argument, Claim, Family, Helper, Kernel, Site};
use crate::dsp::float::Float;
use crate::ir::F;

/// Samples and holds.
pub const HOLD: Helper = Helper {
    name: "hold",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::signal("input", "what is sampled"),
        Argument::signal("trigger", "each rise above 0 takes a sample"),
    ],
    about: "Sample and hold: takes the input at each trigger and keeps it until the next one. Before the first it is 0.",
    example: "saw(hold(220 + 110 * noise(), impulse(6))).lpf(1500, 0.4).gain(0.2)",
    claims: &[],
    references: &[],
    kernel: Kernel::Each2(hold),
}
.checked();

fn hold<'b>(site: &Site<'b>, [input, trigger]: [F<'b>; 2]) -> F<'b> {
    let (taken, held) = (rises(site, trigger), site.cell());
    let now = F::select(taken, input, held.get());
    held.set(now);
    now
}

/// One frame later.
pub const PREV: Helper = Helper {
    name: "prev",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[Argument::signal("input", "what is given a frame later")],
    about: "The input of the frame before; 0 in the first frame.",
    example: "(noise() - noise().lowpass(400).prev()).gain(0.1)",
    claims: &[Claim::Frames { inputs: &[&[0.5, -1.0, 0.25]], arguments: &[], output: &[0.0, 0.5, -1.0] }],
    references: &[],
    kernel: Kernel::Each1(prev),
}
.checked();

fn prev<'b>(site: &Site<'b>, [input]: [F<'b>; 1]) -> F<'b> {
    let held = site.cell();
    let old = held.get();
    held.set(input);
    old
}
