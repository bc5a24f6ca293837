//! The gate: silence between sounds. It opens and closes all channels together, in ramps that never step.

use super::compress::loudest;
use super::pace::share;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::{Float, Int};
use crate::dsp::math;
use crate::ir::{F, I};
use std::f64::consts::LN_10;

/// How long it stays open after a peak above the threshold, in seconds: half a period of the lowest tone.
const HELD: f64 = 0.025;

/// Lets through what is loud.
pub const GATE: Helper = Helper {
    name: "gate",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound with something soft to be silenced"),
        Argument::number("threshold", Unit::Decibels, -120.0..=20.0, "the level from which on it opens; 0 is a peak of 1"),
        Argument::number("attack", Unit::Seconds, 0.0..=10.0, "how long it takes to open").or(0.001),
        Argument::number("release", Unit::Seconds, 0.0..=60.0, "how long it takes to close").or(0.1),
    ],
    about: "Lets a sound through while it is loud: open as long as a sample of any channel reached the threshold within the last 25 ms. \
            Open, it changes nothing.",
    example: "mix(noise() * decay(phasor(3), 20), noise().gain(0.02)).gate(-20, 0.001, 0.03).gain(0.3)",
    claims: &[Claim::Course {
        arguments: &[-40.0, 0.1, 0.2],
        rows: &[],
        input: &[(0.0, 1.0), (1.0, 0.005)],
        output: &[(0.05, 0.5), (0.1, 1.0), (0.9, 1.0), (1.02, 0.005), (1.125, 0.0025), (1.25, 0.0)],
    }],
    references: &[],
    kernel: Kernel::Wide4(gate),
}
.checked();

fn gate<'b>(site: &Site<'b>, input: &[F<'b>], [threshold, attack, release]: [F<'b>; 3]) -> Vec<F<'b>> {
    let (waits, open) = (site.counter(), site.cell());
    let (zero, one) = (threshold.lit(0.0), threshold.lit(1.0));
    let loud = loudest(input).ge(math::exp(threshold * (LN_10 / 20.0)));
    let left = waits.get();
    let frames = site.int((HELD * site.rate()).round() as i64);
    let fewer = I::select(left.lit(0).lt(left), left - left.lit(1), left.lit(0));
    let waiting = I::select(loud, frames, fewer);
    waits.set(waiting);
    let step = F::select(left.lit(0).lt(waiting), share(site, attack), -share(site, release));
    let now = (open.get() + step).max(zero).min(one);
    open.set(now);
    input.iter().map(|&channel| channel * now).collect()
}
