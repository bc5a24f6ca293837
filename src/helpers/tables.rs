//! Sets of periods for the wavetable: made of harmonics, all rows of a set equally strong. It plays none.

use super::spec::Set;
use crate::dsp::math::{exp, sin_turns};

/// The numbers of a period.
const LENGTH: usize = 128;

/// The sets, by name.
pub const TABLES: &[Set] = &[
    Set { name: "basic", rows: basic },
    Set { name: "pulse", rows: pulse },
    Set { name: "vowels", rows: vowels },
    Set { name: "organ", rows: organ },
    Set { name: "sweep", rows: sweep },
    Set { name: "glass", rows: glass },
];

/// Sine, triangle, square, saw.
fn basic() -> Vec<Vec<f64>> {
    rows(vec![
        drawn(|n| if n == 1.0 { 1.0 } else { 0.0 }),
        drawn(|n| n % 2.0 * (2.0 - n % 4.0) / (n * n)),
        drawn(|n| n % 2.0 / n),
        drawn(|n| 1.0 / n),
    ])
}

/// From a square to a needle.
fn pulse() -> Vec<Vec<f64>> {
    rows([0.5, 0.36, 0.24, 0.14, 0.06].map(|width| drawn(|n| sin_turns(n * width / 2.0) / n)).to_vec())
}

/// a, e, i, o, u: two formants each, as of a voice at 110 Hz (Peterson, Barney: Control methods used in a study of the vowels, 1952).
fn vowels() -> Vec<Vec<f64>> {
    let formants = [[730.0, 1090.0], [530.0, 1840.0], [270.0, 2290.0], [570.0, 840.0], [300.0, 870.0]];
    let bell = |n: f64, centre: f64, width: f64| exp(-((n * 110.0 - centre) / width).powi(2));
    let vowel = |[low, high]: [f64; 2]| drawn(|n| (0.15 + bell(n, low, 130.0) + 0.6 * bell(n, high, 160.0)) / n.sqrt());
    rows(formants.map(vowel).to_vec())
}

/// Registrations, from a flute to full.
fn organ() -> Vec<Vec<f64>> {
    let stops: [&[(usize, f64)]; 5] = [
        &[(1, 1.0)],
        &[(1, 1.0), (2, 0.6)],
        &[(1, 1.0), (3, 0.7), (4, 0.4)],
        &[(1, 0.8), (2, 0.8), (4, 0.7), (8, 0.5)],
        &[(1, 1.0), (2, 0.9), (3, 0.8), (4, 0.8), (6, 0.6), (8, 0.6), (10, 0.4), (12, 0.4), (16, 0.4)],
    ];
    let row =
        |stops: &[(usize, f64)]| drawn(|n| stops.iter().filter(|(at, _)| *at as f64 == n).map(|(_, loud)| loud).sum());
    rows(stops.map(row).to_vec())
}

/// A resonance that climbs the harmonics.
fn sweep() -> Vec<Vec<f64>> {
    let row = |peak: f64| drawn(move |n| 0.5 / n + exp(-((n - peak) / (1.0 + peak * 0.15)).powi(2)));
    rows([1.0, 3.0, 6.0, 11.0, 18.0, 28.0].map(row).to_vec())
}

/// A few harmonics far apart.
fn glass() -> Vec<Vec<f64>> {
    let row = |step: f64| drawn(move |n| if (n - 1.0) % step == 0.0 { 1.0 / (1.0 + (n - 1.0) / step) } else { 0.0 });
    rows([11.0, 7.0, 5.0, 4.0, 3.0].map(row).to_vec())
}

/// A period of sines that are as loud as their numbers say.
fn drawn(loud: impl Fn(f64) -> f64) -> Vec<f64> {
    let sample = |at: usize| {
        let harmonics = (1..LENGTH / 2).map(|n| loud(n as f64) * sin_turns((n * at % LENGTH) as f64 / LENGTH as f64));
        harmonics.sum()
    };
    (0..LENGTH).map(sample).collect()
}

/// Rows of equal strength, the highest peak at 1.
fn rows(mut rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let scale = |row: &mut Vec<f64>, by: f64| row.iter_mut().for_each(|number| *number /= by);
    for row in &mut rows {
        let power = row.iter().map(|number| number * number).sum::<f64>();
        scale(row, power.sqrt());
    }
    let peak = rows.iter().flatten().fold(0.0f64, |peak, number| peak.max(number.abs()));
    rows.iter_mut().for_each(|row| scale(row, peak));
    rows
}
