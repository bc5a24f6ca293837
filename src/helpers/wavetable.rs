//! Oscillators that play drawn periods, band-limited at any pitch, and go over from one period to the next. What is drawn is not here.
//!
//! Each row becomes a Fourier series, and that a ladder of tables with ever fewer harmonics, half an octave apart. A pitch takes the two tables
//! below half the sample rate. Between samples lies a cubic B-spline, whose own response is divided out of the series (Unser: Splines, 1999).

use super::clock::FASTEST;
use super::series::Series;
use super::site::Table;
use super::swing::{PHASE, Point, SYNC, Swing};
use super::tables::TABLES;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::{Float, Int};
use crate::dsp::phase;
use crate::ir::F;

/// Drawn periods.
pub const WAVETABLE: Helper = Helper {
    name: "wavetable",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        Argument::number("freq", Unit::Hertz, -FASTEST..=FASTEST, "pitch; below 0 the wave runs backwards"),
        Argument::rows("tables", Unit::Plain, "periods, a row each: the curve goes through its numbers; or a set by name")
            .within(-1.0..=1.0)
            .sets(TABLES),
        Argument::number("morph", Unit::Ratio, 0.0..=1.0, "where between the rows: 0 is the first, 1 the last").or(0.0),
        PHASE,
        SYNC,
    ],
    about: "Plays periods that were drawn, band-limited at any pitch, and goes over smoothly from row to row. A row of n numbers has n/2 \
            harmonics, and at most 512.",
    example: "wavetable(110, \"vowels\", 0.5 + 0.5 * lfo(\"tri\", 0.25)).gain(0.2)",
    claims: &[
        Claim::Pitch { argument: "freq" },
        Claim::Alias { under: 80.0 },
        Claim::Turns { argument: "phase" },
        Claim::Restarts { argument: "sync", under: 45.0 },
    ],
    references: &["Unser: Splines, a perfect fit for signal and image processing, 1999"],
    kernel: Kernel::Each4(wavetable),
}
.checked();

/// Levels per octave of pitch.
const LEVELS: u32 = 2;
/// Samples to a period of a level's highest harmonic, at least.
const FINE: usize = 8;
/// What a chord lies below the logarithm to base 2 at most, between powers of 2.
const CHORD: f64 = 0.0861;

/// The levels of all rows, and where they lie.
struct Levels<'b> {
    samples: Table<'b>,
    /// Where a level begins in its row, by number; level 0 is silence.
    starts: Table<'b>,
    /// The samples of a level.
    lengths: Table<'b>,
    /// The number of the level that has all harmonics.
    last: f64,
    /// From row to row.
    stride: f64,
}

impl<'b> Levels<'b> {
    fn new(site: &Site<'b>, rows: &[Vec<f64>]) -> Levels<'b> {
        let series = rows.iter().map(|row| Series::of(row)).collect::<Vec<_>>();
        let most = series.iter().map(Series::harmonics).max().unwrap_or(1).max(1);
        // Half octaves: 1, 1, 2, 2, 4, 5, 8, 11, 16 … harmonics, up to the first that holds all.
        let harmonics = |level: u32| ((1u64 << level) as f64).sqrt().floor() as usize;
        let top = (0..).find(|&level| harmonics(level) >= most).unwrap_or(0);
        let lengths = (0..=top).map(|level| FINE << level.div_ceil(LEVELS)).collect::<Vec<usize>>();
        let lengths = [vec![FINE], lengths].concat();
        // One sample before and two behind, so that the spline finds its neighbours.
        let starts = lengths.iter().scan(0, |at, length| Some(std::mem::replace(at, *at + length + 3)));
        let starts = starts.map(|start| start as f64).collect::<Vec<_>>();
        let mut samples = Vec::new();
        for series in &series {
            samples.extend([0.0; FINE + 3]);
            for (level, &length) in (0..=top).zip(&lengths[1..]) {
                let period = series.spline(harmonics(level).min(most), length);
                samples.extend((0..length + 3).map(|at| period[(at + length - 1) % length]));
            }
        }
        let lengths = lengths.iter().map(|length| *length as f64).collect::<Vec<_>>();
        Levels {
            stride: (samples.len() / rows.len()) as f64,
            samples: site.table(&samples),
            starts: site.table(&starts),
            lengths: site.table(&lengths),
            last: f64::from(top) + 1.0,
        }
    }

    /// The sample of a level in two rows, `between` them where there are two.
    fn sample(&self, level: F<'b>, place: F<'b>, row: F<'b>, between: Option<F<'b>>) -> F<'b> {
        let number = level.to_int();
        let at = place * self.lengths.at(number);
        let whole = at.floor();
        let part = at - whole;
        let first = (row.mul_add(place.lit(self.stride), self.starts.at(number)) + whole).to_int();
        // Six times the cubic B-spline's four pieces.
        let square = part * part;
        let cube = square * part;
        let old = part.lit(1.0) - part;
        let last = old * old * old;
        let near = cube.mul_add(part.lit(3.0), square.mul_add(part.lit(-6.0), part.lit(4.0)));
        let far = part.lit(6.0) - last - near - cube;
        let spline = |from: f64| {
            let first = first + (first.lit(from as i64));
            [near, far, cube].iter().zip(1..).fold(self.samples.at(first) * last, |sum, (&weight, at)| {
                weight.mul_add(self.samples.at(first + first.lit(at)), sum)
            })
        };
        let here = spline(0.0);
        between.map_or(here, |between| between.mul_add(spline(self.stride) - here, here)) * (1.0 / 6.0)
    }

    fn at(&self, point: Point<'b>, row: F<'b>, between: Option<F<'b>>) -> F<'b> {
        let (zero, one) = (row.lit(0.0), row.lit(1.0));
        // The harmonics that fit below half the sample rate, in levels: the logarithm lies on the chord or above.
        let slowest = point.turns.abs().max(row.lit(1e-9)).min(row.lit(0.5));
        let octaves = slowest.to_bits().to_real() * (1.0 / (1u64 << 52) as f64) - 1022.0;
        let levels = ((octaves + CHORD) * -f64::from(LEVELS)).min(one * self.last).max(zero);
        let lower = levels.floor();
        let upper = (lower + 1.0).min(one * self.last);
        let place: F<'b> = phase::unipolar(point.phase);
        let [dull, bright] = [lower, upper].map(|level| self.sample(level, place, row, between));
        (levels - lower).mul_add(bright - dull, dull)
    }
}

fn wavetable<'b>(site: &Site<'b>, [freq, morph, offset, sync]: [F<'b>; 4]) -> F<'b> {
    let rows = site.rows(0);
    let swing = Swing::run(site, [freq, offset, sync]);
    let levels = Levels::new(site, rows);
    let (row, between) = if rows.len() == 1 {
        (morph.lit(0.0), None)
    } else {
        let place = morph * (rows.len() - 1) as f64;
        let row = place.floor().min(place.lit((rows.len() - 2) as f64));
        (row, Some(place - row))
    };
    swing.unbounded(site, |point| levels.at(point, row, between))
}
