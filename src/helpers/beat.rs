//! The beat as a signal: ramps and ticks of the one transport, and the steps that sequences walk in. They keep no state, so whoever comes later is in phase.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// A hair more than 1: a step begins on its frame, and not one later, although its length is no number of halves, quarters
/// and so on, and its quotient is rounded.
const HAIR: f64 = 1.0 + 8.0 * f64::EPSILON;

/// The swing that leaves steps as they are.
pub const STRAIGHT: f64 = 0.5;

/// How long a step is.
pub const fn beats(default: f64, about: &'static str) -> Argument {
    Argument::number("beats", Unit::Beats, 0.001..=10_000.0, about).or(default)
}

/// Where the second of two steps begins.
pub const fn swing(default: f64) -> Argument {
    let about = "where in each pair of steps the second one begins: 0.5 is straight, 0.667 is a triplet's";
    Argument::number("swing", Unit::Ratio, 0.1..=0.9, about).or(default)
}

/// A step of the transport.
pub struct Step<'b> {
    /// Its number, from 0: a whole number.
    pub number: F<'b>,
    /// How much of it is over: from 0 up to 1.
    pub ramp: F<'b>,
}

impl<'b> Step<'b> {
    /// The step at a position in beats, where steps are so many beats long and the second of each two is delayed.
    pub fn at(position: F<'b>, beats: F<'b>, swing: F<'b>) -> Step<'b> {
        let zero = position.lit(0.0);
        if swing.known() == Some(STRAIGHT) {
            let steps = position / beats;
            let number = (steps * HAIR).floor();
            return Step { number, ramp: (steps - number).max(zero) };
        }
        let pairs = position / (beats * 2.0);
        let nudged = pairs * HAIR;
        let pair = nudged.floor();
        let (part, one) = (pairs - pair, position.lit(1.0));
        let second = swing.le(nudged - pair);
        let number = pair * 2.0 + F::select(second, one, zero);
        let over = F::select(second, part - swing, part) / F::select(second, one - swing, swing);
        Step { number, ramp: over.max(zero) }
    }
}

/// A ramp over beats.
pub const BEAT: Helper = Helper {
    name: "beat",
    aliases: &[],
    family: Family::Beat,
    arguments: &[beats(1.0, "how long the ramp is"), swing(STRAIGHT)],
    about: "A ramp from 0 up to 1 over so many beats of the transport, again and again: 0 at beat 0 and at each multiple of \
            `beats`, in every signal, whenever it was registered. A tempo that changes bends it and never makes it jump.",
    example: "osc(220) * decay(beat(1), 8) * 0.3",
    claims: &[
        Claim::OnTheBeat { argument: "beats" },
        Claim::Within { low: 0.0, high: 1.0 },
        Claim::Begins { with: 0.0 },
    ],
    references: &[],
    kernel: Kernel::Each2(beat),
}
.checked();

fn beat<'b>(site: &Site<'b>, [beats, swing]: [F<'b>; 2]) -> F<'b> {
    Step::at(site.beats().0, beats, swing).ramp
}

/// A tick per step.
pub const EVERY: Helper = Helper {
    name: "every",
    aliases: &[],
    family: Family::Beat,
    arguments: &[beats(1.0, "how long it is from tick to tick"), swing(STRAIGHT)],
    about: "A trigger: 1 for one frame at beat 0 and at each multiple of `beats`, else 0. All of them tick together, whenever they \
            were registered.",
    example: "every(0.5, 0.6).feedback(0.01, 0.004, 0.98).gain(0.5)",
    claims: &[
        Claim::OnTheBeat { argument: "beats" },
        Claim::Within { low: 0.0, high: 1.0 },
        Claim::Begins { with: 1.0 },
    ],
    references: &[],
    kernel: Kernel::Each2(every),
}
.checked();

fn every<'b>(site: &Site<'b>, [beats, swing]: [F<'b>; 2]) -> F<'b> {
    let (now, before) = site.beats();
    let number = |position| Step::at(position, beats, swing).number;
    (!number(now).same(number(before))).to_real()
}

/// A bent ramp.
pub const SWING: Helper = Helper {
    name: "swing",
    aliases: &[],
    family: Family::Beat,
    arguments: &[
        Argument::signal("input", "a ramp from 0 to 1 over two steps, as `beat` and `phasor` give it"),
        swing(2.0 / 3.0),
    ],
    about: "Bends a ramp so that it passes its middle later: what reads two steps off it hears the second one delayed. \
            `beat`, `every`, `seq` and `euclid` take `swing` themselves.",
    example: "osc(220) * decay((swing(beat(1), 0.62) * 2) % 1, 8) * 0.3",
    claims: &[Claim::Passes { argument: "swing", at: STRAIGHT }],
    references: &[],
    kernel: Kernel::Each2(bend),
}
.checked();

fn bend<'b>(_: &Site<'b>, [input, swing]: [F<'b>; 2]) -> F<'b> {
    let second = swing.le(input);
    let (half, one) = (input.lit(0.5), input.lit(1.0));
    let over = F::select(second, input - swing, input) / F::select(second, one - swing, swing);
    F::select(second, half, input.lit(0.0)) + half * over
}
