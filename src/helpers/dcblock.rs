//! What takes a constant offset out of a sound. It is a gentle high-pass below hearing, and nothing else.

use super::corner::relative;
use super::onepole::highpass;
use super::{Argument, Claim, Family, Helper, Kernel, Site};
use crate::dsp::float::Float;
use crate::dsp::math::hypot;
use crate::ir::F;

/// Where it is 3 dB softer, in hertz: an octave below the lowest tone that is heard.
const CORNER: f64 = 10.0;

/// No offset.
pub const DCBLOCK: Helper = Helper {
    name: "dcblock",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound with an offset")],
    about: "Takes a constant offset out of a sound: it is 3 dB softer at 10 Hz, and 6 dB per octave below.",
    example: "pulse(55, 0.1).gain(0.2).dcblock()",
    claims: &[Claim::Magnitude {
        formula: "s/(1 + s) at s = i tan(π f/rate) / tan(π 10/rate)",
        curve: |f, rate, _| {
            let s = relative(f, rate, CORNER);
            s / hypot(1.0, s)
        },
    }],
    references: &["Zavalishin: The art of VA filter design, 2012, section 3.10"],
    kernel: Kernel::Each1(tick),
}
.checked();

fn tick<'b>(site: &Site<'b>, [input]: [F<'b>; 1]) -> F<'b> {
    highpass(site, [input, input.lit(CORNER)])
}
