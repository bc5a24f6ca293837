//! A waveform that stands still: a piece of sound that begins where the wave comes up through zero. It draws nothing.

use serde::{Deserialize, Serialize};

use super::level;
use crate::engine::Trace;
use crate::engine::probe::LONGEST;

/// The version of this form, as `"scope"`. It grows when a field goes or changes its meaning, not when one comes.
const VERSION: u32 = 1;
/// How much is shown where nothing else is said, in seconds.
pub const SECONDS: f64 = 0.02;
/// How far back a beginning is looked for at most, in seconds: a period of 20 Hz.
const SEARCH: f64 = 0.05;
/// How deep the wave must have been before a beginning, as a part of its highest magnitude.
const DEPTH: f32 = 0.05;
/// Of beginnings whose depths are as near to each other as this, the last one counts.
const ALIKE: f32 = 0.95;

/// A piece of sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// The version of this form.
    pub scope: u32,
    /// The name of the signal, or `master`.
    pub of: String,
    /// Frames per second.
    pub rate: u32,
    /// The first frame.
    pub frame: u64,
    /// The samples of each channel.
    pub channels: Vec<Vec<f32>>,
}

/// How many frames of a sound are looked at to show so many seconds.
pub fn frames(seconds: f64, rate: u32) -> usize {
    let (shown, search) = cut(seconds, rate);
    shown + search
}

/// Frames that are shown, and frames among which their beginning is looked for.
fn cut(seconds: f64, rate: u32) -> (usize, usize) {
    let count = |seconds: f64| (seconds * f64::from(rate)).round() as usize;
    let shown = count(seconds).clamp(16, LONGEST / 4 * 3);
    (shown, count(SEARCH).min(LONGEST - shown))
}

impl Scope {
    /// So many seconds of what was played, from where the wave begins.
    pub fn of(of: &str, rate: u32, trace: Trace, seconds: f64) -> Scope {
        let (shown, search) = cut(seconds, rate);
        let loudest = trace.channels.iter().max_by(|a, b| peak(a).total_cmp(&peak(b)));
        let begin = loudest.map_or(0, |samples| beginning(samples, search));
        let piece = |samples: &Vec<f32>| samples.iter().skip(begin).take(shown).copied().collect();
        let channels = trace.channels.iter().map(piece).collect();
        Scope { scope: VERSION, of: of.to_owned(), rate, frame: trace.frame + begin as u64, channels }
    }

    /// In words: whose it is, how long, how high.
    pub fn text(&self) -> String {
        let frames = self.channels.first().map_or(0, Vec::len);
        let ms = 1000.0 * frames as f64 / f64::from(self.rate);
        let peaks = self.channels.iter().map(|samples| level(peak(samples).into())).collect::<Vec<_>>().join(", ");
        format!("{}, {ms:.1} ms from frame {}: peak {peaks}", self.of, self.frame)
    }
}

/// The highest magnitude.
fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |most, sample| most.max(sample.abs()))
}

/// Where the wave comes up through zero from its deepest valley, among the first frames; else at the last of them.
fn beginning(samples: &[f32], search: usize) -> usize {
    let threshold = DEPTH * peak(samples);
    let (mut valley, mut best, mut found) = (0.0_f32, threshold, search);
    for (at, pair) in samples.windows(2).take(search).enumerate() {
        valley = valley.max(-pair[0]);
        if pair[0] < 0.0 && pair[1] >= 0.0 {
            if valley > threshold && valley >= ALIKE * best {
                (best, found) = (valley.max(best), at + 1);
            }
            valley = 0.0;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    const RATE: u32 = 48_000;

    /// What is shown of a wave that is looked at when so many frames of it were played.
    fn shown(wave: impl Fn(f64) -> f64, played: u64) -> Scope {
        let length = frames(SECONDS, RATE) as u64;
        let frame = played - length;
        let samples: Vec<f32> = (frame..played).map(|frame| wave(frame as f64 / f64::from(RATE)) as f32).collect();
        Scope::of("a", RATE, Trace { frame, channels: vec![vec![0.0; samples.len()], samples] }, SECONDS)
    }

    #[test]
    fn a_wave_stands_still_whenever_one_looks() {
        // Comes up through zero twice in a period, from valleys of different depth.
        let wave = |t: f64| 0.5 * (TAU * 100.0 * t).sin() + 0.4 * (TAU * 200.0 * t + 0.4).sin();
        let first = shown(wave, 48_000);
        assert_eq!((first.channels[1].len(), first.channels[0][0]), (960, 0.0));
        assert!(first.channels[1][0] >= 0.0 && first.channels[1][0] < 0.05, "{}", first.channels[1][0]);
        for later in [48_064, 48_640, 50_048, 96_192] {
            let then = shown(wave, later);
            assert_eq!((then.frame - first.frame) % 480, 0, "whole periods");
            assert!(then.frame + 960 <= later, "of what was played");
            assert!(then.frame + 960 + 480 >= later, "and the newest of it");
        }
    }

    #[test]
    fn what_has_no_beginning_is_shown_as_it_comes() {
        let silent = shown(|_| 0.0, 48_000);
        assert_eq!(
            (silent.frame, silent.text()),
            (48_000 - 960, "a, 20.0 ms from frame 47040: peak silent, silent".to_owned())
        );
        let high = shown(|t| 1.0 + 0.5 * (TAU * 100.0 * t).sin(), 48_000);
        assert_eq!((high.frame, high.channels[1].len()), (48_000 - 960, 960));
        assert_eq!(
            shown(|t| 0.5 * (TAU * 1000.0 * t + 0.1).sin(), 48_000).text(),
            "a, 20.0 ms from frame 47040: peak silent, -6.0 dB"
        );
        for rate in [8_000, 384_000] {
            assert!(frames(0.1, rate) <= LONGEST && frames(0.001, rate) >= 16);
        }
    }
}
