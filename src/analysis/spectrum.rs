//! Windowed spectra. It counts bins and knows no rate.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// How many bins on either side of a tone its window fills: what is farther away is 92 dB softer.
pub const LOBE: usize = 4;

/// Makes spectra of so many frames.
pub struct Spectrum {
    fft: Arc<dyn Fft<f64>>,
    window: Vec<f64>,
    bins: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Spectrum {
    /// Spectra of `frames` frames; powers of two are the fastest.
    pub fn new(frames: usize) -> Spectrum {
        let fft = FftPlanner::new().plan_fft_forward(frames);
        let scratch = vec![Complex::default(); fft.get_inplace_scratch_len()];
        Spectrum { window: window(frames), bins: vec![Complex::default(); frames], scratch, fft }
    }

    /// How many frames one spectrum is made of.
    pub fn frames(&self) -> usize {
        self.bins.len()
    }

    /// How many bins it has: from 0 to half the rate.
    pub fn count(&self) -> usize {
        self.frames() / 2 + 1
    }

    /// The power of each bin of some frames; a sine of amplitude 1 at the frequency of a bin has 1 there. Fewer frames than the
    /// spectrum has are windowed as they are and filled up with silence, more are left out. It does not allocate but for those.
    pub fn power(&mut self, sound: &[f64]) -> impl Iterator<Item = f64> {
        let count = sound.len().min(self.frames());
        let shorter = if count < self.frames() { window(count) } else { Vec::new() };
        let weights = if shorter.is_empty() { &self.window } else { &shorter };
        self.bins.fill(Complex::default());
        for ((bin, sample), weight) in self.bins.iter_mut().zip(sound).zip(weights) {
            bin.re = sample * weight;
        }
        self.fft.process_with_scratch(&mut self.bins, &mut self.scratch);
        let sum = weights.iter().sum::<f64>();
        // A tone is in two bins, at its frequency and at the negative of it; a constant is in one.
        let (whole, half) = (1.0 / (sum * sum), self.frames() / 2);
        let scale = move |bin: usize| if bin == 0 || bin == half { whole } else { 4.0 * whole };
        let silent = sum == 0.0;
        self.bins[..=half]
            .iter()
            .enumerate()
            .map(move |(bin, value)| if silent { 0.0 } else { value.norm_sqr() * scale(bin) })
    }
}

/// The window of Blackman and Harris with four terms (Harris 1978, "On the use of windows for harmonic analysis", table 1).
fn window(frames: usize) -> Vec<f64> {
    let weight = |at: usize| {
        let turn = std::f64::consts::TAU * at as f64 / frames as f64;
        0.35875 - 0.48829 * turn.cos() + 0.14128 * (2.0 * turn).cos() - 0.01168 * (3.0 * turn).cos()
    };
    (0..frames).map(weight).collect()
}
