//! The classical waves: sine, saw, triangle, square and pulse. They are band-limited; naive shapes are mathematics on a `phasor`.
//!
//! All have their fundamental in phase with the sine, so that one goes over into another without a jump of the ear.

use super::clock::FASTEST;
use super::edge::Reach;
use super::swing::{PHASE, Point, SYNC, Swing};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::flip;
use crate::dsp::phase;
use crate::ir::F;

const FREQ: Argument =
    Argument::number("freq", Unit::Hertz, -FASTEST..=FASTEST, "pitch; below 0 the wave runs backwards");

/// What every wave with jumps promises that starts at 0.
const CLAIMS: &[Claim] = &[
    Claim::Pitch { argument: "freq" },
    Claim::Within { low: -1.0, high: 1.0 },
    Claim::Begins { with: 0.0 },
    Claim::Alias { under: 63.0 },
    Claim::Turns { argument: "phase" },
    Claim::Restarts { argument: "sync", under: 60.0 },
];

const REFERENCES: &[&str] = &[
    "Välimäki, Pekonen, Nam: Perceptually informed synthesis of bandlimited classical waveforms using integrated polynomial interpolation, 2012",
];

/// A sine.
pub const OSC: Helper = Helper {
    name: "osc",
    aliases: &[],
    family: Family::Source,
    arguments: &[FREQ, PHASE, SYNC],
    about: "A sine wave between -1 and 1. It starts at 0 and rises.",
    example: "osc(220).gain(0.3)",
    claims: &[
        Claim::Pitch { argument: "freq" },
        Claim::Within { low: -1.0, high: 1.0 },
        Claim::Begins { with: 0.0 },
        Claim::Alias { under: 100.0 },
        Claim::Turns { argument: "phase" },
        Claim::Restarts { argument: "sync", under: 55.0 },
    ],
    references: &[],
    kernel: Kernel::Each3(sine),
}
.checked();

fn sine<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    Swing::run(site, arguments).wave(site, |point| phase::sine(point.phase))
}

/// A saw.
pub const SAW: Helper = Helper {
    name: "saw",
    aliases: &[],
    family: Family::Source,
    arguments: &[FREQ, PHASE, SYNC],
    about: "A saw wave between -1 and 1, band-limited. It starts at 0 and rises to 1, jumps to -1 half a period later, and rises again. \
            A ramp that starts at its jump is `phasor`.",
    example: "saw(110).lpf(800, 0.5).gain(0.2)",
    claims: CLAIMS,
    references: REFERENCES,
    kernel: Kernel::Each3(saw),
}
.checked();

fn saw<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    Swing::run(site, arguments).wave(site, |point| {
        // The jump is where the phase is half a turn; half turns past it are the straight part of the wave.
        let past: F<'b> = phase::halves_past_half(point.phase);
        past + flip(Reach::new(point.turns, 0.5, 2.0).step(past.abs()), point.phase)
    })
}

/// A triangle.
pub const TRI: Helper = Helper {
    name: "tri",
    aliases: &[],
    family: Family::Source,
    arguments: &[FREQ, PHASE, SYNC],
    about: "A triangle wave between -1 and 1, band-limited. It starts at 0 and rises.",
    example: "tri(220).gain(0.3)",
    claims: &[
        Claim::Pitch { argument: "freq" },
        Claim::Within { low: -1.0, high: 1.0 },
        Claim::Begins { with: 0.0 },
        Claim::Alias { under: 80.0 },
        Claim::Turns { argument: "phase" },
        Claim::Restarts { argument: "sync", under: 55.0 },
    ],
    references: REFERENCES,
    kernel: Kernel::Each3(triangle),
}
.checked();

fn triangle<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    Swing::run(site, arguments).wave(site, |point| {
        let turn: F<'b> = phase::bipolar(point.phase);
        let from_peak = (turn.abs() - 0.25).abs();
        let rounded = Reach::new(point.turns, 0.25, 1.0).kink(from_peak);
        flip(rounded.mul_add(turn.lit(-4.0), turn.lit(1.0)), point.phase)
    })
}

/// A square.
pub const SQUARE: Helper = Helper {
    name: "square",
    aliases: &[],
    family: Family::Source,
    arguments: &[FREQ, PHASE, SYNC],
    about: "A square wave between -1 and 1, band-limited: high in the first half of the period.",
    example: "square(110).lpf(900, 0.3).gain(0.2)",
    claims: CLAIMS,
    references: REFERENCES,
    kernel: Kernel::Each3(square),
}
.checked();

fn square<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    Swing::run(site, arguments).wave(site, |point| {
        let folded: F<'b> = phase::folded(point.phase);
        flip(edge(point, 0.25, folded.abs()), point.phase)
    })
}

/// How much of the step is done so many turns from an edge; all of it where the start of the period is a restart's.
fn edge<'b>(point: Point<'b>, widest: f64, distance: F<'b>) -> F<'b> {
    let step = Reach::new(point.turns, widest, 1.0).step(distance);
    point.hard.map_or(step, |hard| F::select(hard, step.lit(1.0), step))
}

/// A pulse.
pub const PULSE: Helper = Helper {
    name: "pulse",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        FREQ,
        Argument::number("width", Unit::Ratio, 0.0..=1.0, "share of the period that is high").or(0.5).shown(&[0.5, 0.2]),
        PHASE,
        SYNC,
    ],
    about: "A pulse wave between -1 and 1, band-limited: high for the first part of the period. It keeps both levels at any width, \
            so its mean is 2 * width - 1.",
    example: "pulse(110, 0.5 + 0.4 * osc(0.3)).lpf(1200, 0.3).gain(0.2)",
    claims: &[
        Claim::Pitch { argument: "freq" },
        Claim::Within { low: -1.0, high: 1.0 },
        Claim::Alias { under: 63.0 },
        Claim::Turns { argument: "phase" },
        Claim::Restarts { argument: "sync", under: 60.0 },
    ],
    references: REFERENCES,
    kernel: Kernel::Each4(pulse),
}
.checked();

fn pulse<'b>(site: &Site<'b>, [freq, width, offset, sync]: [F<'b>; 4]) -> F<'b> {
    Swing::run(site, [freq, offset, sync]).wave(site, |point| {
        let fall = point.phase - phase::step(width);
        let (since_rise, since_fall): (F<'b>, F<'b>) = (phase::bipolar(point.phase), phase::bipolar(fall));
        // Each edge with the ramp that leads back to where it started; the ramps cancel but for the mean.
        let rise = flip(edge(point, 0.5, since_rise.abs()), point.phase) - (since_rise + since_rise);
        let fall_step = Reach::new(point.turns, 0.5, 1.0).step(since_fall.abs());
        let fall = flip(fall_step, fall) - (since_fall + since_fall);
        rise - fall + (width + width - 1.0)
    })
}
