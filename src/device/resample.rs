//! From the engine's rate to a device's, in chunks of exact lengths. It knows neither the source nor the device.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use rubato::{FftFixedInOut, Resampler as _};
use std::time::Duration;

/// Frames of the source that are resampled together, at least: the filter is as long, so it passes 20 kHz of a source of 48 kHz.
const CHUNK: usize = 256;
/// The longest chunk that is played: rates whose ratio needs a longer one would come too late.
const LONGEST: usize = 8_192;

/// A resampler between two fixed rates. The ratio is one of whole numbers, so nothing drifts.
pub(super) struct Resampler {
    filter: FftFixedInOut<f32>,
    channels: usize,
    /// A chunk of the source, interleaved.
    heard: Vec<f32>,
    /// The same, channel by channel, and what becomes of it.
    before: Vec<Vec<f32>>,
    after: Vec<Vec<f32>>,
    /// Frames of `after` that were given out.
    given: usize,
    delay: Duration,
}

impl Resampler {
    /// Makes a resampler at rest; `None` where the ratio of the rates is too odd to be played in time. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "everything is reserved before it plays")]
    pub(super) fn new(from: u32, to: u32, channels: usize) -> Option<Resampler> {
        let filter = FftFixedInOut::new(from as usize, to as usize, CHUNK, channels).ok()?;
        let (taken, made) = (filter.input_frames_max(), filter.output_frames_max());
        if taken.max(made) > LONGEST {
            return None;
        }
        // A chunk has to be whole before any of it is heard.
        let delay = Duration::from_secs_f64((filter.output_delay() + made) as f64 / f64::from(to));
        let rows = |frames| vec![vec![0.0; frames]; channels];
        let (heard, before, after) = (vec![0.0; taken * channels], rows(taken), rows(made));
        Some(Resampler { filter, channels, heard, before, after, given: made, delay })
    }

    /// How much later a sample of the source is heard, at most.
    pub(super) fn delay(&self) -> Duration {
        self.delay
    }

    /// Fills `out`, interleaved, at the device's rate; `source` fills what it is given at the engine's. Audio thread.
    pub(super) fn fill(&mut self, out: &mut [f32], mut source: impl FnMut(&mut [f32])) {
        for frame in out.chunks_exact_mut(self.channels) {
            if self.given == self.after[0].len() {
                source(&mut self.heard);
                self.convert();
            }
            for (sample, row) in frame.iter_mut().zip(&self.after) {
                *sample = row[self.given];
            }
            self.given += 1;
        }
    }

    fn convert(&mut self) {
        for (channel, row) in self.before.iter_mut().enumerate() {
            let heard = self.heard.iter().skip(channel).step_by(self.channels);
            row.iter_mut().zip(heard).for_each(|(sample, heard)| *sample = *heard);
        }
        self.given = 0;
        if self.filter.process_into_buffer(&self.before, &mut self.after, None).is_err() {
            // Only buffers of wrong lengths are refused, and these were made for it.
            self.after.iter_mut().for_each(|row| row.fill(0.0));
        }
    }
}
