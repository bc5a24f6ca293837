//! Rhythms that spread hits over steps as evenly as they go, on the beat. The patterns stand in `music`.

use super::beat::{STRAIGHT, Step, beats, swing};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::{F, I};
use crate::music::rhythm::{MOST, offset};

/// The largest number of steps, as a float.
const LONGEST: f64 = MOST as f64;

/// A gate for each hit.
pub const EUCLID: Helper = Helper {
    name: "euclid",
    aliases: &[],
    family: Family::Beat,
    arguments: &[
        Argument::number("hits", Unit::Plain, 0.0..=LONGEST, "how many of the steps are struck; at most all"),
        Argument::constant("steps", Unit::Plain, 1.0..=LONGEST, "how many steps there are in all"),
        Argument::number("rotation", Unit::Plain, -LONGEST..=LONGEST, "with which step of the rhythm it begins").or(0.0),
        beats(0.25, "how long a step is"),
        swing(STRAIGHT),
    ],
    about: "A rhythm that spreads hits as evenly over steps as they go: `euclid(3, 8)` is x..x..x. and `euclid(5, 8)` x.xx.xx., \
            from beat 0 on and round again. Each hit is a gate, 1 for the first half of its step, else 0: so it triggers what \
            wants a trigger and holds what wants a gate.",
    example: "noise() * decay(beat(0.25), 5) * euclid(5, 8) * 0.3",
    claims: &[Claim::Within { low: 0.0, high: 1.0 }],
    references: &[
        "Toussaint, The Euclidean algorithm generates traditional musical rhythms (BRIDGES 2005)",
        "Bjorklund, The theory of rep-rate pattern generation in the SNS timing system (2003)",
    ],
    kernel: Kernel::Each5(euclid),
}
.checked();

fn euclid<'b>(site: &Site<'b>, [hits, steps, rotation, beats, swing]: [F<'b>; 5]) -> F<'b> {
    let count = steps.known().map_or(1, |steps| steps as usize);
    let step = Step::at(site.beats().0, beats, swing);
    let (steps, struck) = (site.whole(count as i64), hits.min(hits.lit(LONGEST)).floor().to_int());
    let struck = I::select(steps.lt(struck), steps, struck);
    // Bjorklund's pattern is a straight line that begins elsewhere.
    let begin = match hits.known() {
        Some(known) => site.whole(offset((known as usize).min(count), count) as i64),
        None => {
            let offsets = (0..=count).map(|hits| offset(hits, count) as f64).collect::<Vec<_>>();
            site.table(&offsets).at(struck).to_int()
        }
    };
    // Rotations go up to 64 steps back.
    let turned = step.number.to_int() + rotation.floor().to_int() + begin + steps * site.int(MOST as i64);
    let hit = (turned * struck).remainder(steps).lt(struck);
    (hit & step.ramp.lt(step.ramp.lit(0.5))).to_real()
}
