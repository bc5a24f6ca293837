//! The one clock of beats that all programs read. It counts exactly and knows no signals.
//!
//! The position is a fraction of integers: whole beats and 2⁻⁶⁴ of a beat in 128 bits, and beyond them a numerator over sixty
//! times the sample rate. A tempo is the number that a double holds, bit for bit, so a frame adds
//! `bpm / (60 · rate)` beats without any rounding, however long the set lasts and however often its tempo changes; only what
//! programs read is rounded, once.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use crate::ir::call::{BPM, QUANTUM, TEMPI};

/// The smallest part of a beat that is counted, 2 to the -64.
const PART: f64 = 1.0 / 18_446_744_073_709_551_616.0;

/// Where the beat is, and how it goes on.
#[derive(Clone, Debug)]
pub struct Transport {
    bpm: f64,
    /// Parts of a beat in a frame, rounded down, and what they lack, in units of 1 over `base`.
    step: (u128, u64),
    /// The same of the position of the next frame.
    position: (u128, u64),
    /// Frames per minute.
    base: u64,
    /// Beats of the frame before the quantum that was last advanced over, then of each of its frames.
    beats: [f64; QUANTUM + 1],
}

impl Transport {
    /// A transport before its first frame.
    pub fn new(rate: u32) -> Transport {
        let base = 60 * u64::from(rate.max(1));
        let mut transport = Transport { bpm: 0.0, step: (0, 0), position: (0, 0), base, beats: [0.0; QUANTUM + 1] };
        transport.set(BPM);
        // Whatever begins with the first frame begins: the frame before it lay before the first beat.
        transport.beats[QUANTUM] = -float(transport.step.0);
        transport
    }

    /// The tempo from the next frame on, in beats per minute; kept within [`TEMPI`]. The position stays. Any thread.
    pub fn set(&mut self, bpm: f64) {
        let bpm = if bpm.is_nan() { BPM } else { bpm };
        self.bpm = bpm.clamp(*TEMPI.start(), *TEMPI.end());
        // From 1 up, a double is a whole number of 2^-52.
        let exact = (self.bpm * (1_u64 << 52) as f64) as u128;
        let (parts, base) = (exact << 12, u128::from(self.base));
        self.step = (parts / base, (parts % base) as u64);
    }

    /// Goes over so many frames, at most a quantum, whose positions are [`Transport::beats`] then. Audio thread.
    pub fn advance(&mut self, frames: usize) {
        let frames = frames.min(QUANTUM);
        self.beats[0] = self.beats[QUANTUM];
        for beat in &mut self.beats[1..=frames] {
            *beat = float(self.position.0);
            self.position.0 += self.step.0;
            self.position.1 += self.step.1;
            if self.position.1 >= self.base {
                self.position.1 -= self.base;
                self.position.0 += 1;
            }
        }
        self.beats[QUANTUM] = self.beats[frames];
    }

    /// Beats of the frame before the frames that were gone over last, then of each of them. Any thread.
    pub fn beats(&self) -> &[f64; QUANTUM + 1] {
        &self.beats
    }

    /// Beats per minute. Any thread.
    pub fn tempo(&self) -> f64 {
        self.bpm
    }

    /// Where the next frame is, in beats. Any thread.
    pub fn position(&self) -> f64 {
        float(self.position.0)
    }
}

/// Parts of a beat as beats, rounded to nearest.
fn float(parts: u128) -> f64 {
    let (whole, rest) = ((parts >> 64) as u64, parts as u64);
    whole as f64 + rest as f64 * PART
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "nothing here plays")]
mod tests {
    use super::*;

    /// The beat of each of so many frames.
    fn beats(transport: &mut Transport, frames: usize) -> Vec<f64> {
        let mut all = Vec::new();
        while all.len() < frames {
            let count = QUANTUM.min(frames - all.len());
            transport.advance(count);
            all.extend_from_slice(&transport.beats()[1..=count]);
        }
        all
    }

    #[test]
    fn beats_fall_on_their_frames_exactly() {
        for (rate, bpm, frames, wanted) in
            [(48_000, 120.0, 24_000, 1.0), (44_100, 120.0, 22_050, 1.0), (48_000, 130.0, 288_000, 13.0)]
        {
            let mut transport = Transport::new(rate);
            transport.set(bpm);
            let all = beats(&mut transport, frames + 1);
            assert_eq!((all[0], all[frames]), (0.0, wanted), "{bpm} at {rate} Hz");
            assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn however_long_a_set_lasts_and_whatever_its_tempi_nothing_is_rounded_away() {
        let mut transport = Transport::new(44_100);
        let quanta = 1200 * 44_100 / QUANTUM as u64;
        let mut exact = 0_u128;
        for quantum in 0..quanta {
            if quantum % 10_000 == 0 {
                transport.set(60.0 + 0.1 * (quantum / 10_000) as f64);
            }
            exact += (transport.bpm * (1_u64 << 52) as f64) as u128 * QUANTUM as u128;
            transport.advance(QUANTUM);
        }
        assert_eq!(transport.position.0, (exact << 12) / u128::from(transport.base));
    }
}
