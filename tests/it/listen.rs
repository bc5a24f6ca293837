//! What a capture sounds like, in numbers: where it starts, whether a tone breaks, how high and how loud it is. Plays nothing.

use std::f64::consts::TAU;

/// One channel of a capture.
pub fn channel(frames: &[[f32; 2]], nth: usize) -> Vec<f32> {
    frames.iter().map(|frame| frame[nth]).collect()
}

/// The index of the first sample louder than `threshold`.
pub fn start(samples: &[f32], threshold: f32) -> Option<usize> {
    samples.iter().position(|sample| sample.abs() > threshold)
}

/// Where a steady tone of `hz` is not the continuation of itself: every index at which the recurrence
/// x[n+1] = 2 cos(ω) x[n] − x[n−1] of a pure sine is off by more than `tolerance`. A jump of phase, a dropped or doubled
/// frame and a step all break it, whatever the tone's level; other sounds in the same channel break it everywhere.
pub fn breaks(samples: &[f32], hz: f64, rate: f64, tolerance: f64) -> Vec<usize> {
    let twice_cosine = 2.0 * (TAU * hz / rate).cos();
    let broken = |[before, here, after]: [f32; 3]| {
        (twice_cosine * f64::from(here) - f64::from(before) - f64::from(after)).abs() > tolerance
    };
    let places = samples.windows(3).enumerate();
    places.filter(|(_, three)| broken([three[0], three[1], three[2]])).map(|(nth, _)| nth + 1).collect()
}

/// Where the curve bends more sharply than a sine of `hz` at `level` can: the clicks in anything that has no partial above.
pub fn clicks(samples: &[f32], hz: f64, level: f64, rate: f64) -> Vec<usize> {
    let bound = 1.05 * level * (TAU * hz / rate).powi(2) + 1e-6;
    let bend = |three: &[f32]| f64::from(three[0]) - 2.0 * f64::from(three[1]) + f64::from(three[2]);
    let places = samples.windows(3).enumerate();
    places.filter(|(_, three)| bend(three).abs() > bound).map(|(nth, _)| nth + 1).collect()
}

/// Root mean square.
pub fn level(samples: &[f32]) -> f64 {
    let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (power / samples.len().max(1) as f64).sqrt()
}

/// Amplitude and phase, in turns at the first sample of a sine, of the part of the sound at `hz`. A Hann window keeps
/// partials more than four bins away out of it.
pub fn partial(samples: &[f32], hz: f64, rate: f64) -> (f64, f64) {
    let (mut sine, mut cosine, mut weight) = (0.0, 0.0, 0.0);
    for (nth, sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * (nth as f64 + 0.5) / samples.len() as f64).cos();
        let (s, c) = (TAU * hz * nth as f64 / rate).sin_cos();
        sine += window * f64::from(*sample) * s;
        cosine += window * f64::from(*sample) * c;
        weight += window;
    }
    let (sine, cosine) = (2.0 * sine / weight, 2.0 * cosine / weight);
    (sine.hypot(cosine), cosine.atan2(sine) / TAU)
}

/// Frequency of the loudest slow movement in hertz, from its upward zero crossings, interpolated; for sounds with one tone.
pub fn frequency(samples: &[f32], rate: f64) -> Option<f64> {
    let pairs = samples.windows(2).enumerate().filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0);
    let crossings: Vec<f64> =
        pairs.map(|(nth, pair)| nth as f64 + f64::from(pair[0]) / (f64::from(pair[0]) - f64::from(pair[1]))).collect();
    let (first, last) = (crossings.first()?, crossings.last()?);
    (last > first).then(|| (crossings.len() - 1) as f64 * rate / (last - first))
}

#[test]
fn the_ear_hears_pitch_level_and_phase() {
    let sine: Vec<f32> =
        (0..9_600).map(|n| (0.25 * (TAU * (440.0 * f64::from(n) / 48_000.0 + 0.125)).sin()) as f32).collect();
    assert!((frequency(&sine, 48_000.0).unwrap() - 440.0).abs() < 0.01);
    assert!((level(&sine) - 0.25 / 2_f64.sqrt()).abs() < 1e-4);
    let (amplitude, phase) = partial(&sine, 440.0, 48_000.0);
    assert!((amplitude - 0.25).abs() < 1e-3 && (phase - 0.125).abs() < 1e-3, "{amplitude} {phase}");
    assert!(partial(&sine, 880.0, 48_000.0).0 < 1e-4);
    assert_eq!(start(&[0.0, 0.001, -0.2], 0.01), Some(2));
    assert_eq!(channel(&[[1.0, 2.0], [3.0, 4.0]], 1), [2.0, 4.0]);
}

#[test]
fn the_ear_hears_a_single_dropped_frame() {
    let mut sine: Vec<f32> =
        (0..9_600).map(|n| (0.25 * (TAU * 440.0 * f64::from(n) / 48_000.0).sin()) as f32).collect();
    assert_eq!(breaks(&sine, 440.0, 48_000.0, 1e-6), [0; 0]);
    assert_eq!(clicks(&sine, 440.0, 0.25, 48_000.0), [0; 0]);
    sine.remove(5_000);
    assert_eq!(breaks(&sine, 440.0, 48_000.0, 1e-6), [4_999, 5_000]);
    assert!(clicks(&sine, 440.0, 0.25, 48_000.0).iter().all(|place| (4_999..=5_000).contains(place)));
}
