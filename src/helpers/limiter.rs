//! The limiter that looks ahead: no sample is louder than its ceiling. It comes late by less than 1.5 milliseconds.
//!
//! The gain that each sample needs is held for a window before and after it and then averaged over a window of that length: each average
//! has only gains in it that are low enough for the sample that leaves the line.

use super::compress::loudest;
use super::pace::left;
use super::site::{Line, Tape};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::{Float, Int};
use crate::dsp::math;
use crate::ir::F;
use std::f64::consts::LN_10;

/// The shortest window in seconds; it becomes a power of two in frames, 64 at 48 kHz.
const WINDOW: f64 = 0.00115;

/// Keeps a sound below a ceiling.
pub const LIMITER: Helper = Helper {
    name: "limiter",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to keep in bounds"),
        Argument::number("ceiling", Unit::Decibels, -60.0..=20.0, "level that no sample is above; 0 is 1").or(-1.0),
        Argument::number("release", Unit::Seconds, 0.0..=60.0, "after which 63 % of what was taken is given back").or(0.1),
    ],
    about: "Keeps every sample below a ceiling: it turns down before a peak comes, all channels together, and nothing else is changed. \
            For that the sound comes late: 63 frames at 44.1 and 48 kHz, 1.3 ms.",
    example: "mix(osc(55) * decay(phasor(2), 10) * 3, saw(220).gain(0.3)).limiter(-6)",
    claims: &[
        Claim::Ceiling { argument: "ceiling" },
        Claim::Transparent { argument: "ceiling", at: 0.0, up_to: 1.0, late: |rate| window(rate) - 1 },
        Claim::Course {
            arguments: &[0.0, 0.2],
            rows: &[],
            input: &[(0.0, 4.0), (1.0, 0.5)],
            output: &[(0.5, 1.0), (1.203, 0.5 * (1.0 - 0.75 / std::f64::consts::E))],
        },
    ],
    references: &["Giannoulis, Massberg, Reiss: Digital dynamic range compressor design, a tutorial and analysis, 2012"],
    kernel: Kernel::Wide3(limiter),
}
.checked();

/// Frames of the window.
fn window(rate: f64) -> u32 {
    ((rate * WINDOW).ceil() as u32).max(2).next_power_of_two()
}

fn limiter<'b>(site: &Site<'b>, input: &[F<'b>], [ceiling, release]: [F<'b>; 2]) -> Vec<F<'b>> {
    let frames = window(site.rate());
    let (zero, one) = (ceiling.lit(0.0), ceiling.lit(1.0));
    let ceiling = math::exp(ceiling * (LN_10 / 20.0));
    // What is taken away, so that at rest it is 0.
    let size = loudest(input);
    let needed = one - ceiling / size.max(ceiling);
    let held = over_window(site, needed, frames, F::max);
    let peak = site.cell();
    let falling = held.max(peak.get() * left(site, release, one));
    peak.set(falling);
    let taken = over_window(site, falling, frames, |a, b| a + b) * (1.0 / f64::from(frames));
    let kept = (one - taken).max(zero);
    let channels = input.iter().map(|&channel| {
        let late = site.line(frames - 1).write(channel).behind(site.int(i64::from(frames) - 1));
        // Rounding can miss the ceiling by a bit.
        (late * kept).min(ceiling).max(-ceiling)
    });
    channels.collect()
}

/// Joins the newest `frames` values, a power of two of them: fours of fours, so that it takes few lines.
fn over_window<'b>(site: &Site<'b>, newest: F<'b>, frames: u32, join: impl Fn(F<'b>, F<'b>) -> F<'b>) -> F<'b> {
    let (mut joined, mut done) = (newest, 1);
    while done < frames {
        let times = if frames / done >= 4 { 4 } else { 2 };
        let line: Line<'b> = site.line(done * (times - 1));
        let tape: Tape<'b> = line.write(joined);
        let older = (1..times).map(|n| tape.behind(site.int(i64::from(done * n))));
        joined = older.fold(joined, &join);
        done *= times;
    }
    joined
}
