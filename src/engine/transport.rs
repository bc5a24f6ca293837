//! The one clock of beats that all programs read. It counts exactly and knows no signals.
//!
//! The position is a fraction of integers: whole beats and 2⁻⁶⁴ of a beat in 128 bits, and beyond them a numerator over sixty
//! times the sample rate. A tempo is the number that a double holds, bit for bit, so a frame adds
//! `bpm / (60 · rate)` beats without any rounding, however long the set lasts and however often its tempo changes; only what
//! programs read is rounded, once.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::cell::OnceCell;

use crate::ir::call::{BPM, QUANTUM, TEMPI};

/// The smallest part of a beat that is counted, 2 to the -64.
const PART: f64 = 1.0 / 18_446_744_073_709_551_616.0;

/// A number of parts of a beat, and what is to be added in units of 1 over the base.
type Exact = (u128, u64);

/// Where the beat is, and how it goes on.
#[derive(Clone, Debug)]
pub struct Transport {
    bpm: f64,
    /// What a frame adds.
    step: Exact,
    /// What all frames of a quantum but one add.
    stride: Exact,
    /// The position of the next frame.
    position: Exact,
    /// Frames per minute.
    base: u64,
    /// The frames that were last gone over: position of the first, what each added, and how many.
    over: (Exact, Exact, usize),
    /// Parts of the frame before those, and of the last of them.
    ends: [i128; 2],
    /// Beats of the frame before those, then of each of them; counted out when somebody asks.
    beats: OnceCell<[f64; QUANTUM + 1]>,
}

impl Transport {
    /// In place of beats, for programs that read none.
    pub const UNREAD: [f64; QUANTUM + 1] = [0.0; QUANTUM + 1];

    /// A transport before its first frame.
    pub fn new(rate: u32) -> Transport {
        let base = 60 * u64::from(rate.max(1));
        let (bpm, none) = (BPM, (0, 0));
        let over = (none, none, 0);
        let mut transport = Transport {
            bpm,
            step: none,
            stride: none,
            position: none,
            base,
            over,
            ends: [0; 2],
            beats: OnceCell::new(),
        };
        transport.set(BPM);
        // Whatever begins with the first frame begins: the frame before it lay before the first beat.
        transport.ends = [-(transport.step.0 as i128); 2];
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
        self.stride = self.steps(QUANTUM as u64 - 1);
    }

    /// What so many frames add, less than a quantum.
    fn steps(&self, frames: u64) -> Exact {
        let (parts, rest) = self.step;
        // At most 64 times less than the base, which is below 2^38.
        let rest = frames * rest;
        (u128::from(frames) * parts + u128::from(rest / self.base), rest % self.base)
    }

    /// Goes over so many frames, at most a quantum, whose positions are [`Transport::beats`] then. Audio thread.
    pub fn advance(&mut self, frames: usize) {
        let frames = frames.min(QUANTUM);
        self.over = (self.position, self.step, frames);
        self.beats = OnceCell::new();
        self.ends[0] = self.ends[1];
        if frames > 0 {
            // A division takes as long as all the rest of this.
            let before = if frames == QUANTUM { self.stride } else { self.steps(frames as u64 - 1) };
            let last = after(self.position, before, self.base);
            self.ends[1] = last.0 as i128;
            self.position = after(last, self.step, self.base);
        }
    }

    /// Beats of the frame before the frames that were gone over last, then of each of them. Any thread.
    pub fn beats(&self) -> &[f64; QUANTUM + 1] {
        self.beats.get_or_init(|| {
            let (mut position, step, frames) = self.over;
            let before = float(self.ends[0].unsigned_abs());
            let mut beats = [if self.ends[0] < 0 { -before } else { before }; QUANTUM + 1];
            for beat in &mut beats[1..=frames] {
                *beat = float(position.0);
                position = after(position, step, self.base);
            }
            beats
        })
    }

    /// Beats of a frame so many later than the first of the frames that were gone over last, if the tempo stays as it is. Any thread.
    pub fn ahead(&self, frames: u64) -> f64 {
        let (position, step, _) = self.over;
        let rest = u128::from(position.1) + u128::from(frames) * u128::from(step.1);
        float(position.0 + u128::from(frames) * step.0 + rest / u128::from(self.base))
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

/// A position and a step more, both with less than a part in what is to be added.
fn after(position: Exact, step: Exact, base: u64) -> Exact {
    let rest = position.1 + step.1;
    // Where it carries cannot be foreseen, so there is no branch.
    let carry = u64::from(rest >= base);
    (position.0 + step.0 + u128::from(carry), rest - carry * base)
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
    fn what_is_ahead_is_what_comes() {
        for (rate, bpm) in [(44_100, 137.3), (48_000, 120.0), (96_000, 1000.0)] {
            let mut transport = Transport::new(rate);
            transport.set(bpm);
            transport.advance(QUANTUM);
            let ahead = (0..100_000).map(|frame| transport.ahead(frame)).collect::<Vec<_>>();
            let mut again = Transport::new(rate);
            again.set(bpm);
            assert_eq!(beats(&mut again, 100_000), ahead, "{bpm} at {rate} Hz");
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

    #[test]
    fn whether_and_when_somebody_asks_for_beats_makes_no_difference() {
        let (mut asked, mut other) = (Transport::new(44_100), Transport::new(44_100));
        for quantum in 0..1000 {
            let frames = if quantum % 7 == 0 { 5 } else { QUANTUM };
            let before = asked.beats()[if quantum % 7 == 1 { 5 } else { QUANTUM }];
            [&mut asked, &mut other].into_iter().for_each(|transport| transport.advance(frames));
            let beats = asked.beats()[..=frames].to_vec();
            assert_eq!(beats[0], before, "the frame before is the last one");
            [&mut asked, &mut other].into_iter().for_each(|transport| transport.set(60.0 + 0.7 * quantum as f64));
            assert_eq!(asked.beats()[..=frames], beats, "a tempo is one from the next frame on");
            if quantum % 10 == 0 {
                assert_eq!(other.beats()[..=frames], beats);
            }
            assert_eq!(asked.position, other.position);
        }
    }
}
