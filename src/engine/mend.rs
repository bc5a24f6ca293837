//! What a program gave, looked through: samples that are no numbers are replaced. It judges no sound.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::mix::LOUDEST;
use super::wide::look_through;
use crate::ir::call::QUANTUM;

/// How samples of a quantum are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    /// All of them are 0.
    Silent,
    /// None is beyond [`LOUDEST`].
    Moderate,
    /// Numbers all of them.
    Loud,
    /// So many were none.
    Bad(u32),
}

/// Replaces each sample that is no number by the one before it in its channel and says how they were; `hold` is the last sample of
/// each channel. Every zero is the positive one from here on, so nobody can tell what was computed from what rested. Audio thread.
pub(super) fn mend(output: &mut [[f64; QUANTUM]], hold: &mut [f64]) -> Samples {
    let (mut bad, mut moderate, mut silent) = (0, true, true);
    for (channel, hold) in output.iter_mut().zip(hold) {
        let (within, zero) = look_through(channel, LOUDEST);
        silent &= zero;
        if !within {
            moderate = false;
            for sample in channel.iter_mut() {
                if !sample.is_finite() {
                    *sample = *hold;
                    bad += 1;
                }
                *hold = *sample;
            }
        }
        *hold = channel[QUANTUM - 1];
    }
    match bad {
        0 if silent => Samples::Silent,
        0 if moderate => Samples::Moderate,
        0 => Samples::Loud,
        bad => Samples::Bad(bad),
    }
}
