//! Haas: one side a little later than the other. It changes no level.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// The latest that a side comes, in seconds.
const LATEST: f64 = 0.04;

/// Places a sound by the time between the sides.
pub const HAAS: Helper = Helper {
    name: "haas",
    aliases: &[],
    family: Family::Channel,
    arguments: &[
        Argument::signal("input", "sound to place"),
        Argument::number("time", Unit::Seconds, -LATEST..=LATEST, "how much later the right side is; below 0 the left one"),
    ],
    about: "Places a sound by time: what comes first is heard as the place, up to some 30 ms as one sound. A mono sound comes out in \
            stereo; more channels count as left, right, left, right and so on.",
    example: "(saw(220) * decay(phasor(3), 9)).lpf(2500, 0.2).haas(0.012).gain(0.3)",
    claims: &[
        Claim::Passes { argument: "time", at: 0.0 },
        Claim::Routes { input: &[0.5], arguments: &[0.01], output: &[0.5, 0.5] },
    ],
    references: &["Haas: Über den Einfluss eines Einfachechos auf die Hörsamkeit von Sprache, 1951"],
    kernel: Kernel::Wide2(haas),
}
.checked();

fn haas<'b>(site: &Site<'b>, input: &[F<'b>], [time]: [F<'b>; 1]) -> Vec<F<'b>> {
    let reach = (LATEST * site.rate()).ceil() as u32;
    let tapes = input.iter().map(|&channel| site.line(reach).write(channel)).collect::<Vec<_>>();
    let sides = [-time, time].map(|late| late.max(late.lit(0.0)) * site.rate());
    (0..input.len().max(2)).map(|n| tapes[n.min(input.len() - 1)].at(sides[n % 2])).collect()
}
