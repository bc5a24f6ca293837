//! How fast a distance shrinks: what one frame leaves of it, for lags and envelopes. It keeps no state.

use super::Site;
use crate::dsp::float::Float;
use crate::dsp::math;
use crate::ir::F;

/// Nepers of 60 decibels: the natural logarithm of 1000.
pub const SIXTY: f64 = 6.907755278982137;

/// The share of a distance that one frame leaves, when it shrinks by so many nepers in `time` seconds. It is 0 where `time` is 0.
pub fn left<'b>(site: &Site<'b>, time: F<'b>, nepers: F<'b>) -> F<'b> {
    // Below a nanosecond nothing is left of the past: the exponential is 0.
    math::exp(nepers * (-1.0 / site.rate()) / time.max(time.lit(1e-9)))
}

/// The share of a way of `time` seconds that one frame goes: all of it where `time` is less than a frame.
pub fn share<'b>(site: &Site<'b>, time: F<'b>) -> F<'b> {
    time.lit(1.0) / (time * site.rate()).max(time.lit(1.0))
}
