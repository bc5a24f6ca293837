//! Peak, mean level, offset and clipping of a sound, and its loudness as broadcasters measure it. It keeps no samples.

use ebur128::{EbuR128, Mode};

use super::decibels;

/// What counts as clipped: the largest sample of a file of 16 bits, and above.
pub const FULL: f64 = 32_767.0 / 32_768.0;

/// What is counted while a sound passes.
pub struct Meter {
    frames: u64,
    squares: f64,
    peak: f64,
    sums: Vec<f64>,
    clipped: u64,
    clips: u64,
    /// Whether the last sample of each channel was clipped.
    clipping: Vec<bool>,
    loudness: Option<EbuR128>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The largest sample, in decibels below full scale; `None` of silence, as of all that follow.
    pub peak: Option<f64>,
    /// The largest value between the samples too (ITU-R BS.1770, by four times the rate).
    pub true_peak: Option<f64>,
    /// The root of the mean square of all channels; a sine at full scale has -3.01 dB.
    pub rms: Option<f64>,
    /// The gated loudness of EBU R 128, in LUFS; `None` also of less than 0.4 seconds.
    pub loudness: Option<f64>,
    /// The mean of each channel.
    pub dc: Vec<f64>,
    /// Samples at full scale ([`FULL`]) or beyond.
    pub clipped: u64,
    /// How many times in a row such samples came.
    pub clips: u64,
}

impl Meter {
    /// Nothing has passed yet.
    pub fn new(rate: f64, channels: usize) -> Meter {
        let loudness = EbuR128::new(channels as u32, rate as u32, Mode::I | Mode::TRUE_PEAK).ok();
        Meter {
            frames: 0,
            squares: 0.0,
            peak: 0.0,
            sums: vec![0.0; channels],
            clipped: 0,
            clips: 0,
            clipping: vec![false; channels],
            loudness,
        }
    }

    /// Some frames pass: a slice for each channel, equally long.
    pub fn hear(&mut self, block: &[&[f64]]) {
        for ((channel, sum), clipping) in block.iter().zip(&mut self.sums).zip(&mut self.clipping) {
            for &sample in *channel {
                self.squares += sample * sample;
                *sum += sample;
                self.peak = self.peak.max(sample.abs());
                let full = sample.abs() >= FULL;
                self.clipped += u64::from(full);
                self.clips += u64::from(full && !*clipping);
                *clipping = full;
            }
        }
        self.frames += block.first().map_or(0, |channel| channel.len() as u64);
        if let Some(loudness) = &mut self.loudness
            && loudness.add_frames_planar_f64(block).is_err()
        {
            self.loudness = None;
        }
    }

    /// What came of it.
    pub fn level(&self) -> Level {
        let frames = self.frames.max(1) as f64;
        let channels = self.sums.len().max(1) as f64;
        let loudness = self.loudness.as_ref();
        let true_peak = loudness.map(|loudness| {
            let peaks = (0..self.sums.len() as u32).filter_map(|channel| loudness.true_peak(channel).ok());
            peaks.fold(self.peak, f64::max)
        });
        Level {
            peak: decibels(self.peak),
            true_peak: true_peak.and_then(decibels),
            rms: decibels((self.squares / frames / channels).sqrt()),
            loudness: loudness.and_then(|loudness| loudness.loudness_global().ok()).filter(|lufs| lufs.is_finite()),
            dc: self.sums.iter().map(|sum| sum / frames).collect(),
            clipped: self.clipped,
            clips: self.clips,
        }
    }
}
