//! The limiter that looks ahead: no sample is louder than its ceiling. For that it comes late.
//!
//! What must be taken from a sample is taken from all that come less than the delay after it, and then averaged over at most as many:
//! each average has only parts in it that are enough for the sample that leaves the line.

use super::compress::loudest;
use super::pace::left;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math;
use crate::ir::F;
use std::f64::consts::LN_10;

/// How late it is, in seconds.
const LATE: f64 = 0.0015;

/// Keeps a sound below a ceiling.
pub const LIMITER: Helper = Helper {
    name: "limiter",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound to keep in bounds"),
        Argument::number("ceiling", Unit::Decibels, -60.0..=20.0, "level that no sample is above; 0 is 1").or(-1.0).shown(&[-12.0]),
        Argument::number("release", Unit::Seconds, 0.0..=60.0, "after which 63 % of what was taken is given back").or(0.1),
    ],
    about: "Keeps every sample below a ceiling: it turns down before a peak comes, all channels together, and nothing else is changed. \
            For that the sound comes 1.5 ms late.",
    example: "mix(osc(55) * decay(phasor(2), 10) * 3, saw(220).gain(0.3)).limiter(-6)",
    claims: &[
        Claim::Ceiling { argument: "ceiling" },
        Claim::Together { late: delay },
        Claim::Transparent { argument: "ceiling", at: 0.0, up_to: 1.0, late: delay },
        Claim::Course {
            arguments: &[0.0, 0.2],
            rows: &[],
            input: &[(0.0, 4.0), (1.0, 0.5)],
            output: &[(0.5, 1.0), (1.2025, 0.5 * (1.0 - 0.75 / std::f64::consts::E))],
        },
    ],
    references: &["Giannoulis, Massberg, Reiss: Digital dynamic range compressor design, a tutorial and analysis, 2012"],
    kernel: Kernel::Wide3(limiter),
}
.checked();

/// Frames that it is late.
fn delay(rate: f64) -> u32 {
    ((rate * LATE).round() as u32).max(1)
}

fn limiter<'b>(site: &Site<'b>, input: &[F<'b>], [ceiling, release]: [F<'b>; 2]) -> Vec<F<'b>> {
    let late = delay(site.rate());
    // The longest window that is a power of two; two of them cover what must be held.
    let window = 1 << (late + 1).ilog2();
    let frames = |frames: u32| site.int(i64::from(frames));
    let (zero, one) = (ceiling.lit(0.0), ceiling.lit(1.0));
    let ceiling = math::exp(ceiling * (LN_10 / 20.0));
    // What is taken away, so that at rest it is 0.
    let size = loudest(input);
    let needed = one - ceiling / size.max(ceiling);
    let newer = over_window(site, needed, window, F::max);
    let overlap = late + 1 - window;
    let held = newer.max(site.line(overlap).write(newer).behind(frames(overlap)));
    let peak = site.cell();
    let falling = held.max(peak.get() * left(site, release, one));
    peak.set(falling);
    let taken = over_window(site, falling, window, |a, b| a + b) * (1.0 / f64::from(window));
    let kept = (one - taken).max(zero);
    let channels = input.iter().map(|&channel| {
        let delayed = site.line(late).write(channel).behind(frames(late));
        // Rounding can miss the ceiling by a bit.
        (delayed * kept).min(ceiling).max(-ceiling)
    });
    channels.collect()
}

/// Joins the newest `frames` values, a power of two of them: fours of fours, so that it takes few lines.
fn over_window<'b>(site: &Site<'b>, newest: F<'b>, frames: u32, join: impl Fn(F<'b>, F<'b>) -> F<'b>) -> F<'b> {
    let (mut joined, mut done) = (newest, 1);
    while done < frames {
        let times = if frames / done >= 4 { 4 } else { 2 };
        let tape = site.line(done * (times - 1)).write(joined);
        let older = (1..times).map(|n| tape.behind(site.int(i64::from(done * n))));
        joined = older.fold(joined, &join);
        done *= times;
    }
    joined
}
