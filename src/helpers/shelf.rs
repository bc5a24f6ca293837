//! Equalisers: they lift or lower a part of the spectrum and leave the rest. One state-variable filter, its outputs mixed with the input.
//!
//! At 0 dB nothing is added to the input, so it passes bit for bit. A lift and the same drop undo each other.

use super::corner::{Corner, relative};
use super::svf::{CUTOFF, REFERENCES, RES, State, damping};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::{exp, hypot};
use crate::ir::F;

/// How far it lifts or lowers.
const BOOST: Argument = Argument::number("boost", Unit::Decibels, -24.0..=24.0, "how much louder; below 0 softer");
/// The damping of the shelves: they rise without a bump.
const DAMPING: f64 = std::f64::consts::SQRT_2;

/// The fourth root of what a boost multiplies the amplitude with.
fn fourth_root<F: Float>(boost: F) -> F {
    exp(boost * (std::f64::consts::LN_10 / 80.0))
}

/// A bell.
pub const PEAK: Helper = Helper {
    name: "peak",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to colour"), CUTOFF, BOOST, RES.or(0.5)],
    about: "Lifts or lowers a band around the cutoff by the boost, and leaves what is far from it. The higher `res`, the narrower the band.",
    example: "saw(110).peak(800 + 600 * osc(0.2), 18, 0.8).gain(0.1)",
    claims: &[
        Claim::Magnitude {
            formula: "(1 + s A/Q + s²)/(1 + s/(A Q) + s²) with A² = 10^(boost/20), at s = i tan(π f/rate) / tan(π cutoff/rate)",
            curve: |f, rate, given| {
                let (s, width) = (relative(f, rate, given[0]), damping(given[2]));
                let half = fourth_root(given[1]) * fourth_root(given[1]);
                hypot(1.0 - s * s, s * width * half) / hypot(1.0 - s * s, s * width / half)
            },
        },
        Claim::Passes { argument: "boost", at: 0.0 },
    ],
    references: REFERENCES,
    kernel: Kernel::Each4(peak),
}
.checked();

fn peak<'b>(site: &Site<'b>, [input, cutoff, boost, res]: [F<'b>; 4]) -> F<'b> {
    let root = fourth_root(boost);
    let half = root * root;
    let (wide, narrow) = (damping(res) * half, damping(res) / half);
    let State { band, .. } = State::step(site, input, Corner::at(site, cutoff), narrow);
    (wide - narrow).mul_add(band, input)
}

/// Low frequencies up or down.
pub const LOWSHELF: Helper = Helper {
    name: "lowshelf",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to colour"), CUTOFF, BOOST],
    about: "Lifts or lowers everything below the cutoff by the boost; at the cutoff it is half of it in decibels.",
    example: "pulse(110, 0.3).lowshelf(300, 12).gain(0.08)",
    claims: &[
        Claim::Magnitude {
            formula: "(s² + √2 A s + A²)/(s² + √2 s + 1) with A² = 10^(boost/20), at s = i √A tan(π f/rate) / tan(π cutoff/rate)",
            curve: |f, rate, given| {
                let root = fourth_root(given[1]);
                shelf(relative(f, rate, given[0]) * root, root * root)
            },
        },
        Claim::Passes { argument: "boost", at: 0.0 },
    ],
    references: REFERENCES,
    kernel: Kernel::Each3(lowshelf),
}
.checked();

fn lowshelf<'b>(site: &Site<'b>, [input, cutoff, boost]: [F<'b>; 3]) -> F<'b> {
    let root = fourth_root(boost);
    let half = root * root;
    let corner = Corner::at(site, cutoff).lowered(root);
    let State { band, low, .. } = State::step(site, input, corner, input.lit(DAMPING));
    let lifted = ((half - 1.0) * DAMPING).mul_add(band, input);
    half.mul_add(half, input.lit(-1.0)).mul_add(low, lifted)
}

/// High frequencies up or down.
pub const HIGHSHELF: Helper = Helper {
    name: "highshelf",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to colour"), CUTOFF, BOOST],
    about: "Lifts or lowers everything above the cutoff by the boost; at the cutoff it is half of it in decibels.",
    example: "pulse(110, 0.3).highshelf(2000, -18).gain(0.2)",
    claims: &[
        Claim::Magnitude {
            formula: "(A² s² + √2 A s + 1)/(s² + √2 s + 1) with A² = 10^(boost/20), at s = i tan(π f/rate) / (√A tan(π cutoff/rate))",
            curve: |f, rate, given| {
                let root = fourth_root(given[1]);
                shelf(root / relative(f, rate, given[0]), root * root)
            },
        },
        Claim::Passes { argument: "boost", at: 0.0 },
    ],
    references: REFERENCES,
    kernel: Kernel::Each3(highshelf),
}
.checked();

fn highshelf<'b>(site: &Site<'b>, [input, cutoff, boost]: [F<'b>; 3]) -> F<'b> {
    let root = fourth_root(boost);
    let half = root * root;
    let corner = Corner::at(site, cutoff).raised(root);
    let State { band, low, .. } = State::step(site, input, corner, input.lit(DAMPING));
    let lifted = half.mul_add(half, input.lit(-1.0)).mul_add(input - low, input);
    ((half - 1.0) * half * -DAMPING).mul_add(band, lifted)
}

/// The magnitude of a shelf that begins at 1 and ends at A², or the other way round where `s` is turned over.
fn shelf(s: f64, half: f64) -> f64 {
    let above = hypot(half * half - s * s, DAMPING * half * s);
    above / hypot(1.0 - s * s, DAMPING * s)
}
