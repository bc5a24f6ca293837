//! The inverse circular functions. Their results are in radians.
//!
//! Every argument is folded to where one minimax polynomial (Remez' exchange, relative error) converges fast, and unfolded with π in two parts.

use super::poly::{estrin, flip, negative, with_sign};
use crate::dsp::float::Float;
use std::f64::consts::{FRAC_PI_2, PI};

/// What π/2 rounded to double lacks.
const HALF_PI_REST: f64 = 6.123233995736766e-17;

/// (asin(s)/s − 1)/s² in powers of s², up to s = 1/2; 2^-59.8.
const ARC_SINE: [f64; 13] = [
    0.16666666666666757,
    0.07499999999971309,
    0.04464285717421284,
    0.030381942724241183,
    0.022372214577404445,
    0.017351618663807362,
    0.013980747557732941,
    0.011399465051911454,
    0.010777359424531797,
    0.0037166864692638156,
    0.021683791231658436,
    -0.020967235870829583,
    0.03260962069563386,
];

/// (atan(t)/t − 1)/t² in powers of t², up to t = 1; 2^-57.6.
const ARC_TANGENT: [f64; 20] = [
    -0.3333333333333307,
    0.19999999999951962,
    -0.14285714282598508,
    0.1111111100761055,
    -0.09090907012052406,
    0.07692279934113191,
    -0.06666404763869462,
    0.0588053169625877,
    -0.05253534686951346,
    0.04722373797348138,
    -0.042193071574077735,
    0.03664440173887539,
    -0.02990764327202908,
    0.021989329184978083,
    -0.013904633193561583,
    0.007199298577738018,
    -0.002886317169879918,
    0.0008318031507845549,
    -0.0001522626575396461,
    1.323504738206255e-05,
];

/// The angle in radians whose sine is `x`, within ±π/2; NaN outside −1 to 1.
///
/// Largest error: 2.1 ulp. 30 operations, one of them a square root.
pub fn asin<F: Float>(x: F) -> F {
    let (near, arc) = arc_of_half(x.abs());
    let far = arc.mul_add(x.lit(-2.0), x.lit(FRAC_PI_2)) + HALF_PI_REST;
    with_sign(F::select(near, arc, far), x)
}

/// The angle in radians whose cosine is `x`, from 0 to π; NaN outside −1 to 1.
///
/// Largest error: 1.2 ulp. 35 operations, one of them a square root.
pub fn acos<F: Float>(x: F) -> F {
    let (near, arc) = arc_of_half(x.abs());
    let arc = with_sign(arc, x) * F::select(near, x.lit(-1.0), x.lit(2.0));
    let right = F::select(near, x.lit(0.5), F::select(x.lt(x.lit(0.0)), x.lit(1.0), x.lit(0.0)));
    right.mul_add(x.lit(PI), arc) + right * (2.0 * HALF_PI_REST)
}

/// Whether `a` is at most 1/2, and its arc sine; beyond, half the arc cosine.
fn arc_of_half<F: Float>(a: F) -> (F::Bool, F) {
    let near = a.le(a.lit(0.5));
    let square = F::select(near, a * a, a.mul_add(a.lit(-0.5), a.lit(0.5)));
    let sine = F::select(near, a, square.sqrt());
    (near, sine.mul_add(square * estrin(square, &ARC_SINE), sine))
}

/// The angle in radians whose tangent is `x`, within ±π/2.
///
/// Largest error: 1.4 ulp. 37 operations, one of them a division.
pub fn atan<F: Float>(x: F) -> F {
    let (a, one) = (x.abs(), x.lit(1.0));
    let arc = arc_tangent(one.min(a) / one.max(a));
    flip(F::select(one.lt(a), complement(arc), arc), x.to_bits())
}

/// The angle in radians of the point (`x`, `y`), within ±π; the signs of zeros count, and infinite points lie on the axes and diagonals.
///
/// Largest error: 1.5 ulp. 52 operations, one of them a division.
pub fn atan2<F: Float>(y: F, x: F) -> F {
    let (a, b) = (y.abs(), x.abs());
    let (small, large) = (a.min(b), a.max(b));
    let slope = small / large.max(x.lit(f64::MIN_POSITIVE));
    let slope = F::select(small.same(x.lit(f64::INFINITY)), x.lit(1.0), slope);
    let arc = arc_tangent(slope);
    let arc = F::select(b.lt(a), complement(arc), arc);
    let arc = F::select(negative(x), (-arc + PI) + 2.0 * HALF_PI_REST, arc);
    let sum = a + b;
    flip(F::select(sum.same(sum), arc, sum), y.to_bits())
}

/// The arc tangent of 0 to 1.
fn arc_tangent<F: Float>(slope: F) -> F {
    let square = slope * slope;
    slope.mul_add(square * estrin(square, &ARC_TANGENT), slope)
}

/// A quarter turn less `arc`.
fn complement<F: Float>(arc: F) -> F {
    (-arc + FRAC_PI_2) + HALF_PI_REST
}
