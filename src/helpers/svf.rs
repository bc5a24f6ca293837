//! The resonant filters, 12 dB per octave: one trapezoidal state-variable filter with four outputs. What mixes them otherwise stands
//! elsewhere.
//!
//! Each step can only lose energy of its own, whatever cutoff and resonance do from frame to frame, so it cannot blow up.

use super::corner::{Corner, HIGHEST, relative};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::hypot;
use crate::ir::F;

/// Where the filter comes from.
pub const REFERENCES: &[&str] = &[
    "Zavalishin: The art of VA filter design, 2012, chapter 4",
    "Simper: Solving the continuous SVF equations using trapezoidal integration and equivalent currents, 2013",
];
/// Where it works.
pub const CUTOFF: Argument =
    Argument::number("cutoff", Unit::Hertz, 0.0..=HIGHEST, "where it works; at most 0.49 of the sample rate");
/// How much it rings.
pub const RES: Argument =
    Argument::number("res", Unit::Ratio, 0.0..=1.0, "resonance: Q is 1/(2(1 - res)), and at most 50, from 0.99 on")
        .shown(&[0.0, 0.5, 0.9]);

/// The least damping, 1/Q.
const LEAST: f64 = 0.02;

/// The damping of a resonance, 1/Q.
pub fn damping<F: Float>(res: F) -> F {
    (-(res + res) + 2.0).max(res.lit(LEAST))
}

/// What one frame of the filter gives.
pub struct State<'b> {
    /// What went in.
    pub input: F<'b>,
    /// 1/Q.
    pub damping: F<'b>,
    /// What is below the corner.
    pub low: F<'b>,
    /// What is around the corner, Q times as loud there.
    pub band: F<'b>,
}

impl<'b> State<'b> {
    fn at(site: &Site<'b>, [input, cutoff, res]: [F<'b>; 3]) -> State<'b> {
        State::step(site, input, Corner::at(site, cutoff), damping(res))
    }

    /// The corner is not negative; the damping is above 0.
    ///
    /// Both integrators hold half of what the literature's do: then an output is the sum of old and new.
    pub fn step(site: &Site<'b>, input: F<'b>, corner: Corner<'b>, damping: F<'b>) -> State<'b> {
        let (band_held, low_held) = (site.cell(), site.cell());
        let (band_old, low_old) = (band_held.get(), low_held.get());
        let Corner { above, below } = corner;
        let times_below = |x: F<'b>| below.map_or(x, |below| below * x);
        let inside = below.map_or(damping + above, |below| damping.mul_add(below, above));
        let scale = above.lit(2.0) / above.mul_add(inside, below.map_or(above.lit(1.0), |below| below * below));
        let rest = input.mul_add(input.lit(0.5), -low_old);
        let drive = above.mul_add(rest, times_below(band_old));
        let band_new = drive.mul_add(times_below(scale), -band_old);
        let low_new = drive.mul_add(above * scale, low_old);
        band_held.set(band_new);
        low_held.set(low_new);
        State { input, damping, low: low_old + low_new, band: band_old + band_new }
    }
}

/// Low frequencies.
pub const LPF: Helper = Helper {
    name: "lpf",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to darken"), CUTOFF, RES],
    about: "Darkens a sound, 12 dB per octave above the cutoff, with a resonance there: its level at the cutoff is Q.",
    example: "saw(55).lpf(400 + 300 * osc(0.2), 0.8).gain(0.2)",
    claims: &[Claim::Magnitude {
        formula: "1/(1 + s/Q + s²) at s = i tan(π f/rate) / tan(π cutoff/rate)",
        curve: |f, rate, given| magnitude(f, rate, given, |_| 1.0),
    }],
    references: REFERENCES,
    kernel: Kernel::Each3(lpf),
}
.checked();

fn lpf<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    State::at(site, arguments).low
}

/// High frequencies.
pub const HPF: Helper = Helper {
    name: "hpf",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to thin"), CUTOFF, RES],
    about: "Thins a sound, 12 dB per octave below the cutoff, with a resonance there: its level at the cutoff is Q.",
    example: "saw(55).hpf(600, 0.7).gain(0.2)",
    claims: &[Claim::Magnitude {
        formula: "s²/(1 + s/Q + s²) at s = i tan(π f/rate) / tan(π cutoff/rate)",
        curve: |f, rate, given| magnitude(f, rate, given, |s| s * s),
    }],
    references: REFERENCES,
    kernel: Kernel::Each3(hpf),
}
.checked();

fn hpf<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    let State { input, damping, low, band } = State::at(site, arguments);
    input - damping * band - low
}

/// A band.
pub const BPF: Helper = Helper {
    name: "bpf",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to take a band of"), CUTOFF, RES],
    about: "Lets a band around the cutoff through, 6 dB per octave to both sides: its level there is Q, and its width cutoff / Q.",
    example: "noise().bpf(900, 0.9).gain(0.2)",
    claims: &[Claim::Magnitude { formula: "s/(1 + s/Q + s²) at s = i tan(π f/rate) / tan(π cutoff/rate)", curve: |f, rate, given| magnitude(f, rate, given, |s| s) }],
    references: REFERENCES,
    kernel: Kernel::Each3(bpf),
}
.checked();

fn bpf<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    State::at(site, arguments).band
}

/// All but a band.
pub const NOTCH: Helper = Helper {
    name: "notch",
    aliases: &[],
    family: Family::Filter,
    arguments: &[Argument::signal("input", "sound to cut a gap into"), CUTOFF, RES],
    about: "Takes the cutoff out of a sound entirely, and a band of the width cutoff / Q around it.",
    example: "noise().notch(500 + 400 * osc(0.3), 0.2).gain(0.1)",
    claims: &[Claim::Magnitude {
        formula: "(1 + s²)/(1 + s/Q + s²) at s = i tan(π f/rate) / tan(π cutoff/rate)",
        curve: |f, rate, given| magnitude(f, rate, given, |s| (1.0 - s * s).abs()),
    }],
    references: REFERENCES,
    kernel: Kernel::Each3(notch),
}
.checked();

fn notch<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    let State { input, damping, band, .. } = State::at(site, arguments);
    input - damping * band
}

/// The magnitude of a response with `above` over the common denominator, at a frequency relative to the cutoff, both prewarped.
fn magnitude(frequency: f64, rate: f64, given: &[f64], above: fn(f64) -> f64) -> f64 {
    let damping = damping(given[1]);
    let s = relative(frequency, rate, given[0]);
    above(s) / hypot(1.0 - s * s, s * damping)
}
