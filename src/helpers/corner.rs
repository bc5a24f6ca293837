//! Where a filter's corner lies, as the prewarped gain of a trapezoidal integrator. It filters nothing.

use super::Site;
use crate::dsp::float::Float;
use crate::dsp::math::tan_pi_ratio;
use crate::ir::F;

/// The highest corner in hertz; below that it is 0.49 of the sample rate where that is less.
pub const HIGHEST: f64 = 20_000.0;

/// tan(π cutoff / rate), as a quotient.
pub struct Corner<'b> {
    above: F<'b>,
    below: F<'b>,
}

impl<'b> Corner<'b> {
    /// The corner of a cutoff in hertz, not below 0.
    pub fn at(site: &Site<'b>, cutoff: F<'b>) -> Corner<'b> {
        let limit = 0.49 * site.rate();
        let cutoff = if limit < HIGHEST { cutoff.min(cutoff.lit(limit)) } else { cutoff };
        let (above, below) = tan_pi_ratio(cutoff * (1.0 / site.rate()));
        Corner { above, below }
    }

    /// What stands above and below the line; both are finite, and the lower is positive.
    pub fn ratio(self) -> (F<'b>, F<'b>) {
        (self.above, self.below)
    }
}
