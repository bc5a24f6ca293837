//! The hyperbolic functions, from one exponential each. They saturate where the double does.

use super::explog::{Reduced, reduce};
use super::poly::{scale, two_sum, with_sign};
use crate::dsp::float::Float;

/// Beyond this the hyperbolic sine and cosine are infinite, and a quarter of the exponential is not.
const LARGEST: f64 = 710.6;

/// From here on the hyperbolic tangent is ±1 in double precision.
const SATURATED: f64 = 20.0;

/// The hyperbolic sine of `x`.
///
/// Largest error: 2.3 ulp. 37 operations, one of them a division.
pub fn sinh<F: Float>(x: F) -> F {
    let quarter = exp_minus_one(x.lit(LARGEST).min(x.abs()), -2);
    let half = quarter + quarter / quarter.mul_add(x.lit(4.0), x.lit(1.0));
    with_sign(half + half, x)
}

/// The hyperbolic cosine of `x`.
///
/// Largest error: 1.4 ulp. 28 operations, one of them a division.
pub fn cosh<F: Float>(x: F) -> F {
    let Reduced { rest, tail, shifted } = reduce(x.lit(LARGEST).min(x.abs()));
    let quarter = (rest + tail + 1.0) * scale(x.lit(1.0), shifted, -2);
    quarter.mul_add(x.lit(2.0), x.lit(0.125) / quarter)
}

/// The hyperbolic tangent of `x`, never beyond ±1.
///
/// Largest error: 2.6 ulp. 35 operations, one of them a division.
pub fn tanh<F: Float>(x: F) -> F {
    let size = x.lit(SATURATED).min(x.abs());
    let grown = exp_minus_one(size + size, 0);
    with_sign(grown / (grown + 2.0), x)
}

/// `(e^x − 1) * 2^extra` for x from 0 on, rounded nearly once.
fn exp_minus_one<F: Float>(x: F, extra: i64) -> F {
    let Reduced { rest, tail, shifted } = reduce(x);
    let power = scale(x.lit(1.0), shifted, extra);
    let (sum, sum_rest) = two_sum(power - f64::powi(2.0, extra as i32), power * rest);
    sum + power.mul_add(tail, sum_rest)
}
