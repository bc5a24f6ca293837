//! The tones that stand out of a spectrum. It knows nothing of pitch.

use super::spectrum::LOBE;

/// How many are told at most.
const MOST: usize = 8;
/// How far below the strongest one others are told, as a power: 60 dB.
const SOFTEST: f64 = 1e-6;
/// How far a tone stands out of what is around it, as a power: 12 dB.
const OUT: f64 = 16.0;
/// What is around a tone, in bins on either side.
const AROUND: usize = 32;
/// Nothing softer than this power is a tone: -120 dB.
const FLOOR: f64 = 1e-12;

/// A tone that stands out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Its frequency.
    pub hertz: f64,
    /// Its level in decibels: a sine of amplitude 1 has 0.
    pub level: f64,
}

/// The tones of a spectrum of powers whose bins are so many hertz apart, the strongest first.
pub fn peaks(power: &[f64], apart: f64) -> Vec<Peak> {
    let strongest = power.iter().skip(LOBE).copied().fold(0.0, f64::max);
    let least = (strongest * SOFTEST).max(FLOOR);
    let inner = LOBE..power.len().saturating_sub(LOBE);
    let found = inner.filter(|&bin| {
        let lobe = &power[bin - LOBE..=bin + LOBE];
        power[bin] >= least && lobe.iter().all(|other| *other <= power[bin]) && power[bin] >= OUT * around(power, bin)
    });
    let mut peaks = found.map(|bin| summit(power, bin, apart)).collect::<Vec<_>>();
    // Two equal bins beside each other are one tone.
    peaks.dedup_by(|next, last| next.hertz - last.hertz < LOBE as f64 * apart);
    peaks.sort_by(|a, b| b.level.total_cmp(&a.level));
    peaks.truncate(MOST);
    peaks
}

/// The median of the powers around a tone, without its own.
fn around(power: &[f64], bin: usize) -> f64 {
    let below = bin.saturating_sub(AROUND)..bin.saturating_sub(LOBE);
    let above = bin + LOBE + 1..(bin + AROUND + 1).min(power.len());
    let mut values = below.chain(above).map(|bin| power[bin]).collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The top of the parabola through the decibels of a bin and its neighbours.
fn summit(power: &[f64], bin: usize, apart: f64) -> Peak {
    let [before, here, after] =
        [power[bin - 1], power[bin], power[bin + 1]].map(|power| 10.0 * power.max(1e-30).log10());
    let bend = before - 2.0 * here + after;
    let shift = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
    Peak { hertz: (bin as f64 + shift) * apart, level: here - 0.25 * (before - after) * shift }
}
