//! The slow oscillator: waves with exact corners, to move other things with. It is not band-limited.

use super::clock::{Clock, FASTEST};
use super::swing::PHASE;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::phase;
use crate::ir::{F, I};

/// A slow oscillator.
pub const LFO: Helper = Helper {
    name: "lfo",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::choice(
            "shape",
            &["sine", "tri", "saw", "ramp", "square"],
            "its wave: as the oscillators of these names, and `ramp` falls where `saw` rises",
        ),
        Argument::number("rate", Unit::Hertz, -FASTEST..=FASTEST, "periods per second; below 0 it runs backwards"),
        PHASE,
    ],
    about: "An oscillator to move other things with, between -1 and 1. It begins as the oscillator of that name does, and its corners are \
            exact: for the ear take that oscillator.",
    example: "saw(110).lpf(900 + 600 * lfo(\"tri\", 0.5), 0.6).gain(0.2)",
    claims: &[
        Claim::Pitch { argument: "rate" },
        Claim::Within { low: -1.0, high: 1.0 },
        Claim::Turns { argument: "phase" },
    ],
    references: &[],
    kernel: Kernel::Each2(lfo),
}
.checked();

fn lfo<'b>(site: &Site<'b>, [rate, offset]: [F<'b>; 2]) -> F<'b> {
    let mut at = Clock::run(site, rate).phase;
    if offset.known() != Some(0.0) {
        at = at + phase::step(offset);
    }
    let saw = |at: I<'b>| -> F<'b> {
        let half: F<'b> = phase::bipolar(at);
        half + half
    };
    match site.choice(0) {
        0 => phase::sine(at),
        1 => phase::folded::<F<'b>>(at) * 4.0,
        2 => saw(at),
        3 => -saw(at),
        _ => phase::sign(at),
    }
}
