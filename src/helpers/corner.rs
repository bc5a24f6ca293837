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

/// tan(π cutoff / rate), as a quotient: both are finite, and the lower is positive.
pub struct Corner<'b> {
    /// What stands above the line.
    pub above: F<'b>,
    /// What stands below it; nothing where that is divided already.
    pub below: Option<F<'b>>,
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
        let (above, below) = (turns * smooth, cutoff.lit(0.25) - square);
        // What is known is divided once.
        match cutoff.known() {
            Some(_) => Corner::divided(above / below),
            None => Corner { above, below: Some(below) },
        }
    }

    /// The one with this tangent.
    pub fn divided(tangent: F<'b>) -> Corner<'b> {
        Corner { above: tangent, below: None }
    }

    /// The tangent times a positive factor.
    pub fn raised(self, by: F<'b>) -> Corner<'b> {
        Corner { above: self.above * by, ..self }
    }

    /// The tangent over a positive factor.
    pub fn lowered(self, by: F<'b>) -> Corner<'b> {
        match (self.below, by.known()) {
            (None, Some(_)) => Corner::divided(self.above / by),
            (below, _) => Corner { below: Some(below.map_or(by, |below| below * by)), ..self },
        }
    }

    /// What stands above and below the line.
    pub fn ratio(self) -> (F<'b>, F<'b>) {
        (self.above, self.below.unwrap_or(self.above.lit(1.0)))
    }
}

/// A frequency relative to a cutoff, both prewarped.
pub fn relative(frequency: f64, rate: f64, cutoff: f64) -> f64 {
    tan_pi(frequency / rate) / tan_pi(cutoff / rate)
}
