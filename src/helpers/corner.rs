//! Where a filter's corner lies, as the prewarped gain of a trapezoidal integrator. It filters nothing.

use super::Site;
use crate::dsp::float::Float;
use crate::dsp::math::tan_pi;
use crate::ir::F;

/// The highest corner in hertz; below that it is 0.49 of the sample rate where that is less.
pub const HIGHEST: f64 = 20_000.0;

/// tan(πx)(1/4 - x²)/x, which is what is left of the tangent without its nearest poles, as a quotient in powers of x², up to 0.49: what
/// stands above, and what stands below behind a 1. Within 4·10^-10 of itself, which is less than a millionth of a cent of the corner.
/// By Remez' exchange.
const ABOVE: [f64; 3] = [0.7853981631156042, -0.9441596232626076, 0.15891754861942375];
const BELOW: [f64; 2] = [-0.4920095710938387, 0.024544287250361382];

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
        // Of the cutoff in hertz: the numbers make turns of it, and a 1 of the first one above the line.
        let (rate, [a, b, c], [d, e]) = (site.rate(), ABOVE, BELOW);
        let (lit, squared) = (|number: f64| cutoff.lit(number), rate * rate);
        let square = cutoff * cutoff;
        let above = cutoff * square.mul_add(square + lit(b / c * squared), lit(a / c * (squared * squared)));
        let pole = lit(0.25 * squared) - square;
        let rest = square.mul_add(lit(e / (c * rate)), lit(d * rate / c)).mul_add(square, lit(squared * rate / c));
        let below = pole * rest;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helpers::site::Known;
    use crate::ir::{Builder, Place};

    #[test]
    fn the_quotient_is_the_tangent_up_to_the_limit_at_every_rate() {
        for rate in [8_000.0, 44_100.0, 48_000.0, 96_000.0, 384_000.0] {
            let limit = HIGHEST.min(0.49 * rate);
            for step in 1..=1000 {
                let builder = Builder::new(1000);
                let instance = builder.instance("any", 1, Place::default());
                let site = Site::new(&builder, instance, rate, Known::default());
                let cutoff = limit * f64::from(step) / 1000.0;
                let found = Corner::at(&site, builder.number(cutoff)).above.known().expect("known");
                let wanted = tan_pi(cutoff / rate);
                assert!((found / wanted - 1.0).abs() < 4e-10, "{cutoff} Hz at {rate}: {found}, not {wanted}");
            }
        }
    }
}
