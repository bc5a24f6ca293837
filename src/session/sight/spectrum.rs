//! A spectrum as the ear divides it: the level of each of many narrow bands, by a Fourier transform. It draws nothing.

use serde::{Deserialize, Serialize};

use super::{FLOOR, decibels, level};
use crate::analysis::spectrum::Spectrum as Spectra;
use crate::engine::Trace;

/// The version of this form, as `"spectrum"`. It grows when a field goes or changes its meaning, not when one comes.
const VERSION: u32 = 1;
/// The lowest and the highest band, in hertz, as far as there is such a band.
pub const RANGE: [f64; 2] = [20.0, 20_000.0];
/// Bands of an octave.
const BANDS: f64 = 24.0;

/// The levels of a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    /// The version of this form.
    pub spectrum: u32,
    /// The name of the signal, or `master`.
    pub of: String,
    /// Frames per second.
    pub rate: u32,
    /// The first frame of what was looked at.
    pub frame: u64,
    /// How many frames that were.
    pub frames: usize,
    /// The middle of each band in hertz, 24 in an octave.
    pub hertz: Vec<f32>,
    /// Of each channel the level of each band in decibels: a sine of amplitude 1 has 0, nothing has less than -120.
    pub channels: Vec<Vec<f32>>,
    /// The strongest partial of all channels: hertz and decibels; left out where all is silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strongest: Option<[f32; 2]>,
}

impl Spectrum {
    /// What a sound is made of.
    pub fn of(of: &str, rate: u32, trace: &Trace) -> Spectrum {
        let frames = trace.channels.first().map_or(0, Vec::len);
        let bins = trace.channels.iter().map(|samples| transform(samples)).collect::<Vec<_>>();
        let width = f64::from(rate) / frames.max(1) as f64;
        let hertz = bands(rate);
        let half = 2_f64.powf(0.5 / BANDS);
        let band = |bins: &Vec<f64>, middle: f64| highest(bins, middle / half / width, middle * half / width) as f32;
        let channels = bins.iter().map(|bins| hertz.iter().map(|middle| band(bins, *middle)).collect()).collect();
        let partials = bins.iter().filter_map(|bins| strongest(bins));
        let strongest = partials.max_by(|a, b| a[1].total_cmp(&b[1])).map(|[bin, level]| [bin * width, level]);
        Spectrum {
            spectrum: VERSION,
            of: of.to_owned(),
            rate,
            frame: trace.frame,
            frames,
            hertz: hertz.iter().map(|hertz| *hertz as f32).collect(),
            channels,
            strongest: strongest.map(|pair| pair.map(|number| number as f32)),
        }
    }

    /// In words: whose it is, how long, what is strongest.
    pub fn text(&self) -> String {
        let ms = 1000.0 * self.frames as f64 / f64::from(self.rate);
        let strongest = self.strongest.map_or("silent".to_owned(), |[hertz, decibels]| {
            format!("strongest {hertz:.1} Hz at {}", level(10_f64.powf(f64::from(decibels) / 20.0)))
        });
        format!("{}, {ms:.0} ms from frame {}: {strongest}", self.of, self.frame)
    }
}

/// The middles of the bands.
fn bands(rate: u32) -> Vec<f64> {
    let highest = RANGE[1].min(f64::from(rate) / 2.0);
    let count = (BANDS * (highest / RANGE[0]).log2()) as u32;
    (0..=count).map(|band| RANGE[0] * 2_f64.powf(f64::from(band) / BANDS)).collect()
}

/// The level of each bin in decibels.
fn transform(samples: &[f32]) -> Vec<f64> {
    let samples = samples.iter().map(|sample| f64::from(*sample)).collect::<Vec<_>>();
    Spectra::new(samples.len()).power(&samples).map(|power| decibels(power.sqrt())).collect()
}

/// The highest level between two places among the bins, which need not be whole.
fn highest(bins: &[f64], from: f64, to: f64) -> f64 {
    let at = |place: f64| {
        let below = place.floor();
        let level = |bin: f64| bins.get(bin as usize).copied().unwrap_or(FLOOR);
        level(below) + (place - below) * (level(below + 1.0) - level(below))
    };
    let inside = (from.ceil() as usize..=to.floor() as usize).filter_map(|bin| bins.get(bin).copied());
    inside.fold(at(from).max(at(to)), f64::max)
}

/// Place and level of the highest peak, between the bins; the mean of all samples is no partial.
fn strongest(bins: &[f64]) -> Option<[f64; 2]> {
    let peaks = bins.windows(3).enumerate().filter(|(_, near)| near[1] >= near[0] && near[1] > near[2]);
    let (at, near) = peaks.max_by(|(_, a), (_, b)| a[1].total_cmp(&b[1]))?;
    let bend = near[0] - 2.0 * near[1] + near[2];
    let shift = if bend < 0.0 { 0.5 * (near[0] - near[2]) / bend } else { 0.0 };
    (near[1] > FLOOR).then(|| [at as f64 + 1.0 + shift, near[1] - 0.25 * (near[0] - near[2]) * shift])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(partials: &[(f64, f64)], rate: u32) -> Spectrum {
        let sample = |frame: usize| {
            let turn = |hertz: f64| std::f64::consts::TAU * hertz * frame as f64 / f64::from(rate);
            partials.iter().map(|(hertz, amplitude)| amplitude * turn(*hertz).sin()).sum::<f64>() as f32
        };
        let samples = (0..8192).map(sample).collect::<Vec<_>>();
        Spectrum::of("a", rate, &Trace { frame: 64, channels: vec![samples, vec![0.0; 8192]] })
    }

    #[test]
    fn a_partial_is_found_at_its_place_and_its_level() {
        let spectrum = of(&[(440.0, 0.5), (5000.0, 0.05)], 48_000);
        let [hertz, decibels] = spectrum.strongest.unwrap();
        assert!((hertz - 440.0).abs() < 0.2 && (decibels + 6.02).abs() < 0.2, "{hertz} {decibels}");
        assert_eq!(spectrum.text().split_once(": ").unwrap().0, "a, 171 ms from frame 64");
        let near =
            |wanted: f32| spectrum.hertz.iter().position(|hertz| (hertz / wanted).log2().abs() < 0.5 / 24.0).unwrap();
        let level = |hertz| spectrum.channels[0][near(hertz)];
        assert!(
            (level(440.0) + 6.0).abs() < 1.5 && (level(5000.0) + 26.0).abs() < 1.5,
            "{} {}",
            level(440.0),
            level(5000.0)
        );
        assert!([60.0, 1500.0, 12_000.0].into_iter().all(|hertz| level(hertz) < -60.0), "{spectrum:?}");
        assert!(spectrum.channels[1].iter().all(|level| *level == -120.0));
    }

    #[test]
    fn bands_end_where_the_rate_does_and_silence_has_no_partial() {
        let spectrum = of(&[], 8_000);
        assert_eq!((spectrum.strongest, spectrum.text().as_str()), (None, "a, 1024 ms from frame 64: silent"));
        assert!(
            spectrum.hertz[0] == 20.0 && spectrum.hertz.last().is_some_and(|hertz| (3800.0..=4000.0).contains(hertz))
        );
        assert_eq!(spectrum.hertz.len(), spectrum.channels[0].len());
        assert!(of(&[(1.0, 1.0)], 384_000).hertz.last().is_some_and(|hertz| (19_000.0..=20_000.0).contains(hertz)));
    }
}
