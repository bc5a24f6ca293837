//! The master's soft limiter: a curve for one sample. It has no memory, no latency and no settings.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::wide::{wide, within};
use crate::ir::call::QUANTUM;

/// Up to this magnitude a sample passes untouched.
pub const KNEE: f64 = 0.5;

/// Limits one finite sample: `x` up to [`KNEE`], beyond it `1 − 1/(4x)`, mirrored. Audio thread.
///
/// Both pieces meet at the knee with value one half and slope one. Each rounded step of the upper piece is monotone, so the
/// whole is, and it reaches ±1 by rounding only.
#[inline]
pub fn limit(x: f64) -> f64 {
    let magnitude = x.abs();
    if magnitude <= KNEE { x } else { (1.0 - 0.25 / magnitude).copysign(x) }
}

wide! {
    /// Limits a quantum of each channel of finite samples, each sample as [`limit`] does. Audio thread.
    limit_all(channels: &mut [[f64; QUANTUM]]) {
        for samples in channels {
            // Mostly all of them pass untouched, and to see that takes no division.
            if !within(samples, KNEE) {
                samples.iter_mut().for_each(|sample| *sample = limit(*sample));
            }
        }
    }
}
