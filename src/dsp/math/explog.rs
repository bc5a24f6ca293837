//! Exponentials and logarithms of one argument. Numbers below 2^-1022 count as zero, going in and coming out.
//!
//! Exponentials follow Cody and Waite (Software Manual for the Elementary Functions, 1980), logarithms Tang's and FreeBSD's form
//! 2·artanh(f/(2 + f)) with the terms beyond the first in minimax polynomials (Remez' exchange).

use super::poly::{SHIFT, estrin, scale, two_product, two_sum};
use crate::dsp::float::{Float, Int};
use std::f64::consts::{LN_2, LOG2_E, LOG10_2, LOG10_E};

/// What ln 2 rounded to double lacks.
pub(super) const LN_2_REST: f64 = 2.3190468138462996e-17;
/// What log2 e rounded to double lacks.
const LOG2_E_REST: f64 = 2.0355273740931033e-17;
/// What log10 e rounded to double lacks.
const LOG10_E_REST: f64 = 1.098319650216765e-17;
/// What log10 2 rounded to double lacks.
const LOG10_2_REST: f64 = -2.8037281277851704e-18;
/// Beyond this e^x is infinite, in double precision.
const EXP_LARGEST: f64 = 709.782712893384;
/// Below this e^x is not normal.
const EXP_SMALLEST: f64 = -708.3964185322641;

/// (e^r − 1 − r)/r² in powers of r, up to ±ln(2)/2; 2^-57.9.
const EXPONENTIAL: [f64; 10] = [
    0.5000000000000011,
    0.16666666666666413,
    0.041666666666530155,
    0.00833333333349446,
    0.0013888888943630097,
    0.0001984126950658035,
    2.4801493098919025e-05,
    2.755758637554992e-06,
    2.763024837453956e-07,
    2.500006028419756e-08,
];

/// (2^r − 1)/r − ln 2 rounded to double, in powers of r, up to ±1/2; 2^-57.9.
pub(super) const POWER_OF_TWO: [f64; 11] = [
    LN_2_REST,
    0.24022650695910122,
    0.05550410866482074,
    0.009618129107596986,
    0.0013333558146686084,
    0.00015403530454063868,
    1.52527335468947e-05,
    1.3215436610269723e-06,
    1.017818464797614e-07,
    7.073579154855854e-09,
    4.4363037586746644e-10,
];

/// (2 artanh(s) − 2s)/s³ in powers of s², for the quotient s of numbers between √½ and √2; 2^-58.4.
const ARTANH: [f64; 7] = [
    0.6666666666666731,
    0.3999999999943685,
    0.2857142873818624,
    0.22222198954162323,
    0.18183546424472483,
    0.15314471187749645,
    0.14792040141734986,
];

/// e to the `x`.
///
/// Largest error: 1 ulp. 27 operations.
pub fn exp<F: Float>(x: F) -> F {
    let Reduced { rest, tail, shifted } = reduce(x);
    let power = scale(rest + tail + 1.0, shifted, 0);
    let power = F::select(x.lt(x.lit(EXP_SMALLEST)), x.lit(0.0), power);
    F::select(x.le(x.lit(EXP_LARGEST)), power, x + f64::INFINITY)
}

/// An exponent reduced to `rest + k ln 2`.
pub(super) struct Reduced<F> {
    pub rest: F,
    /// e^rest − 1 − rest.
    pub tail: F,
    /// k in the low bits, as [`SHIFT`] leaves it.
    pub shifted: F,
}

/// Reduces an exponent of e to at most half an octave.
pub(super) fn reduce<F: Float>(x: F) -> Reduced<F> {
    let shifted = x.mul_add(x.lit(LOG2_E), x.lit(SHIFT));
    let k = shifted - SHIFT;
    let rest = k.mul_add(x.lit(-LN_2), x);
    let rest = k.mul_add(x.lit(-LN_2_REST), rest);
    Reduced { rest, tail: rest * rest * estrin(rest, &EXPONENTIAL), shifted }
}

/// 2 to the `x`; exact for integers.
///
/// Largest error: 0.9 ulp. 25 operations.
pub fn exp2<F: Float>(x: F) -> F {
    let shifted = x + SHIFT;
    let rest = x - (shifted - SHIFT);
    let tail = estrin(rest, &POWER_OF_TWO) + LN_2;
    let power = scale(rest.mul_add(tail, x.lit(1.0)), shifted, 0);
    bounded_power(x, x.lt(x.lit(1024.0)), power)
}

/// `power` where 2 to the `exponent` is normal, else zero, infinity or NaN; `fits` says whether it is finite.
pub(super) fn bounded_power<F: Float>(exponent: F, fits: F::Bool, power: F) -> F {
    let power = F::select(exponent.lt(exponent.lit(-1022.0)), exponent.lit(0.0), power);
    F::select(fits, power, exponent + f64::INFINITY)
}

/// The natural logarithm of `x`: −∞ at 0, NaN below.
///
/// Largest error: 0.8 ulp. 33 operations, one of them a division.
pub fn ln<F: Float>(x: F) -> F {
    let (k, fraction) = split(x);
    let (half_square, tail) = artanh_tail(fraction);
    // FreeBSD's order of the sum, smallest first.
    let small = half_square - (tail + k * LN_2_REST);
    with_edges(x, k.mul_add(x.lit(LN_2), fraction - small))
}

/// The logarithm of `x` to the base 2: exact for powers of two, −∞ at 0, NaN below.
///
/// Largest error: 0.8 ulp. 42 operations, one of them a division.
pub fn log2<F: Float>(x: F) -> F {
    let (k, fraction) = split(x);
    let (high, low) = times(natural(fraction), LOG2_E, LOG2_E_REST);
    let (sum, rest) = two_sum(k, high);
    with_edges(x, sum + (rest + low))
}

/// The logarithm of `x` to the base 10: −∞ at 0, NaN below. `log` is another name for it.
///
/// Largest error: 0.7 ulp. 47 operations, one of them a division.
pub fn log10<F: Float>(x: F) -> F {
    let (k, fraction) = split(x);
    let (high, low) = times(natural(fraction), LOG10_E, LOG10_E_REST);
    let (octaves, octaves_rest) = two_product(k, x.lit(LOG10_2));
    let (sum, rest) = two_sum(octaves, high);
    with_edges(x, sum + (rest + (low + k.mul_add(x.lit(LOG10_2_REST), octaves_rest))))
}

/// The `k` and `m − 1` of `x = 2^k m`, with m between √½ and √2.
pub(super) fn split<F: Float>(x: F) -> (F, F) {
    const ONE: i64 = 1023 << 52;
    /// The bits of √½.
    const ROOT: i64 = 0x3fe6_a09e_667f_3bcd;
    /// The bits of 2^52: an integer below it, put into its low bits, is a float's fraction.
    const UNIT: i64 = 1075 << 52;
    let bits = x.to_bits();
    let bits = bits + bits.lit(ONE - ROOT);
    let k = F::from_bits(bits.shr(52) | bits.lit(UNIT)) - (4_503_599_627_370_496.0 + 1023.0);
    let m = F::from_bits((bits & bits.lit((1 << 52) - 1)) + bits.lit(ROOT));
    (k, m - 1.0)
}

/// `f²/2` and ln(1 + f) − f + f²/2.
fn artanh_tail<F: Float>(fraction: F) -> (F, F) {
    let half_square = fraction * fraction * 0.5;
    let s = fraction / (fraction + 2.0);
    let square = s * s;
    (half_square, s * square.mul_add(estrin(square, &ARTANH), half_square))
}

/// ln(1 + f), in two parts.
fn natural<F: Float>(fraction: F) -> (F, F) {
    let (half_square, tail) = artanh_tail(fraction);
    let high = fraction - half_square;
    (high, ((fraction - high) - half_square) + tail)
}

/// A number in two parts times a constant in two parts.
fn times<F: Float>((high, low): (F, F), factor: f64, factor_rest: f64) -> (F, F) {
    let (product, rest) = two_product(high, high.lit(factor));
    (product, low.mul_add(high.lit(factor), high.mul_add(high.lit(factor_rest), rest)))
}

/// `logarithm` where `x` is positive and normal, else the values at the edges.
fn with_edges<F: Float>(x: F, logarithm: F) -> F {
    let logarithm = F::select(x.lt(x.lit(f64::INFINITY)), logarithm, x);
    let edge = F::select(x.lt(x.lit(0.0)), x.lit(f64::NAN), x.lit(f64::NEG_INFINITY));
    F::select(x.lt(x.lit(f64::MIN_POSITIVE)), edge, logarithm)
}
