//! Spectra, by arithmetic that gives the same bits on every machine. It knows no helper.

use crate::dsp::math::{cos_turns, ln, sin_turns};

/// What is softer counts as this, in decibels.
pub const SILENCE: f64 = -200.0;

/// A factor in decibels, by our own logarithm.
pub fn decibels(factor: f64) -> f64 {
    (20.0 / std::f64::consts::LN_10 * ln(factor.abs().max(1e-10))).max(SILENCE)
}

/// A decibel value as a factor.
pub fn factor(decibels: f64) -> f64 {
    crate::dsp::math::exp(decibels * std::f64::consts::LN_10 / 20.0)
}

/// The magnitudes of the first half of a sound's spectrum; as many samples as a power of two.
pub fn magnitudes(sound: &[f64]) -> Vec<f64> {
    assert!(sound.len().is_power_of_two(), "{} samples are no power of two", sound.len());
    let mut bins = sound.iter().map(|&sample| (sample, 0.0)).collect::<Vec<_>>();
    transform(&mut bins);
    bins[..sound.len() / 2].iter().map(|(re, im)| (re * re + im * im).sqrt()).collect()
}

/// Blackman and Harris' window of four terms: what is four bins away is 92 dB softer. Its mean is 0.35875.
pub fn windowed(sound: &[f64]) -> Vec<f64> {
    let weight = |at: usize| {
        let turns = at as f64 / sound.len() as f64;
        let [one, two, three] = [1.0, 2.0, 3.0].map(|times: f64| cos_turns(times * turns));
        0.35875 - 0.48829 * one + 0.14128 * two - 0.01168 * three
    };
    sound.iter().enumerate().map(|(at, sample)| sample * weight(at)).collect()
}

/// The mean of [`windowed`]'s weights: what a tone's bin is to be divided by, with the number of samples and a half.
pub const WINDOW_MEAN: f64 = 0.35875;

/// Cooley and Tukey's transform: by halves, bit-reversed first.
fn transform(bins: &mut [(f64, f64)]) {
    let count = bins.len();
    let bits = count.trailing_zeros();
    for at in 0..count {
        let other = if bits == 0 { 0 } else { at.reverse_bits() >> (usize::BITS - bits) };
        if at < other {
            bins.swap(at, other);
        }
    }
    let mut half = 1;
    while half < count {
        let turns = (0..half).map(|at| at as f64 / (2 * half) as f64);
        let twiddles = turns.map(|turns| (cos_turns(turns), -sin_turns(turns))).collect::<Vec<_>>();
        for block in bins.chunks_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((low, high), (cos, sin)) in low.iter_mut().zip(high).zip(&twiddles) {
                let turned = (high.0 * cos - high.1 * sin, high.0 * sin + high.1 * cos);
                *high = (low.0 - turned.0, low.1 - turned.1);
                *low = (low.0 + turned.0, low.1 + turned.1);
            }
        }
        half *= 2;
    }
}

/// How far what folds back below 18 kHz from a tone of about 5 kHz lies under the fundamental, in decibels: the strongest bin
/// against the strongest, after a second's worth of frames at 48 kHz.
pub fn folded(sound: &[f64], tone: f64, rate: f64) -> f64 {
    let bins = magnitudes(&windowed(sound));
    let (mut fundamental, mut folded) = (0.0_f64, 0.0_f64);
    for (bin, &strength) in bins.iter().enumerate() {
        let frequency = bin as f64 * rate / sound.len() as f64;
        let harmonic = (frequency / tone).round();
        let own = (frequency - harmonic * tone).abs() < 10.0;
        if own && harmonic == 1.0 {
            fundamental = fundamental.max(strength);
        } else if !own && frequency < 18_000.0 {
            folded = folded.max(strength);
        }
    }
    decibels(fundamental) - decibels(folded)
}
