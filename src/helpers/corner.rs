//! Where a filter's corner lies, as the prewarped gain of a trapezoidal integrator. It filters nothing.

use super::Site;
use crate::dsp::float::Float;
use crate::dsp::math::tan_pi;
use crate::ir::F;

/// The highest corner in hertz; below that it is 0.49 of the sample rate where that is less.
pub const HIGHEST: f64 = 20_000.0;

/// tan(πx)(1/4 - x²)/x in powers of x², up to 0.49: what is left of the tangent without its nearest poles. Within 10^-9 of itself, which
/// is less than a millionth of a cent of the corner.
const SMOOTH: [f64; 6] = [
    0.7853981639681932,
    -0.5577364344635974,
    -0.1347611600209987,
    -0.052780772380583436,
    -0.021389843164952092,
    -0.013776077525671396,
];

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
        let turns = cutoff * (1.0 / site.rate());
        let square = turns * turns;
        let [a, b, c, d, e, f] = SMOOTH.map(|factor| cutoff.lit(factor));
        let fourth = square * square;
        let (low, middle, high) = (b.mul_add(square, a), d.mul_add(square, c), f.mul_add(square, e));
        let smooth = high.mul_add(fourth, middle).mul_add(fourth, low);
        Corner { above: turns * smooth, below: cutoff.lit(0.25) - square }
    }

    /// What stands above and below the line; both are finite, and the lower is positive.
    pub fn ratio(self) -> (F<'b>, F<'b>) {
        (self.above, self.below)
    }
}

/// A frequency relative to a cutoff, both prewarped.
pub fn relative(frequency: f64, rate: f64, cutoff: f64) -> f64 {
    tan_pi(frequency / rate) / tan_pi(cutoff / rate)
}
