//! What others hear of a program while it is joined to the one before, falls ill, leaves or returns. Where it just plays they read its output.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::stretch::Stretch;
use crate::ir::call::QUANTUM;

/// The latest quantum of each channel, as others hear it.
pub(super) struct Told {
    pub quantum: Stretch<[f64; QUANTUM]>,
    /// What the first sample of the program lacked to what was heard before, for each channel.
    pub lack: Stretch<f64>,
}

impl Told {
    /// What was `heard` last is what is heard next, until the program runs; and with its first sample nothing is missed. It was
    /// heard under `level`, and `stays` has the last samples of the old program itself where that runs on: they are not missed.
    /// Audio thread.
    pub fn inherit(&mut self, heard: &[[f64; QUANTUM]], level: f64, stays: &[f64]) {
        self.quantum.copy_from_slice(heard);
        for (channel, (lack, heard)) in self.lack.iter_mut().zip(heard).enumerate() {
            // Below -60 dB there is nothing to be missed.
            let last = if level > 1e-3 { heard[QUANTUM - 1] / level } else { 0.0 };
            *lack = last - stays.get(channel).copied().unwrap_or(0.0);
        }
    }

    /// Puts down a quantum: for each sample its frame, what the program gives, what the old one gives, and what was lacking.
    /// Audio thread.
    pub fn tell(
        &mut self,
        new: &[[f64; QUANTUM]],
        old: Option<&[[f64; QUANTUM]]>,
        heard: impl Fn(usize, f64, f64, f64) -> f64,
    ) {
        for (channel, told) in self.quantum.iter_mut().enumerate() {
            for (frame, told) in told.iter_mut().enumerate() {
                let old = old.map_or(0.0, |old| old[channel][frame]);
                *told = heard(frame, new[channel][frame], old, self.lack[channel]);
            }
        }
    }
}
