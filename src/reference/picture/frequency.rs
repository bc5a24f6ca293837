//! Panels over frequency: the magnitude of a filter, the partials of a wave, the colour of a noise. It draws nothing.

use super::super::shown::{RATE, calls};
use super::super::spectrum::{SILENCE, WINDOW_MEAN, decibels, magnitudes, windowed};
use super::octaves::{hertz, octaves};
use super::{Axis, COLUMNS, Curve, Easel, Panel, axis, name, with};
use crate::helpers::Helper;

/// Frames of a response.
const FRAMES: usize = 1 << 14;
/// How strong the impulse is that filters answer: softer than what saturates any.
const IMPULSE: f64 = 1e-4;

impl Easel {
    /// The magnitude of a response; `None` where it is flat, or not the same at all times though it should be `steady`.
    pub(super) fn magnitude(&mut self, helper: &'static Helper, steady: bool) -> Option<Panel> {
        let late = 1001;
        let impulse = |at: usize| [vec![0.0; at], vec![IMPULSE, 0.0]].concat();
        let mut curves = Vec::new();
        let later = calls(helper, &impulse(late));
        for ((varied, fed), (_, later)) in calls(helper, &impulse(0)).into_iter().zip(later) {
            let now = self.heard(helper, &fed, FRAMES);
            let then = self.heard(helper, &later, FRAMES);
            for (channel, (now, then)) in now.iter().zip(&then).enumerate() {
                let same = now.iter().zip(&then[late..]).all(|(now, then)| (now - then).abs() < IMPULSE * 1e-9);
                if steady && !same {
                    return None;
                }
                let bins = magnitudes(now);
                let points = (0..=COLUMNS).map(|column| {
                    let (place, frequency) = octaves(column);
                    let bin = frequency * FRAMES as f64 / RATE;
                    let (below, part) = (bin as usize, bin.fract());
                    let strength = bins[below] + part * (bins[below + 1] - bins[below]);
                    (place, decibels(strength / IMPULSE))
                });
                curves.push(Curve {
                    name: name(varied, channel, now.len().min(1)),
                    faint: false,
                    points: points.collect(),
                });
            }
        }
        let values = || curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| *y);
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(SILENCE, f64::max));
        if high - low < 0.2 {
            return None;
        }
        let title = if steady { "magnitude in dB over Hz" } else { "magnitude in dB over Hz, at its beginning" };
        let high = ((high / 10.0).ceil() * 10.0).max(10.0);
        let low = ((low / 10.0).floor() * 10.0).max(high - 70.0);
        Some(Panel { title: title.to_owned(), x: hertz(), y: axis(low, high), curves })
    }

    /// The partials of a tone of about 1 kHz; what lies between them folds back.
    pub(super) fn harmonics(&mut self, helper: &'static Helper) -> Option<Panel> {
        let (_, fed) = calls(helper, &[0.0]).swap_remove(0);
        let sound = self.heard(helper, &with(helper, fed, "freq", 1003.0), FRAMES).swap_remove(0);
        Some(self.spectrum("spectrum of 1 kHz in dB", &sound))
    }

    /// What a tick sounds on as.
    pub(super) fn ringing(&mut self, helper: &'static Helper) -> Option<Panel> {
        let (_, fed) = calls(helper, &[1.0, 0.0]).swap_remove(0);
        let sound = self.heard(helper, &fed, FRAMES).swap_remove(0);
        Some(self.spectrum("spectrum after a tick, in dB", &sound))
    }

    /// The strongest bin of each column, up to half the sample rate, below the strongest of all.
    fn spectrum(&self, title: &str, sound: &[f64]) -> Panel {
        let bins = magnitudes(&windowed(sound));
        let top = decibels(bins.iter().copied().fold(0.0, f64::max));
        let each = bins.len().div_ceil(COLUMNS);
        let points = bins.chunks(each).enumerate().map(|(column, bins)| {
            let strongest = bins.iter().copied().fold(0.0, f64::max);
            let frequency = (column * each) as f64 * RATE / FRAMES as f64;
            (frequency, (decibels(strongest) - top).max(-120.0))
        });
        let curve = Curve { name: String::new(), faint: false, points: points.collect() };
        let labels = [0, 5, 10, 15, 20].map(|kilo| (f64::from(kilo) * 1000.0, format!("{kilo}k")));
        let x = Axis { low: 0.0, high: RATE / 2.0, marks: labels.to_vec() };
        Panel { title: title.to_owned(), x, y: axis(-120.0, 6.0), curves: vec![curve] }
    }

    /// The colour of a noise: the mean of many short spectra.
    pub(super) fn noise(&mut self, helper: &'static Helper) -> Option<Panel> {
        const SHORT: usize = 4096;
        let (_, fed) = calls(helper, &[0.0]).swap_remove(0);
        let sound = self.heard(helper, &fed, 64 * SHORT).swap_remove(0);
        let mut power = vec![0.0; SHORT / 2];
        for piece in sound.chunks_exact(SHORT) {
            for (power, strength) in power.iter_mut().zip(magnitudes(&windowed(piece))) {
                *power += strength * strength;
            }
        }
        let scale = 64.0 * SHORT as f64 * WINDOW_MEAN;
        let points = (0..=COLUMNS).step_by(4).map(|column| {
            let (place, frequency) = octaves(column);
            let (_, next) = octaves(column + 4);
            let bin = |frequency: f64| ((frequency * SHORT as f64 / RATE) as usize).clamp(1, SHORT / 2 - 1);
            let bins = &power[bin(frequency)..=bin(next)];
            (place, decibels((bins.iter().sum::<f64>() / bins.len() as f64 / scale).sqrt()))
        });
        let points = points.collect::<Vec<_>>();
        let top = points.iter().map(|(_, y)| *y).fold(SILENCE, f64::max);
        let points = points.into_iter().map(|(x, y)| (x, y - top)).collect();
        let curve = Curve { name: String::new(), faint: false, points };
        Some(Panel { title: "spectrum in dB over Hz".to_owned(), x: hertz(), y: axis(-60.0, 6.0), curves: vec![curve] })
    }
}
