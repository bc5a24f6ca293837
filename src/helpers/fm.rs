//! The operator of frequency modulation: a sine whose phase others move, and which moves its own. It has no envelope.

use std::f64::consts::TAU;

use super::clock::{Clock, FASTEST};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::sin_quarter;
use crate::dsp::phase;
use crate::ir::F;

/// An operator.
pub const FM: Helper = Helper {
    name: "fm",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        Argument::number("freq", Unit::Hertz, -FASTEST..=FASTEST, "pitch; below 0 the wave runs backwards"),
        Argument::number(
            "modulation",
            Unit::Turns,
            -100.0..=100.0,
            "how far the phase is moved: another operator times the depth; 1 is deep",
        )
        .or(0.0),
        Argument::number(
            "feedback",
            Unit::Gain,
            -4.0..=4.0,
            "how much of its own output, in radians, moves its phase: 1 is nearly a saw, 2 and more is rough",
        )
        .or(0.0),
    ],
    about: "A sine to build frequency modulation from, as in the synthesisers of the eighties: others move its phase, and it its own. The \
            feedback is the mean of the last two samples, so that it does not hunt from sample to sample.",
    example: "fm(220, fm(440) * 0.4 * decay(phasor(2), 5), 0.3).gain(0.3)",
    claims: &[
        Claim::Pitch { argument: "freq" },
        Claim::Within { low: -1.0, high: 1.0 },
        Claim::Begins { with: 0.0 },
        Claim::Turns { argument: "modulation" },
    ],
    references: &[
        "Chowning: The synthesis of complex audio spectra by means of frequency modulation, 1973",
        "Tomisawa: Tone production method for an electronic musical instrument, US patent 4249447, 1981 (feedback, and its averaging)",
    ],
    kernel: Kernel::Each3(fm),
}
.checked();

fn fm<'b>(site: &Site<'b>, [freq, modulation, feedback]: [F<'b>; 3]) -> F<'b> {
    let mut at = Clock::run(site, freq).phase;
    if modulation.known() != Some(0.0) {
        at = at + phase::step(modulation);
    }
    if feedback.known() == Some(0.0) {
        return phase::sine(at);
    }
    // What comes back is added to a phase in turns: the way round through a whole phase would be twice as long, and it is the
    // longest of a frame. From a quarter turn on the sine is a cosine, which folds by one sign.
    let past_quarter = phase::bipolar::<F<'b>>(at) - 0.25;
    let (last, before) = (site.cell(), site.cell());
    let newest = last.get();
    let share = feedback * (0.5 / TAU);
    // What was there a frame ago is added first: the newest sample is waited for.
    let turns = share.mul_add(newest, share.mul_add(before.get(), past_quarter));
    let output = sin_quarter(turns.lit(0.25) - (turns - turns.nearest()).abs());
    before.set(newest);
    last.set(output);
    output
}
