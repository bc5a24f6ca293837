//! Compressors: what is above a threshold becomes softer. All channels are turned down together, and nothing comes late.
//!
//! Giannoulis, Massberg, Reiss: Digital dynamic range compressor design, 2012: a log-domain gain computer with a soft knee (equation 4)
//! and after it a smooth, decoupled peak detector (equation 17).

use super::pace::left;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math;
use crate::ir::F;
use std::f64::consts::LN_10;

const REFERENCES: &[&str] =
    &["Giannoulis, Massberg, Reiss: Digital dynamic range compressor design, a tutorial and analysis, 2012"];
const THRESHOLD: Argument = Argument::number(
    "threshold",
    Unit::Decibels,
    -120.0..=20.0,
    "the level above which it becomes softer; 0 is a peak of 1",
);
const RATIO: Argument =
    Argument::number("ratio", Unit::Plain, 1.0..=1000.0, "decibels more going in for one more coming out")
        .shown(&[2.0, 4.0, 20.0]);
const ATTACK: Argument =
    Argument::number("attack", Unit::Seconds, 0.0..=10.0, "after which 63 % of the decibels are taken away").or(0.005);
const RELEASE: Argument =
    Argument::number("release", Unit::Seconds, 0.0..=60.0, "after which 63 % of the decibels are given back").or(0.1);
const KNEE: Argument =
    Argument::number("knee", Unit::Decibels, 0.0..=60.0, "how wide around the threshold the curve bends").or(6.0);
/// What silence is taken for: 200 dB under 1.
const SOFTEST: f64 = 1e-10;
/// The narrowest knee.
const SHARPEST: f64 = 1e-9;

const CURVE: Claim = Claim::Gain {
    formula: "threshold + (level - threshold)/ratio above the knee, and softer by (1 - 1/ratio)(level - threshold + knee/2)²/(2 knee) within it",
    curve: |level, given| level - reduction_at(level, given),
};

/// Turns down what is loud.
pub const COMPRESS: Helper = Helper {
    name: "compress",
    aliases: &[],
    family: Family::Shape,
    arguments: &[Argument::signal("input", "sound to even out"), THRESHOLD, RATIO, ATTACK, RELEASE, KNEE],
    about: "Evens out the level of a sound: what is louder than the threshold rises by a decibel only for each `ratio` decibels. \
            All channels are turned down together, by the loudest. It does not make up for the level that it takes.",
    example: "mix(osc(55) * decay(phasor(2), 12), noise() * decay(phasor(4), 40) * 0.3).compress(-24, 4, 0.005, 0.12).gain(0.9)",
    claims: &[
        CURVE,
        Claim::Together { late: |_| 0 },
        Claim::Passes { argument: "ratio", at: 1.0 },
        Claim::Course { arguments: &[-20.0, 4.0, 0.1, 0.5, 0.0], rows: &[], input: &[(0.0, 1.0)], output: &[(0.1, 0.335677), (1.5, 0.177828)] },
        Claim::Course {
            arguments: &[-20.0, 4.0, 0.0, 0.5, 0.0],
            rows: &[],
            input: &[(0.0, 1.0), (1.0, 0.1)],
            output: &[(0.5, 0.177828), (1.5, 0.0529770)],
        },
    ],
    references: REFERENCES,
    kernel: Kernel::Wide6(compress),
}
.checked();

fn compress<'b>(site: &Site<'b>, input: &[F<'b>], how: [F<'b>; 5]) -> Vec<F<'b>> {
    let factor = factor(site, loudest(input), how);
    input.iter().map(|&channel| channel * factor).collect()
}

/// Turns down what another sound is louder than.
pub const SIDECHAIN: Helper = Helper {
    name: "sidechain",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to turn down"),
        Argument::signal("key", "sound that decides how far; of several channels their mean"),
        THRESHOLD,
        RATIO,
        ATTACK,
        RELEASE,
        KNEE,
    ],
    about: "A compressor that listens to another sound: while the key is louder than the threshold, the input becomes softer. \
            All channels are turned down together.",
    example: "saw(55).lpf(900, 0.4).sidechain(osc(60) * decay(phasor(2), 10), -30, 8, 0.002, 0.15).gain(0.3)",
    claims: &[CURVE, Claim::Passes { argument: "ratio", at: 1.0 }],
    references: REFERENCES,
    kernel: Kernel::Wide7(sidechain),
}
.checked();

fn sidechain<'b>(site: &Site<'b>, input: &[F<'b>], [key, how @ ..]: [F<'b>; 6]) -> Vec<F<'b>> {
    let factor = factor(site, key.abs(), how);
    input.iter().map(|&channel| channel * factor).collect()
}

/// The largest magnitude of all channels.
pub fn loudest<'b>(channels: &[F<'b>]) -> F<'b> {
    let sizes = channels.iter().map(|channel| channel.abs());
    sizes.reduce(F::max).expect("a sound has a channel")
}

/// What a sound is multiplied by while `size` is the magnitude of what is listened to.
fn factor<'b>(site: &Site<'b>, size: F<'b>, [threshold, ratio, attack, release, knee]: [F<'b>; 5]) -> F<'b> {
    let (zero, one) = (size.lit(0.0), size.lit(1.0));
    let level = math::ln(size.max(size.lit(SOFTEST))) * (20.0 / LN_10);
    let knee = knee.max(size.lit(SHARPEST));
    // How far into the knee, and how far beyond it.
    let above = level - threshold + knee * 0.5;
    let inside = above.max(zero).min(knee);
    let wanted = (one - one / ratio) * (inside * inside / (knee + knee) + (above - knee).max(zero));
    let (peak, smooth) = (site.cell(), site.cell());
    let held = (peak.get() - wanted).mul_add(left(site, release, one), wanted).max(wanted);
    let taken = (smooth.get() - held).mul_add(left(site, attack, one), held);
    peak.set(held);
    smooth.set(taken);
    math::exp(taken * (-LN_10 / 20.0))
}

/// How many decibels a steady level loses.
fn reduction_at(level: f64, given: &[f64]) -> f64 {
    let (threshold, ratio, knee) = (given[0], given[1], given[4]);
    let over = level - threshold;
    let slope = 1.0 - 1.0 / ratio;
    match over {
        _ if over <= -knee / 2.0 => 0.0,
        _ if over >= knee / 2.0 => slope * over,
        _ => slope * (over + knee / 2.0) * (over + knee / 2.0) / (2.0 * knee),
    }
}
