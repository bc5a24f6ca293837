//! Two chains of all-passes a quarter turn apart, and what is made of them: a sound with its shadow, and a sound whose frequencies all move
//! by the same number of hertz. Both chains turn the phase of the sound itself, too.

use super::clock::{Clock, FASTEST};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Int;
use crate::dsp::phase;
use crate::ir::F;

/// The factors (p - 1)/(p + 1) of first-order all-passes with the poles p = w sc(K (2i + 1)/32), i = 0 to 15, in the plane of the bilinear
/// transform: the even ones lag behind the odd ones by a quarter turn within 0.17 degrees, from w = tan(π 30/192 000), to tan(0.4515 π). sc and K
/// are Jacobi's, of the modulus √(1 - k²), where k is the ratio of the two.
const BEHIND: [f64; 8] = [
    -0.9996598180268393,
    -0.9974063289658289,
    -0.9896101990605114,
    -0.9600422219040955,
    -0.8528210592056382,
    -0.5271451196875223,
    0.0974827196523697,
    0.6874497749773814,
];
/// The odd ones.
const AHEAD: [f64; 8] = [
    -0.9988165196278811,
    -0.9947561914666649,
    -0.9795628237149495,
    -0.9226282716478733,
    -0.7288980456427152,
    -0.240577087077558,
    0.42226391632233956,
    0.8989426610049829,
];
const REFERENCES: &[&str] = &[
    "Weaver: Design of RC wide-band 90-degree phase-difference network, 1954",
    "Wardle: A Hilbert-transformer frequency shifter for audio, 1998",
];

/// The sound a quarter turn ahead, and behind.
fn pair<'b>(site: &Site<'b>, input: F<'b>) -> [F<'b>; 2] {
    let held = site.cell();
    let before = held.get();
    held.set(input);
    [AHEAD, BEHIND].map(|factors| {
        let chain = |(sound, before): (F<'b>, F<'b>), factor: f64| {
            let held = site.cell();
            let old = held.get();
            let new = (sound - old) * factor + before;
            held.set(new);
            (new, old)
        };
        factors.into_iter().fold((input, before), chain).0
    })
}

/// A sound and its shadow.
pub const HILBERT: Helper = Helper {
    name: "hilbert",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to take apart")],
    about: "Makes two channels of each one of a sound, the real and the imaginary part of its analytic signal: the same tones, the second a quarter \
            turn behind the first, all as loud as before. The root of the sum of their squares is the level at any moment. The sound itself \
            is neither of them: both are smeared alike.",
    example: "saw(110).lpf(900, 0.3).hilbert().gain(0.2)",
    claims: &[Claim::Quadrature { degrees: 0.2 }],
    references: REFERENCES,
    kernel: Kernel::Wide1(hilbert),
}
.checked();

fn hilbert<'b>(site: &Site<'b>, input: &[F<'b>], []: [F<'b>; 0]) -> Vec<F<'b>> {
    input.iter().flat_map(|&channel| pair(site, channel)).collect()
}

/// Moves all frequencies alike.
pub const FREQ_SHIFT: Helper = Helper {
    name: "freq_shift",
    aliases: &[],
    family: Family::Filter,
    arguments: &[
        Argument::signal("input", "sound to move"),
        Argument::number("shift", Unit::Hertz, -FASTEST..=FASTEST, "how far all frequencies move; below 0 downwards"),
    ],
    about: "Moves all frequencies of a sound by the same number of hertz, so that harmonics are none any more: a few hertz make a slow phasing, \
            many make bells of strings. What would fall below 0 Hz comes up again from there.",
    example: "saw(110).lpf(1500, 0.2).freq_shift(35 + 30 * osc(0.2)).gain(0.2)",
    claims: &[Claim::Moves { argument: "shift", under: 55.0 }],
    references: REFERENCES,
    kernel: Kernel::Each2(freq_shift),
}
.checked();

fn freq_shift<'b>(site: &Site<'b>, [input, shift]: [F<'b>; 2]) -> F<'b> {
    let [ahead, behind] = pair(site, input);
    let turn = Clock::run(site, shift).phase;
    let sine: F<'b> = phase::sine(turn);
    let cosine: F<'b> = phase::sine(turn + turn.lit(phase::QUARTER));
    ahead * cosine - behind * sine
}
