//! The fundamental of a sound. It would rather say nothing than something wrong.
//!
//! McLeod and Wyvill 2005, "A smarter way to find pitch": the normalised square difference, and the first of its maxima that is
//! nearly as high as the highest.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use serde::Serialize;

/// Which part of the highest maximum is high enough (the paper's k).
const ENOUGH: f64 = 0.9;
/// How sure a window must be of its pitch to count; noise hardly reaches a half.
pub(super) const SURE: f64 = 0.9;
/// Which part of a maximum the one an octave below must reach, so that the period is taken from there.
const IN_STEP: f64 = 0.99;

/// A fundamental.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pitch {
    /// Its frequency.
    pub hertz: f64,
    /// How much the sound is like itself a period later, up to 1.
    pub clarity: f64,
}

/// The fundamental of some frames at a rate, two periods of which they must hold; `None` of silence and of what never repeats.
pub fn fundamental(sound: &[f64], rate: f64) -> Option<Pitch> {
    let mean = sound.iter().sum::<f64>() / sound.len().max(1) as f64;
    let sound = sound.iter().map(|sample| sample - mean).collect::<Vec<_>>();
    let likeness = likeness(&sound);
    let maxima = maxima(&likeness);
    let highest = maxima.iter().map(|(_, height)| *height).fold(0.0, f64::max);
    let &(lag, clarity) = maxima.iter().find(|(_, height)| *height >= ENOUGH * highest)?;
    let (mut periods, mut whole) = (1.0, lag);
    // Over several periods the same fraction of a frame is a smaller part.
    while let Some((later, height)) = near(&likeness, 2.0 * whole).filter(|(_, height)| *height >= IN_STEP * clarity) {
        // Only what stays a repetition, and not merely near one.
        if height > 1.5 || (later / (2.0 * whole) - 1.0).abs() > 0.02 {
            break;
        }
        (periods, whole) = (2.0 * periods, later);
    }
    Some(Pitch { hertz: rate * periods / whole, clarity: clarity.min(1.0) }).filter(|pitch| pitch.clarity > 0.0)
}

/// How much a sound is like itself so many frames later, from -1 to 1, for lags up to half its length; all 0 of silence.
fn likeness(sound: &[f64]) -> Vec<f64> {
    let count = sound.len();
    let size = (2 * count).next_power_of_two();
    let mut planner = FftPlanner::new();
    let mut bins = sound.iter().map(|sample| Complex::new(*sample, 0.0)).collect::<Vec<_>>();
    bins.resize(size, Complex::default());
    planner.plan_fft_forward(size).process(&mut bins);
    bins.iter_mut().for_each(|bin| *bin = Complex::new(bin.norm_sqr(), 0.0));
    planner.plan_fft_inverse(size).process(&mut bins);
    // Twice the energy of what is compared; it loses a frame on either side with each lag.
    let mut energy = 2.0 * sound.iter().map(|sample| sample * sample).sum::<f64>();
    let faintest = energy * 1e-9;
    let mut likeness = Vec::with_capacity(count / 2);
    for lag in 0..count / 2 {
        let alike = 2.0 * bins[lag].re / size as f64;
        likeness.push(if energy > faintest { alike / energy } else { 0.0 });
        energy -= sound[lag] * sound[lag] + sound[count - 1 - lag] * sound[count - 1 - lag];
    }
    likeness
}

/// The highest place between each rise through 0 and the fall that follows, and its height.
fn maxima(likeness: &[f64]) -> Vec<(f64, f64)> {
    let mut maxima = Vec::new();
    let mut best: Option<usize> = None;
    let below = likeness.iter().position(|value| *value < 0.0).unwrap_or(likeness.len());
    for lag in below..likeness.len() {
        if likeness[lag] > 0.0 {
            best = Some(best.filter(|best| likeness[*best] >= likeness[lag]).unwrap_or(lag));
        } else if let Some(best) = best.take() {
            maxima.extend(summit(likeness, best));
        }
    }
    // The last one may still rise.
    maxima.extend(best.filter(|best| best + 1 < likeness.len()).and_then(|best| summit(likeness, best)));
    maxima
}

/// The maximum within two frames of a lag.
fn near(likeness: &[f64], lag: f64) -> Option<(f64, f64)> {
    let middle = lag.round() as usize;
    let around = middle.saturating_sub(2)..=middle + 2;
    let best = around.filter(|lag| *lag < likeness.len()).max_by(|a, b| likeness[*a].total_cmp(&likeness[*b]))?;
    summit(likeness, best)
}

/// The top of the parabola through a place and its neighbours; `None` where it has none.
fn summit(values: &[f64], at: usize) -> Option<(f64, f64)> {
    let [before, here, after] =
        [values.get(at.checked_sub(1)?)?, values.get(at)?, values.get(at + 1)?].map(|value| *value);
    let bend = before - 2.0 * here + after;
    if here < before || here < after || bend >= 0.0 {
        return None;
    }
    let shift = 0.5 * (before - after) / bend;
    Some((at as f64 + shift, here - 0.25 * (before - after) * shift))
}
